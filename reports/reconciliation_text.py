"""A reconciliation in words: one line for a tired person, and tables for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from textwrap import wrap
from typing import Any

from reports import times
from reports.escape import label, plain
from reports.reconciliation import (
    Feed,
    Group,
    Known,
    Outage,
    Reconciliation,
    Refusal,
    Section,
    T,
)

WIDTH = 100
LONGEST = 48
"""Characters of a cell."""
NO_SERVICES = "no service with metrics is configured"
MOST = 20
"""Lines of a kind that a terminal shows; the JSON has all."""
INSTEAD = {
    "none": "nothing fired",
    "lost": "an alert fired, and was lost",
    "muted": "an alert was muted",
}
"""What an outage without an alert had in its place."""


def summary(found: Reconciliation) -> str:
    """What was found, in one line: the worst first, and what nobody can say last."""
    parts = [*_bad(found)] or ["nothing that does not fit"]
    unknown = _unknown(found)
    text = "; ".join(parts)
    return f"{text}. Not known: {unknown}." if unknown else f"{text}."


def _bad(found: Reconciliation) -> Iterator[str]:
    lacking, outages = found.without_alert.count, found.outages.count
    if lacking:
        yield f"{lacking:,} of {_many(outages or 0, 'outage')} had no alert"
    if found.lost.count:
        was = "was" if found.lost.count == 1 else "were"
        yield f"{_many(found.lost.count, 'alert')} fired and {was} never delivered"
    if found.without_window.count:
        names = len(found.without_window.found)
        rules = f", of {_many(names, 'rule')}" if names < found.without_window.count else ""
        yield f"{_many(found.without_window.count, 'alert')} without an outage{rules}"
    if found.unknown_to_prometheus.count:
        yield f"{_many(found.unknown_to_prometheus.count, 'alert')} that Prometheus does not know"
    if found.truncated.count:
        yield f"{_many(found.truncated.count, 'alert')} beside others that were cut off"
    feeds = [feed for feed in found.feeds if feed.gaps]
    if feeds:
        lasted = times.about(sum(feed.seconds for feed in feeds))
        yield f"gaps in the metrics of {_many(len(feeds), 'service')} ({lasted})"
    if found.receiver.gaps:
        yield f"nothing was received for {times.about(found.receiver.seconds)}"
    if found.not_understood.count:
        n = found.not_understood.count
        yield f"{n:,} deliver{'y' if n == 1 else 'ies'} not understood"


def _unknown(found: Reconciliation) -> str:
    """What cannot be said over any part of the period."""
    named: tuple[tuple[str, Any], ...] = (
        ("outages", found.outages.count),
        ("alerts", found.alerts.count),
        ("what was muted", found.silenced.count),
        ("what was lost", found.lost.count),
    )
    return ", ".join(name for name, count in named if count is None)


def to_text(found: Reconciliation) -> str:
    """Render for reading: the summary, then each kind, then for which time that is known."""
    period = f"{times.utc(found.start)} to {times.utc(found.end)}"
    services = f", {', '.join(map(label, found.services))}" if found.services else ""
    lines = [summary(found), f"{period}{services}", ""]
    lines += _kind(OUTAGES, found.without_alert, _OUTAGES, _outage)
    lines += _also_unknown(found)
    lines += _alerts(UNMET, found.without_window)
    lines += _not_judged(found)
    lines += _alerts(LOST, found.lost, "TOLD BY")
    lines += _alerts(UNKNOWN, found.unknown_to_prometheus, "FROM")
    lines += _alerts(CUT, found.truncated)
    lines += _alerts(SILENCED, found.silenced, "WHY")
    lines += _alerts(INHIBITED, found.inhibited, "WHY")
    lines += _gaps(found)
    lines += _kind(UNREAD, found.not_understood, _REFUSALS, _refusal)
    lines += _kind("Requests refused", found.turned_away, (), lambda _: ())
    return "\n".join([*lines, *_partly(found)]).rstrip() + "\n"


OUTAGES = "Outages without an alert"
UNMET = "Alerts without an outage"
LOST = "Alerts that fired and were never delivered"
UNKNOWN = "Alerts delivered that Prometheus does not know"
CUT = "Alerts beside others that were cut off (max_alerts)"
SILENCED = "Alerts silenced"
INHIBITED = "Alerts inhibited"
UNREAD = "Deliveries not understood"
METRICS = "Gaps in metrics"
RECEIVING = "Gaps in receiving"
_OUTAGES = ("INCIDENT", "ONSET (UTC)", "LASTED", "INSTEAD")
_GROUPS = ("ALERT", "SERVICE", "TIMES", "FIRED FOR", "LONGEST", "FIRST (UTC)", "LAST (UTC)")
_FEEDS = ("SERVICE", "GAPS", "IN ALL", "LONGEST")
_REFUSALS = ("SENDER", "TIMES", "LAST (UTC)", "REASON")


def _alerts(title: str, section: Section[Group], how: str = "") -> list[str]:
    heads = (*_GROUPS, how) if how else _GROUPS
    return _kind(title, section, heads, lambda one: group_cells(one)[: len(heads)])


def _kind(
    title: str,
    section: Section[T],
    heads: Sequence[str],
    cells: Callable[[T], Sequence[str]],
) -> list[str]:
    """A heading with the count, and the rows."""
    if section.count is None:
        return [*_wrapped(f"{title}: not derivable, because {section.known.because}"), ""]
    lines = [f"{title}: {section.count:,}{_mark(section.known)}"]
    if section.found:
        lines += table(heads, [cells(one) for one in section.found[:MOST]])
        more = len(section.found) - MOST
        lines += [f"  and {more:,} more lines, which --format json has"] if more > 0 else []
    return [*lines, ""]


def _mark(known: Known) -> str:
    return " *" if known.because else ""


def partly(found: Reconciliation) -> list[tuple[str, str]]:
    """What is known for a part of the period only: names of kinds, and for which part and why."""
    kinds = [
        (OUTAGES, found.without_alert.known),
        (UNMET, found.without_window.known),
        *((f"{LOST}, as {one.capitalize()} tells", known) for one, known in found.lost_known),
        (UNKNOWN, found.unknown_to_prometheus.known),
        (CUT, found.truncated.known),
        (SILENCED, found.silenced.known),
        (INHIBITED, found.inhibited.known),
        *((f"{METRICS} of {one.name}", one.known) for one in found.feeds),
        (RECEIVING, found.receiver.known),
        (UNREAD, found.not_understood.known),
    ]
    same: dict[Known, list[str]] = {}
    for name, known in kinds:
        beside = name.startswith(METRICS) or (name.startswith(LOST) and found.lost.known.spans)
        if known.because and (known.spans or beside):
            same.setdefault(known, []).append(name)
    return [(_some(names, between="; "), told_known(known)) for known, names in same.items()]


def _partly(found: Reconciliation) -> list[str]:
    told = partly(found)
    lines = [line for names, text in told for line in _wrapped(f"{names}: {text}", "  ")]
    return ["* Not known for the whole period", *lines] if lines else []


def told_known(known: Known) -> str:
    """For which time something is known, and why not for the rest."""
    if not known.spans:
        return f"not derivable, because {known.because}"
    first = [f"{times.utc(a)} to {times.utc(b)}" for a, b in known.spans[:3]]
    more = len(known.spans) - len(first)
    spans = ", ".join(first) + (f" and {more} more times" if more else "")
    return f"known for {spans}; else not derivable, because {known.because}"


def _also_unknown(found: Reconciliation) -> list[str]:
    n = len(found.alerts_not_known)
    if not n:
        return []
    text = f"Of {_many(n, 'outage')} it is not known whether an alert fired: no source was given"
    return [*_wrapped(f"{text} ({_some(found.alerts_not_known)})."), ""]


def _not_judged(found: Reconciliation) -> list[str]:
    """Alerts of which nobody can say whether there was an outage, by the reason."""
    reasons = dict.fromkeys(one.how for one in found.not_judged)
    lines = []
    for reason in reasons:
        ones = [one for one in found.not_judged if one.how == reason]
        count = sum(one.times for one in ones)
        names = _some([f"{one.name} ({one.service})" for one in ones])
        lines += _wrapped(f"Not judged, {reason}: {_many(count, 'alert')}: {names}")
    return [*lines, ""] if lines else []


def _gaps(found: Reconciliation) -> list[str]:
    broken = [one for one in found.feeds if one.gaps]
    known = [one for one in found.feeds if one.known.spans]
    count = sum(len(one.gaps) for one in broken)
    if known:
        of = f"{len(broken):,} of {_many(len(known), 'service')}"
        mark = " *" if any(one.known.because for one in found.feeds) else ""
        lines = [f"{METRICS}: {count:,}, in {of}{mark}"]
        lines += table(_FEEDS, [feed_cells(one) for one in broken[:MOST]]) if broken else []
    else:
        because = "no samples are stored" if found.feeds else NO_SERVICES
        lines = [f"{METRICS}: not derivable, because {because}"]
    receiver = found.receiver
    if not receiver.known.spans:
        because = receiver.known.because
        return [*lines, "", *_wrapped(f"{RECEIVING}: not derivable, because {because}"), ""]
    told = [
        f"  {moment(start)} to {moment(end)} ({times.about(end - start)})"
        for start, end in receiver.gaps[:MOST]
    ]
    return [*lines, "", f"{RECEIVING}: {len(receiver.gaps):,}{_mark(receiver.known)}", *told, ""]


def _outage(one: Outage) -> Sequence[str]:
    return (one.id, onset(one), lasted(one), INSTEAD[one.why])


def onset(one: Outage) -> str:
    """When it began and how far off that may be, without the letters of the standard."""
    text = moment(one.start)
    if one.low is None or one.high is None:
        return text
    off = max(one.high - one.start, one.start - one.low)
    return f"{text} ±{times.about(off)}" if off >= 1 else text


def lasted(one: Outage) -> str:
    """How long it lasted, or that it goes on."""
    return "goes on" if one.end is None else times.about(one.end - one.start)


def group_cells(one: Group) -> tuple[str, ...]:
    """The cells of a line of alerts."""
    fires = f", {one.firing:,} fire" if one.firing else ""
    most = f", up to {one.most:,} cut off" if one.most else ""
    return (
        label(one.name),
        label(one.service),
        f"{one.times:,}{fires}{most}",
        times.about(one.seconds),
        times.about(one.longest),
        moment(one.first),
        moment(one.last),
        label(one.how),
    )


def feed_cells(one: Feed) -> tuple[str, ...]:
    """The cells of a service with gaps."""
    longest = max(one.gaps, key=lambda gap: gap[1] - gap[0])
    when = f"{times.about(longest[1] - longest[0])}, from {moment(longest[0])}"
    return label(one.name), f"{len(one.gaps):,}", times.about(one.seconds), when


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _refusal(one: Refusal) -> Sequence[str]:
    return label(one.sender), f"{one.times:,}", moment(one.last), label(one.reason)


def moment(time: float) -> str:
    """To the second, without the letters of the standard: for a column that says UTC."""
    return times.utc(time).replace("T", " ").removesuffix("Z")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as what is in them, cut where that is longer than names are."""
    every = [tuple(heads), *(tuple(map(_cut, row)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*every, strict=True)]
    return [
        "  " + "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
        for row in every
    ]


def _wrapped(text: str, indent: str = "") -> list[str]:
    return wrap(plain(text), WIDTH, initial_indent=indent, subsequent_indent=f"{indent}  ")


def _some(texts: Sequence[str], most: int = 5, between: str = ", ") -> str:
    more = len(texts) - most
    return between.join(map(label, texts[:most])) + (f" and {more:,} more" if more > 0 else "")


def _many(count: int, name: str) -> str:
    return f"{count:,} {name}" + ("" if count == 1 else "s")
