# docs/analyze.md against the program: every option of the command is told there, none besides.
from __future__ import annotations

import re
from pathlib import Path

from outage_window.cli.analyze import command
from outage_window.sources.columns import USUAL

PAGE = (Path(__file__).parents[2] / "docs" / "analyze.md").read_text()


def test_options() -> None:
    known = {option for parameter in command.params for option in parameter.opts if "--" in option}
    told = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE))
    assert told == known


def test_usual_names() -> None:
    for names in USUAL.values():
        assert all(f"`{name}`" in PAGE for name in names)
