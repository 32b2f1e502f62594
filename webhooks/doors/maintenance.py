"""The door of those who announce work on a service."""

from __future__ import annotations

from flask import Blueprint, Response

from webhooks import maintenance
from webhooks.credentials import Credentials
from webhooks.doors.door import answer, body, sender
from webhooks.keeping import Keepers


def open_doors(doors: Blueprint, keep: Keepers, keys: Credentials) -> None:
    """`/maintenance` and `/maintenance/ID`."""

    @doors.post("/maintenance")
    def _declare_maintenance() -> Response:
        sender(keys, "events")
        said = maintenance.parse(body())
        new = keep.maintenance(said)
        return answer(201 if new else 200, {"id": said.id, "created": new})

    @doors.delete("/maintenance/<identity>")
    def _take_back_maintenance(identity: str) -> Response:
        sender(keys, "events")
        keep.no_maintenance(identity)
        return answer(200, {"id": identity, "removed": True})
