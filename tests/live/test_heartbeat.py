"""The alert that always fires: noted when it comes, and never an incident."""

import json

import pytest

from outage_window.joining import is_own_voice
from outage_window.settings.models import Settings
from outage_window.sources.alerts import read
from outage_window.sources.files import read as read_file
from tests.live.made import BORN, FIRING, Place

METRIC = "outage_window_heartbeat_last_received_timestamp_seconds"


def test_it_is_noted_and_makes_no_incident(store):
    place = Place(store, services=())
    assert place.metric(METRIC) == 0
    place.now = BORN + 60
    place.alert(BORN, name="OutageWindowHeartbeat", outage_window="heartbeat")
    assert place.metric(METRIC) == BORN + 60
    assert place.at(BORN + 120) == []
    place.alert(BORN, name="Real")
    assert len(place.at(BORN + 180)) == 1
    assert place.metric(METRIC) == BORN + 60
    place.alert(BORN, name="OutageWindowHeartbeat", outage_window="heartbeat")
    assert place.metric(METRIC) == BORN + 180


def test_one_that_ended_is_no_heartbeat(store):
    place = Place(store, services=())
    place.alert(BORN, BORN + 30, name="OutageWindowHeartbeat", outage_window="heartbeat")
    assert place.metric(METRIC) == 0


def test_another_alert_may_be_the_heartbeat(store):
    place = Place(store, services=())
    place.settings = Settings.model_validate({"heartbeat": {"alerts": ['alertname="Watchdog"']}})
    place.restart()
    place.alert(BORN, name="Watchdog", severity="none")
    assert place.metric(METRIC) == BORN
    assert place.at(BORN + 60) == []


def test_without_one_in_the_settings_nothing_is_noted(store):
    place = Place(store, services=())
    place.settings = Settings.model_validate({"heartbeat": {"alerts": []}})
    place.restart()
    place.alert(BORN, name="Watchdog")
    place.alert(BORN, name="OutageWindowHeartbeat", outage_window="heartbeat")
    assert place.metric(METRIC) == 0
    (found,) = place.at(BORN + 60)
    assert "Watchdog" in json.dumps(found)


@pytest.mark.parametrize(
    ("label", "own"), [("self", True), ("heartbeat", True), ("other", False), (None, False)]
)
def test_neither_is_evidence_in_batch(tmp_path, label, own):
    labels = FIRING["alerts"][0]["labels"] | ({"outage_window": label} if label else {})
    assert is_own_voice(labels) is own
    file = tmp_path / "alerts.json"
    file.write_text(json.dumps(FIRING | {"alerts": [FIRING["alerts"][0] | {"labels": labels}]}))
    assert bool(read(read_file(str(file)))[0]) is not own
