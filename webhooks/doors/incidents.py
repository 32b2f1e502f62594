"""The doors of people: they declare an incident, correct it, or edit its draft."""

from __future__ import annotations

from flask import Blueprint, Response, request

from webhooks import incidents
from webhooks.credentials import Credentials
from webhooks.doors.door import answer, body, problem, sender
from webhooks.keeping import Keepers


def open_doors(doors: Blueprint, keep: Keepers, keys: Credentials) -> None:
    """`/incidents` and `/incidents/ID`."""

    @doors.post("/incidents")
    def _declare() -> Response:
        sender(keys, "events")
        done = keep.declare(incidents.parse_declared(body()))
        return answer(201 if done["created"] else 200, done)

    @doors.patch("/incidents/<identity>")
    def _change(identity: str) -> Response:
        sender(keys, "events")
        change = incidents.parse_change(body())
        if change.draft is not None and not request.headers.get("If-Match"):
            return problem(428, "expected the ETag of the draft that was edited", "If-Match")
        return answer(200, keep.change(identity, change, request.headers.get("If-Match")))
