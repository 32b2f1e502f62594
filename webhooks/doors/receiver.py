"""The blueprint with all the doors of `/api/v1` that take what is pushed."""

from __future__ import annotations

from flask import Blueprint

from webhooks.credentials import Credentials
from webhooks.doors import alerts, incidents, maintenance, signed, told, written
from webhooks.doors.door import handle_refusals
from webhooks.keeping import Keepers


def receiver(keep: Keepers, keys: Credentials) -> Blueprint:
    """The doors, with what keeps what came and what tells who posts."""
    doors = Blueprint("receiver", __name__, url_prefix="/api/v1")
    for room in (alerts, told, signed, incidents, maintenance, written):
        room.open_doors(doors, keep, keys)
    handle_refusals(doors, keep.refused)
    return doors
