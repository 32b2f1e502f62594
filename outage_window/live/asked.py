"""The clients of what the settings name: a Prometheus and the Alertmanagers of a cluster."""

from __future__ import annotations

from outage_window.settings.models import Settings
from outage_window.sources.alertmanager import AlertmanagerClient
from outage_window.sources.pull import PrometheusClient


def asked(settings: Settings) -> tuple[PrometheusClient | None, AlertmanagerClient | None]:
    """Both, None where the settings name none."""
    source, alerts = settings.prometheus, settings.alertmanager
    return (
        None
        if source is None
        else PrometheusClient(source.url, source.timeout, source.request_headers()),
        None
        if alerts is None
        else AlertmanagerClient(
            alerts.url, alerts.timeout, alerts.request_headers(), alerts.receiver
        ),
    )
