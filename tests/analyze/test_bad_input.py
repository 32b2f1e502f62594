# Input that cannot be used: exit 2 and one line on stderr, with the place and what was expected.
from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.analyze.made import Program, rows, write_csv, write_parquet, write_prometheus

HEAD = "time,service,attempts,errors\n"
ROW = "2024-01-01T00:00:00Z,auth,5,1\n"
NESTED = 100_000
NOISE = bytes(range(256)) * 8

FILES: dict[str, tuple[str, bytes, str]] = {
    "empty": ("a.csv", b"", "empty"),
    "blank": ("a.csv", b"\n \n", "empty"),
    "header only": ("a.csv", HEAD.encode(), "no rows"),
    "header only, no newline": ("a.csv", HEAD.strip().encode(), "no rows"),
    "no recognisable columns": ("a.csv", b"a,b\n1,2\n", "--time-column"),
    "time but no errors": ("a.csv", b"time,b\n2024-01-01T00:00:00Z,2\n", "--errors-column"),
    "two times": ("a.csv", b"time,ts,errors\n1,2,3\n", "--time-column"),
    "mixed zones": ("a.csv", (HEAD + ROW + "2024-01-01T00:01:00,auth,5,1\n").encode(), "line 3"),
    "mixed zones, later": (
        "a.csv",
        (HEAD + "2024-01-01T00:00:00,auth,5,1\n" + ROW).encode(),
        "line 3",
    ),
    "no zone": ("a.csv", (HEAD + "2024-01-01T00:01:00,auth,5,1\n").encode(), "--time-zone"),
    "no time": ("a.csv", (HEAD + ROW + "soon,auth,5,1\n").encode(), "line 3"),
    "empty time": ("a.csv", (HEAD + ROW + ",auth,5,1\n").encode(), "line 3"),
    "unknown epoch": ("a.csv", (HEAD + "17,auth,5,1\n").encode(), "--time-unit"),
    "garbage": ("a.csv", NOISE, "binary"),
    "garbage without NUL": ("a.csv", NOISE.replace(b"\0", b""), "expected"),
    "garbage behind": ("a.csv", (HEAD + ROW).encode() + NOISE[128:] + b"\n", "line"),
    "UTF-16 without a mark": ("a.csv", (HEAD + ROW).encode("utf-16-le"), "binary"),
    "ragged": ("a.csv", (HEAD + ROW + "2024-01-01T00:01:00Z,auth,5\n").encode(), "line 3"),
    "ragged, long": ("a.csv", (HEAD + ROW + "\n" + ROW.strip() + ",9\n").encode(), "line 4"),
    "no number": ("a.csv", (HEAD + ROW + "2024-01-01T00:01:00Z,auth,5,12 %\n").encode(), "line 3"),
    "huge integer": ("a.csv", (HEAD + f"{'9' * 5000},auth,5,1\n").encode(), "line 2"),
    "damaged gzip": ("a.csv.gz", gzip.compress((HEAD + ROW * 99).encode())[:-9], "gzip"),
    "huge integer in JSON": (
        "a.ndjson",
        b'{"time":"2024-01-01T00:00:00Z","attempts":1,"errors":1}\n{"time":' + b"9" * 5000 + b"}",
        "line 2",
    ),
    "truncated NDJSON": ("a.ndjson", b'{"time":1704067200,"errors":1}\n{"time":17040', "line 2"),
    "nested NDJSON": ("a.ndjson", b'{"time":' + b"[" * NESTED + b"]" * NESTED + b"}", "line 1"),
    "duplicate keys": ("a.ndjson", b'{"time":1704067200,"errors":1,"errors":2}\n', "each key once"),
    "NDJSON of lists": ("a.ndjson", b'{"time":1}\n[1,2]\n', "line 2"),
    "object in a cell": ("a.ndjson", b'{"time":1704067200,"errors":{"a":1}}\n', "errors"),
    "truth in a cell": ("a.ndjson", b'{"time":1704067200,"errors":true}\n', "errors"),
    "list": ("a.json", b'[{"time":1}]', "NDJSON"),
    "truncated JSON": ("a.json", b'{"status":"success","data":{"resultType":"matrix"', "JSON"),
    "nested JSON": ("a.json", b'{"data":' + b"[" * NESTED + b"]" * NESTED + b"}", "nested"),
    "nested, cut": ("a.json", b'{"data":' + b"[" * NESTED, "JSON"),
    "vector": (
        "a.json",
        b'{"status":"success","data":{"resultType":"vector","result":[]}}',
        "matrix",
    ),
    "API error": (
        "a.json",
        b'{"status":"error","errorType":"x","error":"parse error"}',
        "parse error",
    ),
    "no samples": (
        "a.json",
        b'{"status":"success","data":{"resultType":"matrix","result":[]}}',
        "no samples",
    ),
    "bad sample": (
        "a.json",
        b'{"data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"],[2]]}]}}',
        "values[1]",
    ),
    "cut Parquet": ("a.parquet", b"PAR1" + NOISE, "Parquet"),
    "OpenMetrics without an end": ("a.txt", b"# TYPE a counter\na_total 1 1704067200\n", "# EOF"),
    "OpenMetrics without times": ("a.txt", b"# TYPE a counter\na_total 1\n# EOF\n", "line 2"),
    "OpenMetrics with rubbish": ("a.txt", b"# TYPE a counter\na_total{b=1} 1 2\n# EOF\n", "line 2"),
    "negative row": ("a.csv", (HEAD + ROW + "2024-01-01T00:01:00Z,auth,5,-1\n").encode(), "line 3"),
    "more errors than attempts": (
        "a.csv",
        (HEAD + ROW + "2024-01-01T00:01:00Z,auth,5,6\n").encode(),
        "line 3",
    ),
    "ratio above 1": ("a.csv", b"ts,error_ratio\n1704067200,0.1\n1704067260,1.5\n", "line 3"),
    "negative attempts": (
        "a.csv",
        (HEAD + ROW.replace("5,1", "-5,1")).encode(),
        "negative attempts",
    ),
    "infinite attempts": ("a.csv", (HEAD + ROW.replace("5,1", "inf,1")).encode(), "infinite att"),
    "beyond counting": ("a.csv", (HEAD + ROW.replace("5,1", "1e40,1")).encode(), "line 2"),
    "infinite": ("a.csv", b"ts,errors\n1704067200,1e999\n1704067260,5\n", "line 2"),
}


def refused(ended: object, *parts: str) -> None:
    code, out, err = ended.code, ended.out, ended.err  # type: ignore[attr-defined]
    assert code == 2, (out, err)
    assert out == ""
    assert err.endswith("\n")
    assert len(err.splitlines()) == 1, err
    for part in parts:
        assert part in err


@pytest.mark.parametrize("name", FILES)
def test_one_line_names_the_place_and_what_was_expected(
    name: str, program: Program, tmp_path: Path
) -> None:
    file, content, expected = FILES[name]
    path = tmp_path / file
    path.write_bytes(content)
    refused(program.analyze(path), str(path), expected)


def test_missing_and_directory(program: Program, tmp_path: Path) -> None:
    refused(program.analyze(tmp_path / "none.csv"), "none.csv", "no such file")
    refused(program.analyze(tmp_path), str(tmp_path), "a directory")


def test_unreadable(program: Program, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", rows())
    path.chmod(0)
    if os.access(path, os.R_OK):
        path.unlink()
        path.symlink_to(path)  # root reads everything but a loop
    refused(program.analyze(path), "cannot be read")


def test_a_whole_process_ends_alike(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_bytes(b'{"data":' + b"[" * NESTED)
    code = "from outage_window.cli.main import run; run()"
    ended = subprocess.run(
        [sys.executable, "-c", code, "analyze", path], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    assert "deep.json" in ended.stderr


def test_options_that_cannot_be(program: Program, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", rows())
    refused(program.analyze(path, "--zone", "Mars/Base"), "--zone", "Mars/Base")
    refused(program.analyze(path, "--join-gap", "15"), "--join-gap", "expected a duration")
    refused(program.analyze(path, "--time-column", "when"), "--time-column", "'when'")
    refused(program.analyze(path, "--attempts-selector", "rate(x[5m])"), "--attempts-selector")


def test_selectors_that_do_not_fit(program: Program, tmp_path: Path) -> None:
    path = write_prometheus(tmp_path / "a.json", rows())
    both = ("--attempts-selector", "auth_requests_total", "--errors-selector")
    refused(program.analyze(path, *both[:2]), "one selector without the other")
    refused(program.analyze(path, *both, 'auth_requests_total{result="x"}'), "no series")
    plain = json.loads(path.read_text())
    for series in plain["data"]["result"]:
        series["metric"]["result"] = "5" if series["metric"]["result"] == "failure" else "2"
    path.write_text(json.dumps(plain))
    refused(program.analyze(path), "--errors-selector")


def test_a_bad_row_costs_its_service_only(program: Program, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [*rows("auth"), *rows("mail", None)])
    lines = path.read_text().splitlines()
    for number, bad in ((10, "-1"), (20, "inf"), (30, "900")):
        broken = lines.copy()
        broken[number - 1] = ",".join([*broken[number - 1].split(",")[:3], bad])
        path.write_text("\n".join(broken) + "\n")
        document = program.document(path)
        [entry] = document["not_assessed"]
        assert entry["service"] == "auth"
        assert f"line {number}:" in entry["reason"]
        assert [s["service"] for s in document["services"]] == ["auth", "mail"]


def test_a_parquet_row_is_named(program: Program, tmp_path: Path) -> None:
    made = rows()
    made[4] = type(made[4])(made[4].time, "auth", 3, 9)
    refused(program.analyze(write_parquet(tmp_path / "a.parquet", made)), "row 5", "exceed")


def test_too_little_data_is_listed(program: Program, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [*rows("auth"), *rows("tiny")[:1], *rows("small")[:5]])
    document = program.document(path)
    reasons = {entry["service"]: entry["reason"] for entry in document["not_assessed"]}
    assert set(reasons) == {"tiny", "small"}
    assert all("too little data" in reason for reason in reasons.values())
    assert {window["service"] for window in document["windows"]} == {"auth"}


def test_context_files(program: Program, tmp_path: Path) -> None:
    export = write_csv(tmp_path / "a.csv", rows())
    beside = tmp_path / "beside"
    for option, content, expected in (
        ("--users", "time,user,outcome\n2024-01-01T00:00:00Z,ann,maybe\n", "line 2"),
        ("--users", "time,user,outcome\n2024-01-01T00:00:00Z,,success\n", "line 2"),
        ("--users", "time,outcome\n2024-01-01T00:00:00Z,success\n", "user"),
        ("--changes", "when,text\n1,2\n", "no column time"),
        ("--events", "time,type,text\n2024-01-01T00:00:00Z,party,x\n", "line 2"),
        ("--maintenance", "start,service\n2024-01-01T00:00:00Z,auth\n", "no column end"),
        ("--maintenance", "start,end\n2024-01-01T01:00:00Z,2024-01-01T01:00:00Z\n", "line 2, end"),
        ("--maintenance", "start,end\n2024-01-01T01:00:00,2024-01-01T02:00:00\n", "--time-zone"),
        ("--alerts", "{}", "version"),
        ("--alerts", '[{"labels":{}}]', "alerts[0]"),
        ("--alerts", "[", "JSON"),
    ):
        beside.write_text(content)
        refused(program.analyze(export, option, beside), str(beside), expected)
