"""How pages write times, durations and estimates: text first, and what a script needs beside it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from markupsafe import Markup

from detector.estimate import Estimate
from reports import numbers, times
from reports.chart_table import TableRow
from reports.escape import bare

NS = 10**9
_CLOCK = r"\d\d:\d\d(?::\d\d)?"
_TIMES = re.compile(
    rf"\b(?P<day>\d{{4}}-\d\d-\d\d)T(?P<first>{_CLOCK})Z(?: to (?P<second>{_CLOCK})Z)?", re.ASCII
)
"""A time as our sentences have it, or two of one day."""


def moment(seconds: float | None, step: float = 1.0) -> Markup:
    """A time as an element that a script can show in another zone; empty for None."""
    if seconds is None:
        return Markup("")
    iso = times.utc(seconds, step)
    shown = iso.replace("T", " ").removesuffix("Z")
    return Markup('<time datetime="{}" data-step="{}">{} UTC</time>').format(iso, int(step), shown)


def timed(text: str) -> Markup:
    """A sentence of ours in which each time in UTC is an element as of `moment`."""
    found, at = Markup(""), 0
    for match in _TIMES.finditer(text):
        day, first, second = match.group("day", "first", "second")
        found += Markup.escape(text[at : match.start()]) + _on(day, first)
        if second:
            found += Markup(" to ") + _on(day, second)
        at = match.end()
    return found + Markup.escape(text[at:])


def _on(day: str, clock: str) -> Markup:
    """The time of a day; one that is none, such as in the words of others, stays as it is."""
    text = f"{day}T{clock}Z"
    try:
        seconds = datetime.fromisoformat(text).timestamp()
    except ValueError:
        return Markup.escape(text)
    return moment(seconds, 1.0 if clock.count(":") == 2 else times.MINUTE)


def moment_ns(ns: int | None) -> Markup:
    """As `moment`, of nanoseconds."""
    return moment(None if ns is None else ns / NS)


def ago(ns: int, now: int) -> str:
    """How long ago it was, in as few words as tell it."""
    seconds = max((now - ns) / NS, 0.0)
    if seconds < 5:
        return "just now"
    if seconds < times.DAY:
        return f"{times.about(seconds)} ago"
    return f"{seconds / times.DAY:.0f} days ago"


def length(seconds: float) -> str:
    """A duration in two units at most."""
    seconds = max(seconds, 0.0)
    if seconds < 3 * times.DAY:
        return times.about(seconds)
    days, rest = divmod(round(seconds / times.HOUR), 24)
    return f"{days} d {rest} h" if days < 10 and rest else f"{days} d"


def off(estimate: Estimate) -> str:
    """`± 8 s`: how far a time or duration may be off; empty where it is exact or not known."""
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None or low is None or high is None or high <= low:
        return ""
    step = times.time_step(high - low)
    reach = math.ceil(max(value - low, high - value) / step) * step
    return f"± {times.span(reach, step)}"


def step_of(estimate: Estimate) -> float:
    """Seconds to which a time is worth showing."""
    if estimate.low is None or estimate.high is None:
        return 1.0
    return times.time_step(estimate.high - estimate.low)


def percent(ratio: float) -> str:
    """A share as a person says it."""
    return f"{100 * ratio:.2g} %" if ratio < 0.01 else f"{100 * ratio:.1f} %"


def share(estimate: Estimate) -> str:
    """A share, or the range that is all there is of it; `unknown` where nothing is."""
    if estimate.value is not None:
        return percent(estimate.value)
    if estimate.low is None or estimate.high is None:
        return "unknown"
    if estimate.high >= 1:
        return f"≥ {percent(estimate.low)}"
    if estimate.low <= 0:
        return f"≤ {percent(estimate.high)}"
    return f"{percent(estimate.low).removesuffix(' %')} to {percent(estimate.high)}"


def estimate_of(said: Mapping[str, Any] | None) -> Estimate | None:
    """An estimate of a document as the value that it was written from."""
    if said is None:
        return None
    is_time = said["unit"] == "time"
    value, low, high = (
        times.parsed(found) if is_time and isinstance(found, str) else found
        for found in (said["value"], said["low"], said["high"])
    )
    return Estimate(
        value,
        low,
        high,
        said["unit"],
        said["status"],
        said["method"],
        reason=said.get("reason"),
        needs=said.get("needs"),
    )


def shown(estimate: Estimate) -> numbers.Shown:
    """An estimate in words, with its interval."""
    return numbers.show(estimate)


def number(value: float | None) -> str:
    """A count."""
    return "not known" if value is None else f"{value:,.0f}"


def level(value: float | None, is_level: bool) -> str:
    """A ratio or level of a chart."""
    if value is None:
        return "no data"
    return f"{value:.3g}" if is_level else f"{100 * value:.3g} %"


def span_of(row: TableRow, is_level: bool) -> str:
    """The lowest to the highest value of a row of a chart's table."""
    first, last = level(row.lowest, is_level), level(row.highest, is_level)
    return first if first == last else f"{first} to {last}"


FILTERS: dict[str, Callable[..., Any]] = {
    "moment": moment,
    "moment_ns": moment_ns,
    "length_of": length,
    "share": share,
    "shown": shown,
    "number": number,
    "level": level,
    "span_of": span_of,
    "bare": bare,
    "timed": timed,
}
"""What templates call, by name."""
