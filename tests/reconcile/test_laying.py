# What was told and never delivered: the quick way against the slow one that looks at all.
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from outage_window.reconciling import laying
from outage_window.reconciling.laying import key_of, missing
from outage_window.reconciling.meeting import Stretches
from outage_window.store.agreeing import Known, agree, meets
from outage_window.store.alert_spans import Told
from outage_window.store.alerts import StoredAlert, episodes
from outage_window.store.backfilled import Fetched

S = 10**9
NAMES = st.sampled_from(["A", "B"])
SERVERS = st.sampled_from(["1", "2"])
TIMES = st.integers(0, 1200)
LASTS = st.one_of(st.none(), st.integers(0, 600))
EXTERNAL = st.sampled_from([None, frozenset(), frozenset({"cluster"})])


def labels(name, server, cluster=""):
    return {"alertname": name, "server": server} | ({"cluster": cluster} if cluster else {})


def fingerprint(found):
    return "/".join(f"{name}={found[name]}" for name in sorted(found))


def came(name, server, cluster, start, lasts):
    found = labels(name, server, cluster)
    end = None if lasts is None else (start + lasts) * S
    return StoredAlert("am", fingerprint(found), start * S, end, found, {}, start * S, 1, 0)


def told(source, name, server, start, lasts, external, step):
    found = labels(name, server)
    end = None if lasts is None else (start + lasts) * S
    step = 0 if source == "alertmanager" else step
    alert = Fetched(fingerprint(found), start * S, end, found, {}, start * S, step * S, external)
    return Told(source, "auth", alert)


CAME = st.lists(st.builds(came, NAMES, SERVERS, st.sampled_from(["", "eu"]), TIMES, LASTS))
TOLD = st.lists(
    st.builds(
        told,
        st.sampled_from(["alertmanager", "prometheus"]),
        NAMES,
        SERVERS,
        TIMES,
        LASTS,
        EXTERNAL,
        st.sampled_from([15, 60]),
    )
)


def in_order(found):
    order = lambda one: (one.source, one.alert.starts_at, one.alert.fingerprint)  # noqa: E731
    return sorted(found, key=order)


def apart(found):
    """As the store puts them together: each fingerprint fires once at a time."""
    ordered = sorted(found, key=lambda a: (a.fingerprint, a.starts_at))
    by = {}
    for one in ordered:
        by.setdefault(one.fingerprint, []).append(one)
    return [one for rows in by.values() for one in episodes(rows)]


@given(CAME, TOLD)
def test_what_is_missing_is_what_the_slow_way_adds(delivered, found):
    delivered, found = apart(delivered), in_order(found)
    # One that an API tells of as firing for two times that overlap is told once by a real one.
    once, seen = [], {}
    for one in found:
        spans = seen.setdefault((one.source, one.alert.fingerprint), [])
        if not any(meets(alert, one.alert) for alert in spans):
            once.append(one)
            end = one.alert.ends_at
            spans.append(came_of(one.alert, end))
    known = Known(delivered)
    for one in once:
        known.lay(one.alert, came_of(one.alert, one.alert.ends_at))
    lost, _ = missing(delivered, once)
    slow = [(a.fingerprint, a.starts_at) for a in known.alerts[len(delivered) :]]
    assert [(one.alert.fingerprint, one.alert.starts_at) for one in lost] == slow


def test_one_that_fires_again_after_an_end_that_nobody_delivered_is_lost():
    delivered = [came("B", "1", "", 0, None)]
    found = [told("prometheus", "B", "1", start, 60, None, 15) for start in (0, 300)]
    lost, known = missing(delivered, found)
    assert [one.alert.starts_at for one in lost] == [300 * S]
    assert known == {key_of(delivered[0])}


def came_of(alert, end):
    return StoredAlert("told", alert.fingerprint, alert.starts_at, end, alert.labels, {}, 0, 0, 0)


@given(CAME, TOLD)
def test_prometheus_knows_of_all_that_it_meets(delivered, found):
    delivered, found = apart(delivered), in_order(found)
    _, known = missing(delivered, found)
    slow = {
        key_of(one)
        for one in delivered
        for it in found
        if it.source == "prometheus" and meets(one, it.alert) and agree(one, it.alert)
    }
    assert known == slow


def test_a_rule_that_flaps_for_weeks_costs_no_square(monkeypatch):
    looked = []
    monkeypatch.setattr(laying, "meets", lambda *both: looked.append(1) or meets(*both))
    delivered = [came("A", str(n % 50), "", 100 * n, 20) for n in range(20_000)]
    found = [
        told("prometheus", "A", str(n % 50), 100 * n, 20, frozenset(), 15) for n in range(20_000)
    ]
    lost, known = missing(delivered, found)
    assert (len(lost), len(known)) == (0, 20_000)
    assert len(looked) < 10 * len(delivered)  # one by one it would be 20,000 × 400


SPANS = st.lists(st.tuples(st.integers(0, 50), st.one_of(st.none(), st.integers(0, 50))))


@given(SPANS, st.integers(0, 50), st.one_of(st.none(), st.integers(0, 50)))
def test_stretches_meet_as_each_of_them_does(spans, start, lasts):
    spans = [(a, None if b is None else a + b) for a, b in spans]
    end = None if lasts is None else start + lasts
    slow = any((end is None or a <= end) and (b is None or b >= start) for a, b in spans)
    assert Stretches(spans).meet(start, end) is slow
