"""The leads that people follow first: a flood, a retry storm, stuffing, traffic that stays away."""

from __future__ import annotations

from detector.estimate import percent
from detector.findings.crowd import Crowd
from detector.findings.model import Ratio
from detector.results import Finding, Verdict, Window

MORE = 1.25
"""Attempts or sessions above this multiple of the expected are more than usual."""
LESS = 0.8
MOST_STRANGERS, ENOUGH_STRANGERS = 2.0, 50
"""Names that never succeed: above this multiple of the usual, and so many, speak for stuffing."""
CARRIED = 0.5
"""Whatever has more than this share of the excess attempts carries it."""


def leads(seen: Crowd, window: Window) -> tuple[Finding, ...]:
    """The verdict on each lead about who came in a window."""
    evidence = _evidence(seen)
    judged = (_flood(seen), _retries(seen), _stuffing(seen), _loss(seen, window))
    names = ("flood_from_new_sources", "retry_storm", "credential_stuffing", "traffic_loss")
    return tuple(
        Finding(name, verdict, because, evidence)
        for name, (verdict, because) in zip(names, judged, strict=True)
    )


Judged = tuple[Verdict, str]
NO_FORECAST = "there are too few comparable days to tell how many attempts were to be expected"
NO_IDS = "attempts per user are needed to tell new actors from the same people trying again"


def _flood(seen: Crowd) -> Judged:
    """A flood brings more sessions than usual, and from sources that were not there before."""
    if _is(seen.attempts, above=MORE) is False:
        return "not_supported", f"attempts are {_words(seen.attempts)} the expected"
    more = _is(seen.sessions, above=MORE)
    if more is False:
        return "not_supported", (
            f"attempts are {_words(seen.attempts)} the expected but sessions"
            f" {_words(seen.sessions)}: the same people try again"
        )
    if more is None:
        return "not_assessable", _why_open(seen)
    if seen.new_sources is None or seen.usual_new is None:
        return "not_assessable", (
            f"sessions are {_words(seen.sessions)} the expected; which sources are new is not known"
        )
    assert seen.sessions is not None  # it is above the expected
    beyond = (seen.new_sources - seen.usual_new) * seen.sessions.value
    carried = beyond / (seen.sessions.value - 1)
    text = (
        f"sessions are {_words(seen.sessions)} the expected, {percent(seen.new_sources)} of them"
        f" from sources not seen before ({percent(seen.usual_new)} usually)"
    )
    return ("supported" if carried > CARRIED else "not_supported"), text


def _retries(seen: Crowd) -> Judged:
    """A retry storm brings more attempts than usual, but not more sessions."""
    more = _is(seen.attempts, above=MORE)
    if more is False:
        return "not_supported", f"attempts are {_words(seen.attempts)} the expected"
    if more is None:
        return "not_assessable", _why_open(seen)
    if seen.sessions is None or seen.tries is None:
        return "not_assessable", f"attempts are {_words(seen.attempts)} the expected; {NO_IDS}"
    assert seen.attempts is not None  # it is above the expected
    text = (
        f"attempts are {_words(seen.attempts)} the expected, sessions {_words(seen.sessions)},"
        f" tries a session {_words(seen.tries)}"
    )
    by_sessions = (seen.sessions.value - 1) / (seen.attempts.value - 1)
    again = _is(seen.tries, above=1.0)
    if again is None:
        return "not_assessable", f"{text}: too few sessions to tell"
    return ("supported" if again and by_sessions < CARRIED else "not_supported"), text


def _stuffing(seen: Crowd) -> Judged:
    """Stuffing tries many names that never succeed."""
    if seen.strangers is None:
        return "not_assessable", "attempts per user are needed to tell names that never succeed"
    text = (
        f"{seen.strangers_seen} names failed and never succeeded,"
        f" {_words(seen.strangers)} the usual"
    )
    more = _is(seen.strangers, above=MOST_STRANGERS)
    if seen.strangers_seen < ENOUGH_STRANGERS or more is False:
        return "not_supported", text
    return ("supported", text) if more else ("not_assessable", f"{text}: too uncertain to tell")


def _loss(seen: Crowd, window: Window) -> Judged:
    """Attempts stay away, as the detector found or as comparable days show."""
    if window.kind != "errors":
        return "supported", "attempts fell far below the least of comparable hours"
    less = _is(seen.attempts, above=LESS)
    if less is None:
        return "not_assessable", _why_open(seen)
    text = f"attempts are {_words(seen.attempts)} the expected"
    return ("not_supported" if less else "supported"), text


def _is(ratio: Ratio | None, above: float) -> bool | None:
    return None if ratio is None else ratio.above(above)


def _words(ratio: Ratio | None) -> str:
    return "not known against" if ratio is None else ratio.words


def _why_open(seen: Crowd) -> str:
    """Why a number of attempts decides nothing."""
    if seen.attempts is None:
        return NO_FORECAST
    text = f"attempts are {seen.attempts.words} the expected"
    if seen.sessions is None:
        return f"{text}; {NO_IDS}"
    return f"{text}, sessions {seen.sessions.words}: too uncertain to tell"


def _evidence(seen: Crowd) -> dict[str, float | str]:
    """All that is known, as plain figures."""
    found: dict[str, float | str] = {}
    for name in ("attempts", "sessions", "users", "sources", "tries", "strangers"):
        ratio = getattr(seen, name)
        if ratio is not None:
            found |= {
                f"{name}_ratio": ratio.value,
                f"{name}_ratio_low": ratio.low,
                f"{name}_ratio_high": ratio.high,
            }
    if seen.new_sources is not None and seen.usual_new is not None:
        found |= {"new_sources": seen.new_sources, "new_sources_usually": seen.usual_new}
    return found
