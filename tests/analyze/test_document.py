# The analysis document: its schema, its CSV, its table, and what each says of an open end.
from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from detector.estimate import Estimate, Origin
from outage_window.document.text import to_text
from outage_window.document.values import estimate, number, time_text
from tests.analyze.made import DAY, T0, Program, Row, rows, stamp, write_csv

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "analysis.schema.json").read_text())


def check(document: dict[str, Any]) -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.check_schema(SCHEMA)
    validator.validate(document)


def attempts_of_users(path: Path, start: int, end: int) -> Path:
    """Every minute 60 users sign in; in the outage those with an even number are refused."""
    lines = ["time,user,outcome,reason,service"]
    for minute in range(start - 3600, end + 3600, 60):
        for user in range(60):
            failed = start <= minute < end and user % 2 == 0
            outcome = "failure,invalid_token" if failed else "success,"
            lines.append(f"{stamp(minute + user % 60)},user{user},{outcome},auth")
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def everything(tmp_path: Path) -> Path:
    """A closed, an open, a short and a quiet service, one with a fault, one without attempts."""
    made = [*rows("auth"), *rows("open", (150_000, 2 * DAY)), *rows("quiet", None)]
    made += [*rows("short", (100_020, 100_080), ratio=0.9), *rows("bad"), *rows("tiny")[:3]]
    made[-1500] = Row(made[-1500].time, "bad", 3, 4)
    return write_csv(tmp_path / "a.csv", made)


def test_real_output_meets_the_schema(everything: Path, program: Program, tmp_path: Path) -> None:
    users = attempts_of_users(tmp_path / "users.csv", 1_704_167_220, 1_704_174_240)
    document = program.document(everything, "--users", users, "--system-reasons", "invalid_token")
    check(document)
    assert [w["service"] for w in document["windows"]] == ["auth", "open"]
    assert [b["service"] for b in document["blips"]] == ["short"]
    assert {n["service"] for n in document["not_assessed"]} == {"bad", "tiny"}
    auth, ongoing = document["windows"]
    assert auth["affected_users"]["tier"] == 1
    assert auth["affected_users"]["value"] == pytest.approx(0.5)
    assert auth["experience"] == "blocked"
    names = [origin["name"] for origin in auth["affected_users"]["inputs"]]
    assert names == [str(users)]
    assert ongoing["affected_users"]["tier"] == 4
    assert ongoing["end"]["status"] == "not_derivable"
    assert ongoing["end"]["reason"] == "ongoing"
    assert ongoing["end"]["as_of"] == "2024-01-03T00:00:00Z"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "outage-window/analysis/v2"),
        (("windows", 0, "start", "value"), "2024-01-01T00:00:00+01:00"),
        (("windows", 0, "start", "unit"), "seconds"),
        (("windows", 0, "start", "low"), None),
        (("windows", 1, "end", "value"), "2024-01-01T00:00:00Z"),
        (("windows", 0, "affected_users", "value"), 0.5),
        (("inputs", 0, "sha256"), "x"),
    ],
)
def test_the_schema_refuses(
    path: tuple[Any, ...], value: Any, everything: Path, program: Program
) -> None:
    document = program.document(everything)
    check(document)
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        check(document)


def test_csv_is_one_safe_row_a_window(program: Program, tmp_path: Path) -> None:
    made = [*rows("=HYPERLINK(1)"), *rows("@x", seed=9)]
    made += rows("+open", (150_000, 2 * DAY))
    made[-1] = Row(made[-1].time, "+open", 5, 5)
    ended = program.analyze(write_csv(tmp_path / "a.csv", made), "--format", "csv")
    assert ended.code == 0
    table = list(csv.DictReader(io.StringIO(ended.out)))
    assert {row["service"] for row in table} == {"'=HYPERLINK(1)", "'@x", "'+open"}
    assert {row["end"] == "" for row in table if row["status"] == "ongoing"} == {True}
    for row in table:
        assert row["start_low"] <= row["start"] <= row["start_high"]
        assert 0 < float(row["error_ratio"]) <= 1
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row.values())


def test_csv_tells_what_was_not_assessed_on_stderr(everything: Path, program: Program) -> None:
    ended = program.analyze(everything, "--format", "csv")
    assert "not assessed: bad" in ended.err
    assert "not assessed: tiny" in ended.err


def test_the_table_fits_and_says_it_all(everything: Path, program: Program) -> None:
    out = program.analyze(everything).out
    assert max(len(line) for line in out.splitlines()) <= 100
    assert out.startswith(
        "2 windows in 4 assessed services, 2024-01-01 00:00 to 2024-01-03 00:00 UTC"
    )
    assert "2024-01-02 03:47:0" in out
    assert "ongoing" in out
    for said in ("NOT ASSESSED", "errors exceed attempts", "too little data", "Blips", "--users"):
        assert said in " ".join(out.split())


def test_a_long_hostile_name_moves_no_cursor(program: Program, tmp_path: Path) -> None:
    name = "auth\x1b[31m" + "x" * 60
    out = program.analyze(write_csv(tmp_path / "a.csv", rows(name))).out
    assert "\x1b" not in out
    assert len(out.splitlines()[3]) <= 100


def test_the_table_fits_at_its_widest() -> None:
    def edge(value: str, low: str) -> dict[str, Any]:
        return {"value": value, "low": low, "high": value}

    users = {"value": 1.0, "low": 1.0, "high": 1.0, "status": "measured", "tier": 1}
    window = {
        "id": "x" * 40,
        "service": "x" * 40,
        "status": "closed",
        "kind": "errors",
        "pattern": "continuous",
        "phases": [{}],
        "start": edge("2024-01-01T00:00:00Z", "2023-12-31T23:58:01Z"),
        "end": edge("2024-01-09T00:00:00Z", "2024-01-08T23:58:01Z"),
        "duration_seconds": {"value": 8.9 * DAY},
        "error_ratio": {"value": 1.0},
        "findings": [],
        "affected_users": users
        | {f"{name}_users": {"value": 9e9} for name in ("hit", "active", "blocked")},
    }
    document = {"windows": [window], "blips": [], "services": []}
    document |= {"not_assessed": [], "notes": []}
    assert max(len(line) for line in to_text(document).splitlines()) <= 100


def test_what_belongs_to_no_series_is_said(program: Program, tmp_path: Path) -> None:
    export, users = tmp_path / "a.csv", attempts_of_users(tmp_path / "users.csv", 7200, 9000)
    lines = write_csv(export, rows()).read_text().replace(",auth,", ",").replace(",service", "")
    export.write_text(lines)
    [note] = program.document(export, "--users", users)["notes"]
    assert "attempts per user of auth" in note
    assert "--service" in note
    assert program.document(export, "--users", users, "--service", "auth")["notes"] == []


def test_fail_on_outage(program: Program, tmp_path: Path) -> None:
    outage = write_csv(tmp_path / "a.csv", rows())
    quiet = write_csv(tmp_path / "b.csv", rows(outage=None))
    assert program.analyze(outage).code == 0
    assert program.analyze(outage, "--fail-on-outage").code == 1
    assert program.analyze(quiet, "--fail-on-outage").code == 0


def test_values() -> None:
    assert time_text(1704067200) == "2024-01-01T00:00:00Z"
    assert time_text(1704067200.0625) == "2024-01-01T00:00:00.062Z"
    assert time_text(1704067199.9999) == "2024-01-01T00:00:00Z"
    assert number(3.0) == 3
    assert isinstance(number(3.0), int)
    assert number(0.1 + 0.2) == 0.3
    own = Origin("own", "0" * 64)
    shown = estimate(Estimate.exact(2, "users", "counted").from_inputs((own,)))
    assert shown["inputs"] == [{"name": "own", "sha256": "0" * 64}]


def test_two_services_with_the_same_user_ids_stay_apart(program: Program, tmp_path: Path) -> None:
    """Half of the users of one are refused; the other's same people notice nothing."""
    outage = (1_704_167_220, 1_704_174_240)
    export = write_csv(tmp_path / "a.csv", [*rows("auth"), *rows("mail", seed=3)])
    users = attempts_of_users(tmp_path / "users.csv", *outage)
    text = users.read_text()
    served = text.replace(",auth", ",mail").replace("failure,invalid_token", "success,")
    users.write_text(text + "\n" + served.split("\n", 1)[1])
    document = program.document(export, "--users", users, "--system-reasons", "invalid_token")
    shares = {w["service"]: w["affected_users"] for w in document["windows"]}
    assert shares["auth"]["value"] == pytest.approx(0.5)
    assert shares["mail"]["value"] == 0.0
    assert shares["auth"]["active_users"]["value"] == shares["mail"]["active_users"]["value"] == 60


def test_a_declared_sample_of_users_is_scaled_up(program: Program, tmp_path: Path) -> None:
    export = write_csv(tmp_path / "a.csv", rows())
    lines = attempts_of_users(tmp_path / "users.csv", 1_704_167_220, 1_704_174_240)
    kept = [line for line in lines.read_text().split("\n") if not re.search(r"user\d*[5-9],", line)]
    some = tmp_path / "some.csv"
    some.write_text("\n".join(kept))
    found = program.document(
        export, "--users", some, "--system-reasons", "invalid_token", "--user-sample", "0.5"
    )["windows"][0]["affected_users"]
    assert found["active_users"]["value"] == 60
    assert found["status"] == "estimated"
    assert found["low"] < found["value"] < found["high"]
    alone = program.document(export, "--users", some, "--system-reasons", "invalid_token")
    assert "a sample of attempts" in alone["windows"][0]["affected_users"]["reason"]


def test_attempts_without_a_service_are_of_the_only_one(program: Program, tmp_path: Path) -> None:
    users = attempts_of_users(tmp_path / "users.csv", 1_704_167_220, 1_704_174_240)
    users.write_text(users.read_text().replace(",service", "").replace(",auth", ""))
    options = ("--users", users, "--system-reasons", "invalid_token")
    one = program.document(write_csv(tmp_path / "a.csv", rows()), *options)
    assert one["windows"][0]["affected_users"]["value"] == pytest.approx(0.5)
    assert one["notes"] == []
    two = write_csv(tmp_path / "b.csv", [*rows(), *rows("mail", None, seed=8)])
    [note] = program.document(two, *options)["notes"]
    assert "attempts per user of unassigned" in note


def test_the_budget_and_the_registered_are_what_the_options_say(
    program: Program, tmp_path: Path
) -> None:
    export = write_csv(tmp_path / "a.csv", rows())
    users = attempts_of_users(tmp_path / "users.csv", 1_704_167_220, 1_704_174_240)
    options = ("--users", users, "--system-reasons", "invalid_token", "--registered-users", "120")
    [window] = program.document(export, *options, "--slo", "99/1d")["windows"]
    budget, share = window["error_budget"], window["affected_users"]["share_of_registered"]
    assert budget["low"] < budget["value"] < budget["high"]
    assert "of 1 days" in budget["method"]
    assert share["value"] == pytest.approx(30 / 120)
    out = program.analyze(export, *options, "--slo", "99/1d").out
    assert "of the error budget used up" in " ".join(out.split())
    assert program.document(export)["windows"][0]["error_budget"] is None


def test_a_batch_tells_the_delay_in_parts(program: Program, tmp_path: Path) -> None:
    onset = T0 + 100_020
    export, alerts = write_csv(tmp_path / "a.csv", rows()), tmp_path / "alerts.json"
    alert = {
        "labels": {"alertname": "A", "service": "auth"},
        "startsAt": stamp(onset + 300),
        "status": {"state": "active"},
    }
    alerts.write_text(json.dumps([alert]))
    document = program.document(export, "--alerts", alerts)
    check(document)
    [window] = document["windows"]
    found = {one["step"]: one for one in window["detection"]}
    assert found["first_scrape"]["at"]["value"] == stamp(onset + 60)  # the end of a row's interval
    assert found["first_scrape"]["at"]["inputs"][0]["name"] == str(export)
    assert found["fired"]["since_previous"]["value"] == 240
    for field in ("value", "low", "high"):
        assert found["fired"]["since_onset"][field] == window["time_to_detect"][field]
    assert "not a file" in found["delivered"]["at"]["needs"]
    [bare] = program.document(export)["windows"]
    reasons = {one["step"]: one["at"].get("reason") for one in bare["detection"]}
    assert reasons["fired"] == reasons["delivered"] == "no source of alerts was given"


@pytest.mark.parametrize("slo", ["99.9/", "100/30d", "0/30d", "ninety/30d", "99.9/30", "99/-1d"])
def test_an_objective_that_is_none_is_refused(slo: str, program: Program, tmp_path: Path) -> None:
    done = program.analyze(write_csv(tmp_path / "a.csv", rows()), "--slo", slo)
    assert done.code == 2
    assert "--slo: expected such as 99.9/30d" in done.err
