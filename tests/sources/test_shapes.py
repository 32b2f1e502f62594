# Exports as other programs wrote them, word for word: every label, time and value is read.
from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from outage_window.errors import InputError
from outage_window.sources import exposition, grafana
from outage_window.sources.files import Source
from outage_window.sources.files import read as read_file
from outage_window.sources.kinds import SAMPLES, kind_of
from outage_window.sources.reading import Reading
from outage_window.sources.sampled import SampleFile, Told
from outage_window.sources.selectors import parse

SPECIMENS = Path(__file__).with_name("specimens")
T = 1_704_067_200.0  # 2024-01-01T00:00:00Z
SCRAPED = {
    "__name__": "auth_requests_total",
    "instance": "127.0.0.1:19778",
    "job": "auth",
    "path": 'a "b",\\c',
    "service": "auth",
}
FAILED, PASSED = SCRAPED | {"result": "failure"}, SCRAPED | {"result": "success"}
COUNT, RATE, RATIO = "count", "rate", "ratio"

Expected = list[tuple[dict[str, str], list[float], list[float]]]
"""Labels, times and values."""


def read(name: str, reading: Reading | None = None) -> SampleFile:
    return taken(read_file(str(SPECIMENS / name)), reading or Reading())


def taken(source: Source, reading: Reading) -> SampleFile:
    kind = kind_of(source)
    if kind == "delimited":
        assert grafana.claims(source, reading)
        return grafana.read(source, reading)
    return SAMPLES[kind](source, reading)


def series(file: SampleFile) -> Expected:
    return [(dict(s.labels), s.time.tolist(), s.value.tolist()) for s in file.series]


def minutes(*numbers: int) -> list[float]:
    return [T + 60 * number for number in numbers]


def scraped(*numbers: float) -> list[float]:
    return [1_795_686_900 + number for number in numbers]


PROMTOOL: dict[str, Expected] = {
    "promtool_query_range.txt": [
        (FAILED, scraped(91, 95), [2, 6]),
        (PASSED, scraped(91, 93, 95), [14, 28, 42]),
    ],
    "promtool_query_range.json": [
        (FAILED, scraped(91, 95), [2, 6]),
        (PASSED, scraped(91, 95), [14, 42]),
    ],
    "promtool_query_range_sum.txt": [
        ({"result": "failure"}, scraped(91, 93, 95), [0.5475, 0.8275, 1]),
        ({"result": "success"}, scraped(91, 93, 95), [3.8325, 7, 7]),
    ],
    "promtool_query_instant.txt": [
        (FAILED, scraped(89.81, 90.81, 91.81, 94.81), [1, 2, 3, 6]),
        (PASSED, scraped(89.81, 90.81, 91.81, 92.81, 93.81, 94.81), [7, 14, 21, 28, 35, 42]),
    ],
    "promtool_tsdb_dump.txt": [
        (FAILED, scraped(*(n + 0.81 for n in (89, 90, 91, 94, 95, 96, 97))), [1, 2, 3, 6, 7, 8, 9]),
        (PASSED, scraped(*(n + 0.81 for n in range(89, 98))), [7.0 * n for n in range(1, 10)]),
        (
            {k: v for k, v in SCRAPED.items() if k != "path"}
            | {"__name__": "q", "quantile": "0.5"},
            [],
            [],
        ),
    ],
    "promtool_tsdb_dump_openmetrics.txt": [
        (
            {"__name__": "auth_requests_total", "job": "auth", "result": "failure"},
            scraped(89.81),
            [1],
        ),
        (
            {"__name__": "auth_requests_total", "job": "auth", "result": "success"},
            scraped(89.81, 90.81),
            [7, 14],
        ),
    ],
}


@pytest.mark.parametrize("name", PROMTOOL)
def test_promtool(name: str) -> None:
    assert series(read(name)) == PROMTOOL[name]


def test_federate_of_two_scrapes() -> None:
    found = series(read("federate.txt"))
    assert found[:2] == [(FAILED, scraped(89.81), [1]), (PASSED, scraped(89.81, 92.81), [7, 28])]
    assert len(found) == 14
    names = {labels["__name__"]: times for labels, times, _ in found}
    assert names["took_sum"] == scraped(89.81, 92.81)
    assert names["q"] == []


SHAPES: dict[str, tuple[Reading, Told, Expected]] = {
    "cloudwatch_metric_data.json": (
        Reading(),
        Told(None, "start", "id"),
        [
            ({"id": "m1", "label": "RequestCount"}, minutes(0, 1, 2), [60, 58, 61]),
            ({"id": "m2", "label": "HTTPCode_Target_5XX_Count"}, minutes(1), [2]),
            ({"id": "m1", "label": "RequestCount"}, minutes(-1), [57]),
        ],
    ),
    "cloudwatch_metric_statistics.json": (
        Reading(),
        Told(COUNT, "start", "label"),
        [
            ({"label": "RequestCount", "statistic": "Sum"}, minutes(0, 1), [60, 58]),
            ({"label": "RequestCount", "statistic": "SampleCount"}, minutes(0, 1), [60, 58]),
        ],
    ),
    "azure_monitor.json": (
        Reading(),
        Told(COUNT, "start", "name"),
        [
            (
                {
                    "name": "Requests",
                    "label": "Requests",
                    "instance": "lw1sdlwk0003a1",
                    "statistic": "total",
                },
                minutes(0, 2),
                [60, 61],
            )
        ],
    ),
    "datadog_query.json": (
        Reading(),
        Told(COUNT, "start", "display_name"),
        [
            (
                {
                    "service": "auth",
                    "scope": "service:auth",
                    "metric": f"trace.http.request.{name}",
                    "display_name": f"trace.http.request.{name}",
                },
                times,
                values,
            )
            for name, times, values in (
                ("hits", minutes(0, 1), [60.0, 58.0]),
                ("errors", minutes(1), [2.0]),
            )
        ],
    ),
    "grafana_joined.csv": (
        Reading(),
        Told(None, None, "column"),
        [
            (
                {"code": code, "service": "auth", "column": f'{{code="{code}", service="auth"}}'},
                minutes(*at),
                values,
            )
            for code, at, values in (
                ("200", (0, 1, 2), [58.0, 57.0, 60.0]),
                ("401", (0, 2), [2.0, 1.0]),
            )
        ],
    ),
    "grafana_frames.csv": (
        Reading(time_zone="UTC"),
        Told(None, None, "column"),
        [
            ({"code": "200", "column": '{code="200"}'}, minutes(0, 1), [58, 57]),
            ({"code": "401", "column": '{code="401"}'}, minutes(0, 2), [2, 1]),
        ],
    ),
    "grafana_semicolon.csv": (
        Reading(),
        Told(None, None, "column"),
        [
            (
                {"code": code, "service": "auth", "column": f'{{code="{code}", service="auth"}}'},
                minutes(*range(len(values))),
                values,
            )
            for code, values in (("200", [0.9667, 1.0]), ("401", [0.0333]))
        ],
    ),
    "grafana_excel.csv": (
        Reading(time_zone="-05:00"),
        Told(None, None, "column"),
        [
            ({"code": "200", "column": '{code="200"}'}, minutes(300, 301), [58, 57]),
            ({"code": "401", "column": '{code="401"}'}, minutes(300, 301), [2, 0]),
        ],
    ),
    "grafana_formatted.csv": (
        Reading(time_zone="UTC", errors_selector=parse('{column=~"Errors|Tries"}', "test")),
        Told(RATE, None, "column"),
        [
            ({"column": "Errors"}, minutes(0, 1), [0.0333, 0]),
            ({"column": "Tries"}, minutes(0, 1), [1, 0.95]),
        ],
    ),
    "grafana_long.csv": (
        Reading(),
        Told(None, None, "column"),
        [
            ({"code": "200", "column": '{code="200"}'}, minutes(0, 1), [58, 57]),
            ({"code": "401", "column": '{code="401"}'}, minutes(0), [2]),
        ],
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_other_systems(name: str) -> None:
    reading, told, expected = SHAPES[name]
    file = read(name, reading)
    assert series(file) == expected
    assert {one.told for one in file.series} == {told}


def test_a_percentage_is_a_ratio_and_its_rounding_is_told() -> None:
    reading = Reading(time_zone="UTC", errors_selector=parse('{column="Share"}', "test"))
    file = read("grafana_formatted.csv", reading)
    assert [one.told.quantity for one in file.series] == [RATIO]
    assert np.allclose(file.series[0].value, [0.0333, 0])
    assert "rounded" in file.notes[0]
    assert read("grafana_joined.csv").notes == ()


REFUSED: list[tuple[str, Reading, str]] = [
    ("promtool_query_one_moment.txt", Reading(), "one moment of each series"),
    ("grafana_frames.csv", Reading(), "line 2: the time has no zone"),
    ("grafana_excel.csv", Reading(), "--time-zone"),
    (
        "grafana_rounded.csv",
        Reading(time_zone="UTC"),
        "line 3, {code=\"200\"}: '1.2 K': rounded by",
    ),
]


@pytest.mark.parametrize(("name", "reading", "told"), REFUSED, ids=lambda value: str(value)[:30])
def test_what_cannot_be_told(name: str, reading: Reading, told: str) -> None:
    with pytest.raises(InputError) as refused:
        read(name, reading)
    assert told in str(refused.value)
    assert str(SPECIMENS / name) in str(refused.value)


def test_a_line_of_a_later_frame_is_that_of_the_file() -> None:
    source = read_file(str(SPECIMENS / "grafana_frames.csv"))
    broken = replace(source, data=source.data.replace(b"00:02:00,1", b"00:02:00,one"))
    with pytest.raises(InputError, match=r'line 7, \{code="401"\}'):
        grafana.read(broken, Reading(time_zone="UTC"))


def test_a_line_after_the_one_for_excel_is_that_of_the_file() -> None:
    source = read_file(str(SPECIMENS / "grafana_formatted.csv"))
    broken = replace(source, data=source.data.replace(b"0.95 req/s", b"soon"))
    reading = Reading(time_zone="UTC", errors_selector=parse('{column="Tries"}', "test"))
    with pytest.raises(InputError, match="line 4, Tries"):
        grafana.read(broken, reading)


LABEL = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=6)
SCRAPE = st.lists(
    st.tuples(LABEL, st.floats(0, 1e12), st.integers(946_684_800_000, 4_102_444_799_999)),
    min_size=1,
    max_size=6,
    unique_by=lambda row: row[0],
)


def found_by_label(file: SampleFile) -> dict[str, list[tuple[float, float]]]:
    return {
        one.labels["l"]: list(zip(one.time.tolist(), one.value.tolist(), strict=True))
        for one in file.series
    }


@given(SCRAPE, st.sampled_from([" ", "  ", "\t"]))
def test_text_agrees_with_the_reference_parser(
    rows: list[tuple[str, float, int]], blank: str
) -> None:
    escaped = [
        (label.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"'), value, time)
        for label, value, time in rows
    ]
    lines = [f'a_total{{l="{label}"}}{blank}{value!r} {time}' for label, value, time in escaped]
    text = "\n".join(["# TYPE a_total untyped", "", *lines]) + "\n"
    ours = found_by_label(exposition.read(Source("a.txt", text.encode(), ""), Reading()))
    theirs = {
        sample.labels["l"]: [(float(sample.timestamp), sample.value)]
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert ours == theirs


GO = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def go_quoted(text: str) -> str:
    """As Go's %q writes it: what does not print is escaped."""
    known = GO | {"\\": "\\\\", '"': '\\"'}
    return "".join(known.get(c) or (c if c.isprintable() else f"\\U{ord(c):08x}") for c in text)


@given(SCRAPE)
def test_a_dump_of_any_label(rows: list[tuple[str, float, int]]) -> None:
    lines = [f'{{__name__="a", l="{go_quoted(label)}"}} {v!r} {t}' for label, v, t in rows]
    source = Source("a", "\n".join([*lines, ""]).encode(), "")
    assert kind_of(source) == "promtool"
    assert found_by_label(SAMPLES["promtool"](source, Reading())) == {
        label: [(time / 1000, value)] for label, value, time in rows
    }


UNITS: list[tuple[str, str | None, Any]] = [
    ("1795197286123", None, 1795197286.123),
    ("1795197286", None, "# EOF (was it cut?); --time-unit s"),
    ("5000000000", None, "--time-unit s, ms, us or ns"),
    ("1795197286123456", None, "--time-unit s, ms, us or ns"),
    ("1795197286", "s", 1795197286),
    ("5000000000", "ms", 5000000),
    ("1795197286123456", "us", 1795197286.123456),
    ("1795197286", "ns", 1.795197286),
    ("1795197286123", "s", "expected a time in seconds, 1970 to 2200"),
]


@pytest.mark.parametrize(("time", "unit", "expected"), UNITS)
def test_a_text_without_a_mark_of_its_unit(time: str, unit: Any, expected: Any) -> None:
    source = Source("a.txt", f'# TYPE a untyped\na{{b="c"}} 1 {time}\n'.encode(), "")
    if isinstance(expected, str):
        with pytest.raises(InputError, match=r"a\.txt: line 2: .*") as refused:
            exposition.read(source, Reading(time_unit=unit))
        assert expected in str(refused.value)
    else:
        [one] = exposition.read(source, Reading(time_unit=unit)).series
        assert one.time.tolist() == [expected]


@pytest.mark.parametrize("unit", [None, "s", "ms"])
def test_marked_formats_need_no_option_and_heed_none(unit: Any) -> None:
    for name in ("promtool_tsdb_dump_openmetrics.txt", "promtool_tsdb_dump.txt"):
        assert series(read(name, Reading(time_unit=unit))) == PROMTOOL[name]


@pytest.mark.parametrize(
    ("cells", "values", "unit"),
    [
        (["12.3 %", "0%", ""], [0.123, 0, None], "%"),
        (["0,5", "1,250", None], [0.5, 1.25, None], ""),
        (["5 req/s", "0.25 req/s"], [5, 0.25], "/s"),
        (["1e3", ".5 ops/s"], "expected one unit", ""),
        (["1,250", "2,125"], "may group thousands", ""),
        (["1,5", "1.5"], "one decimal sign", ""),
        (["1,2,3"], "expected a plain number", ""),
        (["12 %", "5"], "expected one unit", ""),
        (["1.2 K"], "rounded by its display unit", ""),
        (["1.2K req/s"], "rounded by its display unit", ""),
        (["3 Mil"], "rounded by its display unit", ""),
        (["250 m"], "rounded by its display unit", ""),
        (["250 ms"], "expected a plain number", ""),
        (["5 req/m"], "expected a plain number", ""),
    ],
)
def test_cells_as_people_see_them(cells: list[str], values: Any, unit: str) -> None:
    import pyarrow as pa

    from outage_window.sources.numbers import shown

    column = pa.array(cells, pa.string())
    if isinstance(values, str):
        with pytest.raises(InputError, match=values) as refused:
            shown(column, "x", lambda row: f"row {row}")
        assert refused.value.where == f"row {len(cells) - 1 if 'one' in values else 0}, x"
        return
    found, told = shown(column, "x", lambda row: f"row {row}")
    assert told == unit
    assert np.allclose(found, [np.nan if v is None else v for v in values], equal_nan=True)
