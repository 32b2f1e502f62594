"""Many services of one store, asked for together: selectors that differ in one label's value."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from outage_window.live.feeds.pulling import Client
from outage_window.sources import selectors
from outage_window.sources.pull import Away, PullFailed, TooMuch
from outage_window.sources.sampled import Sampled
from outage_window.sources.selectors import Matcher, Selector

SECOND = 10**9
LONGEST = 2 * 3600 * SECOND
"""What reaches further back is history, of which one service's is enough at a time."""
SHORTEST = 60 * SECOND
MOST = 250
"""Selectors in one query."""
MOST_TEXT = 8_000
"""Characters of the values in one query: VictoriaMetrics takes 16 KiB unless it is told to."""
_PLAIN = re.compile(r"[A-Za-z0-9_./:@-]+")
_DOTS = str.maketrans({".": r"\\."})


@dataclass(slots=True)
class _Family:
    """Selectors alike but for the value of `label`.

    `members` are values by selector, `most` is how many of them the store answers for at once.
    """

    label: str
    rest: tuple[Matcher, ...]
    members: dict[str, str] = field(default_factory=dict)
    most: int = MOST


class Together:
    """Answers as the client does, one selector at a time, from queries that hold many.

    Those that were asked for as far back in the last pass are asked for again together as soon as
    one of them is, up to the same time. Where that fails, halves are tried; what fails alone, and
    whatever has no family, is asked for by itself: one selector's failure is no other's.
    """

    def __init__(self, client: Client, texts: Iterable[str]) -> None:
        self._client = client
        self._family = _families(dict.fromkeys(texts))
        self._reach: dict[str, int] = {}
        self._end = 0
        self._asked: set[tuple[int, int]] = set()
        self._answers: dict[tuple[str, int], list[Sampled]] = {}

    def samples(self, selector: str, start: int, end: int) -> list[Sampled]:
        """As `Client`."""
        family, reach = self._family.get(selector), _reach(end - start)
        if family is None or end - start > LONGEST:
            return self._client.samples(selector, start, end)
        if end != self._end:
            self._end, self._asked, self._answers = end, set(), {}
        if self._reach.get(selector) == reach and (id(family), reach) not in self._asked:
            self._asked.add((id(family), reach))
            values = [v for s, v in family.members.items() if self._reach.get(s) == reach]
            if len(values) > 1:
                self._fetch(family, values, reach)
        self._reach[selector] = reach
        found = self._answers.pop((selector, reach), None)
        if found is None:
            return self._client.samples(selector, start, end)
        return [_within(one, start) for one in found]

    def _fetch(self, family: _Family, values: list[str], reach: int) -> None:
        """Ask for these values, in as many queries as need be."""
        waiting = _pieces(values, family.most)
        while waiting:
            piece = waiting.pop()
            if len(piece) == 1:
                continue  # asked for by itself, when its turn comes
            try:
                found = self._client.samples(_union(family, piece), self._end - reach, self._end)
            except Away:
                return
            except PullFailed as error:
                half = (len(piece) + 1) // 2
                if isinstance(error, TooMuch):
                    family.most = min(family.most, half)
                waiting += [piece[:half], piece[half:]]
                continue
            self._give(family, piece, reach, found)

    def _give(self, family: _Family, values: list[str], reach: int, found: list[Sampled]) -> None:
        """Give each selector the series that are its own."""
        by_value: dict[str, list[Sampled]] = {value: [] for value in values}
        for one in found:
            own = by_value.get(one.labels.get(family.label, ""))
            if own is not None:
                own.append(one)
        for selector, value in family.members.items():
            if value in by_value:
                self._answers[selector, reach] = by_value[value]


def _families(texts: Iterable[str]) -> dict[str, _Family]:
    """The family of each selector that has one: the largest that it can be of."""
    parsed = [selectors.parse(text, "selector") for text in texts]
    sizes = Counter(key for one in parsed for key in _keys(one))
    found: dict[tuple[str, tuple[Matcher, ...]], _Family] = {}
    of: dict[str, _Family] = {}
    for one in parsed:
        key, value = max(_keys(one).items(), key=lambda item: sizes[item[0]], default=(None, ""))
        if key is not None and sizes[key] > 1:
            family = found.setdefault(key, _Family(*key))
            family.members[one.text] = value
            of[one.text] = family
    return of


def _keys(one: Selector) -> dict[tuple[str, tuple[Matcher, ...]], str]:
    """What a selector would share with its family, by each label that may tell it apart."""
    if len(one.matchers) < 2:
        return {}
    labels = Counter(matcher.label for matcher in one.matchers)
    return {
        (matcher.label, tuple(m for m in one.matchers if m is not matcher)): matcher.value
        for matcher in one.matchers
        if matcher.operator == "=" and matcher.label != "__name__" and labels[matcher.label] == 1
        if _PLAIN.fullmatch(matcher.value)
    }


def _pieces(values: list[str], most: int) -> list[list[str]]:
    """Runs of values that go into one query each."""
    pieces: list[list[str]] = []
    size = MOST_TEXT
    for value in values:
        if size + len(value) + 2 > MOST_TEXT or len(pieces[-1]) >= most:
            pieces.append([])
            size = 0
        pieces[-1].append(value)
        size += len(value) + 2
    return pieces


def _union(family: _Family, values: list[str]) -> str:
    """The selector of all of them."""
    told = "|".join(value.translate(_DOTS) for value in values)
    parts = [f"{m.label}{m.operator}{_quoted(m.value)}" for m in family.rest]
    return "{" + ",".join([*parts, f'{family.label}=~"{told}"']) + "}"


def _quoted(value: str) -> str:
    text = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'


def _reach(length: int) -> int:
    """How far back is asked for, so that those who need about as much are asked for together."""
    reach = SHORTEST
    while reach < length:
        reach *= 2
    return reach


def _within(one: Sampled, start: int) -> Sampled:
    """Its samples after `start`, as they would have been asked for."""
    later = one.time * 1000 > start // 10**6
    return one if later.all() else Sampled(one.labels, one.time[later], one.value[later])
