"""How close the detector comes to the five reference outages: script/bench references [SEEDS]."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field

import numpy as np

from detector.detect import detect
from detector.increase import Counter, increases
from detector.model import Options
from outage_window.demo.counters import Scraped, scrape
from outage_window.demo.model import Outage
from outage_window.demo.references import REFERENCES, moved
from outage_window.demo.simulate import simulate
from outage_window.demo.traffic import MOOD


@dataclass
class Score:
    """What 20 seeds of one outage came to: seconds of error and width, edges covered, windows."""

    errors: dict[str, list[float]] = field(default_factory=lambda: {"start": [], "end": []})
    widths: list[float] = field(default_factory=list)
    covered: int = 0
    truths: int = 0
    missed: int = 0
    false: int = 0


def counters(series: list[Scraped], result: str | None = None) -> list[Counter]:
    """Take the request counters as a source does: all of them, or those of one result."""
    return [
        Counter(one.labels["instance"], one.time, one.value)
        for one in series
        if one.name == "auth_requests_total" and result in (None, one.labels["result"])
    ]


def add(score: Score, outage: Outage, seed: int, mood: float) -> None:
    """Simulate, detect, and score the window that meets the outage; any other is false."""
    series = scrape(outage, simulate(outage, seed, mood=mood), seed)
    found = increases(counters(series), counters(series, "failure"))
    if found.counts is None:
        raise SystemExit(f"{outage.id}, seed {seed}: {found.refused}")
    windows = detect(found.counts, Options(zone=outage.zone)).windows
    meeting = [w for w in windows if w.onset < outage.end and w.until > outage.start]
    score.false += len(windows) - len(meeting[:1])
    score.truths += 2
    if not meeting:
        score.missed += 1
        return
    edges = {"start": outage.start, "end": outage.end}
    for name, true in edges.items():
        edge = getattr(meeting[0], name)
        if edge.value is None:
            continue
        score.errors[name].append(abs(edge.value - true))
        score.widths.append(edge.high - edge.low)
        score.covered += edge.low <= true <= edge.high


def row(name: str, score: Score) -> str:
    """Write one line of the table."""
    start, end = (np.array(score.errors[key]) for key in ("start", "end"))
    worst = max(start.max(initial=0.0), end.max(initial=0.0))
    width = float(np.median(score.widths)) if score.widths else float("nan")
    return (
        f"| {name} | {start.mean():.1f} | {end.mean():.1f} | {worst:.1f} "
        f"| {score.covered} of {score.truths} | {width:.0f} | {score.missed} | {score.false} |"
    )


def main() -> None:
    """Score seeds, with edges moved at random."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="?", type=int, default=20, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--waves", type=float, default=MOOD, help="spread of wrong passwords")
    asked = parser.parse_args()
    print(
        "Scrapes every 60 s, three weeks of normal running around each,"
        f" {asked.seeds} seeds; seconds.\n"
    )
    print(
        "| outage | mean error of start | of end | worst | in the 95 % interval | median width ",
        end="",
    )
    print("| missed | false windows |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    total = Score()
    for reference in REFERENCES:
        score = Score()
        for seed in range(asked.first, asked.first + asked.seeds):
            add(score, moved(reference, seed), seed, asked.waves)
        print(row(reference.id, score), flush=True)
        for key, errors in score.errors.items():
            total.errors[key] += errors
        total.widths += score.widths
        total.covered += score.covered
        total.truths += score.truths
        total.missed += score.missed
        total.false += score.false
    print(row("all", total))


if __name__ == "__main__":
    main()
