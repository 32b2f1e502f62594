"""Asks a Prometheus for the raw samples of a selector: `query` with a range, never `rate`."""

from __future__ import annotations

import random
import re
import time
from typing import TYPE_CHECKING

from outage_window.errors import InputError
from outage_window.sources import prometheus
from outage_window.sources.sampled import Sampled
from webhooks.bodies import load
from webhooks.model import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests import Response

MOST_BYTES = 64 * 1024 * 1024
CONNECT_SECONDS = 5.0
MS = 1_000_000
MOST_REASON = 200
TOO_MUCH = (
    "too many samples",  # Prometheus
    "exceeded maximum resolution",
    "query timed out",
    "cannot select more than",  # VictoriaMetrics: -search.maxSamplesPerQuery and its like
    "cannot process more than",
    "number of matching timeseries exceeds",
    "too many points for the given step",
    "err-mimir-max-",  # Mimir: series, chunks, bytes, and the length of a query
    "exceeded series limit",  # Thanos' store gateway
    "exceeded samples limit",
    "exceeded chunks limit",
    "exceeded bytes limit",
)
TEMPORARY = (429, 500, 502, 503, 504)
WAITS = (0.25, 1.0)
"""Seconds between the tries where a store is busy or away for a moment; up to half is taken off."""
REST = 5.0
"""Seconds that a store is left alone where no try helped: what else is asked fails at once."""
LONGEST_REST = 300.0
"""Seconds of `Retry-After` that are believed."""


class PullFailed(Exception):
    """Prometheus did not answer with samples: why, in words for the person who runs it."""


class TooMuch(PullFailed):
    """The answer was too large, or Prometheus refused to load so many samples: ask for less."""


class TooSlow(PullFailed):
    """The answer did not come in time."""


class Away(PullFailed):
    """It cannot be reached, or has too much to do: `after` is how many seconds it asks to wait."""

    def __init__(self, text: str, after: float = 0.0) -> None:
        super().__init__(text)
        self.after = after


class Unfit(PullFailed):
    """Prometheus refuses the expression itself: `reason` is what it says.

    `syntax`: it cannot be parsed; else it could not be executed on the samples of the range.
    """

    def __init__(self, text: str, reason: str, syntax: bool) -> None:
        super().__init__(text)
        self.reason = reason
        self.syntax = syntax


class PrometheusClient:
    """One Prometheus. Redirects are not followed, answers are bounded in size and time.

    `timeout` in seconds bounds a whole answer; `headers` go with every request and are not logged.
    A query is tried again where the store is away for a moment; where that does not help, the store
    is left alone for a while, however many services there are to be asked for.
    """

    def __init__(self, url: str, timeout: float, headers: Mapping[str, str]) -> None:
        import requests

        self._url = f"{url}/api/v1/query"
        self._range = f"{url}/api/v1/query_range"
        self._write = f"{url}/api/v1/write"
        self._config = f"{url}/api/v1/status/config"
        self._timeout = timeout
        self._session = requests.Session()
        self._session.headers.update(headers)
        self._rest_until = 0.0
        self._resting = ""

    def samples(self, selector: str, start: int, end: int) -> list[Sampled]:
        """All samples of the selector in (start, end], nanoseconds; whole milliseconds are asked.

        Raises `PullFailed`, or `TooMuch` when a shorter range may do.
        """
        form = {
            "query": f"{selector}[{(end - start) // MS}ms]",
            "time": f"{end / 1e9:.3f}",
            "max_source_resolution": "0s",  # Thanos: nothing downsampled; others do not look at it
        }
        body = self._query(self._url, form)
        try:
            answer = load(body, most=None)  # a list a sample
            found = prometheus.matrix(answer, "Prometheus")
        except Refused as error:
            # VictoriaMetrics puts an error after what it has sent already, with status 200.
            at = body.rfind(b'{"status":"error"')
            if at > 0:
                raise _refusal(200, body[at:]) from None
            raise PullFailed(f"Prometheus answered with no JSON: {error.expected}") from None
        except InputError as error:
            raise PullFailed(str(error)) from None
        partial = prometheus.partial(answer)
        if partial is not None:
            raise PullFailed(f"Prometheus answered with a part only: {partial}")
        return found

    def evaluated(self, expr: str, start: float, end: float, step: float) -> list[Sampled]:
        """What an expression gives at `start`, `start + step`, … up to and with `end`, seconds.

        NaN is a result and is kept. Raises `PullFailed`; `TooMuch` when a shorter range may do,
        `Unfit` when the expression is at fault.
        """
        from outage_window.sources.ranges import matrix

        form = {"query": expr, "start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:.3f}"}
        try:
            body = self._query(self._range, form)
        except TooSlow as error:
            raise TooMuch(str(error)) from None
        try:
            found, partial = matrix(body, "Prometheus")
        except InputError as error:
            raise PullFailed(str(error)) from None
        if partial is not None:
            raise PullFailed(f"Prometheus answered with a part only: {partial}")
        return found

    def write(self, body: bytes) -> None:
        """Have it keep samples: the body of a remote write 1.0 request. Raises `PullFailed`."""
        headers = {
            "Content-Encoding": "snappy",
            "Content-Type": "application/x-protobuf",
            "X-Prometheus-Remote-Write-Version": "0.1.0",
        }
        self._post(self._write, body, headers)

    def evaluation_interval(self) -> float | None:
        """`global.evaluation_interval` of the configuration that it shows, seconds, or None."""
        from outage_window.settings.durations import parse_duration
        from outage_window.sources.asking import global_settings

        found = global_settings(self._session, self._config, self._timeout)
        try:
            return None if found is None else parse_duration(found.get("evaluation_interval"))
        except ValueError:
            return None

    def external_labels(self) -> dict[str, str] | None:
        """The labels that it adds to the alerts that it sends; None where it does not say.

        Others that speak its API know no such configuration. Raises `PullFailed`.
        """
        from outage_window.sources.asking import external_labels

        return external_labels(self._session, self._config, self._timeout)

    def close(self) -> None:
        """Close its connections."""
        self._session.close()

    def _query(self, url: str, form: dict[str, str]) -> bytes:
        """An answer, after a few tries if need be; `Away` at once while the store is left alone."""
        if time.monotonic() < self._rest_until:
            raise Away(self._resting)
        for wait in WAITS:
            try:
                return self._post(url, form)
            except Away as error:
                if error.after > wait:
                    raise self._rested(error) from None
            # Not all at the same time again, where several processes ask.
            time.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311
        try:
            return self._post(url, form)
        except Away as error:
            raise self._rested(error) from None

    def _rested(self, error: Away) -> Away:
        """Leave the store alone for as long as it asks for, or for a little."""
        self._resting = str(error)
        self._rest_until = time.monotonic() + min(max(REST, error.after), LONGEST_REST)
        return error

    def _post(
        self, url: str, form: dict[str, str] | bytes, headers: Mapping[str, str] | None = None
    ) -> bytes:
        import requests
        from urllib3.exceptions import HTTPError

        deadline = time.monotonic() + self._timeout
        try:
            with self._session.post(
                url,
                data=form,
                headers=headers,
                timeout=(min(CONNECT_SECONDS, self._timeout), self._timeout),
                stream=True,
                allow_redirects=False,
            ) as answer:
                body = bounded(answer, deadline, "Prometheus")
        except requests.ReadTimeout:
            raise TooSlow("Prometheus took too long to answer") from None
        except (requests.RequestException, HTTPError, UnicodeError) as error:
            # The error's own text holds the URL, which may hold a password.
            raise Away(f"Prometheus cannot be reached ({type(error).__name__})") from None
        if answer.status_code not in (200, 204):
            raise _refusal(answer.status_code, body, answer.headers.get("Retry-After"))
        return body


def bounded(answer: Response, deadline: float, who: str) -> bytes:
    """The body of an answer that is read as a stream, bounded in size and time (`PullFailed`)."""
    parts: list[bytes] = []
    size = 0
    # Whatever has come, as it comes: a full part of a slow answer would be waited for without end.
    while part := answer.raw.read1(1 << 18, decode_content=True):
        size += len(part)
        if size > MOST_BYTES:
            raise TooMuch(f"{who} answered with more than {MOST_BYTES >> 20} MiB")
        if time.monotonic() > deadline:
            raise TooSlow(f"{who} took too long to answer")
        parts.append(part)
    return b"".join(parts)


def _refusal(status: int, body: bytes, after: str | None = None) -> PullFailed:
    reason = ""
    try:
        found = load(body)
        reason = str(found["error"]) if isinstance(found, dict) and "error" in found else ""
    except Refused:
        pass
    # VictoriaMetrics says what the limit is at the end of a long sentence.
    too_much = any(words in reason for words in TOO_MUCH)
    reason = " ".join(reason.split())[:MOST_REASON]
    text = f"Prometheus answered {status}: {reason}" if reason else f"Prometheus answered {status}"
    if too_much:
        return TooMuch(text)
    if status in TEMPORARY:
        return Away(text, _seconds(after))
    return (
        Unfit(text, reason, status == 400) if status in (400, 422) and reason else PullFailed(text)
    )


def _seconds(after: str | None) -> float:
    """What `Retry-After` asks for; a date is not read, since clocks differ."""
    return float(after) if after is not None and re.fullmatch("[0-9]{1,6}", after) else 0.0
