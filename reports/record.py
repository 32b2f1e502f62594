"""An incident's facts to bytes and back, without loss: drafts are made of what is stored."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec

from reports.facts import Incident


def encode(incident: Incident) -> bytes:
    """The facts as compressed JSON; the same facts give the same bytes."""
    return zlib.compress(msgspec.json.encode(incident, enc_hook=_plain), 6)


def decode(record: bytes) -> Incident:
    """The facts of a record. `ValueError` when it is none, or one of a later version."""
    try:
        return msgspec.json.decode(zlib.decompress(record), type=Incident)
    except (zlib.error, msgspec.DecodeError) as error:
        raise ValueError(f"no facts of an incident: {error}") from None


def _plain(value: Any) -> Any:
    """A number of numpy's as Python's own."""
    if hasattr(value, "item"):
        return value.item()
    raise NotImplementedError(f"{type(value).__name__} is none of the types of facts")
