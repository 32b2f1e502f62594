"""Holds outages, alerts and what was received of a period against each other. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from outage_window.kept import OPEN_ENDED
from outage_window.reconciling import knowing, muting
from outage_window.reconciling.gaps import Stored
from outage_window.reconciling.gathering import REACH, Gathered, Unread, Window
from outage_window.reconciling.grouping import Fired, groups
from outage_window.reconciling.laying import Key, key_of, missing
from outage_window.reconciling.meeting import Stretches
from outage_window.reconciling.muting import Muting
from outage_window.store.alert_spans import Came, Told
from reports import times
from reports.reconciliation import (
    Group,
    Known,
    Outage,
    Reconciliation,
    Refusal,
    Section,
    T,
    Why,
)

NS = 10**9
PENDING = 300 * NS
"""What fires since no longer than this may wait in Alertmanager to be sent."""
EDGE = 120 * NS
"""An alert that began so shortly before Prometheus was asked may not have been evaluated by it."""
TOLD_BY = {
    "prometheus": "Prometheus",
    "alertmanager": "Alertmanager",
    "both": "Alertmanager and Prometheus",
}
NO_METRICS = "no metrics of this service are known"
IN_MAINTENANCE = "during maintenance, when metrics have no say"
WITHOUT_DATA = "while there were no data"
TOO_RECENT = "too recent: its outage may still be measured"


def judge(found: Gathered) -> Reconciliation:
    """All that can be said of what was gathered; what cannot be says so."""
    asked = found.asked
    lost, in_prometheus, muted = _missing(found)
    received, watched = knowing.received(found), knowing.watched(found)
    windows = [one for one in found.windows if one.measured and _inside(found, one.start, one.end)]
    lacking, unknown = _lacking(found, windows, lost, muted.spans)
    unmet, not_judged = _unmet(found)
    alerts = sum(_touches(found, one) for one in found.came)
    return Reconciliation(
        start=asked.start / NS,
        end=asked.end / NS,
        as_of=asked.now / NS,
        services=asked.services,
        outages=_section([one.id for one in windows], watched),
        without_alert=_section(lacking, knowing.both(watched, received)),
        alerts_not_known=tuple(unknown),
        alerts=Section((), alerts if received.spans else None, received),
        without_window=_grouped(found, unmet, knowing.both(watched, received)),
        not_judged=groups(not_judged, asked.start, asked.end),
        silenced=_grouped(found, muted.silenced, knowing.muted(found)),
        inhibited=_grouped(found, muted.inhibited, knowing.muted(found)),
        truncated=_grouped(found, _truncated(found), received),
        lost=_grouped(found, _lost(found, lost), knowing.either(found)),
        lost_known=(
            ("alertmanager", knowing.muted(found)),
            ("prometheus", knowing.prometheus(found)),
        ),
        unknown_to_prometheus=_grouped(
            found, _unknown(found, in_prometheus), knowing.prometheus(found)
        ),
        feeds=tuple(
            knowing.feed(name, dict(found.samples).get(name), found) for name in found.configured
        ),
        receiver=knowing.receiver(found),
        not_understood=_not_understood(found, received),
        turned_away=Section((), None, Known((), knowing.REFUSED)),
    )


def _missing(found: Gathered) -> tuple[list[Told], set[Key], Muting]:
    """What was told and never came, though nobody muted it; what Prometheus told of that came; and
    what was muted."""
    told, in_prometheus = missing([one.alert for one in found.came], found.told)
    muted = muting.of(found, told)
    left = [one for one in told if muting.key(one) not in muted.told]
    return [one for one in left if not _pending(one, found)], in_prometheus, muted


def _not_understood(found: Gathered, known: Known) -> Section[Refusal]:
    """Counted are deliveries, not the reasons that they are told by."""
    count = sum(one.times for one in found.unread)
    return Section(
        tuple(map(_refusal, found.unread)), count if known.spans or count else None, known
    )


def _section(found: Iterable[T], known: Known) -> Section[T]:
    ones = tuple(found)
    return Section(ones, len(ones) if known.spans or ones else None, known)


def _grouped(
    found: Gathered,
    fired: Iterable[Fired],
    known: Known,
) -> Section[Group]:
    """Alerts as lines, counted one by one."""
    ones = list(fired)
    lines = groups(ones, found.asked.start, found.asked.end)
    return Section(lines, len(ones) if known.spans or ones else None, known)


def _lacking(
    found: Gathered,
    windows: Sequence[Window],
    lost: Sequence[Told],
    muted: Mapping[str, Sequence[tuple[int, int | None]]],
) -> tuple[list[Outage], list[str]]:
    """The outages that no alert met, and those of which that is not known."""
    came = _stretches((one.service, one.alert.starts_at, one.alert.ends_at) for one in found.came)
    away = _stretches((one.service, one.alert.starts_at, one.alert.ends_at) for one in lost)
    hushed = {service: Stretches(spans) for service, spans in muted.items()}
    lacking: list[Outage] = []
    unknown: list[str] = []
    for one in windows:
        near = _around(one)
        if one.alerted or _meet(came, one.service, *near):
            continue
        if not one.alerts_known:
            unknown.append(one.id)
            continue
        why: Why = "muted" if _meet(hushed, one.service, *near) else "none"
        lacking.append(_outage(one, "lost" if _meet(away, one.service, *near) else why))
    return lacking, unknown


def _unmet(found: Gathered) -> tuple[list[Fired], list[Fired]]:
    """Alerts that met no outage, and those that cannot be judged with the reason in `how`."""
    around = _stretches((one.service, *_around(one)) for one in found.windows)
    measured = {one.service for one in found.windows if one.measured} | set(found.configured)
    planned = _stretches(found.maintenance)
    blank = {name: _blank(found, stored) for name, stored in found.samples}
    unmet: list[Fired] = []
    others: list[Fired] = []
    for one in found.came:
        start, end = one.alert.starts_at, one.alert.ends_at
        if not _touches(found, one) or _meet(around, one.service, start, end):
            continue
        if one.service not in measured:
            others.append(_fired(one, NO_METRICS))
        elif _meet(planned, one.service, start, start):
            others.append(_fired(one, IN_MAINTENANCE))
        elif _meet(blank, one.service, start, start):
            others.append(_fired(one, WITHOUT_DATA))
        elif start > found.asked.now - REACH:
            others.append(_fired(one, TOO_RECENT))
        else:
            unmet.append(_fired(one))
    return unmet, others


def _blank(found: Gathered, stored: Stored | None) -> Stretches:
    """When there were no samples of a service."""
    if stored is None:
        return Stretches([(0, None)])
    before = [(0, stored.start - 1)] if stored.start > found.asked.start else []
    return Stretches([*before, *((start, end - 1) for start, end in stored.gaps)])


def _unknown(found: Gathered, in_prometheus: Set[Key]) -> Iterator[Fired]:
    """What was delivered by a Prometheus' Alertmanager, while Prometheus knows of no such alert."""
    spans = Stretches((start, end - EDGE) for start, end in found.spans("prometheus"))
    for one in found.came:
        alert = one.alert
        ours = one.service in found.configured and alert.sender in found.prometheus_senders
        if ours and key_of(alert) not in in_prometheus:
            began = alert.starts_at
            if _touches(found, one) and spans.meet(began, began):
                yield _fired(one, alert.sender)


def _truncated(found: Gathered) -> Iterator[Fired]:
    for one in found.came:
        if one.alert.truncated and _touches(found, one):
            yield _fired(one, most=one.alert.truncated)


def _lost(found: Gathered, lost: Iterable[Told]) -> Iterator[Fired]:
    for one in lost:
        alert = one.alert
        name = alert.labels.get("alertname", "unnamed")
        if _inside(found, alert.starts_at, alert.ends_at):
            yield Fired(name, one.service, alert.starts_at, alert.ends_at, TOLD_BY[one.source])


def _pending(one: Told, found: Gathered) -> bool:
    """It fires, and may yet be delivered."""
    return one.alert.ends_at is None and one.alert.starts_at > found.asked.now - PENDING


def _fired(one: Came, how: str = "", most: int = 0) -> Fired:
    alert = one.alert
    name = alert.labels.get("alertname", "unnamed")
    return Fired(name, one.service, alert.starts_at, alert.ends_at, how, most)


def _outage(one: Window, why: Why) -> Outage:
    low, high = (None if text is None else times.parsed(text) for text in one.onset)
    end = None if one.end is None else one.end / NS
    return Outage(one.id, one.service, one.start / NS, low, high, end, why)


def _refusal(one: Unread) -> Refusal:
    return Refusal(one.sender, one.reason, one.times, one.first / NS, one.last / NS)


def _around(one: Window) -> tuple[int, int | None]:
    """Where an alert meets the outage: [start, end], both included."""
    end = one.end
    if end is None and not one.measured:
        end = one.start + OPEN_ENDED  # what was declared without an end takes a day
    return one.start - REACH, None if end is None else end + REACH - 1


def _touches(found: Gathered, one: Came) -> bool:
    return _inside(found, one.alert.starts_at, one.alert.ends_at)


def _inside(found: Gathered, start: int, end: int | None) -> bool:
    return start < found.asked.end and (end is None or end >= found.asked.start)


def _stretches(found: Iterable[tuple[str, int, int | None]]) -> dict[str, Stretches]:
    """Stretches by service."""
    spans: dict[str, list[tuple[int, int | None]]] = {}
    for service, start, end in found:
        spans.setdefault(service, []).append((start, end))
    return {service: Stretches(ones) for service, ones in spans.items()}


def _meet(of: Mapping[str, Stretches], service: str, start: int, end: int | None) -> bool:
    return service in of and of[service].meet(start, end)
