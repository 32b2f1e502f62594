"""What an alerting rule did about the outages measured: its firings beside the windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from scipy.special import betaincinv, gammaincinv

from detector.alerting import Firing
from detector.estimate import LEVEL, Estimate
from detector.results import Window

WEEK = 604_800.0


@dataclass(frozen=True, slots=True)
class Span:
    """What was evaluated: [`start`, `end`) in seconds, an evaluation each `interval`.

    `seconds` is how much of it had data. `maintenance` are [start, end) in which metrics have no
    say, `blips` stretches that were elevated too shortly to be an outage.
    """

    start: float
    end: float
    interval: float
    seconds: float
    maintenance: Sequence[tuple[float, float]] = ()
    blips: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True, slots=True)
class Episode:
    """A time in which a rule fired with any labels: [`fired_at`, `ended_at`), seconds.

    `ended_at` is None while it fires at the end of the span.
    """

    fired_at: float
    ended_at: float | None

    def until(self, end: float) -> float:
        """Where it ends, or the end of what was evaluated."""
        return end if self.ended_at is None else self.ended_at


@dataclass(frozen=True, slots=True)
class Outage:
    """One window as a rule saw it.

    `caught`: an episode began in [low end of the onset, recovery). `firing_before`: one was under
    way by then, so that its firing tells nothing. `fired_at` is the first that caught it; `ttd` and
    `beyond` (seconds of firing after recovery) are not derivable without.
    """

    window: Window
    caught: bool
    firing_before: bool
    fired_at: float | None
    ttd: Estimate
    beyond: Estimate


@dataclass(frozen=True, slots=True)
class Score:
    """How a rule did on a span. `outages` are those of the services it speaks of, by their onset.

    `false_alarms` are the episodes that touch no window and no maintenance; `at_blips` is how many
    of them touch a blip. `median_ttd` is over the outages that it caught.
    """

    outages: tuple[Outage, ...]
    episodes: tuple[Episode, ...]
    false_alarms: tuple[Episode, ...]
    at_blips: int
    caught_share: Estimate
    median_ttd: Estimate
    false_alarms_a_week: Estimate
    pages_a_week: Estimate
    firing_beyond: Estimate

    @property
    def caught(self) -> int:
        """How many of the outages it caught."""
        return sum(one.caught for one in self.outages)


def score(found: Sequence[Firing], windows: Sequence[Window], span: Span) -> Score:
    """What the firings of a rule (of all its label sets) were worth over a span.

    Pure. Windows count that begin in the span; what touches an earlier one is no false alarm.
    """
    episodes = merged(found)
    known = sorted(windows, key=lambda window: window.onset)
    outages = tuple(
        _outage(window, episodes, span) for window in known if span.start <= window.onset < span.end
    )
    spans = [_reach(window) for window in known]
    false = tuple(e for e in episodes if not _touches(e, [*spans, *span.maintenance], span))
    return Score(
        outages,
        episodes,
        false,
        sum(_touches(episode, span.blips, span) for episode in false),
        _share(sum(one.caught for one in outages), len(outages)),
        _median([one.ttd for one in outages if one.caught], "time to detect", "no outage caught"),
        a_week(len(false), span.seconds, "episodes that touch no window, by the time with data"),
        a_week(len(episodes), span.seconds, "episodes, by the time with data"),
        _median(
            [one.beyond for one in outages if one.caught and one.beyond.value is not None],
            "seconds firing after recovery",
            "no outage caught that ended",
        ),
    )


def merged(found: Sequence[Firing]) -> tuple[Episode, ...]:
    """The times at which anything fired, joined where one begins as another ends, in order."""
    episodes: list[Episode] = []
    for one in sorted(found, key=lambda f: f.fired_at):
        last = episodes[-1] if episodes else None
        if last is None or (last.ended_at is not None and one.fired_at > last.ended_at):
            episodes.append(Episode(one.fired_at, one.ended_at))
        elif last.ended_at is not None:
            end = None if one.ended_at is None else max(one.ended_at, last.ended_at)
            episodes[-1] = Episode(last.fired_at, end)
    return tuple(episodes)


def a_week(count: int, seconds: float, method: str) -> Estimate:
    """Events a week with the exact interval of a Poisson count (Garwood 1936)."""
    if seconds <= 0:
        return Estimate.not_derivable("per-week", "nothing was evaluated", "samples in the span")
    weeks, tail = seconds / WEEK, (1 - LEVEL) / 2
    low = float(gammaincinv(count, tail)) if count else 0.0
    high = float(gammaincinv(count + 1, 1 - tail))
    told = f"{count} in {weeks:.3g} weeks: {method}; exact Poisson interval"
    return Estimate.estimated(count / weeks, low / weeks, high / weeks, "per-week", told)


def _share(caught: int, outages: int) -> Estimate:
    """The share of outages caught with its exact interval (Clopper and Pearson 1934)."""
    if not outages:
        return Estimate.not_derivable("ratio", "no outage in the span", "a longer span")
    tail = (1 - LEVEL) / 2
    low = float(betaincinv(caught, outages - caught + 1, tail)) if caught else 0.0
    missed = outages - caught
    high = float(betaincinv(caught + 1, missed, 1 - tail)) if missed else 1.0
    method = f"{caught} of {outages} outages caught; exact binomial interval"
    return Estimate.estimated(caught / outages, low, high, "ratio", method)


def _outage(window: Window, episodes: Sequence[Episode], span: Span) -> Outage:
    start = window.start.low if window.start.low is not None else window.onset
    first = next((e for e in episodes if start <= e.fired_at < window.until), None)
    before = any(e.fired_at < start < e.until(span.end) for e in episodes)
    if first is None:
        why = "it was firing before already" if before else "the rule did not fire in it"
        missed = Estimate.not_derivable("seconds", why)
        return Outage(window, False, before, None, missed, missed)
    beyond = _beyond(window, episodes, span)
    return Outage(window, True, before, first.fired_at, _ttd(window, first.fired_at, span), beyond)


def _ttd(window: Window, fired_at: float, span: Span) -> Estimate:
    """From onset to firing. It cannot have been noticed before it began, so never below 0."""
    start = window.start
    early, late = (window.onset if bound is None else bound for bound in (start.low, start.high))
    return Estimate.estimated(
        max(fired_at - window.onset, 0.0),
        max(fired_at - late - span.interval, 0.0),
        max(fired_at - early, 0.0) + span.interval,
        "seconds",
        f"first firing - onset; interval of the onset, and {span.interval:g} s each way since"
        " another Prometheus evaluates at other moments",
    )


def _beyond(window: Window, episodes: Sequence[Episode], span: Span) -> Estimate:
    """Seconds of the episodes under way in a window that lie after its recovery."""
    end = window.end
    if end.value is None:
        return Estimate.not_derivable("seconds", end.reason or "the outage goes on")
    last = [e for e in episodes if e.fired_at < end.value <= e.until(span.end)]
    if last and last[-1].ended_at is None:
        why = "it still fires at the end of what was evaluated"
        return Estimate.not_derivable("seconds", why, "a longer span")
    until = last[-1].until(span.end) if last else end.value
    low, high = (end.value if bound is None else bound for bound in (end.low, end.high))
    slack = span.interval if last else 0.0
    return Estimate.estimated(
        until - end.value,
        max(until - high - slack, 0.0),
        max(until - low, 0.0) + slack,
        "seconds",
        "end of the firing under way at recovery - recovery",
    )


def _median(found: Sequence[Estimate], what: str, none: str) -> Estimate:
    if not found:
        return Estimate.not_derivable("seconds", none)
    value, low, high = (
        median(getattr(one, name) for one in found) for name in ("value", "low", "high")
    )
    method = f"median {what} of {len(found)} outages caught; medians of their bounds"
    return Estimate.estimated(value, low, high, "seconds", method)


def _reach(window: Window) -> tuple[float, float]:
    """A window with all that its edges may be off."""
    low = window.onset if window.start.low is None else window.start.low
    return low, max(window.until, window.until if window.end.high is None else window.end.high)


def _touches(episode: Episode, spans: Sequence[tuple[float, float]], span: Span) -> bool:
    until = episode.until(span.end)
    return any(episode.fired_at < end and until > start for start, end in spans)
