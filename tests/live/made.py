"""A service made up for the live loop: counters with outages, answered as Prometheus would."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from outage_window.live.held import Holding
from outage_window.live.news import News
from outage_window.live.watch import Watch
from outage_window.settings.models import Settings
from outage_window.sources.pull import PullFailed
from outage_window.sources.sampled import Sampled
from outage_window.store.leading import SLOTS, Lease, NoLongerLed
from outage_window.uploads.analysing import Analyser
from outage_window.uploads.held import Shelf
from outage_window.web import create_app
from outage_window.web.beside import Beside

BORN = 1_700_006_400
STEP = 30.0
DAY = 86400
RECORDED = Path(__file__).parents[1] / "webhooks" / "recorded"
FIRING = json.loads((RECORDED / "am-0.25-firing.json").read_text())


class Metrics:
    """Attempts and errors since `BORN`; `outages` are (start, end) in seconds."""

    def __init__(self, *outages, days=4, seed=1):
        rng = np.random.default_rng(seed)
        self.time = np.arange(BORN, BORN + days * DAY, STEP)
        bad = np.zeros(len(self.time), bool)
        for start, end in outages:
            bad |= (self.time > start) & (self.time <= end)
        attempts = rng.poisson(150, len(self.time))
        errors = rng.binomial(attempts, np.where(bad, 0.4, 0.01))
        self.counters = {"all": np.cumsum(attempts) * 1.0, "bad": np.cumsum(errors) * 1.0}
        self.down = False
        self.asked = 0

    def samples(self, selector, start, end):
        self.asked += 1
        if self.down:
            raise PullFailed("Prometheus cannot be reached")
        name = selector.partition("{")[0]
        within = (self.time > start / 1e9) & (self.time <= end / 1e9)
        labels = {"__name__": name, "job": "auth", "instance": "a:1"}
        return [Sampled(labels, self.time[within], self.counters[name][within])]


class Leads:
    """What is led is as the test says: everything in a term, or nothing in none (0)."""

    def __init__(self, term=1):
        self.term = term

    def start(self):
        pass

    close = start

    def terms(self):
        return dict.fromkeys(range(SLOTS), self.term) if self.term else {}

    def slot(self, slot):
        term = self.term

        def check(_connection):
            if self.term != term:
                raise NoLongerLed("another leads")

        return Lease(slot, term, check) if term else None


class Place:
    """App, loop and store in one process, at a time that the test sets."""

    def __init__(self, store, metrics=None, services=("auth",), drafts=None, senders=(), **own):
        self.store, self.metrics, self.now = store, metrics, BORN
        listed = [
            {"name": name, "source": "pull", "attempts": f'all{{s="{name}"}}', "errors": "bad"}
            | own
            for name in services
        ]
        raw = {"prometheus": {"url": "http://127.0.0.1:1"}, "services": listed, "senders": senders}
        if drafts:
            raw["drafts"] = {"dir": str(drafts)}
        self.settings = Settings.model_validate(raw)
        self.analyser, self.shelf = Analyser(), Shelf()
        self.restart()

    def restart(self):
        clock = lambda: round(self.now * 1e9)  # noqa: E731
        self.holding = Holding()
        self.watch = Watch(
            self.settings, self.store, clock, client=self.metrics, holding=self.holding
        )
        news = News(self.store, self.watch.status)
        beside = Beside(news, self.holding, analyser=self.analyser, shelf=self.shelf)
        app = create_app(self.store, self.settings, self.watch.status, clock, beside=beside)
        self.client = app.test_client()

    def at(self, now):
        self.now = now
        self.watch.tick()
        return self.incidents()

    def incidents(self):
        return self.client.get("/api/v1/incidents").json["incidents"]

    def alert(self, fired, ended=None, name="A", service="auth", **labels):
        alert = FIRING["alerts"][0] | {
            "fingerprint": f"{name}-{service}",
            "labels": {"alertname": name, "service": service, **labels},
            "startsAt": text(fired),
        }
        if ended is not None:
            alert |= {"status": "resolved", "endsAt": text(ended)}
        body = json.dumps(FIRING | {"alerts": [alert]})
        answer = self.client.post("/api/v1/webhooks/alertmanager", data=body)
        assert answer.status_code == 200

    def metric(self, line):
        found = [row for row in self.client.get("/metrics").text.splitlines() if line in row]
        return float(found[-1].rpartition(" ")[2])


OUTAGE = BORN + 3 * DAY + 40_000


def lived_through(store):
    """A place where an outage of `auth` closed, and an alert of `mail` fires without metrics."""
    place = Place(store, Metrics((OUTAGE, OUTAGE + 1800)))
    place.alert(OUTAGE + 300)
    place.alert(OUTAGE + 300, name="B", service="mail")
    place.at(OUTAGE + 900)
    place.alert(OUTAGE + 300, OUTAGE + 2000)
    place.at(OUTAGE + 7200)
    return place


def text(seconds):
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
