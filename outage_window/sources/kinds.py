"""The kind of export that a file holds: each reader says by its head whether it is its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Literal

from outage_window.errors import InputError
from outage_window.sources import documents, exposition, ndjson, parquet, promtool
from outage_window.sources.files import EXPECTED, Head, Source, head_of
from outage_window.sources.reading import Reading
from outage_window.sources.sampled import SampleFile

Kind = Literal["parquet", "promtool", "exposition", "keycloak", "json", "ndjson", "delimited"]

SAMPLES: Mapping[Kind, Callable[[Source, Reading], SampleFile]] = {
    "promtool": promtool.read,
    "exposition": exposition.read,
    "json": documents.read,
}
"""The kinds that hold labelled samples; the others are tables, or events."""


def kind_of(source: Source) -> Kind:
    """Tell the kind by the content; the name decides only between kinds of JSON.

    Binary content, and text that is none of the kinds, is an `InputError`.
    """
    head = head_of(source)
    if not parquet.claims(head) and b"\0" in head.data[:65536]:
        raise InputError(source.name, f"binary content; {EXPECTED}")
    for kind, claims in _CLAIMS:
        if claims(head):
            return kind
    if head.first.startswith(b"["):
        raise InputError(
            source.place(1), "a JSON list; expected Prometheus API JSON or NDJSON (one row a line)"
        )
    try:
        head.first.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(source.place(1), f"not text in UTF-8; {EXPECTED}") from None
    return "delimited"


def is_event(value: object) -> bool:
    """Whether a JSON value looks like an event of Keycloak's, as its admin API gives them."""
    return (
        isinstance(value, dict)
        and {"type", "time"} <= value.keys()
        and not value.keys().isdisjoint({"userId", "realmId", "ipAddress"})
    )


def _lists_events(head: Head) -> bool:
    """Whether a JSON list begins with such an event."""
    if not head.first.startswith(b"["):
        return False
    start = head.data[:65536].decode("utf-8", "replace").lstrip()[1:].lstrip()
    try:
        return is_event(json.JSONDecoder().raw_decode(start)[0])
    except (ValueError, RecursionError):
        return False


_CLAIMS: tuple[tuple[Kind, Callable[[Head], bool]], ...] = (
    ("parquet", parquet.claims),
    ("promtool", promtool.claims),
    ("exposition", exposition.claims),
    ("keycloak", _lists_events),
    ("json", documents.claims),
    ("ndjson", ndjson.claims),
)
"""In this order; what nobody claims is delimited text."""
