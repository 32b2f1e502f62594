"""Labels as CSV, JSON or YAML: a piece of text an incident, so that none waits for the last."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from outage_window.document.rows import cell
from outage_window.labels.record import flat

SCHEMA = "outage-window/incidents/v1"
Label = dict[str, Any]
Writing = Callable[[Mapping[str, Any], Iterable[Label]], Iterator[str]]
"""Of what was asked (times and services), and the labels."""

_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
"""What JSON bears in a text and YAML does not, or takes for the end of a line."""


def as_csv(_asked: Mapping[str, Any], labels: Iterable[Label]) -> Iterator[str]:
    """One row an incident, the header first; a number that is not derivable is an empty cell.

    Text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    yield _row(HEADER)
    for one in labels:
        cells = flat(one)
        yield _row([cell(cells[name]) for name in HEADER])


def as_json(asked: Mapping[str, Any], labels: Iterable[Label]) -> Iterator[str]:
    """One document; each incident on a line of its own."""
    head = json.dumps({"schema": SCHEMA, **asked}, ensure_ascii=False)
    yield head[:-1] + ', "incidents": ['
    between = "\n"
    for one in labels:
        yield between + json.dumps(one, ensure_ascii=False, allow_nan=False)
        between = ",\n"
    yield "\n]}\n"


def as_yaml(asked: Mapping[str, Any], labels: Iterable[Label]) -> Iterator[str]:
    """The same document; values are written as JSON, which is YAML, so that times stay text."""
    yield "".join(f"{name}: {_value(v)}\n" for name, v in {"schema": SCHEMA, **asked}.items())
    first = True
    for one in labels:
        lines = [f"{name}: {_value(value)}" for name, value in one.items()]
        yield ("incidents:\n" if first else "") + "- " + "\n  ".join(lines) + "\n"
        first = False
    if first:
        yield "incidents: []\n"


FORMATS: dict[str, Writing] = {"csv": as_csv, "yaml": as_yaml, "json": as_json}


def _value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _row(cells: Iterable[Any]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def _with(name: str, *parts: str) -> tuple[str, ...]:
    return (name, *(f"{name}_{part}" for part in parts))


HEADER = (
    "id", "service", "title", "state", "kind", "pattern",
    *_with("start", "low", "high", "status"),
    *_with("end", "low", "high", "status"),
    *_with("duration_seconds", "low", "high", "status"),
    *_with("impaired_seconds", "low", "high", "status"),
    *_with("error_ratio", "low", "high", "status"),
    *_with("affected_users", "low", "high", "status", "tier"),
    *_with("first_alert", "status"),
    *_with("time_to_detect_seconds", "low", "high", "status"),
    *_with("declared_start", "status"),
    *_with("declared_end", "status"),
    "dismissed", "merged", "related", "revision", "as_of",
)  # fmt: skip
