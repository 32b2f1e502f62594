"""Many services asked for together: each gets what it would have got alone."""

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outage_window.live.feeds.together import MOST, MOST_TEXT, Together
from outage_window.sources import selectors
from outage_window.sources.pull import Away, PullFailed, TooMuch
from outage_window.sources.sampled import Sampled

SECOND = 10**9
NOW = 1_700_000_000 * SECOND
MINUTE = 60 * SECOND


class Store:
    """Answers as Prometheus does, from series held here; `refuse` may raise for a query."""

    def __init__(self, labels, refuse=lambda text, found: None):
        self.labels = labels
        self.refuse = refuse
        self.asked = []

    def samples(self, selector, start, end):
        self.asked.append(selector)
        chosen = selectors.parse(selector, "asked")
        time = np.arange(start // SECOND + 1, end // SECOND + 1, dtype=np.float64)
        found = [Sampled(own, time, time % 7) for own in self.labels if chosen.matches(own)]
        self.refuse(selector, found)
        return found


def series(name, value, **more):
    return {"__name__": name, "service": value, **more}


def told(found):
    return sorted((sorted(one.labels.items()), one.time.tolist()) for one in found)


def passes(store, texts, count=3, ago=lambda number: 3 * MINUTE):
    """What each selector is given in each pass."""
    together = Together(store, texts)
    for number in range(count):
        end = NOW + number * MINUTE
        yield {text: together.samples(text, end - ago(i), end) for i, text in enumerate(texts)}


def test_after_the_first_pass_a_family_is_one_query():
    names = [f"s{i}" for i in range(100)]
    store = Store([series(metric, name) for metric in ("a", "b") for name in names])
    texts = [f'{metric}{{service="{name}"}}' for name in names for metric in ("a", "b")]
    asked = []
    for found in passes(store, texts):
        asked.append(len(store.asked) - sum(asked))
        assert all(len(one) == 1 for one in found.values())
    assert asked == [200, 2, 2]


def test_queries_are_bounded():
    names = [f"service-with-a-rather-long-name-{i:04d}" for i in range(2 * MOST)]
    store = Store([series("a", name) for name in names])
    list(passes(store, [f'a{{service="{name}"}}' for name in names], 2))
    together = store.asked[len(names) :]
    assert all(len(text) < MOST_TEXT + 100 for text in together)
    assert len(together) < 10


TEXTS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.sampled_from(["x", "y.z", "yoz", "p|q", 'q"', "", "n/1", "(", "é"]),
        st.sampled_from(["", ',code="5"', ',code=~"5|4"', ',service!="x"', ',code!~"4"']),
    ),
    min_size=1,
    max_size=12,
    unique=True,
)


@given(TEXTS, st.lists(st.integers(1, 90), min_size=12, max_size=12))
def test_each_gets_what_it_would_have_got_alone(parts, ago):
    labels = [
        series(metric, value, code=code)
        for metric in ("a", "b")
        for value in ("x", "y.z", "yoz", "p|q", 'q"', "n/1", "(", "é", "p", "q")
        for code in ("4", "5")
    ]
    texts = [
        f'{metric}{{service="{value.replace(chr(34), chr(92) + chr(34))}"{more}}}'
        for metric, value, more in parts
    ]
    alone = Store(labels)
    for number, found in enumerate(passes(Store(labels), texts, ago=lambda i: ago[i] * MINUTE)):
        end = NOW + number * MINUTE
        for i, text in enumerate(texts):
            assert told(found[text]) == told(alone.samples(text, end - ago[i] * MINUTE, end))


def test_a_limit_of_series_is_learnt():
    def refuse(_, found):
        if len(found) > 8:
            raise TooMuch("too many series")

    names = [f"s{i}" for i in range(50)]
    store = Store([series("a", name) for name in names], refuse)
    asked = []
    for found in passes(store, [f'a{{service="{name}"}}' for name in names], 4):
        assert all(len(one) == 1 for one in found.values())
        asked.append(len(store.asked) - sum(asked))
    assert asked[0] == 50
    assert asked[1] > asked[2] == asked[3] <= 10  # the third runs into nothing any more


def test_one_that_fails_is_no_other_ones_failure():
    def refuse(text, _):
        if re.search(r"\bs13\b", text):
            raise PullFailed("a native histogram")

    names = [f"s{i}" for i in range(64)]
    store = Store([series("a", name) for name in names], refuse)
    together = Together(store, [f'a{{service="{name}"}}' for name in names])
    for end in (NOW, NOW + MINUTE):
        before, outcome = len(store.asked), Counter()
        for name in names:
            try:
                together.samples(f'a{{service="{name}"}}', end - MINUTE, end)
                outcome["good"] += 1
            except PullFailed:
                outcome[name] += 1
        assert outcome == {"good": 63, "s13": 1}
    assert len(store.asked) - before < 20  # halves, and those few that were alone


def test_a_store_that_is_away_is_not_asked_for_halves():
    away = []

    def refuse(text, _):
        if away:
            raise Away("503")

    names = [f"s{i}" for i in range(64)]
    store = Store([series("a", name) for name in names], refuse)
    together = Together(store, [f'a{{service="{name}"}}' for name in names])
    for name in names:
        together.samples(f'a{{service="{name}"}}', NOW - MINUTE, NOW)
    away.append(True)
    with pytest.raises(Away):
        together.samples('a{service="s0"}', NOW, NOW + MINUTE)
    assert len(store.asked) == 64 + 2
