"""Bodies that mean harm at every door: a refusal in time, and nothing left behind."""

import json
import random
import time

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hostile.bodies import (
    ALERT,
    ATTEMPT,
    EVENT,
    MIB,
    ODD_ALERTS,
    ODD_ATTEMPTS,
    SHAPES,
    alerts,
)
from tests.hostile.wire import ALERTS, PATIENT, memory, well
from tests.live.made import FIRING, RECORDED

DOORS = {
    ALERTS: {200, 202, 413},
    "/api/v1/events": {200, 400, 413},
    "/api/v1/attempts": {200, 400, 413},
    "/api/v1/incidents": {200, 201, 400, 412, 413},
}
FEW = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def sent(serving, path, body):
    for _ in range(2):  # other programs may keep the machine busy once
        began = time.monotonic()
        answer = serving.post(path, body)
        taken = time.monotonic() - began
        if taken < PATIENT:
            break
    assert taken < PATIENT
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.text.count("\n") == 1
    assert len(answer.text) < 2000
    return answer


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("body", SHAPES.values(), ids=SHAPES)
def test_shapes_at_every_door(serving, path, body):
    answer = sent(serving, path, body)
    assert answer.status_code == (202 if path == ALERTS else 400)
    well(serving)


@pytest.mark.parametrize("body", ODD_ALERTS.values(), ids=ODD_ALERTS)
def test_odd_alerts(serving, body):
    assert sent(serving, ALERTS, body).status_code in (200, 202)
    time.sleep(0.1)
    for path in ("/", "/api/v1/incidents", "/metrics"):
        assert serving.get(path).status_code == 200
    well(serving)


@pytest.mark.parametrize("body", ODD_ATTEMPTS.values(), ids=ODD_ATTEMPTS)
def test_odd_attempts(serving, body):
    before = memory(serving)
    assert sent(serving, "/api/v1/attempts", body).status_code == 400
    assert memory(serving) - before < 200 * MIB
    well(serving)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "PROPFIND", "get", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("path", DOORS)
def test_other_methods(serving, path, method):
    answer = requests.request(method, serving.url + path, data=b"x", timeout=5)
    assert answer.status_code in (200, 405)
    assert "TRACE" not in answer.headers.get("Allow", "")


@pytest.mark.parametrize("path", [*DOORS, "/api/v1/incidents/x"])
@FEW
@given(body=st.binary(max_size=400))
def test_noise(serving, path, body):
    method = "PATCH" if path.endswith("/x") else "POST"
    answer = serving.session.request(method, serving.url + path, data=body, timeout=5)
    assert answer.status_code in ({202} if path == ALERTS else {400, 404})


def mutated(body, seed):
    """The body with a few of its bytes cut, doubled or changed."""
    chance = random.Random(seed)
    changed = bytearray(body)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(changed))
        match chance.randrange(4):
            case 0:
                del changed[at : at + chance.randint(1, 30)]
            case 1:
                changed[at:at] = changed[at : at + chance.randint(1, 200)]
            case 2:
                changed[at] = chance.randrange(256)
            case _:
                changed[at:at] = chance.choice([b"null", b"[]", b"-1", b"\\u0000", b'"', b"1e999"])
        changed = changed or bytearray(b"{")
    return bytes(changed)


SAMPLES = {
    ALERTS: [file.read_bytes() for file in sorted(RECORDED.glob("*.json"))],
    "/api/v1/events": [json.dumps(EVENT).encode(), json.dumps([EVENT, EVENT]).encode()],
    "/api/v1/attempts": [b"\n".join([json.dumps(ATTEMPT).encode()] * 3)],
    "/api/v1/incidents": [
        json.dumps({"service": "s", "start": EVENT["time"], "title": "t", "by": "b"}).encode()
    ],
}


@pytest.mark.parametrize("path", DOORS)
@FEW
@given(seed=st.integers(0, 2**32))
def test_mutations_of_what_is_right(serving, path, seed):
    for body in SAMPLES[path]:
        assert sent(serving, path, mutated(body, seed)).status_code in DOORS[path]


def test_two_thousand_hostile_requests_leave_no_trace_in_memory(serving):
    small = [body for body in SHAPES.values() if len(body) < 300_000]
    small += [body for body in ODD_ALERTS.values() if len(body) < 300_000]

    def flood(count):
        for number in range(count):
            path = list(DOORS)[number % len(DOORS)]
            answer = serving.post(path, small[number % len(small)])
            assert answer.status_code < 500

    flood(500)  # caches and pools fill
    before = memory(serving)
    flood(2000)
    assert memory(serving) - before < 40 * MIB
    well(serving)


def test_metrics_grow_by_nothing_that_comes_in(serving):
    serving.post(ALERTS, alerts(labels={"alertname": "first"}))
    serving.post("/api/v1/events", json.dumps(EVENT | {"service": "first"}))
    serving.get("/no/first")
    before = [line.rpartition(" ")[0] for line in serving.get("/metrics").text.splitlines()]
    for number in range(50):
        body = alerts(labels={"alertname": f"n{number}", "service": f"s{number}"}, fingerprint="x")
        assert serving.post(f"{ALERTS}?x={number}", body).status_code == 200
        assert serving.get(f"/no/{number}").status_code == 404
        serving.post("/api/v1/events", json.dumps(EVENT | {"service": f"s{number}"}))
    time.sleep(1.5)
    after = [line.rpartition(" ")[0] for line in serving.get("/metrics").text.splitlines()]
    assert after == before


def test_a_flood_of_services_is_borne(serving):
    """Each service that an alert names makes an incident: a thousand do not stop the loop."""
    many = [
        ALERT | {"fingerprint": f"m{i}", "labels": {"alertname": "A", "service": f"flood-{i}"}}
        for i in range(1000)
    ]
    answer = serving.post(ALERTS, json.dumps(FIRING | {"alerts": many}))
    assert answer.status_code == 200
    time.sleep(3)
    assert serving.get("/-/ready").elapsed.total_seconds() < PATIENT
    assert serving.get("/").status_code == 200
    well(serving)
