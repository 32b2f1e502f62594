"""Text of samples with times: OpenMetrics (seconds), and Prometheus's own, as of `/federate`."""

from __future__ import annotations

import re

import numpy as np

from outage_window.errors import InputError
from outage_window.sources import lines as gathered
from outage_window.sources.files import Head, Source
from outage_window.sources.lines import Columns, Texts
from outage_window.sources.reading import Reading
from outage_window.sources.sampled import SampleFile
from outage_window.sources.times import UNITS, unit_of

_NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*"
_VALUE = r'"((?:[^"\\\n]|\\.)*)"'
_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\.)*"'
_LINE = re.compile(
    rf"({_NAME})"
    rf"(\{{(?:{_LABEL}(?:,{_LABEL})*,?)?\}})?"
    r" ([^ \n#]+)(?: ([^ \n#]+))?(?: # .*)?"
)
_LOOSE_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*[ \t]*=[ \t]*"(?:[^"\\\n]|\\.)*"[ \t]*'
_LOOSE = re.compile(  # Prometheus's text has blanks wherever one likes them
    rf"[ \t]*({_NAME})"
    rf"(?:[ \t]*(\{{[ \t]*(?:{_LOOSE_LABEL}(?:,[ \t]*{_LOOSE_LABEL})*(?:,[ \t]*)?)?\}})[ \t]*"
    r"|[ \t]+)"
    r"([^ \t\n#{}]+)(?:[ \t]+([^ \t\n#]+))?[ \t]*"
)
_PAIR = re.compile(rf"([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*{_VALUE}")
_ESCAPE = re.compile(r"\\(.)")
_NEWLINE = {"n": "\n"}
_SAMPLE = re.compile(
    rb"[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})?[ \t]+([+-]?[0-9.]+\S*|NaN|[+-]?Inf)(\s|$)"
)
END = "# EOF"


def claims(head: Head) -> bool:
    """Whether a file begins with a comment or a sample as these texts write them."""
    return head.first.startswith((b"# ", b"#\t")) or bool(_SAMPLE.match(head.first))


def read(source: Source, reading: Reading) -> SampleFile:
    """Read a whole exposition; `InputError` names the line of what is none.

    A text that ends in `# EOF` is OpenMetrics, its times are seconds. Any other is Prometheus's
    text, perhaps of several scrapes, and has milliseconds: if its times cannot be that, it is
    refused unless `reading.time_unit` says what they are. Every sample needs a time: without times
    there is no series. Exemplars are ignored, NaN (stale ones too) means no sample.
    """
    lines = source.text().rstrip().split("\n")
    marked = lines[-1].rstrip() == END
    texts: Texts = {}
    match = (_LINE if marked else _LOOSE).fullmatch
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            continue
        parts = match(line.removesuffix("\r"))
        if parts is None or parts[4] is None:
            if not marked and line.lstrip()[:1] in ("", "#"):
                continue
            raise _unreadable(source, number, marked, parts is not None)
        times, values, numbers = texts.setdefault(parts[1] + (parts[2] or ""), ([], [], []))
        times.append(parts[4])
        values.append(parts[3])
        numbers.append(number)
    columns = gathered.numbers(texts, lambda number: _unreadable(source, number, marked, False))
    scale = 1.0 if marked else _scale(columns, reading, source, len(lines))
    series = gathered.series(columns, scale, _labels, source)
    return SampleFile(source.origin(sum(len(s.time) for s in series)), series)


def _scale(columns: list[Columns], reading: Reading, source: Source, last: int) -> float:
    """What to divide times by that stand in a text without `# EOF`."""
    if reading.time_unit is not None:
        return UNITS[reading.time_unit]
    if not columns:
        return 1.0
    unit = unit_of(np.concatenate([one.time for one in columns]))
    if unit == "ms":
        return UNITS["ms"]
    if unit == "s":
        raise InputError(
            source.place(last),
            f"times in seconds, so expected OpenMetrics text ending in {END} (was it cut?);"
            " --time-unit s takes it as it is",
        )
    raise InputError(
        source.place(columns[0].lines[0]),
        "cannot tell the unit of times that are not all milliseconds between 2000 and 2100;"
        " --time-unit s, ms, us or ns settles it",
    )


def _labels(key: str) -> dict[str, str]:
    name, _, rest = key.partition("{")
    labels = {"__name__": name}
    return labels | {label: _ESCAPE.sub(_unescape, text) for label, text in _PAIR.findall(rest)}


def _unescape(match: re.Match[str]) -> str:
    return _NEWLINE.get(match[1], match[1])


def _unreadable(source: Source, number: int, marked: bool, timeless: bool) -> InputError:
    what = "a sample without a time, as in a single scrape" if timeless else "not a sample"
    form = 'OpenMetrics: name{label="value"} value seconds'
    if not marked:
        form = 'name{label="value"} value milliseconds, as /federate gives it'
    return InputError(source.place(number), f"{what}; expected {form}")
