# What counts as watching a service: only data up to now that were assessed; why not is said once.
from __future__ import annotations

import logging

import pytest

from .made import BORN, DAY, Metrics, Place

SUCCEEDED = 'outage_window_last_successful_scan_timestamp_seconds{service="auth"}'


class Nothing(Metrics):
    """Prometheus, asked for a name that it does not know."""

    def samples(self, selector, start, end):
        return []


def said(caplog):
    """What was said of the service, without other records."""
    found = [r for r in caplog.records if "assessed" in r.getMessage()]
    assert {r.service for r in found} <= {"auth"}
    return [r.getMessage() for r in found]


def test_a_selector_that_matches_nothing_is_no_success_and_said_once(store, caplog):
    caplog.set_level(logging.INFO, "outage_window")
    place = Place(store, Nothing())
    place.at(BORN + DAY)
    place.at(BORN + DAY + 15)
    assert place.metric(SUCCEEDED) == 0
    (line,) = said(caplog)
    assert line.startswith("not assessed: no data: Prometheus has no series for")
    assert "not assessed: no data: Prometheus has no series" in place.client.get("/").text


def test_a_metric_that_was_renamed_stops_the_clock_until_it_is_back(store, caplog):
    caplog.set_level(logging.INFO, "outage_window")
    metrics = Metrics(days=3)
    place = Place(store, metrics)
    place.at(BORN + 2 * DAY)
    assert place.metric(SUCCEEDED) == BORN + 2 * DAY
    assert said(caplog) == []
    metrics.samples = Nothing.samples.__get__(metrics)
    for late in (300, 900, 915):
        place.at(BORN + 2 * DAY + late)
    assert place.metric(SUCCEEDED) == BORN + 2 * DAY + 300
    (line,) = said(caplog)
    assert "no samples after 2023-11-17T" in line
    del metrics.samples
    place.at(BORN + 2 * DAY + 930)
    assert place.metric(SUCCEEDED) == BORN + 2 * DAY + 930
    assert said(caplog)[1:] == ["assessed again"]


def test_counts_that_grow_are_no_other_reason(store, caplog):
    place = Place(store, Metrics())
    for minutes in (5, 6, 7):
        place.at(BORN + 60 * minutes)
    assert place.metric(SUCCEEDED) == 0
    (line,) = said(caplog)
    assert "too little data" in line


@pytest.mark.parametrize(("file", "shown"), [("a.yml", "a.yml"), ("a b.yml", "'a b.yml'")])
def test_the_command_of_a_draft_names_the_settings(store, file, shown):
    from outage_window.live.watch import Watch

    place = Place(store, Metrics((BORN + DAY, BORN + DAY + 3600)))
    clock = lambda: round((BORN + DAY + 9000) * 1e9)  # noqa: E731
    place.alert(BORN + 1800, BORN + 2400)  # an incident of its own, without a window
    Watch(place.settings, store, clock, client=place.metrics, config_file=file).tick()
    found = place.incidents()
    assert len(found) == 2
    for one in found:
        draft = place.client.get(f"/api/v1/incidents/{one['id']}/draft").text
        assert f"outage-window draft {one['id']} --config.file {shown}\n" in draft
