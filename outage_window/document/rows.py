"""The analysis document as CSV: one row a window, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import Any

_WITH_INTERVAL = ("start", "end", "duration_seconds", "error_ratio", "affected_users")
_PLAIN = ("impaired_seconds", "attempts", "errors", "excess_errors", "baseline_error_ratio")
HEADER = (
    "id", "service", "status", "kind", "pattern", "experience",
    *(f"{name}{end}" for name in _WITH_INTERVAL for end in ("", "_low", "_high")),
    *_PLAIN, "peak_error_ratio", "as_of", "affected_users_tier",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t")


def to_csv(document: dict[str, Any]) -> str:
    """Render the windows; a number that is not derivable is an empty cell.

    Text that a spreadsheet would run as a formula gets an apostrophe in front. Services that could
    not be assessed have no row: they are in the other formats, and on stderr.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for window in document["windows"]:
        writer.writerow([cell(_of(window, name)) for name in HEADER])
    return out.getvalue()


def _of(window: dict[str, Any], name: str) -> Any:
    for end in ("low", "high"):
        base = name.removesuffix(f"_{end}")
        if base != name and base in _WITH_INTERVAL:
            return window[base][end]
    if name == "affected_users_tier":
        return window["affected_users"]["tier"]
    found = window[name]
    return found["value"] if isinstance(found, dict) else found


def cell(value: Any) -> Any:
    """A value as a cell; text that a spreadsheet would run gets an apostrophe in front."""
    if isinstance(value, str):
        # A spreadsheet begins a row at it, and the library leaves it outside of quotes.
        text = value.replace("\r", " ")
        return f"'{text}" if text.startswith(_FORMULA) else text
    return "" if value is None else value
