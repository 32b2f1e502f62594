"""A real VictoriaMetrics: the same samples and windows as from anywhere, within its limits too."""

import json
from collections import Counter

import numpy as np
import pytest
import requests

from detector.model import Options
from outage_window.assess import assess
from outage_window.live.feeds import pulling
from outage_window.live.feeds.cache import Cache
from outage_window.live.feeds.pulling import pull
from outage_window.live.watch import Watch
from outage_window.settings.models import Settings
from outage_window.sources.pull import PrometheusClient, TooMuch
from outage_window.store import Store
from outage_window.store.samples import Samples
from tests.real.programs import victoria

pytestmark = pytest.mark.real

SECOND = 10**9
STEP, COUNT = 15, 4 * 5760
NOW = 1_700_000_000
NAMES = [f"s{number}" for number in range(6)]
LIMITS = ("-search.maxSamplesPerQuery=40000", "-search.maxExportSeries=5")


def made():
    """Two instances of each service over four days, each service with an outage of its own."""
    rng = np.random.default_rng(4)
    time = (NOW - STEP * np.arange(COUNT)[::-1]) * SECOND
    for number, name in enumerate(NAMES):
        rate = np.full(COUNT, 0.005)
        rate[-2000 - 300 * number : -1800 - 300 * number] = 0.4
        for instance in ("a:1", "b:1"):
            attempts = rng.poisson(20, COUNT)
            errors = rng.binomial(attempts, rate)
            for role, values in (("attempts", attempts), ("errors", errors)):
                labels = {
                    "__name__": f"auth_{role}_total",
                    "instance": instance,
                    "job": "auth",
                    "service": name,
                }
                yield Samples(role, labels, time, np.cumsum(values).astype(np.float64))


SAMPLES = list(made())


@pytest.fixture(scope="module", params=[(), LIMITS], ids=["unlimited", "limited"])
def store_url(request, programs, tmp_path_factory):
    started = victoria(programs, tmp_path_factory.mktemp("victoria"), request.param)
    for one in SAMPLES:
        line = {
            "metric": one.labels,
            "values": one.value.tolist(),
            "timestamps": (one.time // 10**6).tolist(),
        }
        requests.post(f"{started.url}/api/v1/import", data=json.dumps(line), timeout=60)
    # What was sent can be found a second later, unless it is asked for.
    requests.get(f"{started.url}/internal/force_flush", timeout=60).raise_for_status()
    yield f"{started.url}/prometheus"
    started.stop()


def settings(url):
    return Settings.model_validate(
        {
            "prometheus": {"url": url, "history": "4d", "headers": {"X-Scope-OrgID": "team-a"}},
            "services": [
                {
                    "name": name,
                    "source": "pull",
                    "attempts": f'auth_attempts_total{{service="{name}"}}',
                    "errors": f'auth_errors_total{{service="{name}"}}',
                }
                for name in NAMES
            ],
        }
    )


class Counting:
    """A client that counts what it is asked, and what was too much."""

    def __init__(self, told):
        asked = told.prometheus
        self.client = PrometheusClient(asked.url, asked.timeout, asked.request_headers())
        self.counts = Counter()
        self.ends = []

    def samples(self, selector, start, end):
        self.counts["asked"] += 1
        self.ends.append(end)
        try:
            return self.client.samples(selector, start, end)
        except TooMuch:
            self.counts["too much"] += 1
            raise


def expected(service, since):
    """What the samples give that were never in any store: digests of all of them, and windows."""
    cache = Cache()
    cache.add([one for one in SAMPLES if one.labels["service"] == service.name])
    cache.forget_before(since)
    return assess(cache.data(service, "Prometheus"), None, Options())


def test_windows_are_those_of_the_same_samples_elsewhere(store_url, tmp_path, monkeypatch):
    monkeypatch.setattr(pulling, "FEW", 10**6)  # so that pieces grow until a limit is met
    told = settings(store_url)
    kept = Store.open(f"sqlite:///{tmp_path / 'ow.db'}")
    client = Counting(told)
    now = [NOW * SECOND]
    watch = Watch(told, kept, clock=lambda: now[0], client=client)
    per_pass = []
    for _ in range(4):
        before = client.counts["asked"]
        watch.tick()
        per_pass.append(client.counts["asked"] - before)
        now[0] += 10 * SECOND
    for service in told.services:
        found = watch._known[service.name].assessment
        oracle = expected(service, (NOW - 4 * 86400) * SECOND)  # nothing came since
        assert found.origins == oracle.origins  # every sample, bit by bit
        assert found.detection.windows == oracle.detection.windows
        assert len(found.detection.windows) == 1
    kept.close()
    client.client.close()
    # The history one by one, then what is new: all at once, or as many as a limit allows.
    limited = client.counts["too much"] > 0
    assert per_pass[3] == (2 * len(NAMES) // 2 if limited else 2)


def test_an_interrupted_history_goes_on_where_it_was(store_url, tmp_path):
    told = settings(store_url)
    service, client = told.services[0], Counting(told)
    done, rounds = False, 0
    while not done and rounds < 100:
        kept = Store.open(f"sqlite:///{tmp_path / 'ow.db'}")
        before = len(client.ends)
        _, done = pull(service, client, kept, NOW * SECOND, 4 * 86400 * SECOND, patience=0.0)
        assert len(client.ends) - before <= 4
        kept.close()
        rounds += 1
    assert 3 < rounds < 100
    assert client.ends == sorted(client.ends)  # nothing was begun anew
    client.client.close()
