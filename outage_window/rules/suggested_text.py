"""How a suggested rule did, in words: on what it learnt from, and on what was kept out."""

from __future__ import annotations

from outage_window.rules.document import scored_words
from outage_window.rules.suggesting import Learnt
from reports.times import utc


def told(one: Learnt) -> list[str]:
    """Two paragraphs: the history kept out first, which is the proof."""
    found = []
    for what, score, from_to in (
        ("Proven on what was kept out", one.after, f"{utc(one.split, 60)} to {utc(one.end, 60)}"),
        ("On what it was learnt from", one.before, f"before {utc(one.split, 60)}"),
    ):
        assert score is not None  # it was evaluated
        found.append(f"{what}, {from_to}, by a real Prometheus: {scored_words(score)}.")
    return found
