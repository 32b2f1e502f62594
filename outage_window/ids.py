"""Incident ids: `SERVICE-YYYYMMDDTHHMMZ`, safe as file names and in URLs."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def new_id(service: str, start: float, taken: Collection[str] = ()) -> str:
    """The id of an incident that began at `start` (seconds); numbered where it is taken."""
    name = _UNSAFE.sub("-", service).strip("-.")[:63] or "service"
    first = f"{name}-{datetime.fromtimestamp(start, UTC):%Y%m%dT%H%MZ}"
    candidate, number = first, 1
    while candidate in taken:
        number += 1
        candidate = f"{first}-{number}"
    return candidate
