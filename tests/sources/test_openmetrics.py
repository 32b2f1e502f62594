# Our reader of OpenMetrics against the reference parser, on text that tries it.
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from outage_window.errors import InputError
from outage_window.sources.exposition import read
from outage_window.sources.files import Source
from outage_window.sources.prometheus import matrix
from outage_window.sources.reading import Reading

BAD_LINES = ["a_total{b=c} 1 2", "a_total 1", "a_total x 2", "a_total 1 x", "a_total 1 9e99"]
Series = dict[tuple[tuple[str, str], ...], list[tuple[float, float]]]


def ours(text: str) -> Series:
    return {
        tuple(sorted(one.labels.items())): list(
            zip(one.time.tolist(), one.value.tolist(), strict=True)
        )
        for one in read(Source("a.txt", text.encode(), ""), Reading()).series
        if len(one.time)
    }


def reference(text: str) -> Series:
    found: Series = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if np.isnan(sample.value):
                continue
            labels = tuple(sorted({"__name__": sample.name, **sample.labels}.items()))
            found.setdefault(labels, []).append((float(sample.timestamp), sample.value))
    return found


TRICKY = """\
# HELP auth_requests All of them.
# TYPE auth_requests counter
auth_requests_total{service="a b",path="/x{y=\\"1\\"} 7 8"} 1 1704067200
auth_requests_total{service="a b",path="/x{y=\\"1\\"} 7 8"} 2.5 1704067215.125
auth_requests_total{service="back\\\\slash",path="new\\nline"} 1e3 1704067200
auth_requests_total{service="exemplar",path=""} 4 1704067200 # {trace_id="x} 1 2"} 0.5 1704067199
# TYPE up gauge
up 1 1704067200
up NaN 1704067215
up +Inf 1704067230
# EOF
"""


def test_agrees_with_the_reference_parser() -> None:
    assert ours(TRICKY) == reference(TRICKY)
    assert len(ours(TRICKY)) == 4


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=8),
            st.floats(0, 1e12),
            st.integers(946_684_800, 4_102_444_799),
        ),
        max_size=6,
        unique_by=lambda row: row[0],
    )
)
def test_agrees_on_any_label(rows: list[tuple[str, float, int]]) -> None:
    escaped = [
        (label.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"'), value, time)
        for label, value, time in rows
    ]
    lines = [f'a_total{{l="{label}"}} {value!r} {time}' for label, value, time in escaped]
    text = "\n".join(["# TYPE a counter", *lines, "# EOF"]) + "\n"
    assert ours(text) == reference(text)


@pytest.mark.parametrize("line", BAD_LINES)
def test_names_the_line(line: str) -> None:
    with pytest.raises(InputError, match="line 2"):
        read(Source("a.txt", f"# TYPE a counter\n{line}\n# EOF\n".encode(), ""), Reading())


def test_a_matrix_keeps_no_nan(tmp_path: Path) -> None:
    values = [[1.5, "1"], [2, "NaN"], [3, "+Inf"]]
    result = [{"metric": {"a": "b"}, "values": values}]
    [series] = matrix({"data": {"resultType": "matrix", "result": result}}, "x")
    assert series.time.tolist() == [1.5, 3]
    assert series.value.tolist() == [1, np.inf]
