"""An incident's facts as its page shows them: every word and choice is made here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from detector.results import Split
from outage_window.kept import StoredIncident
from outage_window.web.pages.showing import off, step_of
from reports import moments, numbers
from reports.asked import QUESTIONS
from reports.chart_table import TableRow, table
from reports.contradictions import contradictions
from reports.escape import bare
from reports.facts import Correction, Incident, Related
from reports.findings import NAMES, VERDICTS
from reports.headline import headline, title
from reports.postmortem import Step
from reports.quantities import Named, folded, quantities
from reports.side_by_side import steps
from reports.summary import in_words, is_level
from reports.timeline import Row, timeline
from reports.view import FIELDS

KEY = ("start", "end", "duration_seconds", "affected_users", "time_to_detect", "error_budget")
"""The numbers at the top of the page."""
BLIND = ("start", "end", "duration_seconds", "first_alert", "declared_start", "declared_end")
"""The same where no window was measured: what is told instead."""
NAMES_OF = {"time_to_detect": "Time to detect", "affected_users": "Users hit"}
DECLARED = {"start": "declared_start", "end": "declared_end"}
MOST_ROWS = 200
"""A timeline longer than this shows its important rows alone."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its name; `at` (seconds) and `step` where it is a time. `said` is what people
    declared in its place, `note` its flag or tier, `off` its interval as `± 8 s`, if it is one of
    time. `because` says why there is no number, where there is none."""

    id: str
    label: str
    value: str
    interval: str
    method: str
    because: str = ""
    at: float | None = None
    step: float = 1.0
    said: float | None = None
    note: str = ""
    off: str = ""


@dataclass(frozen=True, slots=True)
class Odd:
    """Something that does not fit, and what people are asked about it."""

    id: str
    statement: str
    question: str


@dataclass(frozen=True, slots=True)
class Lead:
    """A finding, its verdict, and the figures that speak for it."""

    name: str
    verdict: str
    because: str
    figures: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """All that the page of one incident says of its facts."""

    title: str
    headline: str
    key: tuple[Figure, ...]
    figures: tuple[Figure, ...]
    timeline: tuple[Row, ...]
    left_out: int
    steps: tuple[Step, ...]
    odd: tuple[Odd, ...]
    leads: tuple[Lead, ...]
    splits: tuple[Split, ...]
    corrections: tuple[Correction, ...]
    fields: Mapping[str, str]
    related: tuple[Related, ...]
    chart_text: str
    chart_rows: tuple[TableRow, ...]
    level: bool
    given_title: str
    command: str
    no_window_because: str


def page(incident: Incident) -> Page:
    """The facts of one incident, which is tidy, in words."""
    found, given = quantities(incident), moments.correction(incident, "title")
    rows, left_out = _rows(incident)
    return Page(
        title=title(incident),
        headline=bare(headline(incident)),
        key=_key(incident, found),
        figures=tuple(_figure(one) for one in folded(found)),
        timeline=rows,
        left_out=left_out,
        steps=steps(incident),
        odd=tuple(
            Odd(one.id, bare(one.statement), QUESTIONS[one.id]) for one in contradictions(incident)
        ),
        leads=_leads(incident),
        splits=incident.splits,
        corrections=incident.corrections,
        fields=FIELDS,
        related=incident.related,
        chart_text=in_words(incident),
        chart_rows=table(incident),
        level=is_level(incident),
        given_title="" if given is None else given.value,
        command=incident.command,
        no_window_because=incident.no_window_because,
    )


def _key(incident: Incident, found: tuple[Named, ...]) -> tuple[Figure, ...]:
    named = {one.id: one for one in found}
    if incident.window is None:
        return tuple(_figure(one) for one in folded([named[n] for n in BLIND if n in named]))
    said = {
        "declared_start": moments.declared_start(incident),
        "declared_end": moments.declared_end(incident),
    }
    figures = []
    for name in KEY:
        if name in named:
            told = said[DECLARED[name]] if name in DECLARED else None
            figures.append(_figure(named[name], None if told is None else told.time))
    tier = incident.users.tier if incident.users is not None else None
    return tuple(_with_tier(one, tier) for one in figures)


def _with_tier(figure: Figure, tier: int | None) -> Figure:
    if figure.id != "affected_users" or tier is None:
        return figure
    return replace(figure, note=f"tier {tier}")


def _figure(named: Named, said: float | None = None) -> Figure:
    estimate = named.estimate
    shown = numbers.show(estimate)
    refused = estimate.status == "not_derivable"
    is_time = estimate.unit == "time" and estimate.value is not None
    return Figure(
        id=named.id,
        label=NAMES_OF.get(named.id, named.label),
        value=shown.value,
        interval=shown.interval,
        method="" if refused else estimate.method,
        because=numbers.because(estimate) if refused else "",
        at=estimate.value if is_time else None,
        step=step_of(estimate),
        said=said,
        note=named.flag,
        off=off(estimate) if estimate.unit in ("time", "seconds") else "",
    )


def _rows(incident: Incident) -> tuple[tuple[Row, ...], int]:
    every = timeline(incident)
    kept = every if len(every) <= MOST_ROWS else tuple(row for row in every if row.important)
    return kept[:MOST_ROWS], len(every) - len(kept[:MOST_ROWS])


def _leads(incident: Incident) -> tuple[Lead, ...]:
    order = list(VERDICTS)
    return tuple(
        Lead(
            NAMES[one.id],
            VERDICTS[one.verdict],
            one.because,
            tuple((name.replace("_", " "), _plain(value)) for name, value in one.evidence.items()),
        )
        for one in sorted(incident.findings, key=lambda one: order.index(one.verdict))
    )


def _plain(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"


def state_words(incident: StoredIncident) -> str:
    """What became of it since it closed, in words; empty where nothing did."""
    return f"revision {incident.revision}: {incident.moved}" if incident.revision > 1 else ""
