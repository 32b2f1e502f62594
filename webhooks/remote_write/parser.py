"""A body of remote write to a `Write`, with a memory of the labels that came before."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from webhooks.remote_write import first, second
from webhooks.remote_write.body import FIRST, decompressed
from webhooks.remote_write.gathering import Gathering
from webhooks.remote_write.labels import checked
from webhooks.remote_write.model import Known, Labels, Write

MOST_KNOWN = 30_000
"""Sets of labels that are remembered; with more, all are forgotten."""


class Parser:
    """Reads bodies one at a time: one needs the whole interpreter, and up to 200 MB if hostile."""

    def __init__(self, quick: bool = True) -> None:
        self._quick = quick
        self._lock = threading.Lock()
        self._sets: dict[Labels, Known] = {}
        self._heads: dict[bytes, Known] = {}
        self._sequences: dict[tuple[str, ...], Known] = {}

    def parse(self, version: str, body: bytes, now: int) -> Write:
        """What the compressed body holds; `now` in nanoseconds.

        What breaks a rule is among the `faults`, and the rest is good. `Refused` when the body is
        no such message as a whole, `Oversize` when it would be too large.
        """
        with self._lock:
            self._forget()
            found = Gathering(now)
            raw = decompressed(body)
            if version == FIRST:
                first.read(raw, found, self._heads, self._of_pairs, self._quick)
            else:
                second.read(raw, found, self._of_sequence)
            return found.write()

    def _forget(self) -> None:
        # Only between requests: within one, equal sets are one object.
        if max(len(self._sets), len(self._heads), len(self._sequences)) > MOST_KNOWN:
            self._sets.clear()
            self._heads.clear()
            self._sequences.clear()

    def _of_pairs(self, pairs: Sequence[tuple[str, str]]) -> Known:
        return self._known(checked(pairs, plain=True))

    def _of_sequence(self, sequence: Sequence[str]) -> Known:
        key = tuple(sequence)
        known = self._sequences.get(key)
        if known is None:
            pairs = list(zip(key[::2], key[1::2], strict=True))
            known = self._sequences[key] = self._known(checked(pairs, plain=False))
        return known

    def _known(self, labels: Labels) -> Known:
        return self._sets.setdefault(labels, Known(labels))
