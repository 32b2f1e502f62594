"""The batch engine: files in, one assessment a service and its incidents out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from detector.estimate import Origin
from detector.model import Options
from outage_window.assess import Assessment, Declared, People, ServiceData, assess_all
from outage_window.document import analysis_document
from outage_window.incident_facts import facts
from outage_window.joining import join, service_of
from outage_window.planned import Planned, around, of_service
from outage_window.pseudonyms import Pseudonyms
from outage_window.reasons import Reasons
from outage_window.sources import alerts as alert_files
from outage_window.sources import events as event_files
from outage_window.sources import exports
from outage_window.sources import maintenance as maintenance_files
from outage_window.sources import users as user_files
from outage_window.sources.files import read
from outage_window.sources.reading import UNASSIGNED, Reading
from reports.facts import AlertFact, Incident
from reports.times import utc
from webhooks.model import Event

SIDE_BY_SIDE = 256
"""Services judged at a time: enough to be quick, few enough that progress shows."""

Progress = Callable[[str, int], None]
"""Told each step before it begins, and how many are left as far as is known."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to analyse, and how; paths as the user gave them."""

    exports: Sequence[str]
    users: Sequence[str] = ()
    user_sample: float = 1.0
    alerts: str | None = None
    changes: str | None = None
    events: str | None = None
    maintenance: str | None = None
    reading: Reading = field(default_factory=Reading)
    reasons: Reasons = field(default_factory=Reasons)
    options: Options = field(default_factory=Options)
    declared: Declared = field(default_factory=Declared)
    command: str = "outage-window analyze"


@dataclass(frozen=True, slots=True)
class Context:
    """What came beside the series. `alerts` is None where no file of alerts was given."""

    users: Mapping[str, People]
    alerts: tuple[AlertFact, ...] | None
    events: tuple[Event, ...]
    planned: tuple[Planned, ...]
    origins: tuple[Origin, ...]
    notes: tuple[str, ...] = ()
    told_by: tuple[Origin, ...] = ()
    """Of the origins those of alerts, changes, events and maintenance."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found; services sorted by name, inputs in the order in which they were given."""

    request: Request
    assessments: tuple[Assessment, ...]
    context: Context
    inputs: tuple[Origin, ...]

    def document(self) -> dict[str, Any]:
        """The analysis document, of plain JSON values."""
        return analysis_document(self.assessments, self.incidents(), self.inputs, self.notes())

    def notes(self) -> list[str]:
        """What is easily overlooked: what was given beside the series but is of no service that has
        one, and what planned maintenance kept from being judged."""
        services = {assessment.service for assessment in self.assessments}
        named = {
            "attempts per user": set(self.context.users),
            "alerts": {service_of(alert.labels) for alert in self.context.alerts or ()},
            "changes and events": {event.service for event in self.context.events} - {""},
            "maintenance": {planned.service for planned in self.context.planned} - {""},
        }
        unused = [
            f"not used: {what} of {', '.join(sorted(others - services))}, since no series has that"
            f" service (the series: {', '.join(sorted(services))}; --service names one without)"
            for what, others in named.items()
            if others - services
        ]
        planned = [
            f"maintenance of {one.service or 'all services'} was planned: metrics of"
            f" {utc(one.announced.start)} to {utc(one.announced.end)} have no say"
            for one in self.context.planned
            if one.service in ("", *services)
        ]
        return [*self.context.notes, *unused, *planned]

    def incidents(self) -> list[Incident]:
        """The facts of each window's incident, in order of time."""
        found = [one for assessment in self.assessments for one in self._of(assessment)]
        return sorted(found, key=lambda one: (one.window.onset if one.window else 0, one.service))

    def _of(self, assessment: Assessment) -> list[Incident]:
        windows = assessment.detection.windows if assessment.detection else ()
        alerts = self.context.alerts
        own = [one for one in alerts or () if service_of(one.labels) == assessment.service]
        joined, _ = join(own, windows)
        planned = of_service(self.context.planned, assessment.service)
        found = [
            facts(
                assessment,
                index,
                alerts=None if alerts is None else joined[index],
                events=self.context.events,
                zone=self.request.options.zone,
                command=self.request.command,
                inputs=self.context.origins,
                told_by=self.context.told_by,
            )
            for index in range(len(windows))
        ]
        return [
            replace(one, announced=around(planned, window.onset, window.end.value))
            for one, window in zip(found, windows, strict=True)
        ]


def analyze(request: Request, progress: Progress = lambda step, left: None) -> Analysis:
    """Read and assess all that the request names.

    Deterministic: the same files and choices give the same analysis. Raises `InputError` for input
    that cannot be used.
    """
    context = _context(request, lambda path: progress(path, len(request.exports) + 1))
    unread = len(request.exports)

    def reading(path: str) -> None:
        nonlocal unread
        progress(path, unread)
        unread -= 1

    found = exports.load(request.exports, request.reading, reading)
    context = _attributed(context, [data.service for data in found.services])
    assessments: list[Assessment] = []
    for begin in range(0, len(found.services), SIDE_BY_SIDE):
        some = found.services[begin : begin + SIDE_BY_SIDE]
        progress(some[0].service, -(-(len(found.services) - begin) // SIDE_BY_SIDE))
        declared = dict.fromkeys((data.service for data in some), request.declared)
        assessments += _assessed(some, context, request.options, declared)
    inputs = tuple(dict.fromkeys((*found.inputs, *context.origins)))
    return Analysis(request, tuple(assessments), context, inputs)


def _assessed(
    services: Sequence[ServiceData],
    context: Context,
    options: Options,
    declared: Mapping[str, Declared],
) -> list[Assessment]:
    """The assessments in the services' order; those with the same maintenance side by side."""
    alike: dict[tuple[tuple[float, float], ...], list[ServiceData]] = {}
    for data in services:
        planned = of_service(context.planned, data.service)
        alike.setdefault(tuple((one.start, one.end) for one in planned), []).append(data)
    found = {
        one.service: one
        for spans, some in alike.items()
        for one in assess_all(some, context.users, replace(options, maintenance=spans), declared)
    }
    return [found[data.service] for data in services]


def _context(request: Request, progress: Callable[[str], None]) -> Context:
    """Read the files beside the series; each is optional."""
    origins: list[Origin] = []
    users: Mapping[str, People] = {}
    alerts: tuple[AlertFact, ...] | None = None
    notes: tuple[str, ...] = ()
    if request.users:
        progress(request.users[0])
        key = Pseudonyms(b"")  # ids are hashed to be counted, and kept nowhere
        tried = user_files.load(
            request.users, request.reading, request.reasons, key, sample=request.user_sample
        )
        users = {name: People(one, tried.origins) for name, one in tried.attempts.items()}
        origins += tried.origins
        notes = tried.notes
    told_by: list[Origin] = []
    if request.alerts is not None:
        progress(request.alerts)
        alerts, origin = alert_files.read(read(request.alerts))
        told_by.append(origin)
    events: list[Event] = []
    for path, default in ((request.changes, "change"), (request.events, None)):
        if path is not None:
            progress(path)
            more, origin = event_files.read(read(path), request.reading, default)
            events += more
            told_by.append(origin)
    events.sort(key=lambda event: event.time)
    planned: tuple[Planned, ...] = ()
    if request.maintenance is not None:
        progress(request.maintenance)
        planned, origin = maintenance_files.read(read(request.maintenance), request.reading)
        told_by.append(origin)
    every = (*origins, *told_by)
    return Context(users, alerts, tuple(events), planned, every, notes, tuple(told_by))


def _attributed(context: Context, services: Sequence[str]) -> Context:
    """Attempts that name no service are of the only one that there is."""
    nobody = context.users.get(UNASSIGNED)
    if nobody is None or len(services) != 1 or len(context.users) != 1:
        return context
    return replace(context, users={services[0]: nobody})
