# Users of the five reference outages: counted from the file that a sender would write, to the user.
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from detector.users.counted import counted
from outage_window.demo import writers
from outage_window.demo.references import REFERENCES
from outage_window.demo.simulate import HICCUPPED, OUTAGE, SLOW, SUCCESS, simulate, truth
from outage_window.pseudonyms import Pseudonyms
from outage_window.reasons import Reasons
from outage_window.sources.reading import Reading
from outage_window.sources.users import load
from tests.detector.users.made import none, window

DECLARED = {"2023-11-10": 0.25, "2024-01-18": 0.85, "2024-01-22": 0.45, "2024-05-05": 0.30}


@pytest.mark.parametrize("outage", REFERENCES, ids=[one.id for one in REFERENCES])
def test_the_share_is_that_of_the_simulated_truth_to_the_user(outage, tmp_path):
    made = simulate(outage, seed=2)
    path = tmp_path / "attempts.parquet"
    writers.write_attempts_parquet(outage, made, path)
    reasons = Reasons(frozenset({outage.reason, "backend_timeout"}), frozenset({"bad_password"}))
    tried = load([str(path)], Reading(), reasons, Pseudonyms(b"")).attempts[outage.service]
    real = truth(outage, made)
    rng = np.random.default_rng(3)
    for start, end in [(outage.start, outage.end), *random_windows(outage, rng)]:
        answer = counted(tried.at(tried.between(start, end)), window(start, end), none())
        failed, served = by_hand(made, start, end)
        assert answer is not None
        assert answer.hit.value == len(failed)
        assert answer.blocked.value == len(failed - served)
        assert answer.affected.value == len(failed) / len(failed | served)
        if (start, end) == (outage.start, outage.end):
            assert answer.affected.value == real.share
            assert answer.blocked.value == real.blocked
            assert answer.affected.status == "measured"
            assert answer.experience == ("intermittent" if outage.service == "sso" else "blocked")
    if outage.id in DECLARED:
        assert real.share == pytest.approx(DECLARED[outage.id], abs=0.015)


def random_windows(outage, rng):
    """Any windows in and around the outage, at whole milliseconds, which is what files hold."""
    for _ in range(3):
        start = outage.start + rng.uniform(-600, 0.5 * (outage.end - outage.start))
        end = start + rng.uniform(60, outage.end + 600 - start)
        yield round(start, 3), round(end, 3)


def by_hand(made, start, end):
    inside = replace(made, time=np.floor(made.time * 1e3) / 1e3)
    during = (inside.time >= start) & (inside.time < end)
    user, outcome = made.user[during], made.outcome[during]
    failed = set(user[(outcome == OUTAGE) | (outcome == HICCUPPED)].tolist())
    return failed, set(user[(outcome == SUCCESS) | (outcome == SLOW)].tolist())
