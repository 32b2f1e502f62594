"""Asks HTTP APIs for small JSON: bounded in size and time, no redirects, no secrets in errors."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from outage_window.sources.pull import CONNECT_SECONDS, PullFailed, bounded
from webhooks.bodies import clean, load
from webhooks.model import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests import Session

NOT_KNOWN = (401, 403, 404, 405, 501)
"""What servers answer that have no such thing, or do not show it."""


class NotThere(PullFailed):
    """The server has no such thing, or does not show it."""


def ask(
    session: Session, url: str, timeout: float, who: str, params: Mapping[str, str] | None = None
) -> Any:
    """The JSON at a URL; `timeout` (seconds) bounds the whole answer. Raises `PullFailed`."""
    import requests
    from urllib3.exceptions import HTTPError

    deadline = time.monotonic() + timeout
    limits = (min(CONNECT_SECONDS, timeout), timeout)
    try:
        with session.get(
            url, params=params, timeout=limits, stream=True, allow_redirects=False
        ) as answer:
            body = bounded(answer, deadline, who)
    except (requests.RequestException, HTTPError, UnicodeError) as error:
        # The error's own text holds the URL, which may hold a password.
        raise PullFailed(f"{who} cannot be reached ({type(error).__name__})") from None
    if answer.status_code in NOT_KNOWN:
        raise NotThere(f"{who} answered {answer.status_code}")
    if answer.status_code != 200:
        raise PullFailed(f"{who} answered {answer.status_code}")
    try:
        return load(body)
    except Refused as error:
        raise PullFailed(f"{who} answered with no JSON: {error.expected}") from None


def external_labels(session: Session, url: str, timeout: float) -> dict[str, str] | None:
    """`global.external_labels` of the configuration that a Prometheus shows, or None."""
    general = global_settings(session, url, timeout)
    if general is None:
        return None
    found = general.get("external_labels")
    labels = found if isinstance(found, dict) else {}
    return {clean(str(name)): clean(str(value)) for name, value in labels.items()}


def global_settings(session: Session, url: str, timeout: float) -> dict[str, Any] | None:
    """`global` of the configuration that a Prometheus shows, or None."""
    import yaml

    try:
        answer = ask(session, url, timeout, "Prometheus")
    except NotThere:
        return None
    text = answer.get("data", {}).get("yaml") if isinstance(answer, dict) else None
    if not isinstance(text, str):
        return None
    try:
        config = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    general = config.get("global") if isinstance(config, dict) else None
    return general if isinstance(general, dict) else {}
