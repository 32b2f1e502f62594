"""Facts to a postmortem draft in Markdown: what machines know is filled, the rest is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from reports.blocks import Block, drafted, fresh, write
from reports.escape import Markdown, code, fenced, plain
from reports.facts import Incident
from reports.postmortem import Number, Postmortem, Row
from reports.together import together
from reports.view import view

if TYPE_CHECKING:
    from reports.environment import Environment

TEMPLATES = {
    "default": "the sections of published postmortems, the evidence at the end",
    "google": "the example in Google's books on SRE",
    "pagerduty": "what PagerDuty asks for",
    "atlassian": "what Atlassian's handbook asks for",
    "status": "one page for those who were not there",
}
"""The package's own templates, and what each is like."""


class BadTemplate(ValueError):
    """A template of the user's cannot be used: `where` is its name and line."""

    def __init__(self, where: str, expected: str) -> None:
        super().__init__(f"{where}: {plain(expected)}")
        self.where = where
        self.expected = plain(expected)


def render(
    incidents: Incident | Sequence[Incident],
    template: str = "default",
    *,
    source: str | None = None,
    charts: Sequence[str | None] = (),
) -> str:
    """The draft as Markdown (CommonMark, GitHub's tables and footnotes), its facts in blocks.

    The same facts give the same bytes. Several incidents make one draft; the first gives its name.
    `template` names one of the package's own (`ValueError` for another name), or with `source`, its
    text, one of the user's (`BadTemplate`). `charts` are where the pictures will lie, relative to
    the draft or as URLs, one an incident; without one only its text stands there. Labels and notes
    are shown as text whatever they hold.
    """
    if source is None and template not in TEMPLATES:
        raise ValueError(f"template {template!r}: expected one of {', '.join(TEMPLATES)}")
    given = (incidents,) if isinstance(incidents, Incident) else tuple(incidents)
    views = together([view(one) for one in _in_one_zone(given)])
    made: list[Block] = []
    environment = _environment()
    context = _context(views, charts, made, environment)
    text = _filled(environment, template, source, context)
    text = re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"
    return drafted("+".join(one.id for one in views), template, text)


@cache
def _environment() -> Environment:
    from reports.environment import Environment

    return Environment()


def _in_one_zone(incidents: Sequence[Incident]) -> list[Incident]:
    """One draft has one local zone: that of its first incident."""
    return [replace(one, zone=incidents[0].zone) for one in incidents]


def _context(
    views: Sequence[Postmortem],
    charts: Sequence[str | None],
    made: list[Block],
    environment: Environment,
) -> dict[str, Any]:
    """What a template sees: the first incident's fields, all incidents, and a few functions."""
    links = [_link(chart) for chart in charts]
    numbers = {number.ref: number for one in views for number in one.numbers.values()}
    noted = environment.noting()
    return {
        **{field.name: getattr(views[0], field.name) for field in fields(Postmortem)},
        **_merged(views),
        "incidents": tuple(views),
        "charts": tuple(links + [None] * (len(views) - len(links))),
        "block": _blocks(made),
        "footnotes": lambda: _footnotes(numbers, noted),
        "code": code,
        "fenced": fenced,
    }


def _footnotes(numbers: Mapping[str, Number], noted: Mapping[str, None]) -> list[Number]:
    return [number for ref, number in numbers.items() if ref in noted]


def _merged(views: Sequence[Postmortem]) -> dict[str, Any]:
    """What several incidents have in common: one title, and one timeline."""
    if len(views) == 1:
        return {}
    more = ", ".join(one.service for one in views[1:])

    def rows(name: str) -> tuple[Row, ...]:
        every = [
            replace(row, text=f"{one.service}: {row.text}")
            for one in views
            for row in getattr(one, name)
        ]
        return tuple(sorted(every, key=lambda row: row.time.replace("Z", ":00Z")[:20]))

    return {
        "title": f"{views[0].title} (with {more})",
        "timeline": rows("timeline"),
        "key_rows": rows("key_rows"),
        "left_out": sum(one.left_out for one in views),
    }


def _blocks(made: list[Block]) -> Callable[..., Markdown]:
    """The function by which a template says that what it calls holds the program's facts."""

    def block(name: str, caller: Callable[[], str]) -> Markdown:
        if not re.fullmatch("[a-z][a-z0-9_]*", name):
            raise ValueError(f"block {name!r}: expected small letters, digits and _")
        if any(name == one.id for one in made):
            raise ValueError(f"block {name!r}: expected once in a template")
        found = fresh(name, re.sub(r"\n{3,}", "\n\n", str(caller())))
        made.append(found)
        return Markdown(write([found]))

    return block


def _filled(
    environment: Environment, template: str, source: str | None, context: Mapping[str, Any]
) -> str:
    if source is None:
        return environment.get_template(template).render(context)
    from reports.own_template import filled

    return filled(environment, template, source, context)


def _link(chart: str | None) -> Markdown | None:
    """The target of an image; in angle brackets, so that blanks and brackets cannot end it."""
    if chart is None:
        return None
    safe = "".join(c for c in chart if c.isprintable())
    return Markdown("<" + safe.translate({ord("<"): "%3C", ord(">"): "%3E", 92: "%5C"}) + ">")
