"""What README and docs show of `analyze` is what it prints of the demo's own export."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from outage_window.cli.main import cli
from outage_window.demo.references import REFERENCES
from outage_window.demo.run import replay

ROOT = Path(__file__).parents[2]
SHOWN = r"\$ outage-window (analyze demo-output/inputs/\S+)\n(.*?)…"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("readme")
    (accounts,) = (one for one in REFERENCES if one.service == "accounts")
    replay([accounts], 1, place / "demo-output", lambda *_: None)
    return place


@pytest.mark.parametrize("page", ["README.md", "docs/analyze.md"])
def test_what_is_shown_is_what_is_printed(folder, page, monkeypatch):
    monkeypatch.chdir(folder)
    ((command, shown),) = re.findall(SHOWN, (ROOT / page).read_text("utf-8"), re.S)
    printed = CliRunner().invoke(cli, command.split()).stdout
    assert len(shown.splitlines()) == 4
    assert printed.startswith(shown)
