"""The body of a Grafana Alerting webhook to an `AlertDelivery`. Pure and strict."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from webhooks import alertmanager
from webhooks.bodies import clean, load, object_at
from webhooks.model import Alert, AlertDelivery

VERSION = "1"

LINKS = ("dashboardURL", "panelURL", "silenceURL", "imageURL")
"""Kept as text beside the alert's annotations. Nothing of this program ever fetches them."""

_TEXT = 10_000
_UNABLE = {
    "DatasourceError": "Grafana could not evaluate the rule {rule}: {why}",
    "DatasourceNoData": "Grafana found no data for the rule {rule}",
}
"""Alerts that Grafana raises of its own, with the labels of the rule that it could not judge."""


def parse(body: bytes) -> AlertDelivery:
    """Check and take apart one delivery; raise `Refused` naming the field.

    As of Alertmanager, whose format it extends: unknown fields are ignored and each alert's own
    status counts. What Grafana says beside it (`values`, `valueString`, `orgId` and links) becomes
    annotations, unless the rule has annotations of those names. A custom payload is refused.
    """
    value = object_at(load(body), "body")
    delivery = alertmanager.taken_apart(value, VERSION, "the Grafana Alerting webhook format")
    alerts = [
        replace(alert, annotations=_annotations(alert, item, value.get("orgId")))
        for alert, item in zip(delivery.alerts, value["alerts"], strict=True)
    ]
    return replace(delivery, alerts=tuple(alerts))


def _annotations(alert: Alert, item: dict[str, Any], organisation: object) -> dict[str, str]:
    told: dict[str, str] = {}
    if isinstance(item.get("values"), dict):
        plain = {k: v for k, v in item["values"].items() if isinstance(v, int | float | str)}
        told |= {"values": json.dumps(plain, sort_keys=True)} if plain else {}
    if isinstance(organisation, int):
        told["orgId"] = str(organisation)
    for name in ("valueString", *LINKS):
        if isinstance(item.get(name), str) and item[name]:
            told[name] = item[name]
    if alert.name in _UNABLE and "summary" not in alert.annotations:
        told["summary"] = _unable(alert)
    return {name: clean(text)[:_TEXT] for name, text in told.items()} | dict(alert.annotations)


def _unable(alert: Alert) -> str:
    rule = alert.labels.get("rulename", "without a name")
    why = alert.annotations.get("Error", "no reason given")
    return _UNABLE[alert.name].format(rule=rule, why=why)
