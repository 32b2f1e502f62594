# What a reconciliation says of a past that has some of everything, and what it does not know.
from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from outage_window.errors import InputError
from outage_window.reconciling.document import document
from outage_window.store import Store, labelled
from reports.reconciliation_text import summary, to_text

from .made import DAY, NOW, Past, at, lived_through, shown

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "reconciliation.schema.json").read_text("utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA)


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    folder = tmp_path_factory.mktemp("past")
    with closing(Store.open(f"sqlite:///{folder / 'ow.db'}")) as store:
        yield lived_through(store)


@pytest.fixture(scope="module")
def found(past):
    return document(past.reconciled())


@pytest.fixture
def past_of(tmp_path):
    """A past of nothing, by settings."""
    with closing(Store.open(f"sqlite:///{tmp_path / 'ow.db'}")) as store:
        yield lambda **settings: Past(store, settings)


def lines(section):
    return [(one["alert"], one["service"], one["how"], one["times"]) for one in section["found"]]


def test_the_document_is_valid_by_a_schema_that_can_fail(found):
    Draft202012Validator.check_schema(SCHEMA)
    assert [e.message for e in VALIDATOR.iter_errors(found)] == []
    assert set(found) == set(SCHEMA["properties"])
    unsaid = found["requests_refused"] | {"count": 0}
    for change in ({"findings": None}, {"requests_refused": unsaid}, {"to": "now"}):
        assert not VALIDATOR.is_valid(found | change)


def test_outages_without_an_alert_say_what_there_was_instead(found):
    section = found["outages_without_alert"]
    told = [(one["id"], one["instead"]) for one in section["found"]]
    assert told == [("auth-untold", "none"), ("auth-lost", "lost"), ("auth-hushed", "muted")]
    assert section["found"][0] == {
        "id": "auth-untold",
        "service": "auth",
        "start": shown(400),
        "start_low": shown(399),
        "start_high": shown(401),
        "end": shown(460),
        "instead": "none",
    }
    assert (section["count"], found["outages"]["count"]) == (3, 5)  # nobody counts the dismissed
    assert found["outages_with_alerts_not_known"] == ["sso-unknown"]


def test_an_alert_that_flaps_is_one_line(found):
    section = found["alerts_without_outage"]
    assert lines(section) == [
        ("Flapping", "auth", None, 40),
        ("Alien", "auth", None, 1),
        ("Cut", "auth", None, 1),
    ]
    flapping = section["found"][0]
    assert (flapping["first"], flapping["last"]) == (shown(2500), shown(2500 + 5 * 39))
    assert (flapping["seconds"], flapping["longest_seconds"]) == (40 * 120, 120)
    assert section["count"] == 42


def test_what_cannot_be_judged_says_why(found):
    assert [(one["alert"], one["how"]) for one in found["alerts_not_judged"]] == [
        ("AuthErrors", "while there were no data"),
        ("DiskFull", "no metrics of this service are known"),
    ]


def test_what_was_muted_says_by_what(found):
    assert lines(found["alerts_silenced"]) == [("AuthErrors", "auth", "known since Monday", 1)]
    assert lines(found["alerts_inhibited"]) == [("SsoSlow", "sso", "by DiskFull", 1)]
    for kind in ("alerts_silenced", "alerts_inhibited"):
        assert found[kind]["known"] == [{"from": shown(500), "to": shown(NOW)}]
        assert found[kind]["unknown_because"].startswith("Alertmanager was not asked then")


def test_what_was_lost_says_who_told_and_when_that_is_known(found):
    lost = found["alerts_lost"]
    assert lines(lost) == [("AuthErrors", "auth", "Prometheus", 1)]
    assert lost["known"] == [{"from": shown(500), "to": shown(NOW)}]
    assert lost["asked"]["prometheus"]["known"] == [{"from": shown(690), "to": shown(800)}]


def test_prometheus_does_not_know_of_what_came_while_it_was_asked_alone(found):
    section = found["alerts_unknown_to_prometheus"]
    assert lines(section) == [("Alien", "auth", "alertmanager", 1)]
    assert section["known"] == [{"from": shown(690), "to": shown(800)}]


def test_what_was_cut_off_and_not_understood_is_told(found):
    (cut,) = found["alerts_beside_truncated"]["found"]
    assert (cut["alert"], cut["times"], cut["most_truncated"]) == ("Cut", 1, 7)
    (unread,) = found["deliveries_not_understood"]["found"]
    assert (unread["reason"], unread["times"]) == ("body: expected an object", 1)


def test_gaps_are_those_of_samples_and_of_the_server(found):
    auth, sso = found["gaps"]["services"]
    assert auth["gaps"] == [{"from": shown(1999), "to": shown(2030)}]
    assert (auth["seconds"], auth["unknown_because"]) == (31 * 60, None)
    assert (sso["gaps"], sso["known"]) == ([], [{"from": shown(1000), "to": shown(NOW)}])
    assert found["gaps"]["receiver"]["gaps"] == [{"from": shown(700), "to": shown(730)}]


def test_the_summary_is_what_a_tired_person_wants_to_know(found):
    assert found["summary"] == (
        "3 of 5 outages had no alert; 1 alert fired and was never delivered; 42 alerts without an "
        "outage, of 3 rules; 1 alert that Prometheus does not know; 1 alert beside others that "
        "were cut off; gaps in the metrics of 1 service (31 min); nothing was received for 30 min; "
        "1 delivery not understood."
    )
    assert found["findings"] == 12


def test_it_is_the_same_on_every_database(store, found):
    past = lived_through(store)
    assert document(past.reconciled()) == found
    with store.read() as connection:
        names = [one.id for one in labelled.between(connection, at(420), at(1500), ["auth", "sso"])]
    assert names == ["auth-untold", "auth-lost"]


def test_a_service_alone_can_be_asked_for(past):
    found = document(past.reconciled(services=("sso",)))
    assert found["services"] == ["sso"]
    assert [one["name"] for one in found["gaps"]["services"]] == ["sso"]
    assert found["outages"]["found"] == ["sso-unknown"]
    assert found["alerts_without_outage"]["count"] == 0
    with pytest.raises(InputError, match="no such service; expected one such as auth"):
        past.reconciled(services=("auht",))


def test_a_part_of_the_period_has_what_touches_it(past):
    found = document(past.reconciled(440, 720))
    assert found["outages"]["found"] == ["auth-untold", "auth-lost"]
    assert found["gaps"]["receiver"]["gaps"] == [{"from": shown(700), "to": shown(720)}]


def test_an_alert_shortly_outside_of_the_period_meets_an_outage_inside(past):
    assert document(past.reconciled(104, 200))["outages_without_alert"]["count"] == 0
    assert document(past.reconciled(0, 102))["outages_without_alert"]["count"] == 0


def test_where_nothing_is_known_nothing_is_counted(past_of):
    found = document(past_of().reconciled())
    assert [e.message for e in VALIDATOR.iter_errors(found)] == []
    for name, section in found.items():
        if isinstance(section, dict) and name != "gaps":
            assert (section["count"], section["known"]) == (None, []), name
            assert section["unknown_because"], name
    assert found["gaps"]["receiver"]["count"] is None
    assert found["findings"] == 0
    assert found["summary"] == (
        "nothing that does not fit. Not known: outages, alerts, what was muted, what was lost."
    )


def test_what_fires_since_minutes_is_not_lost_yet(past_of):
    past = past_of(alertmanager={"url": "http://127.0.0.1:9"})
    past.asked("alertmanager", 0, NOW)
    past.told("alertmanager", "Waiting", NOW - 3, None)
    past.told("alertmanager", "Lost", NOW - 30, None)
    assert lines(document(past.reconciled())["alerts_lost"]) == [
        ("Lost", "auth", "Alertmanager", 1)
    ]


def test_an_alert_that_began_just_now_may_still_get_its_outage(past_of):
    past = past_of(services=[])
    past.outage("auth-1", 10, 20)
    past.delivered("AuthErrors", NOW - 10, None)
    found = document(past.reconciled())
    assert found["alerts_without_outage"]["count"] == 0
    assert [one["how"][:10] for one in found["alerts_not_judged"]] == ["too recent"]


def test_what_the_retention_dropped_is_not_known_but_its_outages_are(past_of):
    past = past_of(storage={"retention": "1d"})
    past.outage("auth-1", 10, 20, alerted=True)
    past.delivered("Old", 100, 110)
    past.delivered("AuthErrors", NOW - 300, NOW - 290)
    found = document(past.reconciled())
    assert found["alerts"]["known"] == [{"from": shown(NOW - DAY), "to": shown(NOW)}]
    assert (
        found["alerts"]["unknown_because"]
        == f"what was received before {shown(NOW - DAY)} is dropped by now"
    )
    assert (found["outages"]["count"], found["outages_without_alert"]["count"]) == (1, 0)


def test_the_text_has_a_line_each_and_what_is_not_known_at_its_end(past):
    reconciled = past.reconciled()
    text = to_text(reconciled)
    first, *others = text.splitlines()
    assert first == summary(reconciled)
    assert all(len(line) <= 130 for line in others)
    for line in (
        "  auth-lost    2023-11-15 11:45:00 ±1 min  20 min  an alert fired, and was lost",
        "  auth-untold  2023-11-15 06:40:00 ±1 min  1 h     nothing fired",
        "Not judged, no metrics of this service are known: 1 alert: DiskFull (disk)",
        "Gaps in metrics: 1, in 1 of 2 services *",
        "  2023-11-15 11:40:00 to 2023-11-15 12:10:00 (30 min)",
    ):
        assert line in text, text
    *_, last = text.split("* Not known for the whole period\n")
    told = " ".join(last.split())
    assert "Alerts silenced; Alerts inhibited: known for 2023-11-15T08:20:00Z to" in told
    assert "as Prometheus tells; Alerts delivered that Prometheus does not know: known for" in told


def test_texts_of_others_are_one_line_each(past_of):
    past = past_of(services=[])
    past.outage("auth-1", 10, 20)
    past.delivered("\x1b[31mA\nB\u202e" + "x" * 500, 500, 510)
    text = to_text(past.reconciled())
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert max(map(len, text.splitlines())) < 140
