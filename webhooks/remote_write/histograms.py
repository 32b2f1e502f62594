"""Whether a native histogram is sound: buckets and counts that fit each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

from google.protobuf.message import DecodeError

from webhooks.remote_write.labels import Unsound
from webhooks.remote_write.schema import Histogram

CUSTOM = -53
SCHEMAS = range(-4, 9)
MOST_BUCKETS = 10_000


def timestamp_of(raw: bytes) -> int:
    """The time of a sound histogram, milliseconds; `Unsound` for another."""
    try:
        found = Histogram.FromString(raw)
    except DecodeError:
        raise Unsound("expected a native histogram") from None
    if found.schema == CUSTOM:
        _custom(found)
    elif found.schema not in SCHEMAS:
        raise Unsound("expected the schema of a native histogram: -53, or -4 to 8")
    as_float = bool(found.count_float or found.positive_counts or found.negative_counts)
    total = _buckets(found.positive_spans, found.positive_deltas, found.positive_counts)
    total += _buckets(found.negative_spans, found.negative_deltas, found.negative_counts)
    total += found.zero_count_float if as_float else found.zero_count_int
    count = found.count_float if as_float else found.count_int
    fits = math.isclose(total, count, rel_tol=1e-6, abs_tol=1e-6) if as_float else total == count
    # An observation of NaN is in no bucket, and makes the sum NaN.
    if not fits and not (math.isnan(found.sum) and total < count):
        raise Unsound("expected a count that is the sum of the histogram's buckets")
    return int(found.timestamp)


def _buckets(spans: Sequence[Any], deltas: Sequence[int], counts: Sequence[float]) -> float:
    """What is in the buckets of one side, which `spans` must place one by one."""
    if len(deltas) + len(counts) > MOST_BUCKETS or len(spans) > MOST_BUCKETS:
        raise Unsound(f"expected at most {MOST_BUCKETS} buckets")
    if any(span.offset < 0 for span in spans[1:]):
        raise Unsound("expected spans of buckets in order")
    if sum(span.length for span in spans) != len(deltas) + len(counts) or (deltas and counts):
        raise Unsound("expected as many buckets as their spans say")
    values: list[float] = [*accumulate(deltas), *counts]
    if any(not value >= 0 for value in values):
        raise Unsound("expected no negative bucket")
    return sum(values)


def _custom(found: Any) -> None:
    """The rules for buckets with bounds of their own."""
    bounds = list(found.custom_values)
    if len(bounds) > MOST_BUCKETS:
        raise Unsound(f"expected at most {MOST_BUCKETS} buckets")
    if found.negative_spans or found.zero_count_int or found.zero_count_float:
        raise Unsound("expected only positive buckets beside custom bounds")
    if any(not a < b for a, b in pairwise(bounds)):
        raise Unsound("expected custom bounds that increase")
    reach = sum(span.offset + span.length for span in found.positive_spans)
    if reach > len(bounds) + 1:
        raise Unsound("expected no bucket beyond the custom bounds")
