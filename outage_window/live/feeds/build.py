"""The feed of a service, by its source."""

from __future__ import annotations

from collections.abc import Iterable

from outage_window.live.feeds.feed import Feed
from outage_window.live.feeds.file import FileFeed
from outage_window.live.feeds.pulling import Client, PullFeed
from outage_window.live.feeds.sent import SentFeed, read_together
from outage_window.live.feeds.together import Together
from outage_window.settings.models import Service, Settings
from outage_window.sources.pull import PrometheusClient
from outage_window.store import Store

NS = 10**9


def feeds(settings: Settings, store: Store, client: Client | None = None) -> dict[str, Feed]:
    """The feed of each service by its name; `client` answers instead of the Prometheus set."""
    if client is None and settings.prometheus is not None:
        asked = settings.prometheus
        client = PrometheusClient(asked.url, asked.timeout, asked.request_headers())
    if client is not None:
        pulled = [service for service in settings.services if service.source == "pull"]
        texts = [text for one in pulled for text in (one.attempts, one.errors) if text is not None]
        client = Together(client, texts)
    return {service.name: _feed(service, settings, store, client) for service in settings.services}


def _feed(service: Service, settings: Settings, store: Store, client: Client | None) -> Feed:
    history = round(settings.history(service.source) * NS)
    if service.source == "file":
        return FileFeed(service, history)
    if service.source == "remote_write":
        return SentFeed(service, history, store)
    assert client is not None  # the settings ask for a Prometheus where one is pulled
    return PullFeed(service, history, store, client)


def read_ahead(feeds: Iterable[Feed], now: int) -> None:
    """Read at once what several services will be asked for next, where that is cheaper."""
    read_together([one for one in feeds if isinstance(one, SentFeed)], now)
