"""The backtest as a table for a terminal, a line a rule, and a sentence each below."""

from __future__ import annotations

from textwrap import wrap

from detector.alarms import Score
from outage_window.errors import one_line
from outage_window.rules.backtest import Backtest, Result, windows_in
from outage_window.rules.document import rate, summary
from reports.times import about, utc

WIDTH = 100
LISTED = 5
_HEADS = ("RULE", "SERVICE", "CAUGHT", "TTD", "FALSE A WEEK", "PAGES A WEEK", "BEYOND")


def text(found: Backtest) -> str:
    """Render for reading, at most 100 columns wide."""
    lines = [*_headline(found), ""]
    scored = [(one, one.score) for one in found.results if one.score is not None]
    if scored:
        lines += [*_table([_row(one, score) for one, score in scored]), ""]
    lines += _paragraphs("In words", [summary(one) for one, _ in scored])
    refused = [f"{one.rule.place}: {one.refused}" for one in found.results if one.score is None]
    lines += _paragraphs("NOT KNOWN", refused)
    lines += _paragraphs("Notes", [*found.notes, *_gaps(found)])
    return "\n".join(lines).rstrip() + "\n"


def _headline(found: Backtest) -> list[str]:
    outages = sum(len(windows_in(one, found.start, found.end)) for one in found.services)
    rules = len({str(one.rule.place) for one in found.results})
    return [
        f"{rules} rule{'s' * (rules != 1)} on {outages} outage{'s' * (outages != 1)},"
        f" {utc(found.start, 60)} to {utc(found.end, 60)}",
        f"evaluated by {one_line(found.engine)}",
    ]


def _row(one: Result, score: Score) -> tuple[str, ...]:
    ttd, beyond = score.median_ttd.value, score.firing_beyond.value
    return (
        one_line(one.rule.alert),
        one_line(one.service or ""),
        f"{score.caught} of {len(score.outages)}",
        "-" if ttd is None else about(ttd),
        _rate(score.false_alarms_a_week.value),
        _rate(score.pages_a_week.value),
        "-" if beyond is None else about(beyond),
    )


def _rate(value: float | None) -> str:
    return "-" if value is None else rate(value)


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    """The rule's name gets what room the others leave."""
    every = [_HEADS, *rows]
    widths = [max(len(cell) for cell in column) for column in zip(*every, strict=True)]
    room = WIDTH - sum(widths[1:]) - 2 * (len(widths) - 1)
    widths[0] = min(widths[0], max(room, 12))
    lines = []
    for row in every:
        cells = [_cut(row[0], widths[0]).ljust(widths[0]), row[1].ljust(widths[1])]
        cells += [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return lines


def _cut(name: str, width: int) -> str:
    return name if len(name) <= width else f"{name[: width - 1]}…"


def _gaps(found: Backtest) -> list[str]:
    """Each thing that must be said of rules once, with those that it is about."""
    about_rules: dict[str, list[str]] = {}
    for one in {id(result.evaluated): result.evaluated for result in found.results}.values():
        told = list(one.notes)
        if one.refused is None and one.without_data:
            share = 100 * one.without_data / max(one.grid.count, 1)
            told.append(
                f"{one.without_data} of {one.grid.count} evaluations ({share:.2g} %) had no samples"
                " to go by"
            )
        for note in told:
            about_rules.setdefault(note, []).append(one.rule.alert)
    return [f"{_listed(names)}: {note}" for note, names in about_rules.items()]


def _listed(names: list[str]) -> str:
    more = len(names) - LISTED
    shown = ", ".join(names[:LISTED])
    return shown if more <= 0 else f"{shown} and {more} more"


def _paragraphs(title: str, texts: list[str]) -> list[str]:
    if not texts:
        return []
    lines = [title]
    for one in texts:
        lines += wrap(one_line(one), WIDTH, initial_indent="  ", subsequent_indent="    ")
    return [*lines, ""]
