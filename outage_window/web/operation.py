"""Health and metrics of the program itself."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from flask import Blueprint, Response, request
from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from sqlalchemy.exc import SQLAlchemyError

from outage_window.live.status import Status
from outage_window.settings.models import Settings
from outage_window.store import Store, incidents
from outage_window.web.disk import Disk

log = logging.getLogger(__name__)

NS = 1e9
PLAIN = "text/plain; charset=utf-8"


def operation(store: Store, settings: Settings, status: Status) -> Blueprint:
    """`/metrics`, the OpenAPI document, `/-/healthy`, `/-/ready`, `/healthz` and `/readyz`."""
    views = Blueprint("operation", __name__)
    registry = _registry(store, settings, status)

    @views.get("/metrics")
    def _metrics() -> Response:
        # Also a Prometheus that speaks OpenMetrics alone gets what it asks for.
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return Response(encode(registry), content_type=content_type)

    @views.get("/api/v1/openapi.json")
    def _openapi() -> Response:
        from outage_window.web.openapi import text

        return Response(text(), content_type="application/json")

    @views.get("/-/healthy")
    @views.get("/healthz")
    def _healthy() -> Response:
        dead = status.dead()
        if dead:
            text = f"restart it: {' and '.join(dead)} ended unexpectedly, the log says why\n"
            return Response(text, 503, content_type=PLAIN)
        return Response("outage-window is up\n", content_type=PLAIN)

    @views.get("/-/ready")
    @views.get("/readyz")
    def _ready() -> Response:
        if status.draining:
            return Response("stopping\n", 503, content_type=PLAIN)
        try:
            with store.read() as connection:
                incidents.ongoing(connection)
        except SQLAlchemyError:
            return Response("the store cannot be read\n", 503, content_type=PLAIN)
        return Response("ready to receive\n", content_type=PLAIN)

    return views


def _registry(store: Store, settings: Settings, status: Status) -> CollectorRegistry:
    """All metrics of one app: what the process counts, and what is read at each scrape."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter, and nobody asks for it
    registry = CollectorRegistry()
    registry.register(_Collector(store, settings, status))
    registry.register(Disk(settings.storage.url))
    status.meters.add_to(registry)
    ProcessCollector(registry=registry)
    return registry


class _Collector:
    """Reads the state at each scrape. Labels come from the settings only, never from input."""

    def __init__(self, store: Store, settings: Settings, status: Status) -> None:
        self._store = store
        self._settings = settings
        self._status = status

    def describe(self) -> list[Metric]:
        """Nothing in advance: the store is not asked before the first scrape."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All metrics of the program."""
        yield from self._ongoing()
        yield from self._received()
        yield from _remote_write(self._status)
        yield from self._scans()
        yield from self._published()
        yield GaugeMetricFamily(
            "outage_window_shards_led",
            "Shares of the services, of 64 and one for what is not by service, derived here.",
            value=len(self._store.leading.terms()),
        )
        yield GaugeMetricFamily(
            "outage_window_store_queue_length",
            "Writes that wait for the database.",
            value=self._store.waiting,
        )

    def _ongoing(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(
            "outage_window_incident_ongoing",
            "1 while an outage of the service is measured; alerted tells whether an alert of "
            "yours belongs to it.",
            labels=["service", "alerted"],
        )
        try:
            with self._store.read() as connection:
                found = set(incidents.ongoing(connection))
        except SQLAlchemyError as error:
            # No series is no answer; all other metrics are wanted now more than ever.
            log.error("cannot read which incidents are ongoing: %s", error)
            return
        for service in self._settings.services:
            for alerted in (False, True):
                labels = [service.name, str(alerted).lower()]
                family.add_metric(labels, float((service.name, alerted) in found))
        yield family

    def _received(self) -> Iterator[Metric]:
        counted = (
            ("deliveries", "Alertmanager deliveries that were kept, re-sends included."),
            ("quarantined", "Deliveries that could not be understood and are kept raw."),
            ("events", "Events that were kept."),
            ("events_ignored", "Webhooks of GitHub and PagerDuty that tell of nothing kept."),
            ("attempts", "Attempts of users that were kept."),
        )
        for name, text in counted:
            value = self._status.counted(name).get("", 0)
            yield CounterMetricFamily(f"outage_window_{name}", text, value=value)
        refused = CounterMetricFamily(
            "outage_window_requests_refused", "Requests that were turned away.", labels=["reason"]
        )
        known = self._status.counted("refused")
        for reason in ("unauthorised", "too_large", "invalid", "busy"):
            refused.add_metric([reason], known.get(reason, 0))
        yield refused
        yield self._not_asked()
        last = self._status.last_delivery_at
        if last is not None:
            yield GaugeMetricFamily(
                "outage_window_last_delivery_timestamp_seconds",
                "When an Alertmanager last delivered since the start.",
                value=last / NS,
            )

    def _not_asked(self) -> Metric:
        family = CounterMetricFamily(
            "outage_window_catch_up_failures",
            "Times that nobody could be asked for alerts that no delivery brought.",
            labels=["source"],
        )
        known = self._status.counted("catch_up_failures")
        for source in ("prometheus", "alertmanager"):
            family.add_metric([source], known.get(source, 0))
        return family

    def _published(self) -> Iterator[Metric]:
        """What the targets of the settings took, and did not."""
        for name, counted, text in (
            ("publications", "published", "Drafts that a target took."),
            ("publish_failures", "publish_failed", "Drafts that a target did not take."),
        ):
            family = CounterMetricFamily(f"outage_window_{name}", text, labels=["target"])
            counts = self._status.counted(counted)
            for target in self._settings.publish:
                family.add_metric([target.name], counts.get(target.name, 0))
            yield family

    def _scans(self) -> Iterator[Metric]:
        yield SummaryMetricFamily(
            "outage_window_scan_duration_seconds",
            "Passes over all services.",
            count_value=self._status.scans,
            sum_value=self._status.scan_seconds,
        )
        yield GaugeMetricFamily(
            "outage_window_last_scan_timestamp_seconds",
            "When a pass over all services last ended, whatever it found; 0 before the first.",
            value=(self._status.last_scan_at or 0) / NS,
        )
        succeeded = GaugeMetricFamily(
            "outage_window_last_successful_scan_timestamp_seconds",
            "When the service was last scanned without a failure; 0 before the first time.",
            labels=["service"],
        )
        failures = CounterMetricFamily(
            "outage_window_scan_failures", "Scans of the service that failed.", labels=["service"]
        )
        for service in self._settings.services:
            if not self._status.leads(service.name):
                continue  # the replica that does tells; a 0 here would say that nobody looks
            known = self._status.services.get(service.name)
            at = known.succeeded_at if known else None
            succeeded.add_metric([service.name], (at or 0) / NS)
            failures.add_metric([service.name], known.failures if known else 0)
        yield succeeded
        yield failures


def _remote_write(status: Status) -> Iterator[Metric]:
    """What came by remote write, and what became of it."""
    requests = CounterMetricFamily(
        "outage_window_remote_write_requests",
        "Requests whose samples were kept, or accepted, by version.",
        labels=["version"],
    )
    for version in ("1.0", "2.0"):
        counted = status.counted("remote_write_requests")
        requests.add_metric([version], counted.get(version, 0))
    yield requests
    for kind, outcomes in (
        ("samples", ("kept", "unmatched", "refused")),
        ("histograms", ("unmatched", "refused")),
        ("exemplars", ("unmatched", "refused")),
    ):
        family = CounterMetricFamily(
            f"outage_window_remote_write_{kind}",
            "By what became of them; unmatched are those that no service asks for.",
            labels=["outcome"],
        )
        counted = status.counted(f"remote_write_{kind}")
        for outcome in outcomes:
            family.add_metric([outcome], counted.get(outcome, 0))
        yield family
