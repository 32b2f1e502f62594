# README and docs against the program: links lead somewhere, snippets work, commands exist.
from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from outage_window.cli.main import COMMANDS, cli

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)>#]+)>?(?:#[^)]*)?\)")
GROUPS = {"export", "rules"}
"""Commands that are groups of others."""
OUTAGE_WINDOW = Path(sys.executable).with_name("outage-window")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.S)
    missing = [
        link
        for link in LINK.findall(text)
        if not link.startswith(("http://", "https://")) and not (page.parent / link).exists()
    ]
    assert missing == []


def commands_of(text: str) -> list[str]:
    """Every call of the program in the fenced blocks, prompts and comments taken off."""
    blocks = re.findall(r"```(?:sh|console|text)?\n(.*?)```", text, flags=re.S)
    lines = (line.removeprefix("$ ").strip() for block in blocks for line in block.splitlines())
    return [line for line in lines if line.startswith("outage-window ")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_shows_where_somebody_happened_to_work(page: Path) -> None:
    assert not re.search(r"(?<![\w.])/(tmp|home|root|work)/", page.read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_and_their_options_exist(page: Path) -> None:
    for line in commands_of(page.read_text("utf-8")):
        words = line.split("#")[0].split()
        if words[1].startswith("-"):
            continue
        assert words[1] in COMMANDS, line
        group = words[1] in GROUPS
        shown = CliRunner().invoke(cli, [*words[1 : 3 if group else 2], "--help"]).output
        assert shown.startswith("Usage"), line
        for option in (word.split("=")[0] for word in words[2:] if word.startswith("-")):
            assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", shown), line


def test_the_receiver_of_the_readme_is_that_of_the_config() -> None:
    [snippet] = re.findall(
        r"```yaml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), flags=re.S
    )
    [ours] = yaml.safe_load(snippet)["receivers"]
    whole = yaml.safe_load((ROOT / "config" / "alertmanager.yml").read_text("utf-8"))
    [theirs] = [one for one in whole["receivers"] if one["name"] == ours["name"]]
    assert ours == theirs


def test_the_settings_of_the_readme_are_good_as_they_stand() -> None:
    done = subprocess.run(
        [OUTAGE_WINDOW, "check-config", "config/outage-window.yml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_the_scripts_of_the_readme_exist() -> None:
    named = re.findall(r"^(script/\w+)", (ROOT / "README.md").read_text("utf-8"), flags=re.M)
    assert named == ["script/demo", "script/test"]
    assert all((ROOT / name).stat().st_mode & 0o111 for name in named)
