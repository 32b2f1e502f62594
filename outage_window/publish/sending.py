"""Requests that outlast a hiccup: time-outs, bounded retries, no redirects, no secret in a word."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

import msgspec
import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, NewConnectionError

from outage_window.publish.answers import Answer, Trouble, judge
from outage_window.publish.attempt import current
from outage_window.publish.model import PublishFailed

log = logging.getLogger(__name__)

TRIES = 5
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
MOST_PAUSES = 300.0
"""Seconds that one publication waits in all, whatever is asked of it."""
CONNECT_SECONDS = 5.0
MOST_BYTES = 32 * 1024 * 1024
GONE = (404, 410)
PASSING = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    HTTPError,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pace:
    """Clock, sleep and chance (0 to 1), passed in so that a test need not wait."""

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    chance: Callable[[], float]


REAL = Pace(time.monotonic, time.sleep, random.random)


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `doing` says in an error what could not be done.

    `once`: repeating it blindly could make something twice, so that it is `Unsure` after a failure
    that does not tell whether it was done. `expected` are statuses that the caller deals with.
    """

    method: str
    path: str
    doing: str
    query: tuple[tuple[str, str], ...] = ()
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    once: bool = False
    expected: tuple[int, ...] = ()


class Unsure(Exception):
    """It is not known how things stand there: look again. `made`: perhaps something was made."""

    def __init__(self, text: str, *, made: bool) -> None:
        super().__init__(text)
        self.made = made


class Client:
    """Sends the requests of one target. Not for two threads at once."""

    def __init__(self, name: str, url: str, token: str | None, timeout: float, pace: Pace) -> None:
        self.name = name
        self._url = url
        self._token = token
        self._timeout = timeout
        self._pace = pace
        self._waited = 0.0
        self._session = requests.Session()
        self._session.auth = _Bearer(token)
        self._session.headers["User-Agent"] = "outage-window"

    def settle(self, attempt: Callable[[bool], T]) -> T:
        """Run "find, then create or update" as a whole, again where its outcome is not sure.

        `attempt` is told whether it may have made something before.
        """
        self._waited = 0.0
        turn, ours = 1, current()
        try:
            while True:
                try:
                    return attempt(ours.made)
                except Unsure as error:
                    ours.made = ours.made or error.made
                    self._rest(turn, Trouble(str(error), sure=False))
                turn += 1
        finally:
            # Connections that lie idle until the next incident would be stale by then.
            self._session.close()

    def send(self, call: Call) -> Answer:
        """The answer, of a status from 200 to 299 or one that the call expects."""
        turn = 1
        while True:
            if call.method != "GET":
                current().renew()
            outcome = self._exchange(call)
            if isinstance(outcome, Answer):
                return outcome
            if call.once and not outcome.sure:
                raise Unsure(outcome.text, made=True)
            self._rest(turn, outcome)
            turn += 1

    def ask(self, call: Call, kind: type[T]) -> T:
        """The answer as what its documentation says that it is."""
        return self.read(call, self.send(call), kind)

    def find(self, call: Call, kind: type[T]) -> T | None:
        """As `ask`; None where nothing is there, or not any more."""
        answer = self.send(replace(call, expected=(*call.expected, *GONE)))
        return None if answer.status in GONE else self.read(call, answer, kind)

    def read(self, call: Call, answer: Answer, kind: type[T]) -> T:
        """The body of an answer as what its documentation says that it is."""
        try:
            return msgspec.json.decode(answer.body, type=kind)
        except msgspec.DecodeError as error:
            raise self.failed(call, f"the answer is not as documented ({error})") from None

    def failed(self, call: Call, reason: str) -> PublishFailed:
        """The error that says what could not be done, and why."""
        return PublishFailed(self.name, f"cannot {call.doing}: {reason}")

    def _exchange(self, call: Call) -> Answer | Trouble:
        body = None if call.body is None else json.dumps(call.body, allow_nan=False).encode()
        headers = {} if body is None else {"Content-Type": "application/json; charset=utf-8"}
        deadline = self._pace.clock() + self._timeout
        lost: Exception | None = None
        try:
            with self._session.request(
                call.method,
                self._url + call.path,
                params=list(call.query),
                data=body,
                headers={**headers, **call.headers},
                timeout=(min(CONNECT_SECONDS, self._timeout), self._timeout),
                stream=True,
                allow_redirects=False,
            ) as response:
                content = self._content(response, call, deadline)
        except (requests.RequestException, HTTPError, ValueError) as error:
            lost = error
        if lost is not None:  # out here, so that no trace of ours shows its text
            return self._lost(call, lost)
        answer = Answer(response.status_code, response.headers, content)
        verdict = judge(replace(answer, body=self._without_token(content)), call.expected)
        if isinstance(verdict, Trouble):
            return replace(verdict, text=f"cannot {call.doing}: {verdict.text}")
        if verdict is not None:
            raise self.failed(call, verdict)
        return answer

    def _without_token(self, content: bytes) -> bytes:
        """A server may repeat what it was sent, and what it says is shown."""
        secret = self._token
        return content if secret is None else content.replace(secret.encode(), b"[token]")

    def _content(self, response: requests.Response, call: Call, deadline: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        # Whatever has come, as it comes: a full part of a slow answer would be waited for.
        while part := response.raw.read1(1 << 18, decode_content=True):
            size += len(part)
            if size > MOST_BYTES:
                raise self.failed(call, f"the answer is larger than {MOST_BYTES >> 20} MiB")
            if self._pace.clock() > deadline:
                raise requests.Timeout
            parts.append(part)
        return b"".join(parts)

    def _lost(self, call: Call, error: Exception) -> Trouble:
        """Of the error only its kind is told: its text may hold the URL, or a header."""
        kind = type(error).__name__
        if isinstance(error, requests.exceptions.SSLError) or not isinstance(error, PASSING):
            raise self.failed(call, f"the request cannot be sent ({kind})")
        text = f"cannot {call.doing}: no answer ({kind})"
        return Trouble(text, sure=_never_sent(error))

    def _rest(self, turn: int, trouble: Trouble) -> None:
        """Wait before the next try, or give up."""
        backoff: float = FIRST_PAUSE * 2 ** (turn - 1) * (1 + self._pace.chance())
        pause = backoff if trouble.pause is None else trouble.pause
        if turn >= TRIES:
            raise PublishFailed(self.name, f"{trouble.text} ({TRIES} times)")
        if pause > LONGEST_PAUSE:
            raise PublishFailed(self.name, f"{trouble.text} (asks to wait {pause:.0f} s)")
        if self._waited + pause > MOST_PAUSES:
            raise PublishFailed(self.name, f"{trouble.text} (after waiting {self._waited:.0f} s)")
        log.info("%s: %s; again in %.1f s", self.name, trouble.text, pause)
        self._waited += pause
        self._pace.sleep(pause)


class _Bearer(AuthBase):
    """The token, set last: a .netrc file would replace a header of the session's."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _never_sent(error: Exception) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)
