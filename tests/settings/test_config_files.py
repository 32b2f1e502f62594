"""The files that an operator copies: each is loaded by the program that it is for."""

import configparser
import subprocess
from pathlib import Path

import pytest
import yaml

from outage_window.cli.main import COMMANDS
from outage_window.settings.load import load

CONFIG = Path(__file__).parents[2] / "config"
RULES = CONFIG / "rules" / "outage-window.yml"


def test_the_snippets_meet_each_other():
    """Alertmanager posts to where the example listens; Prometheus scrapes it, and has the rules."""
    listen = load(str(CONFIG / "outage-window.yml"), {}).web.listen
    alertmanager = yaml.safe_load((CONFIG / "alertmanager.yml").read_text())
    hooks = [h for r in alertmanager["receivers"] for h in r.get("webhook_configs", ())]
    assert [h["url"] for h in hooks] == [f"http://{listen}/api/v1/webhooks/alertmanager"]
    prometheus = yaml.safe_load((CONFIG / "prometheus.yml").read_text())
    assert [(CONFIG / file).resolve() for file in prometheus["rule_files"]] == [RULES]
    assert listen in str(prometheus["scrape_configs"])


def test_the_unit_starts_a_command_that_exists():
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str
    unit.read(CONFIG / "outage-window.service")
    assert unit["Service"]["ExecStart"].split()[1] in COMMANDS


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
