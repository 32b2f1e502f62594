"""JSON that strangers send, read so that nothing in it can do more than be refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from webhooks.model import Refused

_BLANKS = re.compile(r"[ \t\r\n]*")
# PostgreSQL refuses NUL, UTF-8 cannot hold a lone surrogate: both become U+FFFD, as Go would do.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


DEEPEST = 64
"""Levels of nesting that a body may have."""
MOST = 200_000
"""Objects and lists that a body may be made of: each takes twenty times its two bytes."""


def load(body: bytes, field: str = "body", most: int | None = MOST) -> Any:
    """The JSON value of `body`, or `Refused`: never another error, however hostile the bytes.

    Not UTF-8, nested too deep, a key given twice, NaN or Infinity, an integer of thousands of
    digits: each is refused rather than read in some way. More than `most` objects and lists are
    (None: any number may be).
    """
    opened = body.count(b"{") + body.count(b"[")
    if most is not None and opened > most:
        raise Refused(field, f"expected at most {most} objects and lists")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(field, "expected JSON in UTF-8") from None
    value = load_text(text, field)
    if opened > DEEPEST and not _shallow(value):
        raise Refused(field, f"expected JSON nested at most {DEEPEST} levels deep")
    return value


def load_text(text: str, field: str) -> Any:
    """As `load`, for text that is already decoded."""
    return _decoded(field, lambda: _DECODER.decode(text))


def load_all(text: str, field: str) -> list[Any]:
    """The JSON values of a text that holds several, one after another; else as `load_text`."""
    found: list[Any] = []
    at = _after_blanks(text, 0)
    while at < len(text):
        value, end = _decoded(field, partial(_DECODER.raw_decode, text, at))
        found.append(value)
        at = _after_blanks(text, end)
    return found


def _decoded(field: str, decode: Callable[[], Any]) -> Any:
    try:
        return decode()
    except RecursionError:
        raise Refused(field, "expected JSON nested less deeply") from None
    except json.JSONDecodeError as error:
        raise Refused(field, f"expected JSON; line {error.lineno}: {error.msg}") from None
    except Refused as error:
        raise Refused(field, error.expected) from None
    except ValueError:  # integers longer than Python converts
        raise Refused(field, "expected numbers of a sane length") from None


def _after_blanks(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    assert match is not None  # it matches nothing, too
    return match.end()


def clean(text: str) -> str:
    """The same text without what no database or page can hold (NUL, lone surrogates)."""
    if text.isascii() and "\x00" not in text:
        return text  # nearly all are, and this is far quicker to see
    return _UNSTORABLE.sub("�", text)


def text_at(value: dict[str, Any], key: str, field: str, default: str | None = None) -> str:
    """The text under `key`; `default` when it is absent; `Refused` when it is anything else."""
    found = value.get(key, default)
    if not isinstance(found, str):
        raise Refused(f"{field}{key}", "expected text")
    return clean(found)


def object_at(value: object, field: str) -> dict[str, Any]:
    """The value as an object, or `Refused` naming `field`."""
    if not isinstance(value, dict):
        raise Refused(field, "expected an object")
    return value


def _shallow(value: Any) -> bool:
    """Whether it is nested no deeper than allowed: how deep the parser goes differs by Python."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        inner = (one.values() if isinstance(one, dict) else one for one in level)
        level = [one for values in inner for one in values if isinstance(one, dict | list)]
        if not level:
            return True
    return False


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused("body", "expected each key once in an object")
    return found


def _constant(name: str) -> NoReturn:
    raise Refused("body", f"expected JSON, which has no {name}")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
