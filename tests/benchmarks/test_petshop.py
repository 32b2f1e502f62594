# The rows of PetShop: that they are read whole, and that what is put into them stays possible.
from __future__ import annotations

import numpy as np
import pytest

from benchmarks.lab import petshop

SITE = ("high_traffic", "PetSite")
QUIET = ("high_traffic", "PetSearch_AWS::ECS::Fargate")


@pytest.fixture(scope="module")
def rows():
    return petshop.normal_rows()


def test_the_rows_are_all_there(rows):
    assert {scenario for scenario, _ in rows} == {"high_traffic", "low_traffic"}
    assert len(rows) == 80
    total = {"high_traffic": (3_493_631, 36_863), "low_traffic": (2_216_397, 13_914)}
    for scenario, sums in total.items():
        own = [one for (name, _), one in rows.items() if name == scenario]
        assert sum(one.attempts.sum() for one in own) == sums[0]
        assert sum(one.errors.sum() for one in own) == sums[1]
    for one in rows.values():
        assert (np.diff(one.start) >= petshop.STEP).all()
        assert (one.start % petshop.STEP == 0).all()
        assert (one.attempts > 0).all()


def test_the_rows_are_what_their_readme_says(rows):
    """Variance 4 x binomial at 690 requests a step, more at 17, and one step of 708 errors."""
    inflation = {}
    for key in (SITE, ("high_traffic", "lambda_step_readDDB_AWS::Lambda")):
        _, rho = petshop.moments(rows[key], [])
        n = float(np.median(rows[key].attempts))
        inflation[round(n)] = (rho, 1 + (n - 1) * rho)
    assert set(inflation) == {688, 17}
    assert inflation[688][1] == pytest.approx(4, abs=0.1)
    assert inflation[17][0] > 20 * inflation[688][0]
    low = rows["low_traffic", "PetSite"]
    at = int(np.argmax(low.errors))
    assert (low.errors[at], low.attempts[at]) == (708, 1193)
    assert low.start[at] == petshop._PROBE[0]


def test_the_images_that_failed_are_as_many_as_the_requests_to_s3(rows):
    search, s3 = (
        rows["low_traffic", name] for name in ("PetSearch_AWS::ECS::Fargate", "S3_AWS::S3")
    )
    failed = search.errors > 0
    assert search.start[failed].tolist() == s3.start.tolist()
    assert search.errors[failed].tolist() == s3.attempts.tolist()
    assert (s3.start[0], s3.start[-1] + petshop.STEP) == petshop._IMAGES


@pytest.mark.parametrize("share", petshop.SHARES)
def test_an_injected_outage_adds_failures_within_it_only(rows, share):
    rng = np.random.default_rng(5)
    for one in (one for one in rows.values() if len(one.start) >= 30):
        span = petshop.drawn(rng, one)
        hit = petshop.inject(rng, one, span, share)
        added, part = hit.errors - one.errors, petshop.overlap(one.start, span)
        assert (hit.errors <= hit.attempts).all()
        assert (added >= 0).all()
        assert (added[part == 0] == 0).all()
        if share == 1:
            assert (hit.errors == hit.attempts)[part == 1].all()


def test_an_outage_lasts_three_steps_to_a_quarter_of_the_rows(rows):
    rng = np.random.default_rng(6)
    one = rows[SITE]
    spans = [petshop.drawn(rng, one) for _ in range(500)]
    lasts = [end - start for start, end in spans]
    assert min(lasts) == pytest.approx(3 * petshop.STEP)
    assert max(lasts) == pytest.approx(49 * 3600 / 4 + 75, rel=0.01)
    assert np.median(lasts) == pytest.approx(70 * 60, rel=0.2)
    assert all(one.start[0] <= start and end <= one.start[-1] + 300 for start, end in spans)


def test_what_is_common_is_counted_where_there_are_rows(rows):
    one = rows[QUIET]
    zero = one.start[0]
    true = (zero + 900.0, zero + 1900.0)
    assert petshop.common(one, [true], true, []) == 1
    assert petshop.common(one, [], true, []) == 0
    assert petshop.common(one, [(zero + 900.0, zero + 1400.0)], true, []) == 0.5
    assert petshop.common(one, [true, (zero + 4000.0, zero + 5000.0)], true, []) == 0.5
    away = [(zero + 3500.0, zero + 5500.0)]
    assert petshop.common(one, [true, (zero + 4000.0, zero + 5000.0)], true, away) == 1
    gappy = petshop.series.table(one.start[::2], 300.0, one.attempts[::2], one.errors[::2])
    assert petshop.common(gappy, [(zero, zero + 600.0)], (zero, zero + 300.0), []) == 1


def test_what_an_outage_is_expected_to_win_grows_with_it(rows):
    one = rows[SITE]
    usual = petshop.moments(one, [])
    hour = (one.start[100], one.start[112])
    weak, strong = (petshop.expected_gain(one, hour, share, *usual) for share in (0.1, 0.3))
    longer = petshop.expected_gain(one, (hour[0], one.start[124]), 0.1, *usual)
    assert 0 < weak < strong
    assert longer == pytest.approx(2 * weak, rel=0.2)


def test_the_table_has_a_line_for_each_share():
    outcomes = [
        petshop.Outcome(SITE, share, (0.0, 1.0), 99.0, iou, iou > 0, 0, 0)
        for share, iou in ((0.1, 0.0), (0.3, 0.9), (1.0, 1.0))
    ]
    lines = petshop.table(outcomes).splitlines()
    assert len(lines) == 6
    assert lines[2] == "| 10% | 1 | 1 | 0.000 | 0.000 | 0.000 | 0% | 0 |"
    assert lines[5].startswith("| all | 3 | 1 | 0.633 | 0.900 ")
