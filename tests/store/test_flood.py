"""A flood of alerts: some stand for the others, and nothing that is derived from them differs."""

from collections import Counter

import numpy as np
import pytest

from outage_window.live.joining import clusters, fact_of
from outage_window.live.matching import span
from outage_window.store import alerts, flood

S = 10**9
MINUTE = 60


def rows(starts, lasting, firing=()):
    return [
        {
            "sender": "am", "fingerprint": f"{n:08x}", "starts_at": int(start) * S,
            "ends_at": None if n in firing else int(start + more) * S, "service": "auth",
            "labels": '{"alertname": "A"}', "annotations": "{}", "generator_url": "",
            "first_received": 1, "last_received": 1, "deliveries": 1, "truncated": 0,
        }
        for n, (start, more) in enumerate(zip(starts, lasting, strict=True))
    ]  # fmt: skip


def read(store, start=0):
    with store.read() as connection:
        return alerts.between(connection, start * S, service="auth")


@pytest.mark.parametrize("days", [1, 20])
def test_what_is_derived_of_a_flood_is_what_all_of_it_says(store, monkeypatch, days):
    rng = np.random.default_rng(6)
    bursts = np.sort(rng.integers(0, days * 86400, 12))
    starts = np.sort(rng.choice(bursts, 1500) + rng.exponential(900, 1500).astype(int))
    lasting = rng.exponential(600, 1500).astype(int)
    store.write(lambda c: alerts.keep(c, rows(starts, lasting, firing={1499})))
    monkeypatch.setattr(flood, "MOST", 2000)
    every = read(store)
    assert len(every) == 1500
    assert not any(one.unlisted for one in every)
    monkeypatch.setattr(flood, "MOST", 200)
    some = read(store)
    assert len(some) <= 2 * 200 + 12
    assert sum(1 + one.unlisted for one in some) == 1500
    whole, few = ([fact_of(a) for a in found] for found in (every, some))
    assert [span(g) for g in clusters(few)] == [span(g) for g in clusters(whole)]
    counted = [sum(1 + a.unlisted for a in g) for g in clusters(few)]
    assert counted == [len(g) for g in clusters(whole)]


def test_the_first_of_each_minute_are_told(store, monkeypatch):
    starts = [minute * MINUTE + n for minute in range(3) for n in range(20)]
    store.write(lambda c: alerts.keep(c, rows(starts, [5] * 60)))
    monkeypatch.setattr(flood, "MOST", 50)
    found = read(store)
    first = Counter(one.starts_at // S // MINUTE for one in found)
    assert first == {0: 4, 1: 4, 2: 4}
    assert [one.starts_at // S for one in found[:4]] == [0, 1, 2, 19]
    assert [one.unlisted for one in found[:4]] == [16, 0, 0, 0]
