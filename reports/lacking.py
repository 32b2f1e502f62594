"""What does not fit as something is lacking: alerts that never came, and gaps in the metrics."""

from __future__ import annotations

from collections.abc import Iterator

from reports import moments, times
from reports.contradiction import Contradiction, bounds
from reports.facts import Incident
from reports.timeline import ASKED

ON_ITS_WAY = 300.0
"""Seconds that an alert may wait in Alertmanager before it is delivered."""
MOST_NAMED = 3


def received(incident: Incident) -> Iterator[Contradiction]:
    """What of the alerts never came: cut off by the sender, or lost on the way."""
    if incident.truncated_alerts:
        n = incident.truncated_alerts
        text = (
            f"{n} alert{'s were' if n > 1 else ' was'} cut off by the sender (max_alerts): the "
            "first alert may be one of them."
        )
        yield Contradiction("alerts-truncated", text, {"truncated_alerts": float(n)})
    yield from _lost(incident)


def _lost(incident: Incident) -> Iterator[Contradiction]:
    """Alerts that fired as far as an API tells, and that no delivery brought.

    What was silenced is none of them. What fires since minutes may still be on its way.
    """
    lost = [
        one
        for one in moments.alerts_of(incident)
        if one.backfilled in ASKED
        and (one.resolved_at is not None or incident.as_of - one.fired_at > ON_ITS_WAY)
    ]
    if not lost:
        return
    n, first = len(lost), lost[0]
    names = list(dict.fromkeys(one.name for one in lost))
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    who = " and ".join(sorted({one.backfilled.capitalize() for one in lost}))
    text = (
        f"{n} alert{'s' if n > 1 else ''} fired that no delivery brought, as {who} tells "
        f"({', '.join(names[:MOST_NAMED])}{more}; the first at {times.utc(first.fired_at)}): lost "
        "between rule and delivery, or not routed here. Nobody may have been told."
    )
    when = times.utc(first.fired_at)
    yield Contradiction(
        "alert-lost", text, {"alerts": float(n), "first_fired_at": when, "told_by": who}
    )


def gaps(incident: Incident) -> Iterator[Contradiction]:
    """Where the metrics lack, at an edge of the outage or elsewhere."""
    far = []
    for start, end in incident.data_gaps:
        near = _edges_near(incident, start, end)
        if not near:
            far.append((start, end))
            continue
        text = f"{_gap(start, end)}: the measured {' and '.join(near)} can be no sharper than that."
        yield Contradiction("data-gap-at-edge", text, _gap_evidence(start, end))
    if far:
        total = sum(end - start for start, end in far)
        longest = max(far, key=lambda gap: gap[1] - gap[0])
        text = f"{_gap(*longest)}."
        if len(far) > 1:
            text += f" That is the longest of {len(far)} gaps of {times.about(total)} in all."
        figures: dict[str, str | float] = {"gaps": float(len(far)), "seconds": total}
        yield Contradiction("data-gap", text, figures | _gap_evidence(*longest))


def _edges_near(incident: Incident, start: float, end: float) -> list[str]:
    """The edges whose interval a gap meets, or misses by no more than its own length."""
    window, reach = incident.window, end - start
    if window is None:
        return []
    named = (("onset", window.start), ("recovery", window.end))
    spans = [(name, *bounds(edge)) for name, edge in named if edge.value is not None]
    return [n for n, low, high in spans if start - reach <= high and end + reach >= low]


def _gap(start: float, end: float) -> str:
    return f"There are no data {times.between(start, end)} ({times.about(end - start)})"


def _gap_evidence(start: float, end: float) -> dict[str, str | float]:
    return {"from": times.utc(start), "to": times.utc(end)}
