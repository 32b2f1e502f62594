# The same facts give the same windows, whatever the format, the order and the files.
from __future__ import annotations

import codecs
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outage_window.batch import Request, analyze
from outage_window.errors import InputError
from outage_window.sources.reading import Reading
from outage_window.sources.selectors import parse
from tests.analyze.made import (
    STEP,
    T0,
    Program,
    Row,
    rows,
    stamp,
    write_csv,
    write_ndjson,
    write_openmetrics,
    write_parquet,
    write_prometheus,
)

TRUTH = (T0 + 100_020, T0 + 107_040)
WRITERS = {
    "csv": write_csv,
    "ndjson": write_ndjson,
    "parquet": write_parquet,
    "json": write_prometheus,
    "txt": write_openmetrics,
}


def found(*paths: Path, reading: Reading | None = None) -> dict[str, Any]:
    return analyze(Request([str(p) for p in paths], reading=reading or Reading())).document()


BY_FORMAT = {"inputs", "findings"}
"""Only counters have labels, and so findings about them."""


def windows(document: dict[str, Any]) -> Any:
    """All but what depends on the format."""

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: bare(item) for key, item in value.items() if key not in BY_FORMAT}
        return [bare(item) for item in value] if isinstance(value, list) else value

    return bare(document["windows"])


@pytest.fixture(scope="module")
def made() -> list[Row]:
    return [*rows("auth"), *rows("mail", None, seed=8)]


@pytest.fixture(scope="module")
def expected(made: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Any:
    return windows(found(write_csv(tmp_path_factory.mktemp("expected") / "a.csv", made)))


def test_the_outage_is_found_within_a_step(expected: Any) -> None:
    [window] = expected
    assert window["service"] == "auth"
    assert window["id"] == "auth-20240102T0347Z"
    for edge, truth in zip(("start", "end"), TRUTH, strict=True):
        value = np.datetime64(window[edge]["value"].rstrip("Z")).astype("datetime64[ms]")
        assert abs(value.astype(int) / 1000 - truth) <= STEP


@pytest.mark.parametrize("ending", WRITERS)
def test_every_format_gives_the_same(
    ending: str, made: list[Row], expected: Any, tmp_path: Path
) -> None:
    path = WRITERS[ending](tmp_path / f"a.{ending}", made)
    assert windows(found(path)) == expected


def test_disguises(made: list[Row], expected: Any, tmp_path: Path) -> None:
    text = write_csv(tmp_path / "a.csv", made).read_bytes()
    tabs = write_csv(tmp_path / "tabs.csv", made, "\t").read_text()
    disguises = {
        "bom.csv": codecs.BOM_UTF8 + text,
        "excel.csv": tabs.encode("utf-16"),
        "semicolon.csv": write_csv(tmp_path / "s.csv", made, ";").read_bytes(),
        "crlf.csv": text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
        "a.csv.gz": gzip.compress(text),
        "blank.csv": b"\n" + text.replace(b"\n", b"\n\n") + b"\n",
        "quoted.csv": text.replace(b"auth", b'"auth"'),
        "upper.csv": text.replace(b"time,service", b"Timestamp, Service", 1),
        "noname": text,
    }
    for name, content in disguises.items():
        path = tmp_path / name
        path.write_bytes(content)
        assert windows(found(path)) == expected, name


@pytest.mark.parametrize("scale", [1, 1_000, 1_000_000, 1_000_000_000])
def test_numeric_times(scale: int, made: list[Row], expected: Any, tmp_path: Path) -> None:
    lines = [f"{r.time * scale},{r.service},{r.attempts},{r.errors}" for r in made]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["ts,job,total,failures", *lines]) + "\n")
    assert windows(found(path)) == expected
    as_json = [
        json.dumps(
            {"ts": r.time * scale, "job": r.service, "total": r.attempts, "failed": r.errors}
        )
        for r in made
    ]
    other = tmp_path / "a.ndjson"
    other.write_text("\n".join(as_json))
    assert windows(found(other)) == expected


def test_local_times(made: list[Row], expected: Any, tmp_path: Path) -> None:
    text = write_csv(tmp_path / "a.csv", [Row(r.time - 5 * 3600, *_rest(r)) for r in made])
    text.write_text(text.read_text().replace("Z,", ","))
    for zone in ("America/Bogota", "-05:00"):
        assert windows(found(text, reading=Reading(time_zone=zone))) == expected
    other = tmp_path / "offset.csv"
    other.write_text(text.read_text().replace(":00,", ":00-05:00,"))
    assert windows(found(other)) == expected


def _rest(row: Row) -> tuple[str, int, int]:
    return row.service, row.attempts, row.errors


def test_marks(made: list[Row], expected: Any, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [Row(r.time + STEP, *_rest(r)) for r in made])
    assert windows(found(path, reading=Reading(time_marks="end"))) == expected


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**31))
def test_order_and_agreeing_duplicates_do_not_matter(
    seed: int, made: list[Row], expected: Any, tmp_path: Path
) -> None:
    rng = np.random.default_rng(seed)
    mixed = [made[i] for i in rng.permutation(len(made))]
    mixed += [mixed[i] for i in rng.integers(0, len(mixed), 5)]
    document = found(write_csv(tmp_path / "a.csv", mixed))
    assert windows(document) == expected
    notes = " ".join(note for s in document["services"] for note in s["notes"])
    assert "sorted" in notes
    assert "given twice" in notes


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cut=st.integers(1, 2 * 2880 - 1), ending=st.sampled_from(["csv", "ndjson", "parquet"]))
def test_splitting_over_files_does_not_matter(
    cut: int, ending: str, made: list[Row], expected: Any, tmp_path: Path
) -> None:
    one = write_csv(tmp_path / "one.csv", made[:cut])
    other = WRITERS[ending](tmp_path / f"other.{ending}", made[cut:])
    assert windows(found(one, other)) == expected
    assert windows(found(other, one)) == expected


def test_services_in_files_of_their_own(made: list[Row], expected: Any, tmp_path: Path) -> None:
    auth = write_prometheus(tmp_path / "auth.json", [r for r in made if r.service == "auth"])
    mail = write_csv(tmp_path / "mail.csv", [r for r in made if r.service == "mail"])
    document = found(auth, mail)
    assert windows(document) == expected
    [window] = document["windows"]
    assert [origin["name"] for origin in window["start"]["inputs"]] == [str(auth)]
    assert [origin["name"] for origin in document["inputs"]] == [str(auth), str(mail)]


def test_two_sources_of_one_service_are_refused(made: list[Row], tmp_path: Path) -> None:
    one = write_csv(tmp_path / "a.csv", made)
    other = write_prometheus(tmp_path / "a.json", made)
    third = write_csv(tmp_path / "b.csv", rows("third", seed=10))
    document = found(one, other, third)
    assert {n["service"] for n in document["not_assessed"]} == {"auth", "mail"}
    assert {w["service"] for w in document["windows"]} == {"third"}
    with pytest.raises(InputError, match="expected one source"):
        found(one, other)


def test_disagreeing_duplicates_refuse_their_service(made: list[Row], tmp_path: Path) -> None:
    twice = [*made, Row(made[0].time, "auth", made[0].attempts + 1, 0)]
    document = found(write_csv(tmp_path / "a.csv", twice))
    [entry] = document["not_assessed"]
    assert entry["service"] == "auth"
    assert "line 2 " in entry["reason"]
    assert f"line {len(twice) + 1} " in entry["reason"]
    alone = [row for row in twice if row.service == "auth"]
    with pytest.raises(InputError, match=r"line 2 and .* disagree .* cannot be assessed"):
        found(write_csv(tmp_path / "b.csv", alone))


def test_empty_and_nan_are_no_observation(made: list[Row], tmp_path: Path) -> None:
    lines = write_csv(tmp_path / "a.csv", made).read_text().splitlines()
    for number, empty in ((100, ","), (200, "NaN,"), (300, "null,NaN")):
        lines[number] = ",".join(lines[number].split(",")[:2]) + f",{empty}"
    path = tmp_path / "holes.csv"
    path.write_text("\n".join(lines))
    document = found(path)
    service = document["services"][0]
    assert service["observations"] == 2880 - 3
    assert any(note.startswith("3 rows with an empty number") for note in service["notes"])
    assert len(document["windows"]) == 1


def test_ratios_and_rates_without_attempts(made: list[Row], tmp_path: Path) -> None:
    auth = [r for r in made if r.service == "auth"]
    for column, value in (
        ("error_ratio", lambda r: r.errors / max(r.attempts, 1)),
        ("error_rate", lambda r: r.errors / STEP),
        ("errors", lambda r: r.errors),
    ):
        path = tmp_path / "a.csv"
        path.write_text(
            "\n".join([f"time,{column}", *(f"{stamp(r.time)},{value(r)}" for r in auth)])
        )
        [window] = found(path, reading=Reading(service="auth"))["windows"]
        assert window["id"].startswith("auth-20240102T034")
        assert window["attempts"]["status"] == "not_derivable"
        assert window["affected_users"]["status"] == "not_derivable"


def test_ratio_with_attempts_is_counts(made: list[Row], expected: Any, tmp_path: Path) -> None:
    lines = [
        f"{stamp(r.time)},{r.service},{r.attempts},{round(r.errors / max(r.attempts, 1), 4)}"
        for r in made
    ]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["time,service,requests,error_ratio", *lines]))
    assert windows(found(path)) == expected


def expression(path: Path, made: list[Row], value: str) -> Path:
    results = []
    for kind in ("attempts", "errors"):
        pairs = [
            [r.time + STEP, str(getattr(r, kind) / (STEP if value == "rate" else 1))] for r in made
        ]
        results.append({"metric": {"service": "auth", "kind": kind}, "values": pairs})
    path.write_text(
        json.dumps({"status": "success", "data": {"resultType": "matrix", "result": results}})
    )
    return path


@pytest.mark.parametrize("value", ["rate", "count"])
def test_values_of_expressions(
    value: Any, made: list[Row], expected: Any, program: Program, tmp_path: Path
) -> None:
    path = expression(tmp_path / "a.json", [r for r in made if r.service == "auth"], value)
    reading = Reading(
        quantity=value,
        attempts_selector=parse('{kind="attempts"}', "test"),
        errors_selector=parse('{kind="errors"}', "test"),
    )
    [window], [wanted] = windows(found(path, reading=reading)), expected
    assert window["start"] == wanted["start"]
    assert window["end"] == wanted["end"]
    refused = program.analyze(path)
    assert refused.code == 2
    assert "--quantity" in refused.err


def test_a_missing_error_value_is_read_as_no_errors_and_said(
    made: list[Row], tmp_path: Path
) -> None:
    path = expression(tmp_path / "a.json", [r for r in made if r.service == "auth"], "count")
    answer = json.loads(path.read_text())
    errors = answer["data"]["result"][1]
    errors["values"] = errors["values"][5:]
    path.write_text(json.dumps(answer))
    reading = Reading(
        quantity="count",
        attempts_selector=parse('{kind="attempts"}', "test"),
        errors_selector=parse('{kind="errors"}', "test"),
    )
    [service] = found(path, reading=reading)["services"]
    assert any(note.startswith("5 of ") and "no errors" in note for note in service["notes"])


def test_the_same_inputs_give_the_same_bytes(
    made: list[Row], program: Program, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "a.csv", made)
    for form in ("json", "csv", "table"):
        one, other = (program.analyze(path, "--format", form) for _ in range(2))
        assert one.out
        assert one == other


def test_rates_and_short_exports_are_doubted_in_words(made: list[Row], tmp_path: Path) -> None:
    rows = [r for r in made if r.service == "auth"][:40]
    lines = [f"{stamp(r.time)},auth,{r.attempts + 0.5},{r.errors}" for r in rows]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["time,service,attempts,errors", *lines]))
    [service] = found(path)["services"]
    assert any("not whole numbers" in note for note in service["notes"])
    assert any("cannot be told from" in note for note in service["notes"])
    [whole] = found(write_csv(tmp_path / "whole.csv", made))["services"][:1]
    assert not any("whole numbers" in note or "told from" in note for note in whole["notes"])
