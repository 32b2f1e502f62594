"""Which metrics an expression names: a look at its words, for what must be there beforehand."""

from __future__ import annotations

import re

_IGNORED = re.compile(r"""#[^\n]*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`""")
_BRACES = re.compile(r"\{[^{}]*\}")
_RANGES = re.compile(r"\[[^\[\]]*\]")
_LISTS = re.compile(
    r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^()]*)\)", re.IGNORECASE
)
_OFFSET = re.compile(r"\boffset\s+-?[0-9a-z]+", re.IGNORECASE)
_NAME = re.compile(r"(?<![\w:.])([a-zA-Z_:][\w:]*)(?![\w:])(\s*\()?")
_WORDS = frozenset(
    {"and", "or", "unless", "atan2", "bool", "by", "without", "on", "ignoring", "group_left"}
    | {"group_right", "offset", "inf", "nan", "sum", "avg", "min", "max", "count", "stddev"}
    | {"stdvar", "topk", "bottomk", "quantile", "count_values", "group"}
)
_NAMED = re.compile(r'\{[^{}]*__name__\s*=\s*"([a-zA-Z_:][\w:]*)"')


def metrics_of(expr: str) -> set[str]:
    """The names of metrics that stand in an expression of PromQL that parses.

    A name that is only matched by a pattern (`{__name__=~"..."}`) is not found.
    """
    found = set(_NAMED.findall(expr))
    text = _IGNORED.sub('""', expr)
    for what in (_BRACES, _RANGES):
        text = what.sub(" ", text)
    text = _OFFSET.sub(" ", _LISTS.sub(" ", text))
    for name, call in _NAME.findall(text):
        if not call and name.lower() not in _WORDS:
            found.add(name)
    return found
