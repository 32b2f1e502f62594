# What Argo CD and Flux are told to send: rendered as they would, and posted to the doors.
import json
import re
from pathlib import Path

import pytest
import yaml

from tests.webhooks.test_signed_doors import Receiver, sign
from tests.webhooks.told import body, shown, value
from webhooks.credentials import Credentials, Sender

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
APP = {
    "metadata": {"name": "auth", "uid": "0a1b2c3d-1111-2222-3333-444455556666"},
    "status": {
        "operationState": {"phase": "Succeeded", "startedAt": "2024-01-22T15:22:05Z"},
        "sync": {"revision": "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"},
    },
}


def rendered(template):
    """What Go's template makes of it, where it only names values."""

    def named(match):
        found = {"app": APP}
        for key in match[1].split("."):
            found = found[key]
        return found

    made = re.sub(r"\{\{\.([A-Za-z.]+)\}\}", named, template)
    assert "{{" not in made
    return made


@pytest.fixture
def argo():
    data = yaml.safe_load((CONFIG / "argocd-notifications.yml").read_text())["data"]
    return {name: yaml.safe_load(text) for name, text in data.items()}


def test_argo_cd_sends_a_change_of_the_application(argo):
    hook = argo["template.change-for-outages"]["webhook"]["outage-window"]
    service = argo["service.webhook.outage-window"]
    headers = {one["name"]: one["value"] for one in service["headers"]}
    headers["Authorization"] = headers["Authorization"].replace("$outage-window-token", "t0ken")
    doors = Receiver(Credentials([Sender("argo", "events", token="t0ken")]))
    answer = doors.client.open(
        hook["path"], method=hook["method"], data=rendered(hook["body"]), headers=headers
    )
    assert (answer.status_code, answer.json) == (200, {"kept": 1})
    text = "Argo CD: sync of auth to f95f852bd8fca8fcc58a9a2d6c842781e32a215e: Succeeded"
    assert shown(doors.kept) == [("15:22:05", "change", "auth", text, "")]
    assert doors.kept[0].id.startswith("argocd:0a1b2c3d")


def test_argo_cd_sends_each_sync_once_and_by_names_that_meet(argo):
    (trigger,) = argo["trigger.on-synced-for-outages"]
    assert [f"template.{name}" in argo for name in trigger["send"]] == [True]
    assert trigger["oncePer"] == "app.status.operationState.startedAt"
    text = (CONFIG / "argocd-notifications.yml").read_text()
    assert "notifications.argoproj.io/subscribe.on-synced-for-outages.outage-window:" in text


def test_flux_signs_under_the_token_of_its_secret():
    secret, provider, alert = yaml.safe_load_all((CONFIG / "flux-notifications.yml").read_text())
    assert provider["spec"]["type"] == "generic-hmac"
    assert provider["spec"]["secretRef"]["name"] == secret["metadata"]["name"]
    assert alert["spec"]["providerRef"]["name"] == provider["metadata"]["name"]
    assert provider["spec"]["address"].endswith("/api/v1/events")
    token = secret["stringData"]["token"]
    doors = Receiver(Credentials([Sender("flux", "events", secret=token)]))
    event = value("flux", "kustomization")
    event["involvedObject"]["name"] = "auth-overlay"
    event["metadata"] |= alert["spec"]["eventMetadata"]
    data = json.dumps(event).encode()
    answer = doors.post("events", data, sign("events", data, token))
    assert answer.json == {"kept": 1}
    assert [(e.type, e.service) for e in doors.kept] == [("change", "auth")]


def test_flux_may_send_a_token_instead():
    doors = Receiver(Credentials([Sender("flux", "events", token="t0ken")]))
    data = body("flux", "kustomization")
    assert doors.post("events", data).status_code == 401
    answer = doors.post("events", data, {"Authorization": "Bearer t0ken"})
    assert answer.json == {"kept": 1}


def test_the_example_of_the_docs_is_a_cloudevent_that_is_kept():
    docs = (ROOT / "docs" / "operations.md").read_text()
    (example,) = re.findall(r"```\n(curl [^`]*ce-specversion[^`]*)```", docs)
    headers = dict(re.findall(r'-H "([A-Za-z-]+): ([^"]*)"', example))
    headers["ce-time"] = re.sub(r"\$\(.*\)", "2024-01-22T15:22:05Z", headers["ce-time"])
    headers["Authorization"] = headers["Authorization"].replace("$TOKEN", "t0ken")
    (data,) = re.findall(r"-d '([^']*)'", example)
    doors = Receiver(Credentials([Sender("ci", "events", token="t0ken")]))
    answer = doors.client.post("/api/v1/events", data=data, headers=headers)
    assert answer.json == {"kept": 1}
    assert shown(doors.kept) == [("15:22:05", "change", "auth", "deploy 4.2.0 started", "")]


def test_the_senders_of_the_example_are_good_as_they_stand(tmp_path):
    from outage_window.settings.load import load

    text = (CONFIG / "outage-window.yml").read_text()
    start = text.index("# senders:")
    block = text[start : text.index("\n\n", start)]
    for name in (
        "github.secret",
        "pagerduty.secret",
        "pipelines.token",
        "grafana.token",
        "statuscheck.token",
    ):
        (tmp_path / name).write_text("s3cret\n")
    file = tmp_path / "s.yml"
    for shown_in in (block.replace("# ", "", 1).replace("\n# ", "\n"), _yaml_of_the_docs()):
        file.write_text(shown_in)
        senders = load(str(file), {}).senders
        assert senders[0].services["acme/auth:production"] == ("auth",)


def _yaml_of_the_docs():
    text = (ROOT / "docs/settings.md").read_text()
    return next(
        one for one in re.findall(r"```yaml\n(senders:.*?)```", text, re.S) if "acme" in one
    )
