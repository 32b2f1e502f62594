"""Facts to a postmortem draft in Markdown: what machines know is filled, the rest is asked."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import tzinfo
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from reports import headline, moments, numbers, times
from reports.contradictions import Contradiction, contradictions
from reports.escape import Markdown, fenced, markdown
from reports.facts import EventFact, Incident
from reports.findings import said, verdict_on
from reports.quantities import GROUPS, origins, quantities
from reports.rule import rule_outcome
from reports.summary import text_equivalent
from reports.tidy import tidy
from reports.timeline import timeline

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATES = ("default",)
SHORT_HASH = 12
MOST_ROWS = 60
"""A timeline longer than this shows its important rows alone, and says how many it leaves out."""
MOST_LISTED = 20
"""Of one kind of event no list shows more than this; the rest is counted."""
STEPS = (
    ("ticket", "First ticket"),
    ("detected_by", "First report"),
    ("acknowledged", "Acknowledged"),
    ("escalated", "Escalated"),
)


def render(incident: Incident, template: str = "default", *, chart: str | None = None) -> str:
    """The draft as Markdown (CommonMark with GitHub tables); the same facts give the same bytes.

    `template` names one of the package's own (`ValueError` for another name). `chart` is where the
    picture will lie, relative to the draft or a URL; without it only its text stands there. Labels
    and notes are shown as text whatever they hold.
    """
    if template not in TEMPLATES:
        raise ValueError(f"template {template!r}: expected one of {', '.join(TEMPLATES)}")
    return _template(template).render(_context(tidy(incident), chart))


@cache
def _template(name: str) -> Template:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        finalize=_finalize,
        autoescape=False,  # no HTML: everything printed passes through _finalize
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    source = files("reports").joinpath("templates", f"{name}.md.jinja").read_text("utf-8")
    return environment.from_string(source)


def _finalize(value: object) -> str:
    """Escape whatever a template prints, unless this package made it as Markdown."""
    if isinstance(value, Markdown):
        return value
    if not isinstance(value, str | int):
        raise TypeError(f"a template printed {type(value).__name__}, expected text")
    return markdown(str(value))


def _context(incident: Incident, chart: str | None) -> dict[str, Any]:
    zone = times.local_zone(incident.zone)
    numbered = quantities(incident, zone)
    events = _shown_events(incident, zone)
    rows, left_out = _rows(incident, zone)
    odd = contradictions(incident)
    return {
        "incident": incident,
        "title": headline.title(incident),
        "headline": headline.headline(incident),
        "points": headline.points(incident),
        "experienced": headline.experienced(incident),
        "noticed_by": headline.noticed_by(incident),
        "as_of": times.utc(incident.as_of),
        "zone": incident.zone if zone else None,
        "edges": _edges(incident, zone),
        "numbers": numbered,
        "groups": {g: [n for n in numbered if n.group == g] for g in GROUPS},
        "phases": _phases(incident, zone),
        "split": _split(incident),
        "rows": rows,
        "left_out": left_out,
        "odd": [c.statement for c in odd],
        "alerting": _alerting(incident, odd),
        "alerted": bool(moments.alerts_of(incident)),
        "triggers": [_near(n, zone) for n in moments.near_onset(incident)],
        "resolutions": [_near(n, zone) for n in moments.near_recovery(incident)],
        "actions": events("change", "mitigating", since_onset=True),
        "leads": _leads(incident, events("investigating", since_onset=True)),
        "findings": said(incident.findings),
        "identified": events("identified"),
        "escalations": events("escalated"),
        "inputs": [
            (f"I{i}", o.name, o.sha256[:SHORT_HASH] or "not recorded", f"{o.rows:,}")
            for i, o in enumerate(origins(incident), start=1)
        ],
        "command": fenced(incident.command),
        "chart": _link(chart),
        "alt": text_equivalent(incident),
    }


def _leads(
    incident: Incident, found: list[tuple[str, str, str]]
) -> list[tuple[str, str, str, str]]:
    """What people looked into, each with what the figures say to it."""
    return [(time, text, team, verdict_on(text, incident.findings)) for time, text, team in found]


def _alerting(incident: Incident, odd: tuple[Contradiction, ...]) -> str:
    """What a plain rule would have done; where that was said before, a pointer to it."""
    if not any(found.id in ("no-alert", "alert-late") for found in odd):
        return rule_outcome(incident)
    alerted = "the alert came late" if moments.alerts_of(incident) else "no alert fired"
    return f"{alerted}; what a plain rule would have done stands under “What does not fit”."


def _link(chart: str | None) -> Markdown | None:
    """The target of an image; in angle brackets, so that blanks and brackets cannot end it."""
    if chart is None:
        return None
    safe = "".join(c for c in chart if c.isprintable())
    return Markdown("<" + safe.translate({ord("<"): "%3C", ord(">"): "%3E", 92: "%5C"}) + ">")


def _edges(incident: Incident, zone: tzinfo | None) -> list[tuple[str, str, str, str, str, str]]:
    """Measured, alerted and declared times side by side: name, start, end, both local, length."""
    rows = []
    window = incident.window
    if window is not None:
        start, end = numbers.show(window.start, zone), numbers.show(window.end, zone)
        length = numbers.show(window.duration_seconds)
        ended = end.value if window.end.value is not None else "none yet"
        rows.append(("Measured", start.value, ended, start.local, end.local, length.value))
        interval = (
            "Measured, 95 % interval",
            start.interval,
            end.interval,
            "",
            "",
            length.interval,
        )
        rows.append(interval)
    else:
        rows.append(("Measured", "not derivable", "not derivable", "", "", "not derivable"))
    alerts = moments.alerts_of(incident)
    ends = [a.resolved_at for a in alerts]
    last = None if None in ends else max((e for e in ends if e is not None), default=None)
    none = "none" if incident.alerts_known else "not known"
    first = min((a.fired_at for a in alerts), default=None)
    firing = "still firing" if alerts else none
    rows.append(_edge("Alerts, first fired to last resolved", first, last, zone, (none, firing)))
    said = (moments.declared_start(incident), moments.declared_end(incident))
    start_said, end_said = (None if event is None else event.time for event in said)
    missing = ("none given", "none given")
    rows.append(_edge("Declared by people", start_said, end_said, zone, missing))
    return rows


def _edge(
    name: str,
    start: float | None,
    end: float | None,
    zone: tzinfo | None,
    missing: tuple[str, str],
) -> tuple[str, str, str, str, str, str]:
    length = times.about(end - start) if start is not None and end is not None else ""
    return (
        name,
        missing[0] if start is None else times.utc(start),
        missing[1] if end is None else times.utc(end),
        times.local(start, zone) if zone and start is not None else "",
        times.local(end, zone) if zone and end is not None else "",
        length,
    )


def _phases(incident: Incident, zone: tzinfo | None) -> list[tuple[str, str, str, str]]:
    window = incident.window
    if window is None or len(window.phases) < 2:
        return []
    return [
        (times.utc(p.start), times.utc(p.end), times.about(p.end - p.start), ratio.value)
        for p in window.phases
        for ratio in [numbers.show(p.error_ratio)]
    ]


def _split(incident: Incident) -> list[tuple[str, str, str]]:
    """The detection delay in its parts: what happened, when, and how long after the onset."""
    alert, window = moments.first_alert(incident), incident.window
    marks = [] if window is None else [("Onset (measured)", window.onset)]
    if alert is not None:
        marks.append((f"First alert fired ({alert.name})", alert.fired_at))
        if alert.received_at is not None:
            marks.append(("First alert delivered", alert.received_at))
    for kind, name in STEPS:
        marks += [(name, e.time) for e in moments.events_of(incident, kind)[:1]]
    marks.sort(key=lambda mark: mark[1])
    since = "the onset"
    return [
        (name, times.utc(at), "" if window is None else times.apart(at - window.onset, since))
        for name, at in marks
    ]


def _rows(incident: Incident, zone: tzinfo | None) -> tuple[list[tuple[str, str, str, str]], int]:
    every = timeline(incident)
    kept = every if len(every) <= MOST_ROWS else tuple(r for r in every if r.important)
    shown = [
        (
            times.utc(r.time, r.step),
            times.local(r.time, zone, r.step) if zone else "",
            r.kind,
            r.text,
        )
        for r in kept
    ]
    return shown, len(every) - len(kept)


def _near(near: moments.Near, zone: tzinfo | None) -> tuple[str, str, str]:
    return (near.event.text, near.in_words, _at(near.event, zone))


def _shown_events(
    incident: Incident, zone: tzinfo | None
) -> Callable[..., list[tuple[str, str, str]]]:
    onset = -math.inf if incident.window is None else incident.window.onset

    def shown(*types: str, since_onset: bool = False) -> list[tuple[str, str, str]]:
        events = moments.events_of(incident, *types)
        kept = [e for e in events if e.time >= onset or not since_onset]
        found = [(_at(e, zone), e.text, e.team) for e in kept[:MOST_LISTED]]
        if len(kept) > MOST_LISTED:
            more = f"the last of {len(kept) - MOST_LISTED:,} more that are not listed here"
            found.append((_at(kept[-1], zone), more, ""))
        return found

    return shown


def _at(event: EventFact, zone: tzinfo | None) -> str:
    beside = f" ({times.local(event.time, zone)})" if zone else ""
    return times.utc(event.time) + beside
