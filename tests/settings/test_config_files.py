"""The files that an operator copies: each is loaded by the program that it is for."""

import re
import subprocess
from pathlib import Path

import bcrypt
import pytest
import yaml

from outage_window.settings import web_config
from outage_window.settings.load import load
from outage_window.settings.models import RemoteWrite, Settings
from tests.security.made import Authority

CONFIG = Path(__file__).parents[2] / "config"
WEB = CONFIG / "web.yml"
RULES = CONFIG / "rules" / "outage-window.yml"


def test_the_snippets_meet_each_other():
    """Alertmanager posts to where the example listens; Prometheus scrapes it, and has the rules."""
    listen = load(str(CONFIG / "outage-window.yml"), {}).web.listen
    alertmanager = yaml.safe_load((CONFIG / "alertmanager.yml").read_text())
    hooks = [h for r in alertmanager["receivers"] for h in r.get("webhook_configs", ())]
    assert [h["url"] for h in hooks] == [f"http://{listen}/api/v1/webhooks/alertmanager"]
    heartbeat, own, _ = alertmanager["route"]["routes"]
    assert heartbeat["matchers"] == list(Settings().heartbeat.alerts)
    assert own["receiver"] != "outage-window"
    prometheus = yaml.safe_load((CONFIG / "prometheus.yml").read_text())
    assert [(CONFIG / file).resolve() for file in prometheus["rule_files"]] == [RULES]
    assert listen in str(prometheus["scrape_configs"])


def sending(name, first):
    """A file with its example of remote write in force: the comment that begins with `first`."""
    text = (CONFIG / name).read_text()
    before, _, after = text.partition(f"# {first}")
    example, blank, rest = f"# {first}{after}".partition("\n\n")
    return before + re.sub(r"^# ", "", example, flags=re.M) + blank + rest


def test_what_prometheus_sends_is_what_a_service_selects(tmp_path):
    (tmp_path / "s.yml").write_text(
        sending("outage-window.yml", "remote_write:\n").replace(
            "source: pull", "source: remote_write"
        )
    )
    settings = load(str(tmp_path / "s.yml"), {})
    assert settings.remote_write == RemoteWrite()
    (target,) = yaml.safe_load(sending("prometheus.yml", "remote_write:\n"))["remote_write"]
    assert target["url"] == f"http://{settings.web.listen}/api/v1/write"
    (kept,) = target["write_relabel_configs"]
    for service in settings.services:
        assert {kept["regex"]} == {s.split("{")[0] for s in (service.attempts, service.errors)}


@pytest.mark.real
def test_the_real_promtool_accepts_the_example_of_remote_write(programs, tmp_path):
    (tmp_path / "rules").symlink_to(RULES.parent)
    (tmp_path / "p.yml").write_text(sending("prometheus.yml", "remote_write:\n"))
    command = [programs["promtool"], "check", "config", str(tmp_path / "p.yml")]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def uncommented(folder):
    """The web configuration with all of its examples in force, beside certificates."""
    Authority(folder)
    file = folder / "web.yml"
    file.write_text(re.sub(r"^#(?! \S)", "", WEB.read_text(), flags=re.M))
    return file


def test_the_web_configuration_is_good_as_it_stands_and_in_full(tmp_path):
    plain = web_config.load(str(WEB))
    assert not plain.guards
    assert plain.http_server_config.headers
    whole = web_config.load(str(uncommented(tmp_path)))
    assert whole.tls_server_config.client_allowed_sans == ("alertmanager.example.com",)
    assert whole.rate_limit.burst == 200
    (hashed,) = whole.hashes().values()
    assert bcrypt.checkpw(b"change me", hashed.encode())


@pytest.mark.real
def test_promtool_reads_the_web_configuration_too(programs, tmp_path):
    whole = uncommented(tmp_path)
    # The two keys that Debian's promtool is too old to know.
    known = re.sub(r"(?m)^  client_allowed_sans.*\n|^rate_limit(.*\n)*", "", whole.read_text())
    whole.write_text(known)
    assert "client_ca_file" in known
    for file in (WEB, whole):
        command = [programs["promtool"], "check", "web-config", str(file)]
        ended = subprocess.run(command, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.real
@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        ("promtool", ("check", "rules", str(RULES))),
        ("promtool", ("check", "config", str(CONFIG / "prometheus.yml"))),
        ("amtool", ("check-config", str(CONFIG / "alertmanager.yml"))),
    ],
)
def test_the_real_tools_accept_them(programs, program, arguments):
    ended = subprocess.run([programs[program], *arguments], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
