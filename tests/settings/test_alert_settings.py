"""Settings of senders' mappings, of Alertmanagers that are asked, and of maintenance."""

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from outage_window.cli.check_config import command
from outage_window.settings.senders import credentials
from tests.settings.test_settings import PULLED, loaded, problems

PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text("utf-8")
SENDER = "senders:\n- name: s\n  kind: alerts\n  mapping: "


def planned(service="auth", end="23:00:00Z"):
    times = f"start: 2024-01-22T22:00:00Z, end: 2024-01-22T{end}"
    return f"{PULLED}maintenance:\n- {{service: {service}, {times}}}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alertmanager: {url: x}", ":1: alertmanager.url[0]: expected a URL such as"),
        ("alertmanager: {url: []}", ":1: alertmanager.url: expected "),
        ("alertmanager: {url: 'http://a:1'}", ":1: alertmanager.receiver: expected a receiver, or"),
        (
            "alertmanager: {url: 'http://a:1', receiver: '['}",
            ":1: alertmanager.receiver: expected a receiver's name, or a regular expression",
        ),
        (
            "alertmanager: {url: 'http://a:1', receiver: a, token: ü}",
            ":1: alertmanager.token: expected ASCII without line ends",
        ),
        (
            "alertmanager: {url: 'http://a:1', receiver: a, recever: b}",
            ":1: alertmanager.recever: unknown key, expected receiver?",
        ),
        ("catch_up_interval: 60", ":1: catch_up_interval: expected a duration"),
        (SENDER + "{nme: title}", ":4: senders[0].mapping.nme: unknown key, expected name?"),
        (SENDER + "{name: a..b}", ":4: senders[0].mapping.name: expected a path such as"),
        (SENDER + "{time_unit: m}", ":4: senders[0].mapping.time_unit: expected "),
        (
            "senders: [{name: s, kind: grafana, mapping: {}}]",
            ":1: senders[0].mapping: expected only with kind: alerts",
        ),
        (planned("vpn"), ":8: maintenance[0].service: expected the name of a service"),
        (planned(end="22:00:00Z"), ":8: maintenance[0].end: expected a time after start"),
        (planned(end="23:00:00"), ":8: maintenance[0].end: expected "),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, expected):
    (line,) = problems(tmp_path, text + "\n")
    assert line.startswith(expected)


def test_one_alertmanager_or_the_peers_of_a_cluster(tmp_path):
    one = loaded(tmp_path, "alertmanager: {url: 'http://a:1/', receiver: ow}")
    assert one.alertmanager.url == ("http://a:1",)
    both = loaded(tmp_path, "alertmanager: {url: ['http://a:1', 'http://b:1/am'], receiver: ow}")
    assert both.alertmanager.url == ("http://a:1", "http://b:1/am")


def test_a_token_may_lie_in_a_file_and_is_sent(tmp_path):
    (tmp_path / "am.token").write_text("s3cret\n")
    text = "alertmanager: {url: 'http://a:1', receiver: ow, token_file: am.token}"
    headers = loaded(tmp_path, text).alertmanager.request_headers()
    assert headers == {"Authorization": "Bearer s3cret"}


def snippets(heading):
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"```yaml\n(.*?)```", section, flags=re.S)


def test_the_mapping_of_the_docs_is_as_it_says(tmp_path):
    (text,) = snippets("A mapping")
    (tmp_path / "statuscheck.token").write_text("t")
    senders = loaded(tmp_path, text).senders
    mapping = credentials(senders, None).mapping("statuscheck")
    assert (mapping.alerts, mapping.firing) == ("incidents", ("open", "alerting"))
    assert mapping.labels == {"service": "host.app", "team": "$.team.name", "zone": "=eu"}
    # Every key that there is stands in the example.
    keys = yaml.safe_load(text)["senders"][0]["mapping"]
    assert set(keys) == set(type(senders[0].mapping).model_fields)


def test_the_maintenance_of_the_docs_is_good(tmp_path):
    text = snippets("Maintenance")[0]
    (one,) = loaded(tmp_path, PULLED + text).maintenance
    assert (one.end - one.start).total_seconds() == 7200
    assert one.start.timestamp() == 1_705_960_800


def test_check_config_names_whom_it_asks_without_secrets(tmp_path):
    file = tmp_path / "s.yml"
    file.write_text("alertmanager: {url: 'http://user:s3cret@a:1', receiver: ow}\n")
    said = CliRunner().invoke(command, [str(file)]).output
    assert "asks http://a:1 for alerts and silences" in said
    assert "s3cret" not in said
