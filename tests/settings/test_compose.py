"""The compose file and the image: known keys, files that exist, names and ports that agree."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import jsonschema
import pytest
import yaml

from outage_window.settings.load import load
from outage_window.store import Store
from outage_window.web import create_app

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
COMPOSE = yaml.safe_load((CONFIG / "compose.yml").read_text())
SERVICES = COMPOSE["services"]
OVER = yaml.safe_load((CONFIG / "compose.postgresql.yml").read_text())
DOCKERFILE = (CONFIG / "Dockerfile").read_text()
HOSTS = ("prometheus", "alertmanager")
TEXTS = {"type": "array", "items": {"type": "string"}}
SERVICE = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "build": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"context": {"type": "string"}, "dockerfile": {"type": "string"}},
        },
        "image": {"type": "string", "pattern": r"^[a-z/]+:v?[0-9.]+$"},
        "environment": {"type": "object", "additionalProperties": {"type": "string"}},
        "ports": {**TEXTS, "items": {"pattern": r"^127\.0\.0\.1:[0-9]+:[0-9]+$"}},
        "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]},
        "read_only": {"type": "boolean"},
        "stop_grace_period": {"type": "string", "pattern": "^[0-9]+s$"},
        **dict.fromkeys(("secrets", "volumes", "tmpfs", "cap_drop"), TEXTS),
        "healthcheck": {
            "type": "object",
            "required": ["test"],
            "additionalProperties": False,
            "properties": {
                "test": TEXTS,
                "interval": {"pattern": "^[0-9]+s$"},
                "timeout": {"pattern": "^[0-9]+s$"},
                "retries": {"type": "integer"},
            },
        },
        "depends_on": {
            "type": "object",
            "additionalProperties": {"properties": {"condition": {"const": "service_healthy"}}},
        },
        "security_opt": {**TEXTS, "items": {"enum": ["no-new-privileges:true"]}},
    },
    "oneOf": [{"required": ["image"]}, {"required": ["build"]}],
}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "services": {"type": "object", "additionalProperties": SERVICE},
        "secrets": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["file"],
                "additionalProperties": False,
                "properties": {"file": {"type": "string"}},
            },
        },
        "volumes": {"type": "object", "additionalProperties": {"type": "null"}},
    },
}
"""What of the Compose Specification is used, and nothing else."""


def mounts(name):
    return [tuple(text.split(":")[:2]) for text in SERVICES[name].get("volumes", ())]


def settings(tmp_path, *over):
    """What `serve` would read in its container, with secrets of the test's own."""
    env, secrets = {}, []
    for file in (COMPOSE, *over):
        service = file["services"]["outage-window"]
        env |= service["environment"]
        secrets += service["secrets"]
        assert set(service["secrets"]) <= set(file["secrets"])
    for name, value in env.items():
        if name.endswith("_FILE"):
            secret = value.removeprefix("/run/secrets/")
            secrets.remove(secret)
            (tmp_path / secret).write_text("0123456789abcdef" * 4)
            env[name] = str(tmp_path / secret)
    assert secrets == []
    ((file, _), *_) = mounts("outage-window")
    return load(str(CONFIG / file), env)


def test_it_uses_keys_that_compose_knows():
    jsonschema.validate(COMPOSE, SCHEMA)
    wrong = json.loads(json.dumps(COMPOSE).replace("read_only", "readonly"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, SCHEMA)
    whole = {part: {**COMPOSE[part], **OVER[part]} for part in ("services", "secrets", "volumes")}
    whole["services"]["outage-window"] = {
        **SERVICES["outage-window"],
        **OVER["services"]["outage-window"],
    }
    jsonschema.validate(whole, SCHEMA)


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_mounted_exists(name):
    for source, _ in mounts(name):
        assert (
            (CONFIG / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]
        )
    for secret in SERVICES[name].get("secrets", ()):
        ignored = (ROOT / ".gitignore").read_text().split("\n")
        assert f"config/{Path(COMPOSE['secrets'][secret]['file']).name}" in ignored


def test_postgresql_is_reached_by_the_name_and_password_that_it_has(tmp_path):
    found = settings(tmp_path, OVER)
    server = OVER["services"]["postgresql"]
    user = server["environment"]["POSTGRES_USER"]
    assert found.storage.url == f"postgresql://{user}@postgresql/{user}"
    theirs = server["environment"]["POSTGRES_PASSWORD_FILE"]
    ours = OVER["services"]["outage-window"]["environment"]["OUTAGE_WINDOW_STORAGE__PASSWORD_FILE"]
    assert theirs == ours == f"/run/secrets/{server['secrets'][0]}"
    assert user in server["healthcheck"]["test"]
    for secret in OVER["secrets"].values():
        name = Path(secret["file"]).name
        assert f"config/{name}" in (ROOT / ".gitignore").read_text().split("\n")


def test_the_settings_are_good_and_meet_the_other_containers(tmp_path):
    found = settings(tmp_path)
    assert SERVICES["outage-window"]["ports"] == [f"127.0.0.1:{found.web.port}:{found.web.port}"]
    assert found.web.host == "0.0.0.0"
    assert found.web.url == f"http://outage-window:{found.web.port}"
    assert found.prometheus.url == "http://prometheus:9090"
    (folder,) = (there for source, there in mounts("outage-window") if source == "outage-window")
    assert found.storage.url.removeprefix("sqlite:///").startswith(f"{folder}/")
    assert found.drafts.dir.startswith(f"{folder}/")


def test_prometheus_and_alertmanager_are_those_of_one_machine_under_other_names():
    """Only where the others are, and the token, may differ: else one of the two grows old."""
    ports = {SERVICES[name]["ports"][0].split(":")[1]: name for name in (*HOSTS, "outage-window")}
    for name in HOSTS:
        alone = (CONFIG / f"{name}.yml").read_text()
        for port, host in ports.items():
            alone = alone.replace(f"127.0.0.1:{port}", f"{host}:{port}")
        expected = yaml.safe_load(alone)
        if name == "alertmanager":
            (hook,) = expected["receivers"][-1]["webhook_configs"]
            secret = f"/run/secrets/{SERVICES[name]['secrets'][0]}"
            hook["http_config"] = {"authorization": {"credentials_file": secret}}
        assert yaml.safe_load((CONFIG / "compose" / f"{name}.yml").read_text()) == expected


@pytest.mark.real
def test_the_real_tools_accept_what_is_mounted(programs, tmp_path):
    for name, tool, arguments in (
        ("prometheus", "promtool", ("check", "config")),
        ("alertmanager", "amtool", ("check-config",)),
    ):
        for source, there in mounts(name):
            place = tmp_path / there.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            if (CONFIG / source).is_dir() and source.startswith("."):
                shutil.copytree(CONFIG / source, place)
            elif source.startswith("."):
                shutil.copy(CONFIG / source, place)
        file = tmp_path / "etc" / name / f"{name}.yml"
        ended = subprocess.run(
            [programs[tool], *arguments, str(file)], capture_output=True, text=True
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_image_is_built_of_what_is_there():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, flags=re.M):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists()
            assert f"!{source}" in ignored
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {f"!{name}" for name in packages} <= set(ignored)
    (extras,) = re.findall(r"'\.\[([a-z,]+)\]'", DOCKERFILE)
    assert set(extras.split(",")) <= set(project["project"]["optional-dependencies"])
    context = CONFIG / SERVICES["outage-window"]["build"]["context"]
    assert (context / SERVICES["outage-window"]["build"]["dockerfile"]).samefile(
        CONFIG / "Dockerfile"
    )


def test_the_image_runs_as_nobody_in_particular_and_checks_itself(tmp_path):
    assert re.search(r"^USER [1-9]\d+:[1-9]\d+$", DOCKERFILE, flags=re.M)
    ((_, there), *_) = mounts("outage-window")
    assert f'CMD ["serve", "--config.file", "{there}"]' in DOCKERFILE
    found = settings(tmp_path)
    (port, path) = re.findall(r"http://127\.0\.0\.1:(\d+)(/[^']+)'", DOCKERFILE)[0]
    assert int(port) == found.web.port
    assert f"EXPOSE {port}" in DOCKERFILE
    store = Store.open(f"sqlite:///{tmp_path}/ow.db")
    assert create_app(store, found).test_client().get(path).status_code == 200
    store.close()
    assert f"VOLUME {Path(found.storage.url.removeprefix('sqlite:///')).parent}" in DOCKERFILE
