"""PagerDuty's webhooks, version 3: what people did about an incident. Names no person. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from webhooks.bodies import load, object_at, text_at
from webhooks.model import Event, EventType, Refused
from webhooks.naming import Services, identity, line, told
from webhooks.times import parse_time

SIGNATURE = "v1="
_DONE: dict[str, tuple[EventType, str]] = {
    "incident.triggered": ("detected_by", "triggered"),
    "incident.acknowledged": ("acknowledged", "acknowledged"),
    "incident.escalated": ("escalated", "escalated"),
    "incident.delegated": ("escalated", "handed to another escalation policy"),
    "incident.reassigned": ("note", "reassigned"),
    "incident.unacknowledged": ("note", "no longer acknowledged"),
    "incident.reopened": ("note", "reopened"),
    "incident.resolved": ("note", "resolved"),
}
_SAID = {"incident.annotated": "content", "incident.status_update_published": "message"}
"""Where the words of a note stand. It names the incident, and no service."""
_TO_POLICY = ("incident.escalated", "incident.delegated")


def signatures(header: str) -> list[str]:
    """The signatures (hex) in X-PagerDuty-Signature; several while a secret is exchanged."""
    parts = (part.strip() for part in header.split(",", 20)[:20])
    return [part.removeprefix(SIGNATURE) for part in parts if part.startswith(SIGNATURE)]


def parse(
    body: bytes, services: Services, services_of: Callable[[str], tuple[str, ...]]
) -> tuple[Event, ...]:
    """What the one event of a delivery tells; none where it is of something else.

    `services_of` gives the services of earlier events whose id begins so: a note finds its own by
    its incident. Raises `Refused` naming the field.
    """
    event = object_at(object_at(load(body), "body").get("event"), "event")
    name = text_at(event, "event_type", "event.")
    if name not in _DONE and name not in _SAID:
        return ()
    time = parse_time(event.get("occurred_at"), "event.occurred_at")
    data = object_at(event.get("data"), "event.data")
    its_id = text_at(event, "id", "event.")
    if not its_id:
        raise Refused("event.id", "expected the id of the event")
    if name in _SAID:
        incident = object_at(data.get("incident"), "event.data.incident")
        before = _known_as(text_at(incident, "id", "event.data.incident."))
        meant = services_of(before + ":") or services.of()
        title = text_at(incident, "summary", "event.data.incident.", "")
        words = line(text_at(data, _SAID[name], "event.data."))
        text = f"PagerDuty, {title}: {words}" if title else f"PagerDuty: {words}"
        return told(meant, time, "note", text, f"{before}:{identity(its_id)}")
    kind, done = _DONE[name]
    by_hand = _by_a_person(event)
    if name == "incident.resolved" and by_hand:
        kind = "declared_end"
    if name == "incident.triggered" and by_hand:
        done += " by hand"
    known_as = f"{_known_as(text_at(data, 'id', 'event.data.'))}:{identity(its_id)}"
    text = f"PagerDuty incident{_number(data)} {done}: {text_at(data, 'title', 'event.data.', '')}"
    return told(_meant(data, services), time, kind, text, known_as, _team(data, name))


def _known_as(incident: str) -> str:
    return identity("pagerduty", incident)


def _meant(data: dict[str, Any], services: Services) -> tuple[str, ...]:
    """PagerDuty's services by name, else by id."""
    if data.get("service") is None:
        return services.of()
    service = object_at(data["service"], "event.data.service")
    name = text_at(service, "summary", "event.data.service.")
    return services.of(name, text_at(service, "id", "event.data.service.", ""), default=name)


def _by_a_person(event: dict[str, Any]) -> bool:
    """Whether somebody did it: an integration that does repeats what an alert said."""
    agent = event.get("agent")
    return isinstance(agent, dict) and agent.get("type") in ("user", "user_reference")


def _team(data: dict[str, Any], name: str) -> str:
    """The teams, or the escalation policy; the policy first where it is who was called."""
    teams = data.get("teams") or []
    if not isinstance(teams, list):
        raise Refused("event.data.teams", "expected a list")
    names = [_summary(team, f"event.data.teams[{i}]") for i, team in enumerate(teams[:5])]
    found = ", ".join(filter(None, names))
    policy = data.get("escalation_policy")
    called = "" if policy is None else _summary(policy, "event.data.escalation_policy")
    return (called or found) if name in _TO_POLICY else (found or called)


def _summary(value: object, field: str) -> str:
    return text_at(object_at(value, field), "summary", f"{field}.", "")


def _number(data: dict[str, Any]) -> str:
    found = data.get("number")
    return f" #{found}" if isinstance(found, int) and not isinstance(found, bool) else ""
