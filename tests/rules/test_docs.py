# docs/rules.md against the program: its example is what comes out, its options are those there are.
from __future__ import annotations

import re
from pathlib import Path

import pytest

from outage_window.cli.rules_backtest import command
from tests.analyze.made import Program
from tests.rules import made

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")


@pytest.mark.real
def test_the_example(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    made.write_export(tmp_path / "auth.om")
    rules, _ = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.S)
    (tmp_path / "rules.yml").write_text(rules)
    line, shown = re.search(
        r"```console\n\$ outage-window (.*?)\n(.*?)```", PAGE, flags=re.S
    ).groups()
    done = Program(monkeypatch, capsys)(*line.split())
    assert (done.code, done.out) == (0, shown), done.out


def test_every_option_is_told():
    known = {option for parameter in command.params for option in parameter.opts if "--" in option}
    assert known - set(re.findall(r"(?<![\w-])--[a-z][a-z.-]+", PAGE)) == set()
