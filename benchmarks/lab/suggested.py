"""Suggested rules on the reference outages: learnt in the weeks before, judged on what follows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from click.testing import CliRunner

from benchmarks.lab.report import Line
from outage_window.cli.rules import command
from outage_window.demo.counters import scrape
from outage_window.demo.model import Outage
from outage_window.demo.references import ACCOUNTS, IDENTITY
from outage_window.demo.simulate import simulate
from outage_window.demo.writers import write_openmetrics

SOON, FALSE_ALARMS = 300.0, 1
"""Seconds from onset, and false alarms in the eight weeks that are kept out."""
HISTORY = 8 * 7 * 86_400.0
BEFORE = 3600.0
"""Seconds before the outage at which learning ends: the rule never saw it."""
KEPT_OUT = (ACCOUNTS, IDENTITY)


@dataclass(frozen=True, slots=True)
class Did:
    """What all conditions of the suggested rule did in the weeks kept out."""

    ttd: float | None
    false_alarms: int


def lines(seed: int, seeds: int) -> list[Line]:
    """A line for each reference and seed."""
    return [
        _line(outage, number, did(outage, number))
        for outage in KEPT_OUT
        for number in range(seed, seed + seeds)
    ]


def did(outage: Outage, seed: int, history: float = HISTORY) -> Did:
    """Suggest by the command, on an export, and judge the file that it writes by the other one."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        export, rules = folder / "export.om", folder / "rules.yml"
        attempts = simulate(outage, seed, history=history)
        write_openmetrics(scrape(outage, attempts, seed), export, attempts.begin, attempts.end)
        split = _time(outage.start - BEFORE)
        _run("suggest", str(export), "--split", split, "-o", str(rules))
        said = _run(
            "backtest", str(export), "--rules", str(rules), "--from", split, "--format", "json"
        )
    found: list[dict[str, Any]] = json.loads(said)["rules"]
    waits = [one["detections"][0]["ttd_seconds"]["value"] for one in found if one["detections"]]
    return Did(min((wait for wait in waits if wait is not None), default=None), _false(found))


def _false(found: list[dict[str, Any]]) -> int:
    """False alarms of all conditions together: those that overlap are one."""
    spans = sorted(
        (episode["fired_at"], episode["ended_at"] or "9999")
        for one in found
        for episode in one["episodes"]
        if episode["false_alarm"]
    )
    count, reached = 0, ""
    for begin, end in spans:
        count += begin > reached
        reached = max(reached, end)
    return count


def _run(*arguments: str) -> str:
    answer = CliRunner().invoke(command, list(arguments), catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _line(outage: Outage, seed: int, found: Did) -> Line:
    seen = "missed" if found.ttd is None else f"{found.ttd:.0f} s"
    soon = found.ttd is not None and found.ttd <= SOON
    return Line(
        f"{outage.id}, seed {seed}: TTD; false alarms in the 8 weeks kept out",
        f"≤ {SOON:.0f} s; ≤ {FALSE_ALARMS}",
        f"{seen}; {found.false_alarms}",
        soon and found.false_alarms <= FALSE_ALARMS,
    )
