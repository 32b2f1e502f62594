"""What a template can print, as a list for those who write one: made from the types themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from reports.postmortem import Postmortem

FUNCTIONS = (
    ('block("name")', 'a block of facts: {% call block("name") %} … {% endcall %}'),
    ("footnotes()", "the numbers whose marks were printed so far, for their footnotes"),
    ("code(text)", "a text as a code span"),
    ("fenced(text)", "a text as a code block"),
    ("charts", "the target of the picture of each incident; none where there is none"),
    (
        "incidents",
        "every incident of the draft, with all of the above; the first stands alone, too",
    ),
)


def variables() -> list[tuple[str, str]]:
    """(Name, what it is) of everything that a template can print."""
    return [*_fields(Postmortem, "", {}), *FUNCTIONS]


def listed() -> str:
    """The list as text, a line each."""
    found = variables()
    width = max(len(name) for name, _ in found)
    return "".join(f"{name.ljust(width)}  {what}\n" for name, what in found)


def _fields(kind: type, before: str, known: dict[Any, str]) -> Iterator[tuple[str, str]]:
    """The fields of a type, and those of what they hold: of each type only where it comes first."""
    for name, hint in get_type_hints(kind, include_extras=True).items():
        if get_origin(hint) is not Annotated:
            continue
        inner, what = get_args(hint)[:2]
        element, mark = _element(inner)
        path = f"{before}{name}{mark}"
        if not is_dataclass(element):
            yield path, what
        elif element in known:
            yield path, f"{what}, each as {known[element]}"
        else:
            known[element] = path
            yield path, what
            yield from _fields(element, f"{path}.", known)  # type: ignore[arg-type]


def _element(hint: Any) -> tuple[Any, str]:
    """What a list or mapping holds, and how one of it is written."""
    arguments = get_args(hint)
    if get_origin(hint) is tuple:
        return arguments[0], "[]"
    if get_origin(hint) is Mapping:
        return arguments[1], "[ID]"
    return hint, ""
