"""The files that an operator copies: each is loaded by the program that it is for."""

import subprocess
from pathlib import Path

import pytest
import yaml

from outage_window.settings.load import load
from outage_window.settings.models import Settings

CONFIG = Path(__file__).parents[2] / "config"
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
