"""The benchmark of users in small: its simulated truth, its tables, and that they are not empty."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.lab import attempts_post, causes, shares, user_files
from benchmarks.lab.people import DAY, WEEK, Habits, Harm, world


def test_the_truth_of_a_world_is_that_of_its_attempts() -> None:
    made = world(Harm(4.0, share=0.3), Habits(users=500, a_day=4.0), np.random.default_rng(2))
    own = made.attempts
    inside = own.between(made.start, made.end)
    failed = set(own.user[inside & (own.outcome == 2)].tolist())
    served = set(own.user[inside & (own.outcome == 0)].tolist())
    assert (made.hit, made.active) == (len(failed), len(failed | served))
    assert made.blocked == made.hit, "who is locked out is never served"
    assert not (own.outcome[~inside] == 2).any()
    counts = made.counters()
    assert counts.attempts.sum() == pytest.approx(len(own.user), rel=0.01)
    assert (own.outcome[own.between(made.start - WEEK, made.end - WEEK)] == 1).any()


def test_who_gives_up_comes_back_later() -> None:
    rng = np.random.default_rng
    stays, returns = (
        world(Harm(6.0, share=0.6, deferred=d), Habits(users=2000), rng(3)) for d in (0.0, 1.0)
    )
    after = [w.attempts.between(w.end, w.end + DAY / 4).sum() for w in (stays, returns)]
    assert after[1] > 1.2 * after[0]


def test_tables_of_tiers_and_counters() -> None:
    names = ["45 % hard, 75 min", "intermittent, 4 h"]
    found = shares.several(names, Habits(users=2000), 3, 1, workers=1)
    text = shares.estimators(found)
    assert "| **truth** |" in text
    assert "| tier 4 | refused | refused |" in text
    lines = {line.name: line for line in shares.targets(found)}
    assert lines["tier 1, intermittent, 4 h"].met
    assert "| ± 3 % | intermittent, 4 h |" in shares.counters_table({"± 3 %": found})


def test_the_table_of_findings_counts_every_case() -> None:
    rows = list(causes.run(6, 1, workers=1))
    assert rows[-1][0] == "all"
    assert int(rows[-1][1]) == sum(int(row[1]) for row in rows[:-1]) > 0
    assert {row[4] for row in rows} == {"0"}, "nothing is supported wrongly"


def test_speed_is_measured_on_real_files_and_a_real_store() -> None:
    day, whole, held = user_files.run(rows=30_000, users=3_000)
    assert "M attempts" in day.note
    assert float(held.seen) > 0
    assert whole.met is not None
    ratio, *_ = attempts_post.run(bodies=2, lines=50)
    assert 0 < float(ratio.seen) < 2
