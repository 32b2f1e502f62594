"""What `promtool` prints: `tsdb dump` (milliseconds), and `query range` or `instant` (seconds)."""

from __future__ import annotations

import re

from outage_window.errors import InputError
from outage_window.sources import lines as gathered
from outage_window.sources.files import Head, Source
from outage_window.sources.lines import Texts
from outage_window.sources.reading import Reading
from outage_window.sources.sampled import SampleFile
from outage_window.sources.times import UNITS
from webhooks.bodies import clean

_QUOTED = r'"(?:[^"\\\n]|\\.)*"'
_LABEL = rf"(?:[a-zA-Z_][a-zA-Z0-9_]*|{_QUOTED})={_QUOTED}"
_LABELS = rf"\{{(?:{_LABEL}(?:, ?{_LABEL})*)?\}}"
_DUMPED = re.compile(rf"({_LABELS}) (\S+) (\S+)")
_SERIES = re.compile(rf"((?:[a-zA-Z_:][a-zA-Z0-9_:]*)?(?:{_LABELS})?) =>(?: (.*))?")
_VALUE = re.compile(r"(\S+) @\[(\S+)\]")
_PAIR = re.compile(rf"([a-zA-Z_][a-zA-Z0-9_]*|{_QUOTED})=({_QUOTED})")
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_HISTOGRAM = re.compile(r"\{count:")

_DUMP = re.compile(rb'\{\s*("([^"\\]|\\.)*"|[a-zA-Z_]\w*)\s*=')
_QUERY = re.compile(rb"([a-zA-Z_:][a-zA-Z0-9_:]*)?(\{.*\})? =>( |$)|(scalar|string): .* @\[")

Found = tuple[Texts, float]
"""The samples by series, and how many of the time's units make a second."""


def claims(head: Head) -> bool:
    """Whether a file begins with a line of a dump, or with a series of a query."""
    return bool(_QUERY.match(head.first) or _DUMP.match(head.first))


def read(source: Source, reading: Reading) -> SampleFile:
    """Read a whole output, or several of one command; `InputError` names the line of what is none.

    NaN (stale ones too) means no sample. An instant of one moment is no series, a native histogram
    no counter: both are refused.
    """
    lines = source.text().split("\n")
    first = next(line for line in lines if line.strip()).strip().encode()
    texts, scale = (_query if _QUERY.match(first) else _dump)(source, lines)
    columns = gathered.numbers(texts, lambda number: _unreadable(source, number, lines[number - 1]))
    series = gathered.series(columns, scale, _labels, source)
    if scale == 1.0 and not any(len(set(one.time)) > 1 for one in columns):
        raise InputError(
            source.name,
            "one moment of each series; expected promtool query range, or query instant with a"
            " range such as x[6h]",
        )
    return SampleFile(source.origin(sum(len(s.time) for s in series)), series)


def _dump(source: Source, lines: list[str]) -> Found:
    """A sample a line, its name among the labels."""
    texts: Texts = {}
    for number, line in enumerate(lines, 1):
        line = line.strip()
        parts = _DUMPED.fullmatch(line)
        if parts is not None:
            _add(texts, parts[1], parts[3], parts[2], number)
        elif line:
            raise _unreadable(source, number, line)
    return texts, UNITS["ms"]


def _query(source: Source, lines: list[str]) -> Found:
    """A line for each series, and its samples on lines below; an instant's is on the same line."""
    texts: Texts = {}
    key: str | None = None
    for number, line in enumerate(lines, 1):
        line = line.strip()
        head = _SERIES.fullmatch(line)
        if head is not None:
            key, line = head[1], head[2] or ""
        parts = _VALUE.fullmatch(line)
        if parts is not None and key is not None:
            _add(texts, key, parts[2], parts[1], number)
        elif line:
            raise _unreadable(source, number, line)
    return texts, UNITS["s"]


def _add(texts: Texts, key: str, time: str, value: str, number: int) -> None:
    times, values, numbers = texts.setdefault(key, ([], [], []))
    times.append(time)
    values.append(value)
    numbers.append(number)


def _labels(key: str) -> dict[str, str]:
    name = key.partition("{")[0]
    labels = {"__name__": name} if name else {}
    for label, value in _PAIR.findall(key[len(name) :]):
        labels[_unquoted(label) if label.startswith('"') else label] = _unquoted(value)
    return labels


def _unquoted(text: str) -> str:
    return clean(_ESCAPE.sub(_unescape, text[1:-1]))


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    if len(code) > 1:
        number = int(code[1:], 16)
        byte = code.startswith("x") and number > 0x7F  # of what is no UTF-8
        return chr(number) if number <= 0x10FFFF and not byte else "\N{REPLACEMENT CHARACTER}"
    return _ESCAPES.get(code, code)


def _unreadable(source: Source, number: int, line: str) -> InputError:
    if _HISTOGRAM.search(line):
        return InputError(source.place(number), "a native histogram; expected a counter")
    if line.strip().startswith(("scalar: ", "string: ")):
        return InputError(source.place(number), "a scalar or string; expected series")
    return InputError(
        source.place(number),
        'not a line of promtool\'s; expected {__name__="x"} value milliseconds (tsdb dump), or'
        ' x{label="value"} => and then value @[seconds] (query)',
    )
