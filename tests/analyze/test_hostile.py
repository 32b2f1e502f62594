# Inputs made to mislead: refused in one line, or read without counting anything twice.
from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from outage_window.errors import InputError
from outage_window.sources import selectors
from tests.analyze.made import T0, Program, rows, samples

ROWS = 400
GOOD: dict[str, Any] = {
    "time": pa.array([(T0 + 60 * i) * 1000 for i in range(ROWS)], pa.timestamp("ms", tz="UTC")),
    "service": pa.array(["auth"] * ROWS),
    "attempts": pa.array([100] * ROWS),
    "errors": pa.array([i % 3 for i in range(ROWS)]),
}


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("time", pa.array([{"a": 1}] * ROWS)),
        ("time", pa.array([[1]] * ROWS)),
        ("service", pa.array([{"a": 1}] * ROWS)),
        ("service", pa.array([["a"]] * ROWS)),
        ("service", pa.array([[("a", 1)]] * ROWS, pa.map_(pa.string(), pa.int64()))),
        ("service", pa.array([b"\xff\xfe"] * ROWS)),
        ("service", pa.array([b"\xff\xfe"] * ROWS).view(pa.string())),
        ("errors", pa.array([{"a": 1}] * ROWS)),
    ],
    ids=["struct time", "list time", "struct", "list", "map", "bytes", "not UTF-8", "errors"],
)
def test_columns_of_odd_types(name: str, column: Any, tmp_path: Path, program: Program) -> None:
    path = tmp_path / "odd.parquet"
    parquet.write_table(pa.table(GOOD | {name: column}), path)
    refused(program.analyze(path), "odd.parquet")


def test_bytes_that_are_text_are_read(tmp_path: Path, program: Program) -> None:
    path = tmp_path / "bytes.parquet"
    parquet.write_table(pa.table(GOOD | {"service": pa.array([b"auth"] * ROWS)}), path)
    assert program.document(path)["services"][0]["service"] == "auth"


def test_a_parquet_of_endless_equal_rows(tmp_path: Path, program: Program) -> None:
    path = tmp_path / "endless.parquet"
    many = 2**24
    column = pa.DictionaryArray.from_arrays(pa.nulls(many, pa.int8()), pa.array([1.0]))
    table = pa.table({"time": column, "errors": column})
    with parquet.ParquetWriter(path, table.schema) as writer:
        for _ in range(5):
            writer.write_table(table)
    assert path.stat().st_size < 1_000_000
    refused(program.analyze(path), "row 1: no time")


def test_rows_closer_than_a_millisecond(tmp_path: Path, program: Program) -> None:
    path = tmp_path / "close.csv"
    lines = [f"{T0}.{i:04d},100,1" for i in range(ROWS)]
    path.write_text("\n".join(["time,attempts,errors", *lines]))
    refused(program.analyze(path), "millisecond")


@pytest.mark.parametrize(
    "pattern", ["(" * 2000 + ")" * 2000, "a{99999999999}", "[[:alpha:]]"], ids=lambda p: p[:11]
)
def test_patterns_that_python_reads_otherwise_or_not_at_all(pattern: str) -> None:
    with pytest.raises(InputError, match="regular expression"):
        selectors.parse(f'x{{a=~"{pattern}"}}', "here")


def test_an_escape_beyond_all_characters() -> None:
    assert selectors.parse('x{a="\\U99999999"}', "here").matches({"__name__": "x", "a": "\ufffd"})


def counters(path: Path, **more: Any) -> Path:
    """The counters of `made`, and beside them those of `more`: name to labels."""
    found = samples(rows(seconds=6 * 3600, outage=(7200, 10800), ratio=0.2))
    result = [
        {"metric": {"__name__": "tries_total", "result": name}, "values": pairs(*series)}
        for name, series in found.items()
    ]
    for name, labels in more.items():
        for label in labels:
            result.append(
                {"metric": {"__name__": name, **label}, "values": pairs(*found["success"])}
            )
    for one in result:
        one["metric"] |= {"service": "auth", "job": "auth", "instance": "a:1"}
    path.write_text(json.dumps({"data": {"resultType": "matrix", "result": result}}))
    return path


def pairs(times: list[int], values: list[int]) -> list[list[Any]]:
    return [[time, str(value)] for time, value in zip(times, values, strict=True)]


def selected(attempts: str, errors: str = 'tries_total{result="failure"}') -> tuple[str, ...]:
    return "--attempts-selector", attempts, "--errors-selector", errors


@pytest.mark.parametrize(
    ("more", "attempts", "told"),
    [
        ({"tries_created": [{"result": "success"}]}, '{service="auth"}', "tries_created"),
        ({"took_bucket": [{"le": "1"}, {"le": "+Inf"}]}, "took_bucket", "buckets"),
        (
            {"took_bucket": [{"le": "+Inf"}], "took_count": [{}]},
            '{__name__=~"took_.*"}',
            "_bucket and _count",
        ),
    ],
    ids=["created", "buckets", "bucket and count"],
)
def test_what_must_not_be_summed(
    more: dict[str, Any], attempts: str, told: str, tmp_path: Path, program: Program
) -> None:
    refused(program.analyze(counters(tmp_path / "a.json", **more), *selected(attempts)), told)


def test_one_bucket_written_in_two_ways_is_one(tmp_path: Path, program: Program) -> None:
    path = counters(tmp_path / "a.json", took_bucket=[{"le": "5", "pod": "a"}, {"le": "5.0"}])
    document = program.document(path, *selected("took_bucket"))
    assert document["not_assessed"] == []


def test_errors_that_are_not_among_the_attempts_are_told(tmp_path: Path, program: Program) -> None:
    path = counters(tmp_path / "a.json")

    def notes(*options: str) -> str:
        return " ".join(program.document(path, *options)["services"][0]["notes"])

    assert "not among" in notes(*selected('tries_total{result="success"}'))
    assert "not among" not in notes(*selected("tries_total"))


def test_an_overlap_of_expressions_counts_once(tmp_path: Path, program: Program) -> None:
    made = rows(seconds=6 * 3600, outage=(7200, 10800))
    result = [
        {"metric": {"kind": kind}, "values": [[r.time + 60, str(getattr(r, kind))] for r in made]}
        for kind in ("attempts", "errors")
    ]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"data": {"resultType": "matrix", "result": result}}))
    options = (*selected('{kind="attempts"}', '{kind="errors"}'), "--quantity", "count")
    once, twice = (program.document(*[path] * n, *options)["windows"] for n in (1, 2))
    assert once[0]["attempts"]["value"] == twice[0]["attempts"]["value"]


def test_counters_that_together_are_beyond_counting(tmp_path: Path, program: Program) -> None:
    result = [
        {
            "metric": {"__name__": "tries_total", "result": name, "pod": pod, "instance": "a:1"},
            "values": [[T0 + 60 * i, str(9e15 * (i % 2))] for i in range(ROWS)],
        }
        for name in ("success", "failure")
        for pod in "abcd"
    ]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"data": {"resultType": "matrix", "result": result}}))
    refused(program.analyze(path), "beyond all counting")


@pytest.mark.parametrize("form", ["json", "table", "csv"])
def test_half_a_character_in_a_label(form: str, tmp_path: Path, program: Program) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text(
        "\n".join(
            json.dumps({"time": T0 + 60 * i, "service": "a\ud800", "attempts": 100, "errors": 1})
            for i in range(ROWS)
        )
    )
    ended = program.analyze(path, "--format", form)
    assert ended.code == 0, ended.err


def test_a_long_name_still_names_a_draft(tmp_path: Path, program: Program) -> None:
    path = tmp_path / "a.csv"
    lines = [
        f"{r.time},{'a' * 400},{r.attempts},{r.errors}"
        for r in rows(seconds=6 * 3600, outage=(7200, 10800))
    ]
    path.write_text("\n".join(["time,service,attempts,errors", *lines]))
    ended = program.analyze(path, "--draft", tmp_path / "drafts")
    assert ended.code == 0, ended.err
    assert len(list((tmp_path / "drafts").glob("*.md"))) == 1


def refused(ended: Any, told: str) -> None:
    assert ended.code == 2, ended.err
    assert ended.err.count("\n") == 1, ended.err
    assert told in ended.err


def test_a_small_file_that_unpacks_to_a_large_one(tmp_path: Path, program: Program) -> None:
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(bytes(80 << 20), 9))
    assert path.stat().st_size < 100_000
    refused(program.analyze(path), "unpacks to more than 64 MiB")


def test_a_line_end_in_a_name_makes_no_second_line(program: Program) -> None:
    refused(program.analyze("no\nsuch.csv"), "no\\nsuch.csv")


@pytest.mark.parametrize(
    "arguments",
    [["analyse"], ["analyze"], ["analyze", "--nope"], ["analyze", "a", "--format", "x\ny"]],
    ids=["command", "no file", "option", "choice"],
)
def test_a_wrong_call_is_told_in_one_line(arguments: list[str], program: Program) -> None:
    refused(program(*arguments), "--help")


def test_called_with_nothing_it_shows_its_help(program: Program) -> None:
    assert "Commands:" in program().err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_below_stdout(tmp_path: Path) -> None:
    lines = [f"{T0 + 60 * i},100,1" for i in range(ROWS)]
    (tmp_path / "a.csv").write_text("\n".join(["time,attempts,errors", *lines]))
    code = "from outage_window.cli.main import run; run()"
    command = [sys.executable, "-c", code, "analyze", str(tmp_path / "a.csv")]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr == "outage-window: standard output: no space left to write it\n"


@pytest.mark.parametrize("more", [{"warnings": ["store x\nis down"]}, {"isPartial": True}])
def test_a_part_of_the_samples_is_told(
    more: dict[str, Any], tmp_path: Path, program: Program
) -> None:
    path = counters(tmp_path / "a.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | more))
    (service,) = program.document(path)["services"]
    assert any("may lack samples" in note for note in service["notes"])
