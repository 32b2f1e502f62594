"""What an answer means: done, refused for good, or a failure that may pass; and what it says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from outage_window.errors import one_line

MINUTE = 60.0
"""What GitHub asks for after a secondary rate limit without Retry-After."""
LONGEST_SAYING = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose body was read."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failure that may pass.

    `sure`: nothing was done. `pause`: seconds that were asked for; None leaves them to us.
    """

    text: str
    sure: bool
    pause: float | None = None


def judge(answer: Answer, expected: tuple[int, ...]) -> Trouble | str | None:
    """None where the answer is one to go on with; a text is why it never will be."""
    status = answer.status
    if 200 <= status < 300 or status in expected:
        return None
    if 300 <= status < 400:
        return f"answered {status}, and redirects are not followed"
    saying = said(answer.body)
    text = f"answered {status}: {saying}" if saying else f"answered {status}"
    asked = _pause_asked_for(answer.headers)
    # GitHub says 403 as well as 429 where there were too many requests.
    secondary = "secondary rate limit" in saying.lower()
    if status == 429 or (status == 403 and (asked is not None or secondary)):
        if asked is None and answer.headers.get("x-ratelimit-remaining") == "0":
            return f"{text} (the limit of requests is used up)"
        pause = MINUTE if asked is None and secondary else asked
        return Trouble(text, sure=True, pause=pause)
    if status >= 500 or status == 408:
        return Trouble(text, sure=False, pause=asked)
    return text


def said(body: bytes) -> str:
    """The message in a vendor's error, on one line and cut; empty where there is none."""
    try:
        found = msgspec.json.decode(body, type=_Error)
    except msgspec.DecodeError:
        return ""
    texts = [text for text in (found.message, found.error) if isinstance(text, str)]
    if isinstance(found.errors, list):
        texts += [text for text in map(_detail, found.errors) if text]
    return one_line("; ".join(texts))[:LONGEST_SAYING]


class _Error(msgspec.Struct):
    """GitHub and Grafana: `message`, GitHub with `errors`; Slack and many more: `error`."""

    message: Any = None
    error: Any = None
    errors: Any = None


def _detail(item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    if isinstance(item.get("message"), str):
        return str(item["message"])
    return " ".join(str(item[key]) for key in ("field", "code") if isinstance(item.get(key), str))


def _pause_asked_for(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds; a date counts from the answer's own."""
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch("[0-9]{1,9}", text):
        return float(text)
    try:
        until = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("Date", ""))
    except (TypeError, ValueError):
        return None
    return max(0.0, until.total_seconds())
