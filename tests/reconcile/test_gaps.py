# Gaps in stored samples: found where no block is unpacked in vain, as all samples would tell.
from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outage_window.reconciling import gaps
from outage_window.store import Store, arrivals, samples
from outage_window.store.samples import BLOCK, Progress, Samples

S = 10**9
STEP = 60
BORN = 1_700_000_000 * S // BLOCK * BLOCK
HOURS = 8


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A store, and how to give its service other samples: each series by its name."""
    folder = tmp_path_factory.mktemp("gaps")
    with closing(Store.open(f"sqlite:///{folder / 'ow.db'}")) as store:

        def keep(*series):
            found = [
                Samples("attempts", {"n": str(n)}, time, np.ones(len(time)))
                for n, time in enumerate(series)
                if len(time)
            ]

            def work(connection):
                samples.forget(connection, "auth")
                samples.keep(connection, "auth", found, Progress(None, "x"))

            store.write(work)
            return store

        yield keep


def scraped(*missing, offset=0, step=STEP):
    """Samples of some hours but for those of the minutes [a, b)."""
    at = np.arange(0, HOURS * 3600, step) + offset
    for first, last in missing:
        at = at[(at < 60 * first) | (at >= 60 * last)]
    return BORN + at.astype(np.int64) * S


def found(store, start=0, end=HOURS * 3600):
    with store.read() as connection:
        told = gaps.stored(connection, "auth", BORN + start * S, BORN + end * S)
    return None if told is None else [((a - BORN) / S, (b - BORN) / S) for a, b in told.gaps]


def test_without_samples_nothing_is_known(kept):
    assert found(kept()) is None


def test_where_none_is_missing_there_is_no_gap(kept):
    assert found(kept(scraped())) == []


def test_one_lost_scrape_is_none(kept):
    assert found(kept(scraped((100, 101)))) == []
    assert found(kept(scraped((100, 102)))) == [(99 * 60, 102 * 60)]


def test_a_block_that_is_not_there_is_a_gap(kept):
    assert found(kept(scraped((100, 400)))) == [(99 * 60, 400 * 60)]


def test_what_another_series_has_is_no_gap(kept):
    assert found(kept(scraped((100, 200)), scraped((150, 250), offset=20))) == [
        (149 * 60 + 20, 200 * 60)
    ]


def test_samples_that_begin_later_are_known_from_then_on(kept):
    store = kept(scraped((0, 90)))
    with store.read() as connection:
        told = gaps.stored(connection, "auth", BORN, BORN + HOURS * 3600 * S)
    assert (told.start, told.gaps) == (BORN + 90 * 60 * S, ())


def test_samples_that_end_earlier_are_a_gap_but_for_the_last_minutes(kept):
    assert found(kept(scraped((HOURS * 60 - 3, HOURS * 60)))) == []
    assert found(kept(scraped((HOURS * 60 - 30, HOURS * 60)))) == [
        ((HOURS * 60 - 31) * 60, HOURS * 3600)
    ]


def test_an_interval_that_was_changed_is_no_gap(kept):
    slow = scraped((0, 240), step=240)
    assert found(kept(np.union1d(scraped((240, 480)), slow))) == []


def test_what_waits_to_be_merged_counts(kept):
    store = kept(scraped((100, 200)))
    late = scraped((0, 100), (200, 480))

    def work(connection):
        (number,) = samples.identify(
            connection, {"auth": [("attempts", samples.label_text({"n": "0"}))]}
        ).values()
        of = np.full(len(late), number)
        arrivals.keep(connection, [[arrivals.arrival("auth", "x", of, late, np.ones(len(late)))]])

    store.write(work)
    assert found(store) == []


MINUTES = st.integers(0, HOURS * 60)
BLANKS = st.lists(st.tuples(MINUTES, st.integers(1, 200)), max_size=3)


@settings(max_examples=25)
@given(BLANKS, BLANKS)
def test_gaps_are_those_of_all_samples_together(kept, one, other):
    series = [scraped(*((a, a + n) for a, n in blanks)) for blanks in (one, other)]
    times = np.union1d(*series)
    if not len(times):
        return
    edges = (np.concatenate([times, [BORN + HOURS * 3600 * S]]) - BORN) // S
    spans = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
    told = found(kept(*series))
    for start, end in told:
        assert any(abs(start - a) <= STEP and abs(end - b) <= STEP for a, b in spans)
    for start, end in spans:
        least = gaps.LATE / S if end == HOURS * 3600 else (gaps.MISSING + 1) * STEP
        if end - start >= least:
            assert any(abs(start - a) <= STEP and abs(end - b) <= STEP for a, b in told)
