"""CloudEvents to events by their type: our own, those of CDEvents that say what, notes. Pure."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import unquote

from webhooks.bodies import clean, object_at, text_at
from webhooks.cloudevents import CloudEvent
from webhooks.events import TYPES, bounded
from webhooks.model import Event, EventType, Refused
from webhooks.naming import Services, identity, told
from webhooks.times import parse_time

OWN = "outage-window."
CDEVENTS = "dev.cdevents."
_CHANGES = {
    "service.deployed": "deployed",
    "service.upgraded": "upgraded",
    "service.rolledback": "rolled back",
    "service.removed": "removed",
}
_INCIDENTS: dict[str, tuple[EventType, str]] = {
    "incident.detected": ("detected_by", "incident detected"),
    "incident.reported": ("ticket", "incident reported"),
    "incident.resolved": ("note", "incident resolved"),
}
_WORDS = ("text", "message", "summary", "title", "description")


def told_by(event: CloudEvent, services: Services) -> tuple[Event, ...]:
    """The event, once for each service that is meant; `Refused` naming the field."""
    time = parse_time(event.time, f"{event.field}time")
    if event.type.startswith(OWN):
        return (_own(event, time),)
    if event.type.startswith(CDEVENTS):
        found = _cdevent(event, time, services)
        if found is not None:
            return found
    data = event.data if isinstance(event.data, dict) else {}
    named = data.get("service")
    name = named if isinstance(named, str) else event.subject
    words = next((data[key] for key in _WORDS if isinstance(data.get(key), str)), "")
    words = words or (event.data if isinstance(event.data, str) else "")
    text = f"{event.type}: {words}" if words else f"{event.type} from {event.source}"
    return _kept(event, time, "note", name, services, text)


def _own(event: CloudEvent, time: int) -> Event:
    """Our own fields as data; what is misspelt is refused, as it is without an envelope."""
    kind = event.type.removeprefix(OWN)
    if kind not in TYPES:
        expected = f"expected {OWN} and one of {', '.join(TYPES)}"
        raise Refused(f"{event.field}type", expected)
    data = object_at({} if event.data is None else event.data, f"{event.field}data")
    unknown = sorted(set(data) - {"service", "text", "team"})
    if unknown:
        key = clean(unknown[0])[:60]
        raise Refused(f"{event.field}data.{key}", "expected only service, text, team")
    field = f"{event.field}data."
    found = Event(
        time=time,
        type=cast(EventType, kind),
        service=text_at(data, "service", field, event.subject),
        text=text_at(data, "text", field),
        team=text_at(data, "team", field, ""),
        id=_known_as(event),
    )
    return bounded(found, field)


def _cdevent(event: CloudEvent, time: int, services: Services) -> tuple[Event, ...] | None:
    """An event of CDEvents that says that something changed or broke; None: another one."""
    said = ".".join(event.type.removeprefix(CDEVENTS).split(".")[:2])
    if said not in _CHANGES and said not in _INCIDENTS:
        return None
    field = f"{event.field}data"
    subject = object_at(object_at(event.data, field).get("subject"), f"{field}.subject")
    content = object_at(subject.get("content", {}), f"{field}.subject.content")
    where = _id_of(content.get("environment"), f"{field}.subject.content.environment")
    if said in _CHANGES:
        name = text_at(subject, "id", f"{field}.subject.")
        what = text_at(content, "artifactId", f"{field}.subject.content.", "")
        text = f"{name} {_CHANGES[said]}" + (f" in {where}" if where else "")
        text += f": {unquote(what)}" if what else ""
        return _kept(event, time, "change", name, services, text)
    kind, words = _INCIDENTS[said]
    name = _id_of(content.get("service"), f"{field}.subject.content.service")
    more = text_at(content, "description", f"{field}.subject.content.", "")
    text = f"{words}" + (f" in {where}" if where else "") + (f": {more}" if more else "")
    return _kept(event, time, kind, name, services, text)


def _kept(
    event: CloudEvent, time: int, kind: EventType, name: str, services: Services, text: str
) -> tuple[Event, ...]:
    meant = services.of(name, default=_last(clean(name)))
    if not meant and not _last(name).strip():
        raise Refused(f"{event.field}subject", "expected the name of a service, there or in data")
    return told(meant, time, kind, text, _known_as(event))


def _known_as(event: CloudEvent) -> str:
    """Source and id together tell an event from every other, as the specification has it."""
    return identity("cloudevents", event.source, event.id)


def _last(name: str) -> str:
    """`auth` of `deployment/auth`: names in paths end in what they name."""
    return name.strip("/").rpartition("/")[2]


def _id_of(value: Any, field: str) -> str:
    return "" if value is None else text_at(object_at(value, field), "id", f"{field}.", "")
