"""The doors of what is told beside alerts: events, and attempts of users."""

from __future__ import annotations

from flask import Blueprint, Response, request

from webhooks import attempts, cloudevents, events, flux, typed
from webhooks.bodies import load
from webhooks.credentials import Credentials
from webhooks.doors.door import LARGE, answer, body, sender, signer
from webhooks.keeping import Keepers
from webhooks.model import Event
from webhooks.naming import Services

_CE = cloudevents.PREFIX


def open_doors(doors: Blueprint, keep: Keepers, keys: Credentials) -> None:
    """`/events` and `/attempts`."""

    @doors.post("/events")
    def _events() -> Response:
        name, raw = _told(keys)
        return answer(200, {"kept": keep.events(_read(raw, keys.services("events", name)))})

    @doors.post("/attempts")
    def _attempts() -> Response:
        sender(keys, "attempts")
        raw = body(LARGE)
        return answer(200, {"kept": keep.attempts(raw, attempts.parse(raw))})


def _told(keys: Credentials) -> tuple[str, bytes]:
    """Who posts events, and the body: by a token, or as Flux can, by a signature."""
    if "X-Signature" in request.headers and "Authorization" not in request.headers:
        return signer(keys, "events", "X-Signature", flux.signatures)
    return sender(keys, "events"), body()


def _read(raw: bytes, services: Services) -> tuple[Event, ...]:
    """CloudEvents by their media type or headers; Flux by its shape; else our own JSON."""
    sent = {k[len(_CE) :].lower(): v for k, v in request.headers if k.lower().startswith(_CE)}
    found = cloudevents.parse(raw, request.headers.get("Content-Type", ""), sent)
    if found is not None:
        return tuple(event for one in found for event in typed.told_by(one, services))
    value = load(raw)
    if isinstance(value, dict) and flux.KEY in value:
        return flux.told_by(value, services)
    return events.told_by(value)
