"""The body of an Alertmanager webhook, version 4, to an `AlertDelivery`. Pure and strict."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from webhooks.bodies import clean, load, object_at, text_at
from webhooks.model import Alert, AlertDelivery, Refused
from webhooks.times import parse_end, parse_time

VERSION = "4"
_LABELS = 256
_TEXT = 64 * 1024


def parse(body: bytes) -> AlertDelivery:
    """Check and take apart one delivery; raise `Refused` naming the field.

    Unknown fields are ignored, since newer Alertmanagers add some. Each alert's own status counts,
    never the group's. A firing alert has no end whatever `endsAt` says; a resolved one must have
    one. Bytes that UTF-8 or a database cannot hold become U+FFFD in texts.
    """
    value = object_at(load(body), "body")
    return taken_apart(value, VERSION, "the Alertmanager webhook format")


def taken_apart(value: dict[str, Any], version: str, format_name: str) -> AlertDelivery:
    """A body that is decoded; `Refused` also where it is of another version than `version`."""
    if value.get("version") != version:
        raise Refused("version", f'expected "{version}", {format_name}')
    alerts = value.get("alerts")
    if not isinstance(alerts, list):
        raise Refused("alerts", "expected a list of alerts")
    return AlertDelivery(
        receiver=text_at(value, "receiver", "", ""),
        group_key=text_at(value, "groupKey", "", ""),
        truncated=_truncated(value.get("truncatedAlerts", 0)),
        alerts=tuple(_alert(item, f"alerts[{i}]") for i, item in enumerate(alerts)),
    )


def _truncated(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise Refused("truncatedAlerts", "expected a count")
    return value


def _alert(item: object, field: str) -> Alert:
    value = object_at(item, field)
    status = value.get("status")
    if status not in ("firing", "resolved"):
        raise Refused(f"{field}.status", "expected firing or resolved")
    labels = texts_at(value.get("labels"), f"{field}.labels")
    ends_at = parse_end(value.get("endsAt"), f"{field}.endsAt") if status == "resolved" else None
    if status == "resolved" and ends_at is None:
        raise Refused(f"{field}.endsAt", "expected the end of a resolved alert")
    return Alert(
        fingerprint=_fingerprint(value, labels, field),
        status=status,
        labels=labels,
        annotations=texts_at(value.get("annotations", {}), f"{field}.annotations"),
        starts_at=parse_time(value.get("startsAt"), f"{field}.startsAt"),
        ends_at=ends_at,
        generator_url=text_at(value, "generatorURL", f"{field}.", ""),
    )


def _fingerprint(value: dict[str, Any], labels: dict[str, str], field: str) -> str:
    """The sender's, or for Alertmanagers too old to send one a hash of what it stands for."""
    found = text_at(value, "fingerprint", f"{field}.", "")
    if len(found) > 64:
        raise Refused(f"{field}.fingerprint", "expected at most 64 characters")
    return found or of_labels(labels)


def of_labels(labels: Mapping[str, str]) -> str:
    """A fingerprint for senders that give none: a hash of the labels, and of nothing else."""
    text = json.dumps(dict(labels), sort_keys=True)
    return "labels:" + hashlib.sha256(text.encode()).hexdigest()[:16]


def texts_at(value: object, field: str) -> dict[str, str]:
    """An object of short texts, such as labels; `Refused` naming `field`."""
    pairs = object_at(value, field)
    if len(pairs) > _LABELS:
        raise Refused(field, f"expected at most {_LABELS} of them")
    for key, text in pairs.items():
        if not isinstance(text, str) or len(text) > _TEXT or len(key) > _TEXT:
            raise Refused(field, "expected short text for each of them")
    return {clean(key): clean(text) for key, text in pairs.items()}
