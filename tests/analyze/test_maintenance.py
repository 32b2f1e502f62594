"""Maintenance beside an export: metrics of that time have no say, and the draft says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.analyze.made import T0, Program, rows, stamp, write_csv

OUTAGE = (100_020, 107_040)


def planned(path: Path, *spans: tuple[int, int, str]) -> Path:
    lines = [f"{stamp(T0 + s)},{stamp(T0 + e)},{name},moving house" for s, e, name in spans]
    path.write_text("\n".join(["start,end,service,reason", *lines]) + "\n")
    return path


@pytest.mark.parametrize("service", ["auth", ""])
def test_what_was_planned_is_no_outage(program: Program, tmp_path: Path, service: str) -> None:
    export = write_csv(tmp_path / "a.csv", [*rows("auth"), *rows("sso")])
    file = planned(tmp_path / "m.csv", (*OUTAGE, service))
    assert {w["service"] for w in program.document(export)["windows"]} == {"auth", "sso"}
    document = program.document(export, "--maintenance", file)
    assert {w["service"] for w in document["windows"]} == ({"sso"} if service else set())
    (note,) = (n for n in document["notes"] if "have no say" in n)
    assert note.startswith(f"maintenance of {service or 'all services'} was planned")
    assert f"{stamp(T0 + OUTAGE[0])} to {stamp(T0 + OUTAGE[1])}" in note
    assert str(file) in {one["name"] for one in document["inputs"]}


def test_an_outage_beside_it_is_found_and_the_draft_names_it(
    program: Program, tmp_path: Path
) -> None:
    export = write_csv(tmp_path / "a.csv", rows())
    file = planned(tmp_path / "m.csv", (96_000, 99_000, "auth"), (0, 600, "auth"))
    program.analyze(export, "--maintenance", file, "--draft", tmp_path / "drafts")
    (draft,) = (tmp_path / "drafts").glob("*.md")
    assert draft.read_text().count("moving house") == 1  # that of a day before is no part of it


def test_maintenance_of_what_has_no_series_is_named(program: Program, tmp_path: Path) -> None:
    export = write_csv(tmp_path / "a.csv", rows())
    document = program.document(export, "--maintenance", planned(tmp_path / "m", (0, 60, "pay")))
    assert any("maintenance of pay" in note for note in document["notes"])
