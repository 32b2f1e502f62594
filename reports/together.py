"""Several incidents in one draft: the footnotes of each get names of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from reports.escape import renumbered
from reports.postmortem import Number, Postmortem


def together(views: Sequence[Postmortem]) -> tuple[Postmortem, ...]:
    """The views as one draft can hold them: the second one's footnotes end in `_2`."""
    return tuple(view if n == 1 else _apart(view, f"_{n}") for n, view in enumerate(views, start=1))


def _apart(value: Any, ending: str) -> Any:
    if isinstance(value, str):
        return renumbered(value, ending)
    if isinstance(value, tuple):
        return tuple(_apart(one, ending) for one in value)
    if isinstance(value, Mapping):
        return {name: _apart(one, ending) for name, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        found = {f.name: _apart(getattr(value, f.name), ending) for f in fields(value)}
        if isinstance(value, Number):
            found["ref"] += ending
        return replace(value, **found)
    return value
