# The simulated truth is what the reference outages say, and knows nothing of the detector.
from __future__ import annotations

import ast
import json
from pathlib import Path

import numpy as np
import pytest

from outage_window.demo import counters, simulate, traffic, writers
from outage_window.demo.references import ACCOUNTS, CONFIG, IDENTITY, REFERENCES, moved
from outage_window.demo.simulate import OUTAGE, SLOW, SUCCESS, WRONG_PASSWORD
from webhooks import alertmanager, events
from webhooks import attempts as attempts_door

SIMULATOR = ("model", "traffic", "simulate", "counters", "references", "writers")


@pytest.fixture(scope="module")
def runs():
    return {outage.id: (outage, simulate.simulate(outage, 1)) for outage in REFERENCES}


@pytest.mark.parametrize("name", SIMULATOR)
def test_generator_and_detector_share_nothing(name):
    tree = ast.parse(Path(simulate.__file__).with_name(f"{name}.py").read_text("utf-8"))
    imported = {
        module
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for module in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [a.name for a in node.names]
        )
    }
    rooms = ("detector", "reports", "webhooks", "outage_window")
    assert {m for m in imported if m.split(".")[0] in rooms} <= {
        f"outage_window.demo.{other}" for other in SIMULATOR
    }


@pytest.mark.parametrize("outage", REFERENCES, ids=lambda o: o.id)
def test_as_many_users_are_hit_as_people_said(runs, outage):
    real = simulate.truth(*runs[outage.id])
    stated = outage.declared_share if outage.declared_share is not None else 0.60
    assert real.share == pytest.approx(stated, abs=0.01)


def test_the_intermittent_outage_blocks_few_and_slows_successes(runs):
    outage, attempts = runs[CONFIG.id]
    real = simulate.truth(outage, attempts)
    assert real.blocked / real.active < 0.06
    during = (attempts.time >= outage.start) & (attempts.time < outage.end)
    passed = np.isin(attempts.outcome[during], (SUCCESS, SLOW))
    assert (attempts.outcome[during][passed] == SLOW).mean() == pytest.approx(0.3, abs=0.02)


def test_a_lock_out_never_lets_a_locked_user_in(runs):
    outage, attempts = runs[ACCOUNTS.id]
    during = (attempts.time >= outage.start) & (attempts.time < outage.end)
    locked = np.unique(attempts.user[during & (attempts.outcome == OUTAGE)])
    theirs = during & np.isin(attempts.user, locked)
    assert set(attempts.outcome[theirs]) == {OUTAGE}


@pytest.mark.parametrize("outage", REFERENCES, ids=lambda o: o.id)
def test_nothing_of_the_outage_happens_outside_it(runs, outage):
    _, attempts = runs[outage.id]
    failed = attempts.time[attempts.outcome == OUTAGE]
    assert outage.start <= failed.min() < outage.start + 10
    assert outage.end - 10 < failed.max() < outage.end


@pytest.mark.parametrize("outage", REFERENCES, ids=lambda o: o.id)
def test_ordinary_days_are_ordinary(runs, outage):
    _, attempts = runs[outage.id]
    calm = (attempts.time < outage.start) | (attempts.time > outage.end + 3600)
    assert 0.02 < (attempts.outcome[calm] == WRONG_PASSWORD).mean() < 0.06
    local = (attempts.time[calm] + outage.utc_offset * 3600) % 86_400 // 3600
    by_hour = np.bincount(local.astype(int), minlength=24)
    days = (attempts.end - attempts.begin - (outage.end - outage.start)) / 86_400
    assert by_hour.min() / days / 60 >= 50  # attempts a scrape at the trough
    assert by_hour.max() > 1.5 * by_hour.min()
    assert outage.start - attempts.begin >= 10 * 86_400
    assert attempts.end - outage.end >= 10 * 86_400


def test_a_seed_gives_the_same_world_and_another_seed_another():
    one, same, other = (simulate.simulate(ACCOUNTS, seed, 86_400.0) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.time, same.time)
    np.testing.assert_array_equal(one.outcome, same.outcome)
    assert len(one.time) != len(other.time)


def test_moved_edges_lie_between_scrapes():
    outages = [moved(outage, seed) for outage in REFERENCES for seed in range(10)]
    assert all(
        outage.start % 1 and outage.end % 1 and outage.end > outage.start for outage in outages
    )
    assert len({outage.start for outage in outages}) == len(outages)


@pytest.mark.parametrize("outage", REFERENCES, ids=lambda o: o.id)
def test_counters_count_every_attempt_but_those_lost_with_a_pod(runs, outage):
    _, attempts = runs[outage.id]
    series = counters.scrape(outage, attempts, 1)
    total = [one for one in series if one.name == "auth_requests_total"]
    risen = 0.0
    for one in total:
        up = np.diff(one.value)
        risen += np.where(up >= 0, up, one.value[1:]).sum()
    born = [one.value[0] for one in total if one.labels.get("reason") == outage.reason]
    missed = len(attempts.time) - risen - sum(born)
    assert 0 <= missed < 0.002 * len(attempts.time)
    resets = sum((np.diff(one.value) < 0).sum() for one in total)
    gaps = sum((np.diff(one.time) > 1.5 * counters.SCRAPE).sum() for one in total)
    assert resets > 0
    assert gaps > 0


def test_writers_speak_what_the_receiver_reads(runs):
    outage, attempts = runs[IDENTITY.id]
    bodies = writers.alert_bodies(outage)
    deliveries = [alertmanager.parse(body).alerts[0] for _, body in bodies]
    assert [one.status for one in deliveries] == ["firing"] * (len(bodies) - 1) + ["resolved"]
    assert {one.starts_at for one in deliveries} == {int(outage.alerts[0].fired_at * 1e9)}
    assert [at for at, _ in bodies] == sorted(at for at, _ in bodies)
    parsed = events.parse(writers.events_body(outage))
    assert [one.time / 1e9 for one in parsed] == [event.time for event in outage.events]
    first = next(writers.attempts_ndjson(outage, attempts))
    times = attempts_door.parse(first).time.tolist()
    assert len(times) == writers.CHUNK
    assert times == sorted(times)


def test_ndjson_and_parquet_hold_the_same_attempts(runs, tmp_path):
    import pyarrow.parquet as pq

    outage, attempts = runs[ACCOUNTS.id]
    lines = b"".join(writers.attempts_ndjson(outage, attempts)).splitlines()
    writers.write_attempts_parquet(outage, attempts, tmp_path / "attempts.parquet")
    table = pq.read_table(tmp_path / "attempts.parquet").to_pylist()
    assert len(table) == len(lines)
    for row, line in list(zip(table, lines, strict=True))[::997]:
        sent = json.loads(line)
        assert row["time"].isoformat(timespec="milliseconds") == sent["time"].replace("Z", "+00:00")
        assert {k: v for k, v in row.items() if k != "time"} == {
            k: v for k, v in sent.items() if k != "time"
        }


def test_nights_are_quieter_than_noons():
    sky = traffic.weather(0.0, 14 * 86_400.0, 0.0, np.random.default_rng(1))
    hours = sky.sessions.reshape(-1, 60).mean(axis=1).reshape(-1, 24).mean(axis=0)
    assert np.argmin(hours) in (3, 4)
    assert np.argmax(hours) in (15, 16)
