"""Tier 1: ids and reasons, so the users that a window hit are counted."""

from __future__ import annotations

from collections.abc import Sequence

from detector.estimate import Estimate
from detector.results import Window
from detector.users.answer import Answer
from detector.users.blame import Blames, Told, told
from detector.users.edges import stretches
from detector.users.held import held_minutes
from detector.users.model import UserAttempts, experience_of
from detector.users.roster import Roster, Tally, people, tally, wilson

DENOMINATOR = "users with at least one success or system failure in the window"
METHOD = "distinct users with a system failure / distinct users served or failed (tier 1)"


def counted(near: UserAttempts, window: Window, usual: UserAttempts) -> Answer | None:
    """Count the users that a window hit; None where it holds no user at all.

    `near` are the attempts that the outer edges of the window meet, `usual` those of normal
    running. Hit: at least one system failure in the window. Blocked: hit, and no success in it. The
    denominator is everyone with a success or a system failure in it: names seen only with bad
    credentials are no users. The interval is that of the window's edges: at given edges the count
    is exact. Unclassified reasons are told by `told`, and named; what stays open spans a range.
    """
    known = told(near, (window.onset, window.until), usual)
    roster = Roster.of(near)
    readings = dict.fromkeys((known.likely, known.least, known.most))
    tallies = {blames: _tallies(roster, known, blames, window) for blames in readings}
    likely = tallies[known.likely]
    every = [likely[0], *(t for found in tallies.values() for t in found)]
    return _answer(every, roster, known, window) if likely[0].active else None


def _tallies(roster: Roster, known: Told, blames: Blames, window: Window) -> list[Tally]:
    failed = known.marks(blames, roster.attempts)
    served = roster.attempts.blamed("success")
    return [tally(roster, failed, served, *stretch) for stretch in stretches(window)]


def _answer(tallies: Sequence[Tally], roster: Roster, known: Told, window: Window) -> Answer:
    """Put the likeliest count, which comes first, into the interval that all of them span."""
    at, fraction = tallies[0], roster.attempts.fraction

    def count(name: str, method: str) -> Estimate:
        numbers = tuple(int(getattr(t, name)) for t in tallies)
        return _doubtful(people(numbers, fraction, method + known.doubt), known)

    ratios = [wilson(t.hit, t.active, fraction) for t in tallies if t.active]
    of_sample = f"; a sample of {fraction:.3g} of the users" if fraction < 1 else ""
    share = Estimate(
        at.hit / at.active,
        min(low for low, _ in ratios),
        max(high for _, high in ratios),
        "ratio",
        "measured" if fraction >= 1 else "estimated",
        METHOD + of_sample + known.doubt,
    )
    return Answer(
        affected=_doubtful(share, known),
        tier=1,
        denominator=DENOMINATOR,
        hit=count("hit", "distinct users with a system failure in the window"),
        blocked=count("blocked", "hit, without a success in the window"),
        degraded=count("degraded", "hit, with a success as well"),
        active=count("active", DENOMINATOR),
        observed=_observed(roster, known, window),
        experience="not_derivable" if known.open else experience_of(at.hit, at.blocked),
        needs=f"whose doing these are: {', '.join(known.names)}" if known.names else None,
    )


def _doubtful(found: Estimate, known: Told) -> Estimate:
    """An inference is no measurement; where nothing could be inferred there is no point either."""
    if not known.names:
        return found
    value = None if known.open else found.value
    return Estimate(value, found.low, found.high, found.unit, "estimated", found.method)


def _observed(roster: Roster, known: Told, window: Window) -> Estimate:
    fraction = roster.attempts.fraction
    failed = known.marks(known.likely, roster.attempts)
    spans = held_minutes(roster, failed, stretches(window))
    low, high = min(span[0] for span in spans), max(span[1] for span in spans)
    exact = fraction >= 1 and spans[0][0] == spans[0][1]
    found = Estimate(
        sum(spans[0]) / 2 / fraction,
        low / fraction,
        high / fraction,
        "user-minutes",
        "measured" if exact else "estimated",
        "from a system failure to the same user's next attempt" + known.doubt,
    )
    return _doubtful(found, known)
