"""Asks the Alertmanagers of a cluster what fires, and which silences there are."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from outage_window.errors import InputError
from outage_window.sources.alerts import as_sent
from outage_window.sources.asking import ask
from outage_window.sources.pull import PullFailed
from outage_window.store.backfilled import Fetched
from outage_window.store.muted import How, Muted
from outage_window.store.silences import Matcher, Silence
from webhooks.alertmanager import parse
from webhooks.bodies import object_at, text_at
from webhooks.model import Refused
from webhooks.times import parse_end, parse_time

log = logging.getLogger(__name__)

T = TypeVar("T")

WHO = "Alertmanager"
_TEXT = 1000
_MUTED_BY: dict[How, str] = {"silenced": "silencedBy", "inhibited": "inhibitedBy"}
_MOST_MUTING = 20
"""Of the silences or alerts that mute an alert no more are kept."""


class AlertmanagerClient:
    """The peers of one cluster: each knows all, so that one that answers is enough.

    `timeout` in seconds bounds each answer; `headers` go with every request and are not logged.
    """

    def __init__(
        self,
        urls: tuple[str, ...],
        timeout: float,
        headers: Mapping[str, str],
        receiver: str | None,
    ) -> None:
        import requests

        self._urls = urls
        self._timeout = timeout
        self._to = {} if receiver is None else {"receiver": receiver}
        self._session = requests.Session()
        self._session.headers.update(headers)

    def alerts(self, at: int) -> list[Fetched]:
        """What fires and is neither silenced nor inhibited, as of `at` (nanoseconds).

        Of several peers all that any of them knows. Raises `PullFailed` when none answers.
        """
        params = {"active": "true", "silenced": "false", "inhibited": "false", **self._to}
        found: dict[tuple[str, int], Fetched] = {}
        for items in self._all("alerts", params, lambda answer: _alerts(answer, at)):
            for one in items:
                known = found.get((one.fingerprint, one.starts_at))
                if known is None or (known.valid_until or 0) < (one.valid_until or 0):
                    found[one.fingerprint, one.starts_at] = one
        return list(found.values())

    def muted(self) -> list[Muted]:
        """What fires and is told to nobody, since it is silenced or inhibited."""
        params = {"active": "false", "silenced": "true", "inhibited": "true", **self._to}
        found: dict[tuple[str, int, str], Muted] = {}
        for items in self._all("alerts", params, _muted):
            found |= {(one.fingerprint, one.starts_at, one.how): one for one in items}
        return list(found.values())

    def silences(self, at: int) -> list[Silence]:
        """The silences, those that are over too as long as it keeps them; as of `at`."""
        found: dict[str, Silence] = {}
        for items in self._all("silences", {}, lambda answer: _silences(answer, at)):
            found |= {one.id: one for one in items}
        return list(found.values())

    def close(self) -> None:
        """Close its connections."""
        self._session.close()

    def _all(
        self, what: str, params: Mapping[str, str], read: Callable[[Any], list[T]]
    ) -> list[list[T]]:
        """What each peer that answers says."""
        found: list[list[T]] = []
        failure: PullFailed | None = None
        for url in self._urls:
            try:
                answer = ask(self._session, f"{url}/api/v2/{what}", self._timeout, WHO, params)
                found.append(read(answer))
            except PullFailed as error:
                failure = error
            except (Refused, InputError) as error:
                failure = PullFailed(f"{WHO} answered with what is no list of {what}: {error}")
        if not found and failure is not None:
            raise failure
        return found


def _alerts(answer: Any, at: int) -> list[Fetched]:
    """The alerts of a list; one that cannot be understood is left out, and hides no other."""
    found = []
    for item in _list(answer):
        try:
            found.append(_alert(item, at))
        except Refused as error:
            log.warning("an alert that Alertmanager lists is left out: %s", error)
    return found


def _alert(item: Any, at: int) -> Fetched:
    body = {"version": "4", "alerts": [as_sent(item)]}
    (alert,) = parse(json.dumps(body).encode()).alerts
    return Fetched(
        fingerprint=alert.fingerprint,
        starts_at=alert.starts_at,
        ends_at=alert.ends_at,
        labels=alert.labels,
        annotations=alert.annotations,
        seen_at=at,
        valid_until=parse_end(item["endsAt"], "endsAt") if "endsAt" in item else None,
    )


def _muted(answer: Any) -> list[Muted]:
    """What is muted of a list; an Alertmanager that tells no status of its alerts mutes none."""
    found = []
    for item in _list(answer):
        status = item.get("status") if isinstance(item, dict) else None
        told = status if isinstance(status, dict) else {}
        for how, field in _MUTED_BY.items():
            by = told.get(field)
            if not isinstance(by, list) or not by:
                continue
            try:
                alert = _alert(item, 0)
            except Refused as error:
                log.warning("an alert that Alertmanager mutes is left out: %s", error)
                break
            names = tuple(str(one)[:100] for one in by[:_MOST_MUTING])
            found.append(Muted(alert.fingerprint, alert.starts_at, how, alert.labels, names))
    return found


def _silences(answer: Any, at: int) -> list[Silence]:
    return [
        _silence(object_at(item, f"[{i}]"), f"[{i}].", at) for i, item in enumerate(_list(answer))
    ]


def _silence(item: dict[str, Any], field: str, at: int) -> Silence:
    start = parse_time(item.get("startsAt"), f"{field}startsAt")
    changed = parse_time(item.get("updatedAt"), f"{field}updatedAt")
    matchers = item.get("matchers")
    if not isinstance(matchers, list):
        raise Refused(f"{field}matchers", "expected a list")
    return Silence(
        id=text_at(item, "id", field)[:100],
        starts_at=start,
        ends_at=parse_time(item.get("endsAt"), f"{field}endsAt"),
        matchers=tuple(_matcher(object_at(one, f"{field}matchers"), field) for one in matchers),
        comment=text_at(item, "comment", field, "")[:_TEXT],
        planned=start > at or changed < start,
    )


def _matcher(item: dict[str, Any], field: str) -> Matcher:
    """Alertmanagers before 0.22 have no `isEqual`: theirs are all equal."""
    return Matcher(
        text_at(item, "name", field),
        text_at(item, "value", field),
        item.get("isRegex") is True,
        item.get("isEqual", True) is True,
    )


def _list(answer: Any) -> list[Any]:
    if not isinstance(answer, list):
        raise Refused("body", "expected a list")
    return answer
