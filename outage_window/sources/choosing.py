"""Which of very many selectors choose a series: those are asked that it can meet at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from outage_window.sources.selectors import Selector

Pair = tuple[str, str]


class Choosing:
    """Selectors by their places. A selector is looked for by that one of the values which it asks
    of labels that the fewest others ask for; one that asks for no value is always tried."""

    def __init__(self, groups: Sequence[Sequence[Selector]]) -> None:
        asked = Counter(pair for group in groups for one in group for pair in _pairs(one))
        self._by_pair: dict[Pair, set[int]] = {}
        self._always: set[int] = set()
        for place, group in enumerate(groups):
            for one in group:
                pair = min(_pairs(one), key=lambda pair: (asked[pair], pair), default=None)
                known = self._always if pair is None else self._by_pair.setdefault(pair, set())
                known.add(place)

    def places(self, labels: Mapping[str, str]) -> list[int]:
        """The groups of which a selector may choose a series with these labels; all others do
        not."""
        found = set(self._always)
        for pair in labels.items():
            found |= self._by_pair.get(pair, set())
        return sorted(found)


def _pairs(selector: Selector) -> list[Pair]:
    """The labels that must have one value; not an empty one, as an absent label has that."""
    return [(m.label, m.value) for m in selector.matchers if m.operator == "=" and m.value]
