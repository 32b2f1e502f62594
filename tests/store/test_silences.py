"""Which alerts a silence mutes, and when it names a service alone."""

import pytest

from outage_window.store import silences
from outage_window.store.silences import Matcher, Silence

NAMES = {"service": "auth", "job": "auth"}
SERVICE = Matcher("service", "auth", False, True)
PATTERN = Matcher("service", "auth|vpn", True, True)
NOT = Matcher("service", "vpn", False, False)
NAME = Matcher("alertname", "A", False, True)
GO_ONLY = Matcher("service", r"(?i-s:auth)\z[", True, True)


def silence(*matchers, start=100, end=200, planned=False, identity="s1"):
    return Silence(identity, start, end, matchers, "why", planned)


@pytest.mark.parametrize(
    ("matchers", "labels", "mutes"),
    [
        ((SERVICE,), {"service": "auth"}, True),
        ((SERVICE, NAME), {"service": "auth"}, False),
        ((SERVICE, NAME), {"service": "auth", "alertname": "A"}, True),
        ((PATTERN,), {"service": "vpn"}, True),
        ((PATTERN,), {"service": "vpn2"}, False),
        ((NOT,), {}, True),
        ((Matcher("x", "", False, True),), {}, True),
        ((Matcher("x", ".+", True, False),), {"x": "1"}, False),
        ((GO_ONLY,), {"service": "auth"}, False),
    ],
)
def test_all_of_its_conditions_must_hold(matchers, labels, mutes):
    assert silence(*matchers).mutes(labels, 150) is mutes


@pytest.mark.parametrize(("at", "mutes"), [(99, False), (100, True), (199, True), (200, False)])
def test_it_is_in_force_for_its_time(at, mutes):
    assert silence(SERVICE).mutes({"service": "auth"}, at) is mutes


@pytest.mark.parametrize(
    ("matchers", "concerns", "alone"),
    [
        ((SERVICE,), True, True),
        ((PATTERN,), True, True),
        ((SERVICE, NAME), True, False),
        ((NAME,), False, False),
        ((NOT,), False, False),
        ((SERVICE, NOT), True, False),
        ((Matcher("service", "vpn", False, True),), False, False),
        ((), False, False),
    ],
)
def test_it_concerns_a_service_that_it_names(matchers, concerns, alone):
    assert silence(*matchers).concerns(NAMES) is concerns
    assert silence(*matchers).alone(NAMES) is alone


def test_one_that_was_ended_early_ends_early_and_stays_as_planned_as_it_was(store):
    def kept(*found):
        store.write(lambda c: silences.keep(c, found))
        with store.read() as connection:
            return silences.between(connection, 0, 1000)

    assert kept(silence(SERVICE, planned=True)) == [silence(SERVICE, planned=True)]
    assert kept(silence(SERVICE, end=150)) == [silence(SERVICE, end=150, planned=True)]
    assert kept(silence(SERVICE, end=100)) == []  # it was taken back before it began


@pytest.mark.parametrize(("start", "end", "found"), [(0, 100, 0), (0, 101, 1), (200, 300, 0)])
def test_between(store, start, end, found):
    store.write(lambda c: silences.keep(c, [silence(NAME, NOT, PATTERN)]))
    with store.read() as connection:
        assert len(silences.between(connection, start, end)) == found
