"""The doors of what is told beside alerts: events, and attempts of users."""

from __future__ import annotations

from flask import Blueprint, Response

from webhooks import attempts, events
from webhooks.credentials import Credentials
from webhooks.doors.door import LARGE, answer, body, sender
from webhooks.keeping import Keepers


def open_doors(doors: Blueprint, keep: Keepers, keys: Credentials) -> None:
    """`/events` and `/attempts`."""

    @doors.post("/events")
    def _events() -> Response:
        sender(keys, "events")
        return answer(200, {"kept": keep.events(events.parse(body()))})

    @doors.post("/attempts")
    def _attempts() -> Response:
        sender(keys, "attempts")
        raw = body(LARGE)
        return answer(200, {"kept": keep.attempts(raw, attempts.parse(raw))})
