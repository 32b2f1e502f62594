"""YAML with the line of every key, secrets from files, and the environment laid over both."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

PREFIX = "OUTAGE_WINDOW_"
FILE_SUFFIX = "_file"
SECRETS = ("token", "secret", "password")
"""The keys of secrets, which may also be given as a file each."""

Key = tuple[str | int, ...]

LEAST_KEY = 32
"""Bytes of a key of user ids: fewer could be guessed."""
MOST_VALUES = 100_000
"""Aliases of YAML can stand for any number of values: more than this are no settings."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: the line (0: not in the file), the key, and what was expected.

    `file` is the one that it stands in, where that is not the settings file itself.
    """

    line: int
    key: str
    expected: str
    file: str = ""


@dataclass(slots=True)
class Source:
    """Raw values with the place that each came from: a line of the file, or a variable's name."""

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[Key, int] = field(default_factory=dict)
    variables: dict[Key, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    count: int = 0

    def line(self, key: Key) -> int:
        """The line of a key, or of the nearest one above it that stands in the file; 0 if the key
        was given by a variable."""
        if any(key[:n] in self.variables for n in range(1, len(key) + 1)):
            return 0
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 0)

    def problem(self, key: Key, expected: str) -> Problem:
        """A problem with a key, named by its line, or by the variable that gave it."""
        names = [name for given, name in self.variables.items() if given[: len(key)] == key]
        line = 0 if names and key not in self.lines else self.line(key)
        return Problem(line, names[0] if names and not line else show_key(key), expected)


def from_yaml(text: str) -> Source:
    """Values and lines of a settings file; what is no YAML becomes a problem."""
    source = Source()
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is not None and not isinstance(node, yaml.MappingNode):
            source.problems.append(Problem(1, "", "expected keys and values, such as services:"))
        elif node is not None:
            source.values = _value(node, (), source)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        source.problems.append(Problem(line, "", f"expected YAML: {error.problem}"))
    except (yaml.YAMLError, ValueError) as error:
        source.problems.append(Problem(0, "", f"expected YAML: {str(error).splitlines()[0]}"))
    except RecursionError:
        source.problems.append(Problem(0, "", "expected YAML nested less deeply"))
    return source


def _scalar(node: yaml.Node) -> Any:
    """A plain value; the library fails in many ways where a tag does not fit its text."""
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (KeyError, AttributeError, IndexError, TypeError):
        mark = node.start_mark
        raise yaml.MarkedYAMLError(None, None, f"no value for {node.tag}", mark) from None


def overlay(source: Source, environ: Mapping[str, str]) -> None:
    """Lay variables such as OUTAGE_WINDOW_WEB__LISTEN over the values; they win.

    `__` goes one level down, numbers index lists; lists and mappings are written as YAML.
    """
    for name in sorted(environ):
        if not name.startswith(PREFIX):
            continue
        parts = name.removeprefix(PREFIX).lower().split("__")
        key = tuple(int(part) if re.fullmatch("[0-9]{1,6}", part) else part for part in parts)
        text = environ[name]
        value = _listed(text)
        if _put(source.values, key, value):
            source.variables[key] = name
        else:
            source.problems.append(Problem(0, name, "expected the name of a setting"))


def read_secrets(source: Source, folder: Path, meant: Callable[[Key, str], bool]) -> None:
    """Replace each `token_file` by a `token` that holds what the file does, trimmed.

    `meant` says whether a secret of that name may stand at a place. A key of user ids may be any
    bytes: that its file has enough of them is all that is looked at.
    """
    for above, part in _mappings(source.values):
        for name in SECRETS:
            if name + FILE_SUFFIX in part and meant(above, name):
                _read_secret(source, above, part, name, folder)
    _check_user_key(source, folder)


def _read_secret(source: Source, above: Key, part: dict[str, Any], name: str, folder: Path) -> None:
    key: Key = (*above, name + FILE_SUFFIX)
    file = part.pop(name + FILE_SUFFIX)
    if name in part:
        expected = f"expected {name} or {name}{FILE_SUFFIX}, not both"
        source.problems.append(source.problem(key, expected))
        return
    # The file is the problem then, and not that there is no token.
    part[name] = "unread"
    try:
        secret = (folder / str(file)).read_text("utf-8").strip()
    except (OSError, ValueError):
        source.problems.append(source.problem(key, f"expected a file that can be read: {file}"))
        return
    if not secret:
        source.problems.append(source.problem(key, f"expected a secret in the file {file}"))
        return
    part[name] = secret


def _mappings(values: Any) -> list[tuple[Key, dict[str, Any]]]:
    """Every mapping in the values, with its place."""
    found: list[tuple[Key, dict[str, Any]]] = []
    left: list[tuple[Key, Any]] = [((), values)]
    while left:
        key, value = left.pop()
        if isinstance(value, dict):
            found.append((key, value))
            left += [((*key, name), inner) for name, inner in value.items()]
        elif isinstance(value, list):
            left += [((*key, index), inner) for index, inner in enumerate(value)]
    return found


def _check_user_key(source: Source, folder: Path) -> None:
    """Make the path of the key of user ids whole; the file itself is read by the store."""
    part = source.values.get("attempts")
    if not isinstance(part, dict) or not isinstance(part.get("user_key_file"), str):
        return
    file = folder / part["user_key_file"]
    part["user_key_file"] = str(file)
    try:
        size = len(file.read_bytes())
    except OSError:
        size = 0
    if size < LEAST_KEY:
        expected = f"expected a file of at least {LEAST_KEY} bytes: {file}"
        source.problems.append(source.problem(("attempts", "user_key_file"), expected))


def show_key(key: Key) -> str:
    """`services[0].name`, as a person would write it."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _listed(text: str) -> Any:
    """A list or mapping where the text is one in YAML, else the text itself."""
    if text[:1] not in ("[", "{"):
        return text
    found = Source()
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        return text if node is None else _value(node, (), found)
    except (yaml.YAMLError, ValueError, RecursionError):  # such as an IPv6 address
        return text


def _value(node: yaml.Node, key: Key, source: Source) -> Any:
    source.lines.setdefault(key, node.start_mark.line + 1)
    source.count += 1
    if source.count > MOST_VALUES:
        raise yaml.YAMLError(f"more than {MOST_VALUES} values, aliases unfolded")
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*key, i), source) for i, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return _scalar(node)
    found: dict[str, Any] = {}
    for name_node, value_node in node.value:
        name = str(getattr(name_node, "value", ""))
        inner: Key = (*key, name)
        line = name_node.start_mark.line + 1
        if name in found:
            source.problems.append(Problem(line, show_key(inner), "expected the key once"))
        source.lines[inner] = line
        found[name] = _value(value_node, inner, source)
    return found


def _put(values: Any, key: Key, value: Any) -> bool:
    for part, following in zip(key, (*key[1:], None), strict=True):
        last = following is None
        if isinstance(values, list) and isinstance(part, int) and part <= len(values):
            if part == len(values):
                values.append({})
        elif not (isinstance(values, dict) and isinstance(part, str) and part):
            return False
        if last:
            values[part] = value
        elif isinstance(values, dict):
            empty: Any = [] if isinstance(following, int) else {}
            if values.get(str(part)) is None:
                values[str(part)] = empty
            values = values[str(part)]
        else:
            values = values[int(part)]
    return True
