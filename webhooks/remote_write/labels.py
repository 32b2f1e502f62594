"""The rules for the labels of a series, as both specifications have them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from webhooks.remote_write.model import Labels

NAME = "__name__"
MOST_LABELS = 128
MOST_BYTES = 64 * 1024
"""Characters of the names and values of one series together."""
TOO_MANY = f"expected at most {MOST_LABELS} labels, of {MOST_BYTES} characters together"

_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_NAMES = re.compile(r"([a-zA-Z_][a-zA-Z0-9_]*\n)*")  # all at once: there are many


class Unsound(Exception):
    """A part of a request breaks a rule: the message says what was expected."""


def checked(pairs: Sequence[tuple[str, str]], *, plain: bool) -> Labels:
    """The labels in order of their names, or `Unsound`.

    `plain` asks for names of letters, digits and underscores, as version 1.0 does; 2.0 allows all
    of UTF-8. Labels out of order are put in order: they mean nothing else. What is empty, repeated
    or without the metric's name may mean several things, and is refused.
    """
    named = dict(pairs)
    size = sum(map(len, named)) + sum(map(len, named.values()))
    if len(pairs) > MOST_LABELS or size > MOST_BYTES:
        raise Unsound(TOO_MANY)
    if len(named) != len(pairs):
        raise Unsound("expected each label once")
    if not all(named) or not all(named.values()):
        raise Unsound("expected no empty name or value of a label")
    if NAME not in named:
        raise Unsound("expected the label __name__")
    if plain and not (_METRIC.fullmatch(named[NAME]) and _NAMES.fullmatch(_lines(named))):
        raise Unsound("expected names of letters, digits and underscores, as version 1.0 has them")
    return tuple(sorted(named.items()))


def _lines(names: Iterable[str]) -> str:
    return "\n".join(names) + "\n"


def texts(raw: Sequence[bytes]) -> list[str]:
    """The texts, or `Unsound` where one is no UTF-8."""
    try:
        return [one.decode("utf-8") for one in raw]
    except UnicodeDecodeError:
        raise Unsound("expected labels in UTF-8") from None
