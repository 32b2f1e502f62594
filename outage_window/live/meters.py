"""What the process counts of itself, as Prometheus's own objects; they outlive a reload."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

ANSWERS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
COMMITS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 8.0)
GROUPS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
"""Bounds of the histograms: answers and commits in seconds, pieces of work in one commit."""


class Meters:
    """Counters, gauges and histograms on no registry of their own: `add_to` puts them on one.

    Labels come from the code: routes, methods that are known, status codes.
    """

    def __init__(self) -> None:
        self._build = Info(
            "outage_window_build", "The version that runs, and what it runs on.", registry=None
        )
        self._build.info(
            {
                "version": _version(),
                "python_version": platform.python_version(),
                "implementation": platform.python_implementation(),
            }
        )
        self.reload_good = Gauge(
            "outage_window_config_last_reload_successful",
            "1 if the settings that were last read are in use, 0 if they could not be.",
            registry=None,
        )
        self.reload_good.set(1)
        self.reloaded_at = Gauge(
            "outage_window_config_last_reload_success_timestamp_seconds",
            "When the settings in use were read.",
            registry=None,
        )
        self.prompt = Counter(
            "outage_window_prompt_passes",
            "Passes over those services alone that something was received of.",
            registry=None,
        )
        self._of_requests()
        self._of_the_store()

    def _of_requests(self) -> None:
        self.requests = Counter(
            "outage_window_http_requests",
            "Requests that were answered, by route.",
            ["handler", "method", "code"],
            registry=None,
        )
        self.answers = Histogram(
            "outage_window_http_request_duration_seconds",
            "From the request's headers to its answer, by route.",
            ["handler"],
            buckets=ANSWERS,
            registry=None,
        )
        self.heartbeat_at = Gauge(
            "outage_window_heartbeat_last_received_timestamp_seconds",
            "When the heartbeat alert last came by way of an Alertmanager; 0 before the first.",
            registry=None,
        )

        self.listeners = Gauge(
            "outage_window_streams",
            "Pages that are open and told at once of what changed.",
            registry=None,
        )

    def _of_the_store(self) -> None:
        self.commits = Histogram(
            "outage_window_store_commit_duration_seconds",
            "Transactions of the writer, failed ones too.",
            buckets=COMMITS,
            registry=None,
        )
        self.groups = Histogram(
            "outage_window_store_commit_writes",
            "Writes that one transaction took together.",
            buckets=GROUPS,
            registry=None,
        )
        self.failed_writes = Counter(
            "outage_window_store_failed_writes",
            "Writes that the database did not take.",
            registry=None,
        )

    def add_to(self, registry: CollectorRegistry) -> None:
        """Let a registry expose them: each app has its own, and all show the same counts."""
        for meter in vars(self).values():
            registry.register(meter)


def _version() -> str:
    try:
        return version("outage-window")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "unknown"
