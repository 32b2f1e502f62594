"""Pulling from something that speaks HTTP: bounded, resumable, and never fooled."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outage_window.live.feeds.cache import Cache
from outage_window.live.feeds.pulling import CHUNK, SECOND, Pace, between, pull
from outage_window.settings.models import Prometheus, Service
from outage_window.sources.pull import Away, PrometheusClient, PullFailed, TooMuch
from outage_window.store import samples

AUTH = Service(name="auth", source="pull", attempts="all", errors="bad")
NOW = 1_700_000_000 * SECOND
HOUR = 3600 * SECOND


def answer_with(result):
    return 200, json.dumps(
        {"status": "success", "data": {"resultType": "matrix", "result": result}}
    )


@pytest.fixture
def server():
    """Answers each query with `server.answer(form)`, a status and a body."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            form = {key: values[0] for key, values in parse_qs(raw.decode()).items()}
            self.server.asked.append((form, dict(self.headers)))
            status, body = self.server.answer(form)
            self.send_response(status)
            if status == 429:
                self.send_header("Retry-After", "30")
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            if self.server.drip:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.server.drip:
                self.trickle(body)
            else:
                self.wfile.write(body.encode())

        def trickle(self, body):
            try:
                for byte in body:
                    self.wfile.write(byte.encode())
                    self.server.dripped += 1
                    time.sleep(self.server.drip)
            except OSError:  # the other side has had enough
                self.close_connection = True

        def log_message(self, *_):
            pass

    made = HTTPServer(("127.0.0.1", 0), Handler)
    made.asked, made.drip, made.dripped = [], 0, 0
    made.answer = lambda form: answer_with([])
    thread = threading.Thread(target=made.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def client(server, monkeypatch):
    monkeypatch.setattr("outage_window.sources.pull.WAITS", (0.01, 0.02))
    monkeypatch.setattr("outage_window.sources.pull.REST", 0.0)
    url = f"http://127.0.0.1:{server.server_port}/"
    raw = {"url": url, "token": "t0ken", "headers": {"X-Scope-OrgID": "me"}, "timeout": "5s"}
    settings = Prometheus.model_validate(raw)
    made = PrometheusClient(settings.url, settings.timeout, settings.request_headers())
    yield made
    made.close()


def test_a_range_of_raw_samples_is_asked_for(server, client):
    metric = {"__name__": "all", "instance": "a:1"}
    values = [[1699999999.123, "1"], [1700000000, "NaN"], [1700000000.5, "+Inf"]]
    server.answer = lambda form: answer_with([{"metric": metric, "values": values}])
    (found,) = client.samples('all{a="b"}', NOW - HOUR, NOW)
    ((form, headers),) = server.asked
    assert form == {
        "query": 'all{a="b"}[3600000ms]',
        "time": "1700000000.000",
        "max_source_resolution": "0s",
    }
    assert headers["Authorization"] == "Bearer t0ken"
    assert headers["X-Scope-OrgID"] == "me"
    assert found.time.tolist() == [1699999999.123, 1700000000.5]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((500, "boom"), "answered 500"),
        ((302, ""), "answered 302"),
        ((400, '{"status":"error","error":"bad query"}'), "answered 400: bad query"),
        ((200, "<html>"), "no JSON"),
        ((200, "[" * 100_000), "no JSON"),
        ((200, '{"data":{"resultType":"vector","result":[]}}'), "matrix"),
        (answer_with([{"metric": {}, "values": [[1, "x"]]}]), "numbers"),
    ],
)
def test_what_is_no_answer_is_said(server, client, answer, said):
    server.answer = lambda form: answer
    with pytest.raises(PullFailed, match=said):
        client.samples("all", NOW - HOUR, NOW)


def test_what_is_away_for_a_moment_is_asked_again(server, client):
    server.answer = lambda form: (503, "") if len(server.asked) < 3 else answer_with([])
    assert client.samples("all", NOW - HOUR, NOW) == []
    assert len(server.asked) == 3


def test_a_store_that_asks_to_wait_is_left_alone_by_all(server, client):
    server.answer = lambda form: (429, '{"status":"error","error":"too many requests"}')
    for _ in range(100):
        with pytest.raises(Away, match="answered 429: too many requests"):
            client.samples("all", NOW - HOUR, NOW)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "reason",
    [
        "error when exporting data for query=" + 300 * "x" + ": cannot select more than "
        "-search.maxSamplesPerQuery=10 samples",
        "the number of matching timeseries exceeds 3; either narrow down the search",
        "the query exceeded the maximum number of chunks (err-mimir-max-chunks-per-query)",
        "exceeded series limit: limit 1 violated (got 2)",
    ],
)
def test_limits_of_other_stores_are_known(server, client, reason):
    server.answer = lambda form: (422, json.dumps({"status": "error", "error": reason}))
    with pytest.raises(TooMuch):
        client.samples("all", NOW - HOUR, NOW)
    assert len(server.asked) == 1


def test_an_error_behind_what_was_sent_already(server, client):
    error = json.dumps({"status": "error", "error": "cannot select more than 10 samples"},
                       separators=(",", ":"))  # fmt: skip
    sent = '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"}'
    server.answer = lambda form: (200, sent + error)
    with pytest.raises(TooMuch, match="cannot select more than 10 samples"):
        client.samples("all", NOW - HOUR, NOW)


def test_a_limit_that_was_met_is_kept_to(server, client, store):
    def answer(form):
        length = int(form["query"].partition("[")[2].removesuffix("ms]"))
        return answer_with([]) if length <= 3_600_000 else (422, '{"error":"too many samples"}')

    server.answer = answer
    pace = Pace()
    for until in (NOW, NOW + 12 * HOUR):
        server.asked.clear()
        list(between(AUTH, client, until - 12 * HOUR, until, pace))
    assert len(server.asked) == 2 * 16  # of 45 minutes, and none too long


def test_nobody_there_is_said_without_the_url(server):
    url = "http://user:s3cret@127.0.0.1:9"
    client = PrometheusClient(url, 30.0, {})
    with pytest.raises(PullFailed, match="cannot be reached") as error:
        client.samples("all", NOW - HOUR, NOW)
    assert "s3cret" not in str(error.value)
    client.close()


def test_an_endless_answer_is_cut_off(server, client, monkeypatch):
    monkeypatch.setattr("outage_window.sources.pull.MOST_BYTES", 10_000)
    server.answer = lambda form: (200, " " * 1_000_000)
    with pytest.raises(TooMuch):
        client.samples("all", NOW - HOUR, NOW)


@pytest.mark.parametrize("more", [{"warnings": ["store x is down"]}, {"isPartial": True}])
def test_a_part_of_the_samples_is_no_answer(server, client, more):
    whole = json.loads(answer_with([])[1])
    server.answer = lambda form: (200, json.dumps(whole | more))
    with pytest.raises(PullFailed, match="a part only"):
        client.samples("x", NOW - HOUR, NOW)


def test_an_answer_that_drips_is_given_up(server):
    server.drip = 0.1
    server.answer = lambda form: (200, " " * 100)
    url = f"http://127.0.0.1:{server.server_port}"
    slow = PrometheusClient(url, 0.5, {})
    with pytest.raises(PullFailed, match="too long"):
        slow.samples("x", NOW - HOUR, NOW)
    assert 0 < server.dripped < 100  # given up on the way, not after all of it
    slow.close()


def test_what_is_too_much_is_asked_in_smaller_pieces(server, client, store):
    def answer(form):
        length = int(form["query"].partition("[")[2].removesuffix("ms]"))
        if length > 3_600_000:
            return 422, '{"error":"query processing would load too many samples into memory"}'
        end = float(form["time"])
        return answer_with(
            [{"metric": {"__name__": "all"}, "values": [[end, "1"], [end - 9, "1"]]}]
        )

    server.answer = answer
    _, caught_up = pull(AUTH, client, store, NOW, 6 * HOUR)
    assert caught_up
    with store.read() as connection:
        assert samples.reached(connection, "auth").covered_to == NOW
        stored = samples.load(connection, "auth", 0)
    assert {one.role for one in stored} == {"attempts", "errors"}
    assert all((np.diff(one.time) > 0).all() and len(one.time) >= 12 for one in stored)


def test_a_failure_on_the_way_loses_nothing(server, client, store):
    asked = {"all": [], "bad": []}

    def answer(form):
        if 5 <= len(server.asked) < 8:  # it is tried twice again
            return 503, ""
        time = int(float(form["time"]))
        asked[form["query"][:3]].append(time * SECOND)
        return answer_with([{"metric": {"__name__": "all"}, "values": [[time, "1"]]}])

    server.answer = answer
    with pytest.raises(PullFailed):
        pull(AUTH, client, store, NOW, 7 * CHUNK)
    with store.read() as connection:
        # Two chunks, the second twice as long as the first, since there was little in it.
        assert samples.reached(connection, "auth").covered_to == NOW - 4 * CHUNK
    _, caught_up = pull(AUTH, client, store, NOW, 7 * CHUNK)
    assert caught_up
    with store.read() as connection:
        stored = {one.role: one.time.tolist() for one in samples.load(connection, "auth", 0)}
    assert stored == {"attempts": asked["all"], "errors": asked["bad"]}


def test_other_selectors_start_anew(server, client, store):
    server.answer = lambda form: answer_with(
        [{"metric": {"__name__": form["query"][:3]}, "values": [[float(form["time"]), "1"]]}]
    )
    pull(AUTH, client, store, NOW, HOUR)
    pull(AUTH.model_copy(update={"attempts": "new"}), client, store, NOW, HOUR)
    with store.read() as connection:
        names = {one.labels["__name__"] for one in samples.load(connection, "auth", 0)}
    assert names == {"new", "bad"}


def test_the_cache_takes_what_is_new_and_only_that():
    def made(*times):
        return samples.Samples("attempts", {}, np.array(times) * SECOND, np.array(times) * 1.0)

    cache = Cache()
    assert cache.add([made(10, 20, 40)])
    assert not cache.add([made(10, 20)])
    assert cache.add([made(20, 30, 40, 50)])
    assert cache.until == 50 * SECOND
    cache.forget_before(30 * SECOND)
    assert cache.data(AUTH, "Prometheus").series.end.tolist() == [40, 50]


@given(st.lists(st.sets(st.integers(1, 60), min_size=1), min_size=1, max_size=6))
def test_the_cache_holds_each_time_once_and_the_first_value_told(told):
    cache, expected = Cache(), {}
    for number, times in enumerate(told):
        time, value = np.array(sorted(times)), np.full(len(times), float(number))
        new = cache.add([samples.Samples("attempts", {}, time * SECOND, value)])
        assert new == (not times <= expected.keys())
        expected |= {t: float(number) for t in times if t not in expected}
    (one,) = cache.series
    assert dict(zip((one.time // SECOND).tolist(), one.value.tolist(), strict=True)) == expected
    assert (np.diff(one.time) > 0).all()


def test_series_scraped_together_share_their_times_and_count_as_if_they_did_not():
    def made(role, result, times):
        labels = {"__name__": "all", "instance": "a:1", "result": result}
        return samples.Samples(role, labels, np.array(times) * SECOND, np.array(times) * 2.0)

    together, apart = Cache(), Cache()
    for times in (range(10, 99, 10), range(90, 150, 10)):
        for role, result in (("attempts", "ok"), ("attempts", "bad"), ("errors", "bad")):
            together.add([made(role, result, times)])
    apart.add([made("attempts", "ok", range(10, 150, 10))])
    for cache in (together, apart):
        cache.forget_before(30 * SECOND)
    first, *others = together.series
    assert first.time.tolist() == [t * SECOND for t in range(30, 150, 10)]
    assert all(one.time is first.time for one in others)
    data, alone = (one.data(AUTH, "Prometheus") for one in (together, apart))
    assert data.attempts[0][1].time is data.errors[0][1].time
    assert data.series.attempts.tolist() == [2 * n for n in alone.series.attempts.tolist()]
    assert data.series.end.tolist() == alone.series.end.tolist()


def test_counters_that_must_not_be_summed_are_not_assessed():
    cache = Cache()
    time, value = np.arange(1, 99) * 15 * SECOND, np.arange(1.0, 99.0)
    for le in ("1", "+Inf"):
        labels = {"__name__": "took_bucket", "le": le, "job": "auth", "instance": "a"}
        cache.add([samples.Samples("attempts", labels, time, value)])
    data = cache.data(AUTH, "Prometheus")
    assert data.series is None
    assert "several buckets" in str(data.refused)
