"""Rule files of Prometheus: groups of alerting and recording rules, read strictly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails

from outage_window.errors import InputError
from outage_window.settings.durations import parse_duration
from outage_window.settings.parts import expected
from outage_window.settings.source import Key, Source, from_yaml

_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_SHAPES = {
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "string_type": "text, in quotes if need be",
    "missing": "a value: it is required",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
}


def _duration(value: object) -> float:
    if value in ("0", "0s", 0):
        return 0.0
    try:
        return parse_duration(value)
    except ValueError:
        raise expected("expected a duration such as 0s, 30s, 5m, 1h30m or 1d") from None


def _text(value: object) -> object:
    """Prometheus takes a bare number for text."""
    return str(value) if type(value) in (int, float) else value


def _labels(value: object) -> object:
    if isinstance(value, dict):
        for name in value:
            if not _LABEL.fullmatch(str(name)) or name == "__name__":
                raise expected(f"expected the name of a label, not {name}")
    return value


Duration = Annotated[float, BeforeValidator(_duration)]
Text = Annotated[str, BeforeValidator(_text)]
Labels = Annotated[dict[str, Text], BeforeValidator(_labels)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Rule(_Part):
    alert: Text | None = None
    record: Text | None = None
    expr: Text
    for_: Duration = 0.0
    keep_firing_for: Duration = 0.0
    labels: Labels = {}
    annotations: dict[str, Text] = {}

    @model_validator(mode="before")
    @classmethod
    def _renamed(cls, value: Any) -> Any:
        """`for` is a word of Python's."""
        if isinstance(value, dict) and "for" in value:
            return {("for_" if name == "for" else name): one for name, one in value.items()}
        return value

    @model_validator(mode="after")
    def _either(self) -> _Rule:
        if (self.alert is None) == (self.record is None):
            raise expected("expected alert or record, one of them")
        if not self.expr.strip():
            raise expected("expected an expression; expr is empty")
        if self.record is not None and not _METRIC.fullmatch(self.record):
            raise expected("expected the name of a metric under record")
        if self.record is not None and (self.for_ or self.keep_firing_for or self.annotations):
            raise expected("expected for, keep_firing_for and annotations only with alert")
        return self


class _Group(_Part):
    name: Text
    interval: Duration | None = None
    limit: int = 0
    query_offset: Duration = 0.0
    rules: tuple[_Rule, ...] = ()


class _File(_Part):
    groups: tuple[_Group, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule stands; as text it is how errors and reports name it."""

    file: str
    line: int
    group: str
    rule: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: group {self.group}, rule {self.rule}"


@dataclass(frozen=True, slots=True)
class AlertingRule:
    """An alerting rule; durations in seconds, `interval` None where its group sets none.

    `limit` is the most alerts that its group allows it (0: any number), `offset` how far back its
    group asks.
    """

    place: Place
    alert: str
    expr: str
    hold: float
    keep_firing: float
    labels: dict[str, str]
    annotations: dict[str, str]
    interval: float | None
    limit: int = 0
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class RecordingRule:
    """A recording rule, as `AlertingRule`."""

    place: Place
    record: str
    expr: str
    labels: dict[str, str]
    interval: float | None
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of some files, in their order."""

    alerting: tuple[AlertingRule, ...]
    recording: tuple[RecordingRule, ...]


def read(paths: Sequence[str]) -> Rules:
    """Read rule files; `InputError` names file, line, group, rule, field and what was expected.

    At least one alerting rule is expected in all of them. The expressions are not looked at.
    """
    return of_texts([(path, _text_of(path)) for path in paths])


def of_texts(texts: Sequence[tuple[str, str]]) -> Rules:
    """As `read`, of (name, text)."""
    found = [rule for path, text in texts for rule in _of(path, text)]
    alerting = tuple(rule for rule in found if isinstance(rule, AlertingRule))
    if not alerting:
        raise InputError(
            ", ".join(path for path, _ in texts),
            "expected at least one alerting rule (alert: NAME)",
        )
    return Rules(alerting, tuple(rule for rule in found if isinstance(rule, RecordingRule)))


def _text_of(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError as error:
        raise InputError(path, f"expected a rule file ({error.strerror})") from None
    except UnicodeDecodeError:
        raise InputError(path, "expected text in UTF-8") from None


def _of(path: str, text: str) -> Iterator[AlertingRule | RecordingRule]:
    source = from_yaml(text)
    if source.problems:
        problem = source.problems[0]
        where = f"{path}:{problem.line}" if problem.line else path
        raise InputError(": ".join(filter(None, (where, problem.key))), problem.expected)
    try:
        file = _File.model_validate(source.values)
    except ValidationError as error:
        raise _wrong(path, source, error.errors(include_url=False)[0]) from None
    names = [group.name for group in file.groups]
    for i, group in enumerate(file.groups):
        if group.name in names[:i]:
            where = f"{path}:{source.line(('groups', i, 'name'))}: group {group.name}, name"
            raise InputError(where, "expected a name of its own: it is taken in this file")
        for j, rule in enumerate(group.rules):
            yield _rule(path, source.line(("groups", i, "rules", j, "expr")), group, rule)


def _rule(path: str, line: int, group: _Group, rule: _Rule) -> AlertingRule | RecordingRule:
    interval = group.interval or None
    if rule.record is not None:
        place = Place(path, line, group.name, rule.record)
        return RecordingRule(
            place, rule.record, rule.expr, rule.labels, interval, group.query_offset
        )
    assert rule.alert is not None  # one of them is there
    return AlertingRule(
        place=Place(path, line, group.name, rule.alert),
        alert=rule.alert,
        expr=rule.expr,
        hold=rule.for_,
        keep_firing=rule.keep_firing_for,
        labels=rule.labels,
        annotations=rule.annotations,
        interval=interval,
        limit=group.limit,
        offset=group.query_offset,
    )


def _wrong(path: str, source: Source, detail: ErrorDetails) -> InputError:
    key = tuple("for" if part == "for_" else part for part in detail["loc"])
    line = source.line(key)
    where = f"{path}:{line}" if line else path
    return InputError(f"{where}: {_named(key, source.values)}".rstrip(": "), _expectation(detail))


def _named(key: Key, values: Any) -> str:
    """`group auth, rule HighErrors, for`: what has a name is called by it, else by its number."""
    parts, at = [], values
    for part in key:
        at = _inside(at, part)
        if isinstance(part, str):
            parts += [] if part in ("groups", "rules") else [part]
        else:
            given = at if isinstance(at, dict) else {}
            names = [given.get(key) for key in ("name", "alert", "record")]
            name = next((name for name in names if isinstance(name, str | int)), part + 1)
            parts.append(f"{'rule' if parts else 'group'} {name}")
    return ", ".join(parts)


def _inside(at: Any, part: str | int) -> Any:
    if isinstance(at, list):
        return at[part] if isinstance(part, int) and part < len(at) else None
    return at.get(part) if isinstance(at, dict) else None


def _expectation(detail: ErrorDetails) -> str:
    if detail["type"] == "extra_forbidden":
        return "unknown key, expected one that Prometheus knows here"
    if detail["type"] in _SHAPES:
        return f"expected {_SHAPES[detail['type']]}"
    message = detail["msg"]
    return message if message.startswith("expected") else f"expected {message.lower()}"
