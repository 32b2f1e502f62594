"""Which selectors are asked at all: never fewer than those that choose the series."""

from hypothesis import given
from hypothesis import strategies as st

from outage_window.sources import selectors
from outage_window.sources.choosing import Choosing

NAMES = st.sampled_from(["__name__", "job", "service"])
VALUES = st.sampled_from(["", "a", "b", "c"])
MATCHERS = st.tuples(NAMES, st.sampled_from(["=", "!=", "=~", "!~"]), VALUES)
SELECTORS = st.lists(MATCHERS, min_size=1, max_size=3).map(
    lambda found: selectors.parse(
        "{" + ",".join(f'{name}{operator}"{value}"' for name, operator, value in found) + "}", "t"
    )
)
GROUPS = st.lists(st.lists(SELECTORS, min_size=1, max_size=2), max_size=6)


@given(GROUPS, st.dictionaries(NAMES, st.sampled_from(["a", "b", "c"])))
def test_every_selector_that_chooses_is_asked(groups, labels):
    asked = Choosing(groups).places(labels)
    chosen = {n for n, group in enumerate(groups) if any(one.matches(labels) for one in group)}
    assert chosen <= set(asked)
    assert asked == sorted(set(asked))


def test_of_very_many_only_those_are_asked_that_name_the_value():
    groups = [
        [
            selectors.parse(f'm{{service="s{n}"}}', "t"),
            selectors.parse(f'm{{service="s{n}",r="f"}}', "t"),
        ]
        for n in range(1000)
    ]
    groups.append([selectors.parse('{service=~"s.*"}', "t")])
    choosing = Choosing(groups)
    assert choosing.places({"__name__": "m", "service": "s7", "r": "f"}) == [7, 1000]
    assert choosing.places({"__name__": "m"}) == [1000]
