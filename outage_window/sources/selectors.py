"""Series selectors as PromQL writes them: a name and label matchers, to a test of labels."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from outage_window.errors import InputError

Operator = Literal["=", "!=", "=~", "!~"]

_NAME = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)?\s*")
_MATCHER = re.compile(
    r"""\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')\s*"""
)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}
_EXPECTED = 'expected a selector such as auth_requests_total{result="failure",code=~"5.."}'


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label; a label that is absent has the value "" as in Prometheus."""

    label: str
    operator: Operator
    value: str
    pattern: re.Pattern[str] | None = None

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the label meets the condition; patterns are anchored at both ends."""
        found = labels.get(self.label, "")
        equal = found == self.value if self.pattern is None else bool(self.pattern.fullmatch(found))
        return equal is (self.operator in ("=", "=~"))


@dataclass(frozen=True, slots=True)
class Selector:
    """All matchers must hold. `text` is the selector as it was given."""

    text: str
    matchers: tuple[Matcher, ...]

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether a series with these labels (its name under `__name__`) is selected."""
        return all(matcher.matches(labels) for matcher in self.matchers)


def parse(text: str, where: str) -> Selector:
    """Parse `metric{label op "value",...}`; `where` names the option or key in an `InputError`.

    The name may be missing, or the braces, but not both; a trailing comma is allowed. Expressions
    (functions, ranges, `or`) are refused.
    """
    start = _NAME.match(text)
    assert start is not None  # every part of the pattern is optional
    matchers = [] if start[1] is None else [Matcher("__name__", "=", start[1])]
    rest = text[start.end() :].rstrip()
    if rest:
        if not (rest.startswith("{") and rest.endswith("}")):
            raise InputError(where, f"{_EXPECTED}, without functions or a range")
        matchers += _matchers(rest[1:-1], where)
    if not matchers:
        raise InputError(where, f"{_EXPECTED}, naming a metric or a label at least")
    return Selector(text.strip(), tuple(matchers))


def _matchers(inside: str, where: str) -> list[Matcher]:
    found: list[Matcher] = []
    at = 0
    while inside[at:].strip():
        match = _MATCHER.match(inside, at)
        if match is None:
            raise InputError(where, f"{_EXPECTED}; cannot read it at {inside[at : at + 30]!r}")
        found.append(_matcher(match[1], match[2], match[3][1:-1], where))
        at = match.end()
        if at < len(inside):
            if inside[at] != ",":
                raise InputError(where, f"{_EXPECTED}; expected a comma at {inside[at:][:30]!r}")
            at += 1
    return found


def _matcher(label: str, operator: str, quoted: str, where: str) -> Matcher:
    value = _ESCAPE.sub(_unescape, quoted)
    if operator == "=" or operator == "!=":
        return Matcher(label, "=" if operator == "=" else "!=", value)
    try:
        with warnings.catch_warnings():  # of what RE2 reads otherwise, such as [[:alpha:]]
            warnings.simplefilter("error", FutureWarning)
            pattern = re.compile(value)
    except (re.error, FutureWarning, OverflowError, RecursionError) as error:
        raise InputError(where, f"label {label}: expected a regular expression: {error}") from None
    return Matcher(label, "=~" if operator == "=~" else "!~", value, pattern)


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    if len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if number < sys.maxunicode else "\N{REPLACEMENT CHARACTER}"
    return _ESCAPES.get(code, "\\" + code)
