"""Events of Flux, as its providers `generic` and `generic-hmac` send them. Pure."""

from __future__ import annotations

from typing import Any

from webhooks.bodies import object_at, text_at
from webhooks.model import Event, EventType
from webhooks.naming import Services, identity, line, told
from webhooks.times import parse_time

SIGNATURE = "sha256="
KEY = "involvedObject"
"""The field by which such an event is known: no other sender has it."""
_CHANGING = {
    "Kustomization": ("Progressing", "ReconciliationSucceeded"),
    "HelmRelease": ("Install", "Upgrade", "Rollback", "Uninstall"),
}
"""How the reasons begin that say that something was applied. `Progressing` lists the objects."""


def signatures(header: str) -> list[str]:
    """The signature (hex) in X-Signature."""
    return [header.removeprefix(SIGNATURE)] if header.startswith(SIGNATURE) else []


def told_by(value: dict[str, Any], services: Services) -> tuple[Event, ...]:
    """A change where something was applied, else a note; `Refused` naming the field.

    The service is `service` of the event's metadata, which an Alert can add, else what the
    settings list for `NAMESPACE/NAME` or the name, else the name of the object.
    """
    involved = object_at(value.get(KEY), KEY)
    kind = text_at(involved, "kind", f"{KEY}.")
    name = text_at(involved, "name", f"{KEY}.")
    whole = f"{text_at(involved, 'namespace', f'{KEY}.', '')}/{name}".removeprefix("/")
    reason = text_at(value, "reason", "", "")
    metadata = value.get("metadata")
    added = object_at({} if metadata is None else metadata, "metadata")
    service = text_at(added, "service", "metadata.", "").strip()
    meant = (service,) if service else services.of(whole, name, default=name)
    type_: EventType = "change" if reason.startswith(_CHANGING.get(kind, ())) else "note"
    revision = next((f" ({added[key]})" for key in sorted(added) if _is_revision(key)), "")
    words = line(text_at(value, "message", ""), 300)
    text = f"Flux {kind} {whole}{revision}: {reason}" + (words and f", {words}")
    time = parse_time(value.get("timestamp"), "timestamp")
    known_as = identity("flux", kind, whole, str(time), text)
    return told(meant, time, type_, text, known_as)


def _is_revision(key: str) -> bool:
    return key == "revision" or key.endswith("/revision")
