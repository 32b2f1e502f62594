# `--draft` and `--chart`: the files, what stands in them, and the same bytes again.
from __future__ import annotations

import json
from pathlib import Path

from tests.analyze.made import DAY, Program, rows, stamp, write_csv

ONSET = 1_704_067_200 + 100_020


def test_a_draft_and_its_chart_for_each_window(program: Program, tmp_path: Path) -> None:
    export = write_csv(tmp_path / "a.csv", [*rows("auth"), *rows("mail", (150_000, 2 * DAY))])
    alert = {
        "labels": {"alertname": "AuthErrors", "service": "auth"},
        "annotations": {"summary": "many"},
        "startsAt": stamp(ONSET + 300),
        "status": {"state": "active"},
    }
    alerts, changes = tmp_path / "alerts.json", tmp_path / "changes.csv"
    alerts.write_text(json.dumps([alert]))
    changes.write_text(f"time,service,text\n{stamp(ONSET - 60)},auth,deploy 4.2\n")
    folder = tmp_path / "new" / "drafts"
    beside = ("--alerts", alerts, "--changes", changes)
    ended = program.analyze(export, *beside, "--draft", folder)
    assert ended.code == 0, ended.err
    names = {path.name for path in folder.iterdir()}
    assert names == {
        f"{name}{ending}"
        for name in ("auth-20240102T0347Z", "mail-20240102T1740Z")
        for ending in (".md", ".svg")
    }
    draft = (folder / "auth-20240102T0347Z.md").read_text()
    for said in ("AuthErrors", "deploy 4.2", "auth-20240102T0347Z.svg", "TODO(owner?)", "--draft"):
        assert said in draft
    assert "AuthErrors" not in (folder / "mail-20240102T1740Z.md").read_text()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    program.analyze(export, *beside, "--draft", folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_no_alert_is_not_the_same_as_not_asked(program: Program, tmp_path: Path) -> None:
    export, none = write_csv(tmp_path / "a.csv", rows()), tmp_path / "none.json"
    none.write_text("[]")
    drafts = []
    for arguments in ((), ("--alerts", none)):
        folder = tmp_path / f"d{len(arguments)}"
        assert program.analyze(export, *arguments, "--draft", folder).code == 0
        [path] = folder.glob("*.md")
        drafts.append(path.read_text())
    assert "alerts are not known" in drafts[0]
    assert "alerts are not known" not in drafts[1]


def test_a_chart_keeps_its_name_or_gets_the_ids(program: Program, tmp_path: Path) -> None:
    one = write_csv(tmp_path / "one.csv", rows())
    two = write_csv(tmp_path / "two.csv", [*rows(), *rows("mail", seed=9)])
    assert program.analyze(one, "--chart", tmp_path / "c.png").code == 0
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    assert program.analyze(two, "--chart", tmp_path / "c.svg").code == 0
    charts = sorted(path.name for path in tmp_path.glob("c-*.svg"))
    assert len(charts) == 2
    assert charts[0].startswith("c-auth-2024")


def test_what_was_edited_is_never_overwritten(program: Program, tmp_path: Path) -> None:
    export, folder, chart = (
        write_csv(tmp_path / "a.csv", rows()),
        tmp_path / "d",
        tmp_path / "c.svg",
    )
    asked = (export, "--draft", folder, "--chart", chart)
    assert program.analyze(*asked).code == 0
    [draft] = folder.glob("*.md")
    words = {draft: "is there and is no draft of ours", chart: "is there and differs"}
    for edited, missing in ((draft, chart), (chart, draft)):
        kept = edited.read_bytes()
        edited.write_text("edited")
        missing.unlink()
        ended = program.analyze(*asked)
        assert ended.code == 2
        assert f"{edited}: {words[edited]}" in ended.err
        assert edited.read_text() == "edited"
        assert not missing.exists(), "nothing is written where one is refused"
        edited.write_bytes(kept)
        assert program.analyze(*asked).code == 0


def test_json_stays_alone_on_stdout(program: Program, tmp_path: Path) -> None:
    export = write_csv(tmp_path / "a.csv", rows())
    ended = program.analyze(export, "--format", "json", "--chart", tmp_path / "c.svg")
    assert len(ended.document()["windows"]) == 1
    assert "wrote" in ended.err


def test_no_window_is_said(program: Program, tmp_path: Path) -> None:
    export = write_csv(tmp_path / "a.csv", rows(outage=None))
    ended = program.analyze(export, "--draft", tmp_path / "drafts")
    assert ended.code == 0
    assert "no window" in ended.err
    assert not (tmp_path / "drafts").exists()


def test_what_cannot_be_written(program: Program, tmp_path: Path) -> None:
    export = write_csv(tmp_path / "a.csv", rows())
    for option, value in (("--chart", tmp_path / "c.gif"), ("--draft", export)):
        ended = program.analyze(export, option, value)
        assert ended.code == 2
        assert str(value.name) in ended.err
