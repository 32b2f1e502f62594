"""OpenMetrics text whose samples carry times, as it is written for back-filling."""

from __future__ import annotations

import re

import numpy as np

from outage_window.errors import InputError
from outage_window.sources.files import Source
from outage_window.sources.samples import Sampled, SampleFile
from outage_window.sources.times import plausible

_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\.)*"'
_LINE = re.compile(
    r"([a-zA-Z_:][a-zA-Z0-9_:]*)"
    rf"(\{{(?:{_LABEL}(?:,{_LABEL})*,?)?\}})?"
    r" ([^ \n#]+)(?: ([^ \n#]+))?(?: # .*)?"
)
_PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\.)*)"')
_ESCAPE = re.compile(r"\\(.)")
_NEWLINE = {"n": "\n"}
END = "# EOF"


def read(source: Source) -> SampleFile:
    """Read a whole exposition; `InputError` names the line of what is not OpenMetrics.

    Every sample needs a time (seconds): without times there is no series. Exemplars are ignored,
    NaN (stale ones too) means no sample. The last line must be `# EOF`, else the file was cut.
    """
    lines = source.text().rstrip().split("\n")
    if lines[-1].rstrip() != END:
        raise InputError(source.place(len(lines)), f"expected OpenMetrics text ending in {END}")
    found: dict[str, tuple[list[str], list[str], list[int]]] = {}
    match = _LINE.fullmatch
    for number, line in enumerate(lines[:-1], 1):
        if line.startswith("#"):
            continue
        parts = match(line.removesuffix("\r"))
        if parts is None or parts[4] is None:
            raise _unreadable(source, number, parts is not None)
        times, values, numbers = found.setdefault(parts[1] + (parts[2] or ""), ([], [], []))
        times.append(parts[4])
        values.append(parts[3])
        numbers.append(number)
    series = tuple(_series(source, key, *columns) for key, columns in found.items())
    return SampleFile(source.origin(sum(len(s.time) for s in series)), series)


def _series(
    source: Source, key: str, times: list[str], values: list[str], numbers: list[int]
) -> Sampled:
    try:
        time = np.array(list(map(float, times)))
        value = np.array(list(map(float, values)))
    except ValueError:
        number = next(
            n for n, *texts in zip(numbers, times, values, strict=True) if not _are_floats(texts)
        )
        raise _unreadable(source, number, False) from None
    if not plausible(time).all():
        number = numbers[int(np.argmin(plausible(time)))]
        raise InputError(source.place(number), "expected a time in seconds, 1970 to 2200")
    name, _, rest = key.partition("{")
    labels = {"__name__": name}
    labels |= {label: _ESCAPE.sub(_unescape, text) for label, text in _PAIR.findall(rest)}
    known = ~np.isnan(value)
    return Sampled(labels, time[known], value[known])


def _are_floats(texts: list[str]) -> bool:
    try:
        return all(float(text) is not None for text in texts)
    except ValueError:
        return False


def _unescape(match: re.Match[str]) -> str:
    return _NEWLINE.get(match[1], match[1])


def _unreadable(source: Source, number: int, timeless: bool) -> InputError:
    what = "a sample without a time" if timeless else "not a sample"
    return InputError(
        source.place(number), f'{what}; expected OpenMetrics: name{{label="value"}} value seconds'
    )
