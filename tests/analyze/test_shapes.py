# Every common shape of export gives the windows of a plain table, or is refused in one line.
from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.analyze.made import T0, Program, Row, rows, stamp, write_csv
from tests.analyze.shapes import (
    COUNT,
    SHAPES,
    TITLES,
    UNNAMED,
    ZONED,
    datadog,
    federate,
    frames,
    joined,
    metric_data,
    metric_statistics,
    selected,
)
from tests.analyze.test_bad_input import refused
from tests.analyze.test_formats import windows
from tests.analyze.test_mutations import TOKENS

SHORT = rows(seconds=2 * 3600, outage=(3600, 5400))
BROKEN = 40


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.fixture(scope="module")
def made() -> list[Row]:
    return rows("auth")


@pytest.fixture
def expected(made: list[Row], program: Program, tmp_path: Path) -> Any:
    found = windows(program.document(write_csv(tmp_path / "expected.csv", made)))
    assert [window["id"] for window in found] == ["auth-20240102T0347Z"]
    return found


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_gives_the_same(
    name: str, made: list[Row], expected: Any, program: Program, tmp_path: Path
) -> None:
    shape = SHAPES[name]
    path = written(tmp_path / f"a.{shape.ending}", shape.write(made))
    assert windows(program.document(path, *shape.options)) == expected


@pytest.mark.parametrize("name", SHAPES)
def test_broken_bytes_are_read_or_refused_in_one_line(
    name: str, program: Program, tmp_path: Path
) -> None:
    shape = SHAPES[name]
    chance = random.Random(f"broken {name}")
    content = shape.write(SHORT)
    whole = content.encode() if isinstance(content, str) else content
    path = tmp_path / f"broken.{shape.ending}"
    codes = []
    for _ in range(BROKEN):
        broken = bytearray(whole)
        for _ in range(chance.choice([1, 1, 2, 5])):
            at = chance.randrange(len(broken))
            broken[at : at + chance.choice([0, 1, 1, 3, 40, 2000])] = chance.choice(TOKENS)
        ended = program.analyze(written(path, bytes(broken)), *shape.options)
        codes.append(ended.code)
        if ended.code:
            refused(ended)
    assert {2} <= set(codes) <= {0, 2}


@pytest.mark.parametrize("name", SHAPES)
def test_a_file_that_was_cut_is_never_an_internal_error(
    name: str, program: Program, tmp_path: Path
) -> None:
    shape = SHAPES[name]
    content = shape.write(SHORT[:8])
    whole = content.encode() if isinstance(content, str) else content
    for end in range(1, len(whole), max(1, len(whole) // 60)):
        ended = program.analyze(
            written(tmp_path / f"a.{shape.ending}", whole[:end]), *shape.options
        )
        assert ended.code in (0, 2), ended.err
        if ended.code:
            refused(ended)


def changed(text: str, *pairs: tuple[str, str]) -> str:
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after)
    return text


CLOUDWATCH = (*UNNAMED, *COUNT, *selected('{id="m1"}', '{id="m2"}'))
DATA = metric_data(SHORT[:3])
PAGES = DATA.replace("PartialData", "Complete")
STATISTICS = metric_statistics(SHORT[:3])
AZURE = SHAPES["Azure Monitor"].options
DOGS = datadog(SHORT[:3])


def azure(*pairs: tuple[str, str]) -> str:
    return changed(str(SHAPES["Azure Monitor"].write(SHORT[:3])), *pairs)


def time_after_all(text: str) -> str:
    """Pages in the wrong order: the one that says that more follow comes last."""
    one, other = text.split("\n}\n", 1)
    return f"{other}\n{one}\n}}"


REFUSED: dict[str, tuple[str, str | bytes, Sequence[str], str]] = {
    "a single scrape": (
        "a.txt",
        '# TYPE auth_requests_total counter\nauth_requests_total{result="success"} 5\n',
        (),
        "line 2: a sample without a time, as in a single scrape",
    ),
    "one sample without a time": (
        "a.txt",
        federate(SHORT[:3]) + 'auth_requests_total{result="success"} 5\n',
        (),
        "line 13: a sample without a time",
    ),
    "federate with seconds": (
        "a.txt",
        federate(SHORT[:3]).replace("000\n", "\n"),
        (),
        "--time-unit s",
    ),
    "a time cut short": ("a.txt", federate(SHORT[:3])[:-4], (), "--time-unit"),
    "neither seconds nor milliseconds": (
        "a.txt",
        "a_total 1 5000000000\n",
        (),
        "--time-unit s, ms",
    ),
    "a dump with rubbish": ("a.txt", '{__name__="a"} 1 1704067200000\nx\n', (), "line 2"),
    "a dump in seconds": (
        "a.txt",
        '{__name__="a"} 1 17040672\n{__name__="a"} 1 99999999999999\n',
        (),
        "line 2: expected a time in milliseconds",
    ),
    "a native histogram": (
        "a.txt",
        'a{b="c"} =>\n{count:1, sum:2} @[1704067200]\n',
        (),
        "line 2: a native",
    ),
    "a scalar": ("a.txt", "scalar: 5 @[1704067200]\n", (), "line 1: a scalar"),
    "one moment": ("a.txt", 'a{b="c"} => 5 @[1704067200]\n', (), "one moment"),
    "values before a series": ("a.txt", "a =>\n5 @[1704067200]\n5 @[x]\n", (), "line 3"),
    "CloudWatch, not the last page": ("a.json", time_after_all(DATA), CLOUDWATCH, "NextToken"),
    "CloudWatch, partial": (
        "a.json",
        DATA.replace("Complete", "PartialData"),
        CLOUDWATCH,
        "document 2, MetricDataResults[0].StatusCode: PartialData",
    ),
    "CloudWatch, failed": (
        "a.json",
        PAGES.replace("Complete", "InternalError"),
        CLOUDWATCH,
        "InternalError",
    ),
    "CloudWatch, quantity": ("a.json", DATA, CLOUDWATCH[:2] + CLOUDWATCH[4:], "--quantity"),
    "CloudWatch, selectors": (
        "a.json",
        DATA,
        (*UNNAMED, *COUNT),
        '({id="m1"}, {id="m2"}); expected one, or --attempts-selector',
    ),
    "CloudWatch, uneven": (
        "a.json",
        json.dumps({"MetricDataResults": [{"Id": "a", "Timestamps": [], "Values": [1]}]}),
        (),
        "MetricDataResults[0].Values: 1 values; expected one a time, 0",
    ),
    "CloudWatch, text for a number": (
        "a.json",
        json.dumps({"MetricDataResults": [{"Id": "a", "Timestamps": [1], "Values": ["1"]}]}),
        (),
        "MetricDataResults[0].Values[0]: expected a number",
    ),
    "CloudWatch, no zone": (
        "a.json",
        DATA.replace("+00:00", ""),
        CLOUDWATCH,
        "Timestamps[0]: the time has no zone",
    ),
    "CloudWatch, two statistics": (
        "a.json",
        STATISTICS.replace('"Unit"', '"SampleCount": 9, "Unit"'),
        SHAPES["get-metric-statistics"].options,
        "selects the statistics SampleCount, Sum",
    ),
    "CloudWatch, an average": (
        "a.json",
        STATISTICS.replace('"Sum"', '"Average"'),
        SHAPES["get-metric-statistics"].options,
        "--quantity",
    ),
    "CloudWatch, contradicted": (
        "a.json",
        STATISTICS,
        (*SHAPES["get-metric-statistics"].options, "--quantity", "rate"),
        "values are said to be count and rate",
    ),
    "two systems in a file": (
        "a.json",
        DATA + azure(),
        CLOUDWATCH,
        "document 3: not of the system",
    ),
    "no system": ("a.json", '{\n"a": 1\n}', (), "expected JSON of Prometheus's API, CloudWatch"),
    "Azure, throttled": ("a.json", azure(("Success", "Throttled")), AZURE, "errorCode: Throttled"),
    "Azure, averages": (
        "a.json",
        azure(('"total"', '"maximum"')),
        AZURE,
        "--quantity",
    ),
    "Azure, odd data": (
        "a.json",
        azure(('"data": [', '"data": [5, ')),
        AZURE,
        "data[0]: expected an",
    ),
    "Azure, no time": (
        "a.json",
        azure(('"timeStamp"', '"time"')),
        AZURE,
        "timeStamp[0]: expected a time",
    ),
    "Datadog, an error": ("a.json", '{"errors": ["Forbidden"]}', (), "error: ['Forbidden']"),
    "Datadog, not told": ("a.json", DOGS.replace(".as_count()", ""), (), "--quantity"),
    "Datadog, arithmetic": (
        "a.json",
        changed(DOGS, ('.as_count()"', '.as_count()/sum:x{*}.as_count()"')),
        (),
        "--quantity",
    ),
    "Datadog, seconds": (
        "a.json",
        changed(DOGS, ("[[1704", "[[99991704")),
        (),
        "pointlist[0]: expected a time",
    ),
    "Datadog, odd points": (
        "a.json",
        changed(DOGS, ("[[", "[[1],[")),
        (),
        "pointlist[0]: expected [milliseconds, value]",
    ),
    "Grafana, no zone": ("a.csv", joined(SHORT), COUNT + TITLES, "--time-zone"),
    "Grafana, quantity": ("a.csv", joined(SHORT), ZONED + TITLES, "--quantity"),
    "Grafana, which is which": (
        "a.csv",
        joined(SHORT),
        (*ZONED, *COUNT),
        "2 series of the service 'auth'",
    ),
    "Grafana, no such column": (
        "a.csv",
        joined(SHORT),
        (*ZONED, *COUNT, "--errors-column", "x"),
        "--errors-column: no column 'x' among",
    ),
    "Grafana, one name twice": (
        "a.csv",
        frames(SHORT).replace("attempts", "errors"),
        (*ZONED, *COUNT),
        "two columns",
    ),
    "Grafana, one header twice": (
        "a.csv",
        joined(SHORT).replace("attempts", "errors"),
        (*ZONED, *COUNT),
        "line 1: two columns",
    ),
    "Grafana, rounded": (
        "a.csv",
        changed(joined(SHORT[:2]), (f",{SHORT[0].attempts},", ",1.2 K,")),
        (*ZONED, *COUNT, *TITLES),
        "line 2",
    ),
    "a rate in a table": (
        "a.csv",
        "time,attempts,errors\n1704067200,5 req/s,0 req/s\n",
        (),
        'a value per second; expected counts, or selectors such as {column="attempts"}',
    ),
    "a percentage for errors": (
        "a.csv",
        "time,attempts,errors\n1704067200,5,3 %\n",
        (),
        "--ratio-column",
    ),
    "a comma that says too little": (
        "a.csv",
        "time;attempts;errors\n1704067200;1,234;5\n",
        (),
        "line 2, attempts: '1,234'",
    ),
    "one selector": (
        "a.csv",
        joined(SHORT),
        (*ZONED, *COUNT, "--attempts-selector", '{kind="attempts"}'),
        "one selector without the other",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_one_line(name: str, program: Program, tmp_path: Path) -> None:
    file, content, options, told = REFUSED[name]
    path = written(tmp_path / file, content)
    refused(program.analyze(path, *options), str(path), told)


def table(values: Sequence[tuple[str, ...]], *names: str, delimiter: str = ",") -> str:
    lines = [delimiter.join((stamp(T0 + 60 * i), *row)) for i, row in enumerate(values)]
    return "\n".join([delimiter.join(("time", *names)), *lines])


def test_percentages_are_ratios(made: list[Row], program: Program, tmp_path: Path) -> None:
    ratios = [r.errors / max(r.attempts, 1) for r in made]
    plain = written(tmp_path / "a.csv", table([(f"{v:.4f}",) for v in ratios], "error_ratio"))
    shown = written(tmp_path / "b.csv", table([(f"{v:.2%}",) for v in ratios], "error_ratio"))
    comma = written(
        tmp_path / "c.csv",
        table([(f"{v:.4f}".replace(".", ","),) for v in ratios], "error_ratio", delimiter=";"),
    )
    found = [windows(program.document(path)) for path in (plain, shown, comma)]
    assert len(found[0]) == 1
    assert found[0] == found[1] == found[2]


def test_a_share_by_its_legend(made: list[Row], program: Program, tmp_path: Path) -> None:
    ratios = [f"{r.errors / max(r.attempts, 1):.2%}" for r in made]
    path = written(tmp_path / "a.csv", table([(v, "1.2 K") for v in ratios], "Failing", "Sessions"))
    for options in (
        ("--ratio-column", "failing"),
        ("--errors-selector", '{column="Failing"}', "--time-marks", "start"),
    ):
        [window] = program.document(path, *options)["windows"]
        assert window["id"].startswith("unassigned-20240102T034")
        assert window["attempts"]["status"] == "not_derivable"


def test_what_is_told_is_noted(made: list[Row], program: Program, tmp_path: Path) -> None:
    path = written(tmp_path / "a.json", datadog(made))
    [service] = program.document(path)["services"]
    assert service["service"] == "auth"
    notes = " ".join(service["notes"])
    assert "time marks the start" in notes
    assert 'attempts are {display_name="attempts"}, errors are {display_name="errors"}' in notes
    warned = json.loads(metric_data(made).split("\n}\n", 1)[1])
    warned["Messages"] = [{"Code": "MaxMetricsExceeded", "Value": "some are left out"}]
    written(path, json.dumps(warned))
    [service] = program.document(path, *CLOUDWATCH)["services"]
    assert any("CloudWatch says" in note for note in service["notes"])
    assert any("have no value of the errors selector" in note for note in service["notes"])


def test_a_rate_is_counted_by_its_step(made: list[Row], program: Program, tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.csv",
        table(
            [(f"{r.attempts / 60:.4f} req/s", f"{r.errors / 60:.4f} req/s") for r in made],
            "Tries",
            "Failures",
        ),
    )
    options = selected('{column="Tries"}', '{column="Failures"}')
    document = program.document(path, *options, "--time-marks", "start")
    [window] = document["windows"]
    truth = sum(r.attempts for r in made if stamp(r.time) >= window["start"]["value"]
                and stamp(r.time) < window["end"]["value"])  # fmt: skip
    assert abs(window["attempts"]["value"] - truth) < 0.03 * truth
    assert any("rounded" in note for note in document["services"][0]["notes"])
