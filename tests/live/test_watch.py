"""The live loop on made-up metrics: incidents open, go on, close, and keep their ids."""

import json
from datetime import datetime

import numpy as np
import pytest

from outage_window.settings.models import Service, Settings
from outage_window.store import samples
from tests.live.made import BORN, DAY, Metrics, Place, text

START = BORN + 3 * DAY + 8 * 3600
END = START + 3600


def seconds(text):
    return datetime.fromisoformat(text).timestamp()


def ongoing(place, alerted):
    return place.metric(f'outage_window_incident_ongoing{{alerted="{alerted}",service="auth"}}')


def test_an_outage_without_alert_opens_goes_on_and_closes(store, tmp_path):
    place = Place(store, Metrics((START, END)), drafts=tmp_path / "drafts")
    assert place.at(START - 60) == []
    (found,) = place.at(START + 240)
    assert found["state"] == "ongoing"
    assert abs(seconds(found["start"]["value"]) - START) <= 30
    assert (ongoing(place, "false"), ongoing(place, "true")) == (1, 0)
    place.alert(START + 300)
    place.at(START + 1800)
    assert (ongoing(place, "false"), ongoing(place, "true")) == (0, 1)
    place.alert(START + 300, END + 120)
    (closing,) = place.at(END + 600)
    assert closing["state"] == "ongoing"
    assert abs(seconds(closing["end"]["value"]) - END) <= 30
    assert (ongoing(place, "false"), ongoing(place, "true")) == (0, 0)
    (closed,) = place.at(END + 1200)
    assert (closed["state"], closed["id"]) == ("closed", found["id"])
    draft = place.client.get(f"/api/v1/incidents/{found['id']}/draft").text
    assert (tmp_path / "drafts" / f"{found['id']}.md").read_text() == draft
    assert place.client.get(f"/api/v1/incidents/{found['id']}/chart.svg").data[:100].count(b"<")
    assert place.client.get(f"/incidents/{found['id']}").status_code == 200


def test_a_closed_incident_is_frozen_until_something_moves(store, tmp_path):
    place = Place(store, Metrics((START, END)), drafts=tmp_path / "drafts")
    (closed,) = place.at(END + 1200)
    (later,) = place.at(END + 4000)
    assert later == closed
    file = tmp_path / "drafts" / f"{closed['id']}.md"
    question = "TODO(owner?): What is the one thing that others should learn from this incident?"
    file.write_text(file.read_text().replace(question, "Deploy on Mondays."))
    place.alert(START + 300, END + 60)
    (revised,) = place.at(END + 4100)
    assert (revised["revision"], revised["moved"]) == (2, "alerts 0 → 1")
    text = file.read_text()
    assert "Deploy on Mondays." in text
    assert question not in text
    assert "revision 2" in text
    assert "Alert fired" in text
    history = place.client.get(f"/api/v1/incidents/{closed['id']}").json["revisions"]
    assert [entry["revision"] for entry in history] == [1, 2]


def test_a_restart_changes_nothing(store):
    place = Place(store, Metrics((START, END)))
    before = place.at(END + 1200)
    place.restart()
    assert place.at(END + 1200) == before


def test_history_is_pulled_once_and_then_only_what_is_new(store):
    metrics = Metrics()
    place = Place(store, metrics)
    place.at(START)
    first = metrics.asked
    place.at(START + 15)
    place.restart()
    place.at(START + 30)
    assert metrics.asked - first == 4  # attempts and errors, one short range each time


def test_two_outages_are_two_incidents(store):
    place = Place(store, Metrics((START, END), (END + 7200, END + 9000)))
    found = place.at(END + 12000)
    assert [one["state"] for one in found] == ["closed", "closed"]
    assert len({one["id"] for one in found}) == 2


def test_stretches_closer_than_the_gap_become_one_incident_again(store):
    """Both were found apart from each other before the samples between them came."""
    place = Place(store, Metrics((START, START + 1200), (START + 1800, END)))
    (first,) = place.at(START + 1500)
    (whole,) = place.at(END + 1200)
    assert whole["id"] == first["id"]
    assert whole["pattern"] == "phased"


def test_an_alert_without_elevated_errors(store):
    place = Place(store, Metrics())
    place.alert(START)
    (found,) = place.at(START + 60)
    assert found["state"] == "suspected"
    assert found["start"]["status"] == "not_derivable"
    place.alert(START, START + 600)
    (found,) = place.at(START + 900)
    assert found["state"] == "unconfirmed"
    assert "quiet" in found["no_window_because"]
    assert "quiet" in place.client.get(f"/api/v1/incidents/{found['id']}/draft").text
    assert place.at(START + 5000) == [found]


def test_a_suspicion_that_metrics_confirm_keeps_its_id(store):
    place = Place(store, Metrics((START, END)))
    place.alert(START - 600)
    (suspected,) = place.at(START - 300)
    (found,) = place.at(START + 600)
    assert (suspected["state"], found["state"]) == ("suspected", "ongoing")
    assert found["id"] == suspected["id"]


def test_an_end_in_a_gap_of_the_data_is_no_recovery(store):
    metrics = Metrics((START, END))
    gap = (metrics.time > START + 900) & (metrics.time < START + 1800)
    metrics.time = metrics.time[~gap]
    for name in metrics.counters:
        metrics.counters[name] = metrics.counters[name][~gap]
    place = Place(store, metrics)
    place.alert(START + 300, START + 1200, name="silent")
    place.alert(START + 300, END + 60, name="seen")
    (found,) = place.at(END + 1200)
    assert {a["name"]: a["timed_out"] for a in found["alerts"]} == {"silent": True, "seen": False}


def test_two_suspicions_that_are_one_window_become_one(store):
    """The earlier keeps its id, the other answers where it went."""
    metrics = Metrics((START, START + 3 * 3600))
    metrics.down = True
    place = Place(store, metrics)
    place.alert(START + 300, START + 600, name="first")
    place.at(START + 700)
    place.alert(START + 7200, name="second")
    second, first = place.at(START + 7300)
    metrics.down = False
    (whole,) = place.at(START + 7400)
    assert (whole["id"], whole["state"]) == (first["id"], "ongoing")
    merged = place.client.get(f"/api/v1/incidents/{second['id']}").json
    assert merged["merged_into"] == first["id"]
    assert first["id"] in place.client.get(f"/incidents/{second['id']}").text


def test_a_window_that_later_data_take_back_is_said_to_be_gone(store):
    """Another selector starts the service anew, with counters that had no outage."""
    metrics = Metrics((START, END))
    place = Place(store, metrics)
    (before,) = place.at(START + 600)
    place.metrics = Metrics()
    place.settings = place.settings.model_copy(
        update={
            "services": (
                place.settings.services[0].model_copy(update={"errors": "bad{job='auth'}"}),
            )
        }
    )
    place.restart()
    (after,) = place.at(START + 700)
    assert (after["id"], after["state"]) == (before["id"], "unconfirmed")
    assert "no longer support" in after["no_window_because"]


def test_users_are_counted_from_attempts(store):
    place = Place(store, Metrics((START, END)))
    reasons = {"reasons": {"system": ["invalid_token"], "user": ["bad_password"]}}
    raw = place.settings.services[0].model_dump() | reasons
    place.settings = place.settings.model_copy(update={"services": (Service(**raw),)})
    place.restart()
    lines = []
    for user in range(100):
        outcome = ("failure", "invalid_token") if user < 25 else ("success", "")
        if user == 99:
            outcome = ("failure", "bad_password")
        line = {"user": f"u{user}", "outcome": outcome[0], "reason": outcome[1], "service": "auth"}
        for again in range(100):  # as many attempts as the metrics count
            lines.append(json.dumps(line | {"time": text(START + 18 * again + user // 10)}))
    assert place.client.post("/api/v1/attempts", data="\n".join(lines)).json == {"kept": 10_000}
    (found,) = place.at(START + 1800)
    assert found["affected_users"]["tier"] == 1
    assert found["affected_users"]["value"] == pytest.approx(25 / 99)


def test_events_belong_to_their_incident(store):
    place = Place(store, Metrics((START, END)))
    event = {"type": "change", "service": "auth", "text": "deploy 42"}
    sent = [event | {"time": text(START - 600)}, event | {"time": text(START - 2 * DAY)}]
    place.client.post("/api/v1/events", data=json.dumps(sent))
    (found,) = place.at(START + 600)
    assert [one["time"] for one in found["events"]] == [text(START - 600)]
    assert "deploy 42" in place.client.get(f"/api/v1/incidents/{found['id']}/draft").text


def test_an_alert_of_a_service_without_metrics(store):
    place = Place(store, Metrics())
    place.alert(START, name="B", service="mail/../x")
    (found,) = place.at(START + 60)
    assert found["service"] == "mail/../x"
    assert "/" not in found["id"]
    assert "no metrics" in found["no_window_because"]


def test_our_own_voice_is_no_evidence(store):
    place = Place(store, Metrics((START, END)))
    place.alert(START + 300, outage_window="self")
    place.alert(BORN + DAY, name="C", service="mail", outage_window="self")
    (found,) = place.at(START + 600)
    assert (found["alerts"], found["alerted"]) == ([], False)


def test_without_prometheus_alerts_still_count(store):
    metrics = Metrics()
    metrics.down = True
    place = Place(store, metrics)
    place.alert(START)
    (found,) = place.at(START + 60)
    assert found["state"] == "suspected"
    assert "cannot be reached" in found["no_window_because"]
    assert "cannot be reached" in place.client.get("/").text
    assert place.metric('outage_window_scan_failures_total{service="auth"}') == 1
    metrics.down = False
    place.at(START + 120)
    assert place.watch.status.services["auth"].error == ""


def test_a_pull_that_breaks_off_leaves_no_hole(store):
    class Breaking(Metrics):
        def samples(self, selector, start, end):
            self.down = self.asked == 9
            return super().samples(selector, start, end)

    broken, whole = Place(store, Breaking((START, END))), Metrics((START, END))
    assert broken.at(END + 1200) == []
    (found,) = broken.at(END + 1215)
    again = Place(store, whole)
    assert (again.watch.tick(), again.incidents()) == (None, [found])


def test_samples_that_reach_prometheus_late_are_not_missed(store):
    class Late(Metrics):
        def samples(self, selector, start, end):
            found = super().samples(selector, start, min(end, self.seen * 1e9))
            return [one for one in found if len(one.time)]

    metrics = Late((START, END))
    place = Place(store, metrics)
    metrics.seen = START - 600
    place.at(START)
    metrics.seen = START - 1
    place.at(START + 900)
    metrics.seen = END + 1200
    (late,) = place.at(END + 1200)
    with store.read() as connection:
        stored = samples.load(connection, "auth", 0)
    assert all((np.diff(one.time) == 30 * 10**9).all() for one in stored)
    assert late["state"] == "closed"


def test_an_export_can_be_watched(store, tmp_path):
    metrics = Metrics((START, END))
    file = tmp_path / "auth.csv"

    def export(until):
        rows = ["time,attempts,errors"]
        counts = [np.diff(metrics.counters[name], prepend=0) for name in ("all", "bad")]
        for time, attempts, errors in zip(metrics.time, *counts, strict=True):
            if time <= until:
                rows.append(f"{text(time - 30)},{attempts:.0f},{errors:.0f}")
        file.write_text("\n".join(rows) + "\n")

    place = Place(store)
    raw = {"services": [{"name": "auth", "source": "file", "file": str(file)}]}
    place.settings = Settings.model_validate(raw)
    place.restart()
    assert place.at(START) == []
    assert "no such file" in place.watch.status.services["auth"].error
    export(START + 900)
    assert [one["state"] for one in place.at(START + 900)] == ["ongoing"]
    export(END + 1200)
    assert [one["state"] for one in place.at(END + 1200)] == ["closed"]


def test_one_service_that_fails_does_not_stop_the_others(store):
    class Half(Metrics):
        def samples(self, selector, start, end):
            if "mail" in selector:
                raise ZeroDivisionError
            return super().samples(selector, start, end)

    place = Place(store, Half((START, END)), services=("mail", "auth"))
    (found,) = place.at(START + 600)
    assert found["service"] == "auth"
    assert place.watch.status.services["mail"].failures == 1


def test_an_ongoing_incident_survives_a_loss_of_metrics(store):
    metrics = Metrics((START, END))
    place = Place(store, metrics)
    (before,) = place.at(START + 600)
    metrics.down = True
    (after,) = place.at(START + 900)
    assert (after["id"], after["state"]) == (before["id"], "ongoing")


@pytest.mark.parametrize(
    "path", ["/api/v1/incidents/x", "/incidents/x", "/api/v1/incidents/x/draft"]
)
def test_what_is_not_there(store, path):
    answer = Place(store, Metrics()).client.get(path)
    assert answer.status_code == 404
    assert answer.json["error"] == "no such incident"


def test_pages_escape_what_came(store):
    place = Place(store, Metrics())
    place.alert(START, name="<img src=x onerror=alert(1)>", service="<script>alert(1)</script>")
    (found,) = place.at(START + 60)
    for page in ("/", f"/incidents/{found['id']}"):
        body = place.client.get(page).text
        assert "<script>alert" not in body
        assert "<img src=x" not in body


def test_the_empty_front_page_shows_how_to_begin(store):
    body = Place(store, Metrics()).client.get("/").text
    assert "/api/v1/webhooks/alertmanager" in body
