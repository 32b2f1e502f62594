"""A suggested rule as a rule file of Prometheus: expressions, annotations, and why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import yaml

from detector.suggesting import Suggestion
from detector.suggesting.family import Threshold
from detector.suggesting.suggest import KEEP_FIRING
from outage_window.errors import one_line
from outage_window.settings.durations import show_duration
from reports.times import about

WIDTH = 96
CONDITIONS = {1: ("",), 2: ("Fast", "Slow"), 3: ("Fast", "Medium", "Slow")}
STEPS = """\
1. Is it real: the board of Outage Window shows the error ratio beside what is usual.
2. What changed in the two hours before: what can be reverted is the first suspect.
3. TODO(owner?): how is the latest change reverted?
4. TODO(owner?): who is told, and after how long is it escalated, to whom?"""


@dataclass(frozen=True, slots=True)
class Selectors:
    """What a service's attempts and errors are selected by; `budget` is 1 - its objective."""

    attempts: str
    errors: str
    budget: float | None = None


def rule_file(service: str, of: Selectors, found: Suggestion, why: Sequence[str]) -> str:
    """A group of the service with a rule for each condition; `why` goes above it as a comment."""
    names = CONDITIONS[len(found.conditions)]
    rules = [
        _rule(service, of, one, name) for one, name in zip(found.conditions, names, strict=True)
    ]
    group = {"name": f"{service}-suggested", "interval": show_duration(found.interval)}
    comment = "".join(f"# {line}\n".replace("# \n", "#\n") for line in wrapped(why))
    return comment + yaml.dump(
        {"groups": [{**group, "rules": rules}]},
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=1000,
    )


def condition(one: Threshold, of: Selectors) -> str:
    """`error ratio over 5m above 5.3 % for 2m`, and the pace of the budget where there is one."""
    spans = " and over ".join(show_duration(span) for span in one.candidate.ranges)
    held = f" for {show_duration(one.candidate.hold)}" if one.candidate.hold else ""
    pace = "" if of.budget is None else f" ({one.ratio / of.budget:.3g} times the budget's pace)"
    return f"error ratio over {spans} above {100 * one.ratio:.3g} %{held}{pace}"


def expression(one: Threshold, of: Selectors) -> str:
    """The condition in PromQL; a threshold against an objective is a multiple of its budget."""
    above = f"{one.ratio:.6g}"
    if of.budget is not None:
        above = f"({one.ratio / of.budget:.6g} * {of.budget:.6g})"
    parts = [
        f"sum(rate({of.errors}[{show_duration(span)}]))\n"
        f"  / sum(rate({of.attempts}[{show_duration(span)}]))\n  > {above}"
        for span in one.candidate.ranges
    ]
    return "\nand\n".join(parts)


def _rule(service: str, of: Selectors, one: Threshold, name: str) -> dict[str, Any]:
    words = [part for part in re.split(r"[^a-zA-Z0-9]+", service) if part]
    camel = "".join(part[0].upper() + part[1:] for part in words) or "Service"
    camel = camel if camel[0].isalpha() else f"Service{camel}"
    rule: dict[str, Any] = {"alert": f"{camel}ErrorRatio{name}", "expr": expression(one, of)}
    if one.candidate.hold:
        rule["for"] = show_duration(one.candidate.hold)
    failing = "{{ $value | humanizePercentage }} of attempts fail"
    return rule | {
        "keep_firing_for": show_duration(KEEP_FIRING),
        "labels": {"service": _literal(service), "severity": "page"},
        "annotations": {
            "summary": f"{_literal(service)}: {failing}",
            "description": f"The {condition(one, of)}.",
            "runbook": STEPS,
        },
    }


def _literal(text: str) -> str:
    """What a template prints as this very text."""
    return text.replace("{{", '{{ "{{" }}')


def wrapped(why: Sequence[str]) -> list[str]:
    """Lines of `WIDTH` characters at most; a name from outside breaks none."""
    lines: list[str] = []
    for text in why:
        lines += wrap(one_line(" ".join(text.split())), WIDTH, subsequent_indent="  ") or [""]
    return lines


class _Dumper(yaml.SafeDumper):
    """Writes an expression of several lines as people do, as a block."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def reasons(of: Selectors, found: Suggestion) -> list[str]:
    """Why these conditions: what was learnt from, and what is expected of them."""
    told = [
        f"Learnt from {found.weeks:.3g} weeks of normal running and {_counted(found.outages)};"
        f" {found.tried} conditions compared, each at the least threshold that should cause no"
        f" more than {found.a_week:.3g} false alarms a week.",
        *(f"- {condition(one, of)}" for one in found.conditions),
        "Expected delay from onset, by outages put into that history:",
    ]
    for one in found.expected:
        seconds = one.seconds
        delay = "no more than half of them within 3 h"
        if seconds.value is not None and seconds.high is not None:
            delay = f"{about(seconds.value)} (95 % within {about(seconds.high)})"
        told.append(f"- {100 * one.size:.0f} % more of the attempts fail: {delay}")
    return told


def _counted(outages: int) -> str:
    return "1 outage" if outages == 1 else f"{outages or 'no'} outages"
