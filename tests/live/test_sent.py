"""Services whose samples are sent: what the loop makes of them, on both databases."""

import numpy as np
import pytest

from outage_window.live.feeds import sent
from outage_window.live.feeds.sent import SentFeed
from outage_window.live.watch import Watch
from outage_window.settings.models import Settings
from outage_window.store import Store, arrivals, samples
from outage_window.web import create_app
from tests.live.made import BORN, DAY, STEP, Metrics
from tests.webhooks.sent import STALE, TYPES, first, second, snappy

START = BORN + 3 * DAY + 8 * 3600
END = START + 3600
AUTH = {"name": "auth", "source": "remote_write", "attempts": "all", "errors": "bad"}
LABELS = {"job": "auth", "instance": "a:1"}


class Place:
    """App and loop on one store, at a time that the test sets; `send` is a Prometheus."""

    def __init__(self, store, metrics, source="remote_write", **settings):
        self.store, self.metrics, self.now, self.sent = store, metrics, BORN, BORN - 1.0
        service = AUTH | {"source": source}
        raw = {"services": [service], **settings}
        if source == "pull":
            raw["prometheus"] = {"url": "http://127.0.0.1:1"}
        self.settings = Settings.model_validate(raw)
        self.restart()

    def restart(self):
        clock = lambda: round(self.now * 1e9)  # noqa: E731
        self.watch = Watch(self.settings, self.store, clock, client=self.metrics)
        app = create_app(self.store, self.settings, self.watch.status, clock)
        self.client = app.test_client()

    def at(self, now, version="1.0"):
        """Send all up to `now`, and scan."""
        self.now = now
        for name in self.metrics.counters:
            found = self.metrics.samples(name, self.sent * 1e9, now * 1e9)[0]
            for part in range(0, len(found.time), 2000):
                rows = slice(part, part + 2000)
                self.post(
                    {"__name__": name, **LABELS}, found.time[rows], found.value[rows], version
                )
        self.sent = now
        self.watch.tick()
        return self.client.get("/api/v1/incidents").json["incidents"]

    def post(self, labels, time, value, version="1.0"):
        rows = [(round(t * 1000), v) for t, v in zip(time, value, strict=True)]
        request = (first if version == "1.0" else second)((labels, rows))
        headers = {"Content-Type": TYPES[version], "Content-Encoding": "snappy"}
        body = snappy(request.SerializeToString())
        answer = self.client.post("/api/v1/write", data=body, headers=headers)
        assert answer.status_code == 204, answer.text

    def waiting(self):
        with self.store.read() as connection:
            return arrivals.waiting(connection, "auth")


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_an_outage_is_found_in_what_is_sent(store, version):
    place = Place(store, Metrics((START, END)))
    assert place.at(START - 60, version) == []
    (found,) = place.at(START + 240, version)
    assert found["state"] == "ongoing"
    (closed,) = place.at(END + 1200, version)
    assert (closed["state"], closed["id"]) == ("closed", found["id"])
    names = [one["name"] for one in closed["inputs"]]
    assert names == ["remote write: all", "remote write: bad"]


def test_it_is_the_incident_that_pulling_finds(tmp_path):
    def incident(source, name):
        store = Store.open(f"sqlite:///{tmp_path / name}")
        place = Place(store, Metrics((START, END)), source)
        for now in (START - 60, START + 600, END + 1200):
            found = place.at(now) if source != "pull" else pulled(place, now)
        store.close()
        return found

    def pulled(place, now):
        place.now = now
        place.watch.tick()
        return place.client.get("/api/v1/incidents").json["incidents"]

    def plain(found):
        dropped = ("inputs", "as_of", "timeline", "command")
        return [{k: v for k, v in one.items() if k not in dropped} for one in found]

    one, two = incident("remote_write", "sent.db"), incident("pull", "pulled.db")
    assert [i["sha256"] for i in one[0]["inputs"]] == [i["sha256"] for i in two[0]["inputs"]]
    assert str(plain(one)).replace("remote write:", "Prometheus:") == str(plain(two))


def test_a_restart_changes_nothing(store):
    place = Place(store, Metrics((START, END)))
    before = place.at(END + 1200)
    place.restart()
    place.watch.tick()
    assert place.client.get("/api/v1/incidents").json["incidents"] == before


def test_only_what_is_new_is_read(store, monkeypatch):
    """Each row once, also where rows are merged between two scans."""
    place = Place(store, Metrics())
    place.at(BORN + 3600)
    read = []
    load = arrivals.load_by
    monkeypatch.setattr(
        arrivals, "load_by", lambda c, rows, start=0: read.append(len(rows)) or load(c, rows, start)
    )
    place.at(BORN + 3600 + 30)
    place.watch.tick()
    assert read == [2, 0]  # attempts and errors, one request each; then nothing


def test_rows_are_merged_when_their_block_is_past(store):
    place = Place(store, Metrics())
    place.at(BORN + 600)
    assert len(place.waiting()) == 2
    place.at(BORN + 3 * 3600)
    assert place.waiting() == []
    place.at(BORN + 3 * 3600 + 60)
    assert len(place.waiting()) == 2
    with store.read() as connection:
        found = samples.load(connection, "auth", 0)
    assert {one.role: len(one.time) for one in found} == {"attempts": 361, "errors": 361}


def test_rows_are_merged_when_there_are_many(store, monkeypatch):
    monkeypatch.setattr(sent, "MANY", 5)
    place = Place(store, Metrics())
    counts = []
    for minute in range(1, 6):
        place.at(BORN + 60 * minute)
        counts.append(len(place.waiting()))
    assert counts == [2, 4, 0, 2, 4]
    assert counted(place) == 10


@pytest.fixture
def restless(monkeypatch):
    """Everything stays in memory."""
    monkeypatch.setattr(Watch, "let_rest", lambda *_: None)


def counted(place):
    """Intervals that the loop has in memory."""
    return len(place.watch._known["auth"].data.series.start)


@pytest.mark.usefixtures("restless")
def test_another_process_that_merged_makes_it_read_anew(store):
    """Replicas take turns: what one merged while another led is not missed."""
    place = Place(store, Metrics())
    place.at(BORN + 600)
    other = SentFeed(place.settings.services[0], 28 * DAY * 10**9, store)
    mine = place.watch
    place.watch = Watch(place.settings, store, lambda: round(place.now * 1e9))
    place.at(BORN + 4 * 3600)
    assert place.waiting() == [], "the other merged"
    place.watch = mine
    place.at(BORN + 4 * 3600 + 60)
    assert counted(place) == (4 * 3600 + 60) / STEP
    other.refresh(round(place.now * 1e9))
    assert len(other.data().series.start) == counted(place)


def test_other_selectors_begin_anew(store):
    place = Place(store, Metrics((START, END)))
    place.at(START)
    changed = [AUTH | {"errors": "worse"}]
    place.settings = Settings.model_validate({"services": changed})
    place.restart()
    place.watch.tick()
    status = place.watch.status.services["auth"]
    assert status.not_assessed == "no data: remote write has no series for all"
    place.at(START + 60)
    with store.read() as connection:
        assert samples.load(connection, "auth", 0) == []


@pytest.mark.usefixtures("restless")
def test_settings_that_are_made_and_not_used_change_nothing(store):
    """A reload makes an app before it is sure of the settings."""
    place = Place(store, Metrics())
    place.at(START)
    known = counted(place)
    create_app(store, Settings.model_validate({"services": [AUTH | {"errors": "worse"}]}))
    place.at(START + 60)
    assert counted(place) == known + 2


def test_requests_under_way_when_selectors_change_are_sent_again(store):
    place = Place(store, Metrics())
    place.at(START)
    before = place.client
    place.settings = Settings.model_validate({"services": [AUTH | {"errors": "worse"}]})
    place.restart()
    place.at(START + 60)
    request = first(({"__name__": "all", **LABELS}, [(START * 1000, 1.0)]))
    headers = {"Content-Type": TYPES["1.0"], "Content-Encoding": "snappy"}
    body = snappy(request.SerializeToString())
    assert before.post("/api/v1/write", data=body, headers=headers).status_code == 503
    assert place.client.post("/api/v1/write", data=body, headers=headers).status_code == 204


@pytest.mark.usefixtures("restless")
def test_what_was_pulled_is_still_known_when_it_is_sent(store):
    """The same selectors from another source: history need not be learned again."""
    metrics = Metrics()
    place = Place(store, metrics, "pull")
    place.now = START
    place.watch.tick()
    assert counted(place) > 9000
    place = Place(store, metrics)
    place.sent = START
    place.at(START + 60)
    assert counted(place) > 9000


def test_a_target_that_goes_stale_makes_no_counts(store):
    """Stale markers are kept and mean no sample: the counter goes on where it was."""
    place = Place(store, Metrics())
    place.at(BORN + 600)
    known = counted(place)
    labels = {"__name__": "all", **LABELS}
    place.post(labels, [BORN + 630], [STALE])
    place.now = BORN + 660
    place.watch.tick()
    assert counted(place) == known
    with store.read() as connection:
        rows = arrivals.load(connection, [one.id for one in place.waiting()])
    last = next(one for one in rows if one.role == "attempts")
    assert last.value.view(np.uint64)[-1] == 0x7FF0000000000002


def test_silence_is_told(store):
    place = Place(store, Metrics())
    place.at(BORN + 2 * DAY)
    place.now += 1800
    place.watch.tick()
    assert place.watch.status.services["auth"].not_assessed.startswith("no samples after 2023-11-1")


@pytest.mark.usefixtures("restless")
def test_late_samples_count(store):
    """A sender that was cut off sends what it kept: newer samples may have come before."""
    metrics = Metrics()
    whole = Place(store, metrics)
    gap = (metrics.time > BORN + 600) & (metrics.time <= BORN + 1200)
    late = {name: values[gap] for name, values in metrics.counters.items()}
    kept = Metrics()
    kept.time = metrics.time[~gap]
    kept.counters = {name: values[~gap] for name, values in metrics.counters.items()}
    whole.metrics = kept
    whole.at(BORN + 5 * 3600)
    before = counted(whole)
    for name, values in late.items():
        whole.post({"__name__": name, **LABELS}, metrics.time[gap], values)
    whole.watch.tick()
    assert counted(whole) == before + gap.sum()
    assert whole.waiting() == [], "their block is past"


def test_several_services_share_a_request(store):
    """Each keeps what it asks for; a series may be of several."""
    place = Place(store, Metrics())
    place.settings = Settings.model_validate(
        {"services": [AUTH, AUTH | {"name": "all", "attempts": '{job="auth"}', "errors": "bad"}]}
    )
    place.restart()
    place.at(BORN + 600)
    with store.read() as connection:
        kept = {
            name: arrivals.load(connection, [r.id for r in arrivals.waiting(connection, name)])
            for name in ("auth", "all")
        }
    assert sorted((s.role, s.labels["__name__"]) for s in kept["auth"]) == [
        ("attempts", "all"), ("errors", "bad"),
    ]  # fmt: skip
    assert sorted((s.role, s.labels["__name__"]) for s in kept["all"]) == [
        ("attempts", "all"), ("attempts", "bad"), ("errors", "bad"),
    ]  # fmt: skip


def test_series_older_than_history_make_room(store):
    place = Place(store, Metrics(), remote_write={"history": "1d", "most_series": 2})
    place.at(BORN + 60)

    def post(name, now):
        place.now = now
        request = first(({"__name__": name, "pod": "new"}, [(round(now * 1000), 1.0)]))
        headers = {"Content-Type": TYPES["1.0"], "Content-Encoding": "snappy"}
        body = snappy(request.SerializeToString())
        return place.client.post("/api/v1/write", data=body, headers=headers).status_code

    assert post("all", BORN + 120) == 400
    assert post("all", BORN + 2 * DAY) == 204
