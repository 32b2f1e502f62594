"""The doors of those who send alerts."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response

from webhooks import alertmanager, grafana, mapped
from webhooks.credentials import Credentials, SenderKind
from webhooks.doors.door import answer, body, sender
from webhooks.keeping import Keepers
from webhooks.model import AlertDelivery, Refused

Parser = Callable[[bytes, mapped.Mapped], AlertDelivery]

PARSERS: dict[SenderKind, Parser] = {
    "alertmanager": lambda raw, _: alertmanager.parse(raw),
    "grafana": lambda raw, _: grafana.parse(raw),
    "alerts": mapped.parse,
}
"""A parser of each kind: of the body, and of where the sender's settings say that things stand."""


def open_doors(doors: Blueprint, keep: Keepers, keys: Credentials) -> None:
    """`/webhooks/KIND` for each kind of sender of alerts."""
    for kind, parse in PARSERS.items():
        doors.add_url_rule(
            f"/webhooks/{kind}", f"_{kind}", _door(kind, parse, keep, keys), methods=["POST"]
        )


def _door(
    kind: SenderKind, parse: Parser, keep: Keepers, keys: Credentials
) -> Callable[[], Response]:
    def door() -> Response:
        name, raw = sender(keys, kind), body()
        try:
            delivery = parse(raw, keys.mapping(name))
        except Refused as why:
            # A 4xx would lose the alert and a 5xx be sent again for ever: keep it, and say so.
            keep.quarantine(name, raw, why)
            return answer(202, {"kept": "quarantine", "error": why.expected, "field": why.field})
        keep.alerts(name, raw, delivery)
        return answer(200, {"kept": len(delivery.alerts)})

    return door
