"""Incidents between proposed edges: in all data, in kept intervals, or by the edges alone."""

import json
import threading
from dataclasses import replace

import numpy as np
import pytest

from outage_window.live.held import NEWER, NOT_HELD, TOO_OLD
from outage_window.live.intervals import Intervals
from outage_window.live.remeasuring import NOT_CONFIGURED, NOT_READ
from outage_window.store import cells, incidents
from outage_window.store.schema import cells as cells_table
from outage_window.web import create_app
from tests.live.made import BORN, DAY, STEP, Metrics, Place, text

START = BORN + 3 * DAY + 8 * 3600
END = START + 3600
SLO = {"target": 99.9, "window": "30d"}
COUNTS = ("attempts", "errors", "excess_errors", "error_ratio", "peak_error_ratio")


@pytest.fixture
def place(store):
    """One closed incident with an alert, and an acknowledgement."""
    place = Place(store, Metrics((START, END)), slo=SLO, users={"registered": 900})
    place.at(START + 600)
    place.alert(START + 300, END + 60)
    said = {"type": "acknowledged", "time": text(START + 420), "service": "auth", "text": "on it"}
    assert place.client.post("/api/v1/events", json=said).status_code == 200
    place.at(END + 1200)
    return place


def the(place):
    (found,) = place.incidents()
    return found


def measure(place, start=None, end=None, client=None, identity=None):
    query = {name: text(at) for name, at in (("start", start), ("end", end)) if at is not None}
    path = f"/api/v1/incidents/{identity or the(place)['id']}/measure"
    answer = (client or place.client).get(path, query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json


def elsewhere(place, services=None):
    """Another process on the same store, which derives nothing."""
    settings = place.settings
    if services is not None:
        settings = settings.model_copy(update={"services": services})
    return create_app(
        place.store, settings, place.watch.status, lambda: round(place.now * 1e9)
    ).test_client()


def counted(place, name, start, end):
    """What the counters rose by between two scrapes."""
    time, value = place.metrics.time, place.metrics.counters[name]
    before, last = np.searchsorted(time, [start, end])
    return value[last] - value[before]


def test_edges_as_they_were_measured_give_what_was_measured(place):
    known = the(place)
    for edges in ((None, None), (known["start"]["value"], None), (None, known["end"]["value"])):
        query = {n: e for n, e in zip(("start", "end"), edges, strict=True) if e is not None}
        path = f"/api/v1/incidents/{known['id']}/measure"
        found = place.client.get(path, query_string=query).json
        assert found["source"] == "as_measured"
        for name in set(found) - {"id", "source", "because", "headline", "shown"}:
            assert found[name] == known[name], name
        assert found["headline"] == known["headline"]
    found = measure(place)
    assert found["shown"]["duration_seconds"]["interval"].count("min")
    assert found["shown"]["time_to_detect"]["flag"] == ""


def test_other_edges_are_measured_in_all_data(place):
    start, end = START - 600, END + 900
    found = measure(place, start, end)
    assert (found["source"], found["because"]) == ("all_data", "")
    assert found["attempts"]["value"] == pytest.approx(counted(place, "all", start, end))
    assert found["errors"]["value"] == pytest.approx(counted(place, "bad", start, end))
    assert found["start"]["status"] == found["duration_seconds"]["status"] == "declared"
    assert found["start"]["inputs"] == []
    assert found["attempts"]["inputs"]
    assert found["start"]["value"] == text(start)
    assert found["duration_seconds"]["value"] == end - start
    assert found["time_to_detect"]["value"] == 900
    assert found["time_to_detect"]["method"] == "first alert - proposed onset"
    assert found["time_to_acknowledge"]["value"] == 1020
    assert found["time_to_recover"]["value"] == end - start
    known = measure(place)
    budgets = [one["error_budget"]["value"] for one in (found, known)]
    assert budgets[0] == pytest.approx(budgets[1], rel=0.02), "the rest ran as usual"
    half = measure(place, START + 1800)
    assert half["error_budget"]["value"] == pytest.approx(budgets[1] / 2, rel=0.05)
    assert half["end"] == known["end"], "what is left out stays as it was measured"
    assert half["duration_seconds"]["status"] == "estimated"
    assert half["time_to_detect"]["value"] == -1500
    assert half["shown"]["time_to_detect"]["flag"].startswith("negative")
    assert half["headline"].startswith("auth: degraded for 30 min, from ")
    assert "\ue000" not in json.dumps(found, ensure_ascii=False)


def test_users_hit_are_counted_between_the_edges(store):
    place = Place(store, Metrics((START, END)), reasons={"system": ["backend"]})
    rows = []
    for minute in range(60):
        at = START + 60 * minute + 1
        for user in (f"hit{minute}", f"ok{minute}"):
            bad = user.startswith("hit")
            rows += [(at + second, user, bad) for second in range(40)]
    lines = [
        {"time": text(at), "user": user, "service": "auth"}
        | ({"outcome": "failure", "reason": "backend"} if bad else {"outcome": "success"})
        for at, user, bad in rows
    ]
    for part in range(0, len(lines), 2000):
        body = "\n".join(map(json.dumps, lines[part : part + 2000]))
        assert place.client.post("/api/v1/attempts", data=body).status_code == 200
    # As few attempts as are told of one by one: else these would be a part of them.
    place.metrics.counters = {
        name: np.cumsum(np.diff(value, prepend=0) // 4)
        for name, value in place.metrics.counters.items()
    }
    place.at(END + 1200)
    assert measure(place)["affected_users"]["tier"] == 1
    found = measure(place, START, START + 1800)
    assert found["affected_users"]["hit_users"]["value"] == 30
    assert found["affected_users"]["value"] == 0.5
    assert found["shown"]["affected_users"]["value"] == "50.0 %"
    away = measure(place, client=elsewhere(place), start=START, end=START + 1800)
    assert away["affected_users"]["status"] == "not_derivable"
    assert away["affected_users"]["reason"] == NOT_HELD


def test_where_the_data_are_not_held_kept_intervals_tell_what_they_can(place):
    start, end = START - 600, END + 900
    ours, theirs = measure(place, start, end), measure(place, start, end, elsewhere(place))
    assert (theirs["source"], theirs["because"]) == ("kept_intervals", NOT_HELD)
    for name in COUNTS:
        for bound in ("value", "low", "high"):
            assert theirs[name][bound] == pytest.approx(ours[name][bound], rel=1e-5), name
    for name in ("start", "end", "time_to_detect", "time_to_acknowledge", "time_to_recover"):
        assert theirs[name] == ours[name], name
    for name in ("affected_users", "error_budget"):
        assert theirs[name]["status"] == "not_derivable"
        assert theirs[name]["reason"] == NOT_HELD
        assert theirs["shown"][name]["value"].startswith("not derivable, because the service's")
    share = theirs["affected_users"]["attempts_share"]["value"]
    assert share == pytest.approx(theirs["error_ratio"]["value"] - 0.01, abs=0.005)
    far = measure(place, START - DAY, END, elsewhere(place))
    assert far["attempts"]["reason"] == "the data at hand begin after the start"
    assert far["duration_seconds"]["value"] == pytest.approx(DAY + 3600, abs=60)
    gone = measure(place, START - 2 * DAY, START - DAY, elsewhere(place))
    assert (gone["source"], gone["because"]) == ("edges_only", "there are no data of that time")
    none = measure(place, start, end, elsewhere(place, services=()))
    assert none["because"] == NOT_CONFIGURED
    assert none["errors"]["value"] == pytest.approx(ours["errors"]["value"])
    assert none["error_budget"]["reason"] == NOT_CONFIGURED


def test_what_is_held_must_be_as_new_as_the_incident_and_reach_to_it(place):
    held = place.holding._by_service["auth"]
    found = held.assessment.detection
    grid = found.evidence.row.grid
    late, early = np.flatnonzero(grid.end <= END)[-1], np.flatnonzero(grid.start >= START + 60)[0]
    for part, why in ((slice(0, late), NEWER), (slice(early, None), TOO_OLD)):
        cut = replace(grid, start=grid.start[part], end=grid.end[part])
        evidence = replace(found.evidence, row=replace(found.evidence.row, grid=cut))
        detection = replace(found, evidence=evidence)
        there = replace(held.assessment, detection=detection)
        place.holding.put("auth", replace(held, assessment=there))
        told = measure(place, START - 60)
        assert (told["source"], told["because"]) == ("kept_intervals", why)
    unknown = replace(found, evidence=None, not_assessed="too little data")
    there = replace(held.assessment, detection=unknown, not_assessed="too little data")
    place.holding.put("auth", replace(held, assessment=there))
    told = measure(place, START - 60)
    assert told["because"] == "the metrics could not be assessed: too little data"


def test_without_intervals_the_edges_alone_are_told(place):
    place.store.write(lambda c: c.execute(cells_table.delete()))
    told = measure(place, START - 60, END, elsewhere(place))
    assert (told["source"], told["because"]) == ("edges_only", NOT_HELD)
    assert told["duration_seconds"]["value"] == 3660
    assert told["time_to_detect"]["value"] == 360
    assert {told[name]["reason"] for name in COUNTS} == {NOT_HELD}


def test_an_incident_that_goes_on(store):
    place = Place(store, Metrics((START, END)), slo=SLO)
    place.at(START + 1800)
    as_measured = measure(place)
    assert as_measured["source"] == "as_measured"
    assert as_measured["end"]["reason"] == "ongoing"
    earlier = measure(place, START - 300)
    assert earlier["end"]["status"] == "not_derivable"
    assert earlier["duration_seconds"]["value"] == 2100
    assert earlier["time_to_recover"]["status"] == "not_derivable"
    over = measure(place, end=START + 1500)
    assert over["end"]["value"] == text(START + 1500)
    assert over["time_to_recover"]["value"] == over["duration_seconds"]["value"]
    place.now += 240
    ahead = measure(place, end=START + 1980)
    assert ahead["attempts"]["reason"] == "the data at hand stop before the end"
    away = measure(place, end=START + 1500, client=elsewhere(place))
    assert away["source"] == "edges_only"
    place.at(START + 2400)
    assert measure(place, end=START + 1980)["attempts"]["status"] == "measured"


def test_what_people_declared_is_measured_between_their_edges(store):
    place = Place(store, Metrics(), users={"registered": 900})
    place.at(START + 3600)
    said = {"service": "auth", "start": text(START), "end": text(START + 600), "by": "ann"}
    identity = place.client.post("/api/v1/incidents", json=said).json["id"]
    found = measure(place)
    assert found["source"] == "all_data"
    assert found["start"]["method"] == "as people declared it"
    assert found["attempts"]["value"] == pytest.approx(
        counted(place, "all", START, START + 600), abs=2
    )
    assert found["affected_users"]["hit_users"]["reason"] == NOT_READ
    shorter = measure(place, end=START + 300)
    assert shorter["start"] == found["start"]
    assert shorter["duration_seconds"]["value"] == 300
    away = measure(place, client=elsewhere(place), identity=identity)
    assert (away["source"], away["error_budget"]) == ("edges_only", None)


def test_without_an_edge_that_is_known_one_must_be_given(store):
    place = Place(store, Metrics())
    place.alert(START)
    place.at(START + 60)
    path = f"/api/v1/incidents/{the(place)['id']}/measure"
    refused = place.client.get(path)
    assert (refused.status_code, refused.json["field"]) == (400, "start")
    going = measure(place, START - 60)
    assert going["end"]["status"] == "not_derivable"
    place.alert(START, START + 600)
    place.at(START + 1800)
    assert the(place)["state"] == "unconfirmed"
    refused = place.client.get(path, query_string={"start": text(START)})
    assert (refused.status_code, refused.json["field"]) == (400, "end")
    assert measure(place, START, START + 600)["attempts"]["status"] == "measured"


def test_maintenance_has_no_say_here_either(store):
    place = Place(store, Metrics())
    said = {"service": "auth", "start": text(START), "end": text(START + 7200), "reason": "move"}
    assert place.client.post("/api/v1/maintenance", json=said).status_code in (200, 201)
    place.alert(START + 1000, START + 1200)
    place.at(START + 9000)
    told = measure(place, START + 600, START + 1800)
    assert told["source"] == "edges_only"
    assert told["attempts"]["reason"].startswith("maintenance was announced")


def test_requests_meet_whole_states_while_passes_go_on(store):
    """What is held changes between two requests, never within one."""
    place = Place(store, Metrics((START, END)), slo=SLO)
    place.at(START + 900)
    (incident,) = place.incidents()
    path = f"/api/v1/incidents/{incident['id']}/measure?start={text(START - 300)}"
    wrong, done = [], threading.Event()

    def ask():
        client = place.client.application.test_client()
        while not done.is_set():
            answer = client.get(path)
            found = answer.json
            if answer.status_code != 200 or found["attempts"]["value"] is None:
                wrong.append(found)
                continue
            until = START - 300 + found["duration_seconds"]["value"]
            if found["attempts"]["value"] != counted(place, "all", START - 300, until):
                wrong.append((found["attempts"], until))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for minute in range(16, 26):
        place.at(START + 60 * minute)
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def series(place, client=None, **query):
    query = {name: text(one) if name in ("from", "to") else one for name, one in query.items()}
    path = f"/api/v1/incidents/{the(place)['id']}/series"
    answer = (client or place.client).get(path, query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json


def test_a_closed_incident_shows_its_kept_intervals(place):
    whole = series(place, client=elsewhere(place))
    assert whole["exact"]
    assert (whole["from"], whole["to"]) == (whole["start"][0], whole["end"][-1])
    assert whole["from"] <= START - 7200 + STEP
    assert np.diff(whole["start"]) == pytest.approx(STEP)
    assert whole == series(place)
    part = series(place, **{"from": START, "to": START + 600})
    assert len(part["start"]) == 20
    assert min(part["low"]) > 0.2
    assert part["low"] == part["high"]
    few = series(place, columns=10)
    assert (len(few["start"]), few["exact"]) == (10, False)
    assert max(few["high"]) == max(whole["high"])
    nothing = series(place, **{"from": START - DAY, "to": START - DAY + 60})
    assert (nothing["start"], nothing["exact"]) == ([], True)
    before = series(place, to=START - DAY)
    assert (before["from"], before["to"], before["low"]) == (whole["from"], whole["from"], [])


def test_one_that_goes_on_shows_what_is_held(store):
    place = Place(store, Metrics((START, END)))
    place.at(START + 1800)
    whole = series(place)
    assert whole["exact"]
    assert whole["end"][-1] == START + 1800
    assert whole["from"] == pytest.approx(START - 7200, abs=60)
    far = series(place, **{"from": BORN, "to": START + 1800}, columns=4000)
    assert (far["start"][0], far["exact"]) == (BORN, False)
    away = series(place, client=elsewhere(place))
    assert not away["exact"], "a chart does not tell how many intervals a column holds"
    assert away["high"] == whole["high"]
    part = series(place, elsewhere(place), **{"from": START, "to": START + 600})
    assert len(part["low"]) == 20


def test_what_was_closed_without_intervals_is_shown_from_memory_or_its_chart(place):
    place.store.write(lambda c: c.execute(cells_table.delete()))
    assert series(place)["exact"]
    assert not series(place, client=elsewhere(place))["exact"]


def test_intervals_are_unpacked_once_and_forgotten_in_time(place, monkeypatch):
    with place.store.read() as connection:
        stored = incidents.get(connection, the(place)["id"])
        _, data = cells.of(connection, stored.id)
    size = len(Intervals(place.store, place.holding).kept(stored).start)
    for name in "abc":
        place.store.write(lambda c, name=name: cells.keep(c, name, size, data))
    unpacked = []
    real = cells.unpack
    monkeypatch.setattr(cells, "unpack", lambda *given: unpacked.append(1) or real(*given))
    intervals = Intervals(place.store, place.holding, most=2 * size)
    a, b, c = (replace(stored, id=name) for name in "abc")
    for one in (a, b, a, b, a):
        assert len(intervals.kept(one).start) == size
    assert len(unpacked) == 2
    intervals.kept(c)  # b was looked at least lately
    intervals.kept(a)
    assert len(unpacked) == 3
    intervals.kept(b)
    assert len(unpacked) == 4
    intervals.kept(replace(b, revision=2))
    assert len(unpacked) == 5
    assert intervals.kept(replace(a, id="none")) is None
    small = Intervals(place.store, place.holding, most=1)
    threads = [threading.Thread(target=small.kept, args=(one,)) for one in (a, b, c) * 10]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(small._unpacked) == 1
