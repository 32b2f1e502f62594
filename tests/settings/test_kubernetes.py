"""The manifests: as Kubernetes' own schemas want them, and as settings, image and program are."""

import copy
import re
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from click.testing import CliRunner

from outage_window.cli import check_config, serve
from outage_window.live.status import Status
from outage_window.serving.draining import PATIENCE as DRAINING
from outage_window.serving.running import PATIENCE as ENDING
from outage_window.settings.models import Settings
from outage_window.store import Store
from outage_window.web import create_app

CONFIG = Path(__file__).parents[2] / "config"
FILES = sorted((CONFIG / "kubernetes").glob("*.yaml"))
DOCKERFILE = (CONFIG / "Dockerfile").read_text()
VERSIONS = ("1.30", kubernetes_validate.latest_version())
NAME = {"app.kubernetes.io/name": "outage-window"}


def all_of(file):
    return [one for one in yaml.safe_load_all(file.read_text()) if one is not None]


KINDS = {one["kind"]: one for file in FILES for one in all_of(file)}
POD = KINDS["Deployment"]["spec"]["template"]
(CONTAINER,) = POD["spec"]["containers"]
MOUNTS = {one["name"]: one["mountPath"] for one in CONTAINER["volumeMounts"]}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_kubernetes_knows_every_key(file, version):
    for one in all_of(file):
        kubernetes_validate.validate(one, version, strict=True)
        assert one["metadata"]["labels"] == NAME


def test_a_key_that_it_does_not_know_is_noticed():
    wrong = copy.deepcopy(KINDS["Deployment"])
    wrong["spec"]["template"]["spec"]["containers"][0]["securityContext"]["readonly"] = True
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


def test_each_kind_chooses_the_pods_of_the_deployment():
    chosen = [
        KINDS["Deployment"]["spec"]["selector"]["matchLabels"],
        KINDS["Service"]["spec"]["selector"],
        KINDS["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        KINDS["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
        POD["metadata"]["labels"],
    ]
    assert chosen == [NAME] * 5


@pytest.fixture
def settings(tmp_path):
    """The settings of the ConfigMap in a file, with the Secret's texts where they are mounted."""
    for name, text in KINDS["Secret"]["stringData"].items():
        (tmp_path / name).write_text(text)
    ((name, text),) = KINDS["ConfigMap"]["data"].items()
    file = tmp_path / name
    file.write_text(text.replace(MOUNTS["secrets"], str(tmp_path)))
    assert f"{MOUNTS['settings']}/{name}" == CONTAINER["args"][-1]
    return file


def test_the_settings_are_good_and_all_secrets_are_used(settings):
    ended = CliRunner().invoke(check_config.command, [str(settings)])
    assert ended.exit_code == 0, ended.output
    assert "with credentials" in ended.output
    used = re.findall(rf"{settings.parent}/(\S+)", settings.read_text())
    assert sorted(used) == sorted(KINDS["Secret"]["stringData"])
    volumes = {one["name"]: one for one in POD["spec"]["volumes"]}
    assert set(volumes) == set(MOUNTS)
    assert volumes["settings"]["configMap"]["name"] == KINDS["ConfigMap"]["metadata"]["name"]
    assert volumes["secrets"]["secret"]["secretName"] == KINDS["Secret"]["metadata"]["name"]


def test_no_real_secret_is_shown():
    assert all("replace-me" in text for text in KINDS["Secret"]["stringData"].values())


def test_the_container_is_what_the_image_is():
    name, *arguments = CONTAINER["args"]
    assert serve.command.make_context(name, list(arguments)).params["file"] == arguments[-1]
    assert name == serve.command.name
    assert 'ENTRYPOINT ["outage-window"]' in DOCKERFILE
    assert "command" not in CONTAINER
    security = POD["spec"]["securityContext"]
    assert f"USER {security['runAsUser']}:{security['runAsGroup']}\n" in DOCKERFILE
    (port,) = CONTAINER["ports"]
    assert f"EXPOSE {port['containerPort']}\n" in DOCKERFILE
    assert f"VOLUME {MOUNTS['work']}\n" in DOCKERFILE
    (fonts,) = re.findall(r"MPLCONFIGDIR=(\S+)", DOCKERFILE)
    assert fonts.startswith(f"{MOUNTS['tmp']}/")


def test_everybody_means_the_same_port(settings):
    listen = yaml.safe_load(settings.read_text())["web"]["listen"]
    (port,) = CONTAINER["ports"]
    assert listen == f"0.0.0.0:{port['containerPort']}"
    (served,) = KINDS["Service"]["spec"]["ports"]
    (let_in,) = KINDS["NetworkPolicy"]["spec"]["ingress"][0]["ports"]
    assert served["targetPort"] == let_in["port"] == port["name"]
    assert served["port"] == port["containerPort"]


def test_what_is_probed_is_there(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'ow.db'}")
    client = create_app(store, Settings(), Status(0)).test_client()
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert client.get(CONTAINER[probe]["httpGet"]["path"]).status_code == 200
        assert CONTAINER[probe]["httpGet"]["port"] == CONTAINER["ports"][0]["name"]
    store.close()


def test_it_may_do_nothing_else():
    """What the profile "restricted" of the pod security standards asks for, and no token."""
    assert POD["spec"]["automountServiceAccountToken"] is False
    assert POD["spec"]["securityContext"]["runAsNonRoot"] is True
    assert POD["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_there_is_time_to_drain_and_always_somebody_who_receives():
    (_, pause) = CONTAINER["lifecycle"]["preStop"]["exec"]["command"]
    assert POD["spec"]["terminationGracePeriodSeconds"] >= int(pause) + DRAINING + ENDING
    assert KINDS["Deployment"]["spec"]["replicas"] == 3
    assert KINDS["Deployment"]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert KINDS["PodDisruptionBudget"]["spec"]["maxUnavailable"] == 1
