"""Who derives what: services are sorted into shards, and each shard is led by one process."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from sqlalchemy import Connection

SHARDS = 64
"""Never another number while replicas of two versions may run side by side."""
UPKEEP = SHARDS
"""The slot of whatever is not by service: what was missed, retention, the merging of attempts."""
SLOTS = SHARDS + 1


class NoLongerLed(Exception):
    """Another process leads now: nothing of this piece of work was stored."""


def _nothing(_connection: Connection) -> None:
    """Nobody else can lead."""


@dataclass(frozen=True, slots=True)
class Lease:
    """That a process leads a slot. Each taking over is another `term`, a larger one.

    `check(connection)` raises `NoLongerLed` unless the lease still holds, and keeps it from being
    taken over until the transaction ends: what that transaction writes, whoever leads next sees.
    """

    slot: int
    term: int
    check: Callable[[Connection], None] = field(default=_nothing, compare=False)


class Leading(Protocol):
    """What this process leads just now."""

    def start(self) -> None:
        """Take a share from now on; the first of it at once."""

    @property
    def threads(self) -> Sequence[threading.Thread]:
        """Those without which nothing is led."""

    def terms(self) -> Mapping[int, int]:
        """The slots that are led, each with its term."""

    def slot(self, slot: int) -> Lease | None:
        """The lease of a slot; None: another process leads it, or nobody yet."""

    def close(self) -> None:
        """Let others lead."""


class Everything:
    """The only process that there can be leads all slots, always."""

    def start(self) -> None:
        """Nothing is to be waited for."""

    @property
    def threads(self) -> Sequence[threading.Thread]:
        """It needs none."""
        return ()

    def terms(self) -> Mapping[int, int]:
        """All, and for ever in their first term."""
        return _ALL

    def slot(self, slot: int) -> Lease | None:
        """A lease that nobody takes away."""
        return Lease(slot, 1)

    def close(self) -> None:
        """Nobody waits for it."""


_ALL = dict.fromkeys(range(SLOTS), 1)


@lru_cache(maxsize=65_536)
def shard_of(service: str) -> int:
    """The shard of a service, by its name alone: the same on every replica, in every version."""
    digest = hashlib.blake2b(service.encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % SHARDS


def lease(leading: Leading, service: str) -> Lease | None:
    """The lease under which a service is derived here; None: it is not."""
    return leading.slot(shard_of(service))
