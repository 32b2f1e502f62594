"""Attempts per user, from the door to the share: settings that tell of them, ids that never lie."""

import json
import signal

import numpy as np
import pytest

from outage_window.live import people as live_people
from outage_window.live.people import people
from outage_window.settings.models import Service
from outage_window.store import attempts
from tests.live.made import BORN, DAY, Metrics, Place, text
from tests.live.process import Process, command

HOUR = 3600
FOREVER = [(0, 2**62)]


def lines(users, at=BORN, **changes):
    base = {"time": text(at), "outcome": "success", "service": "auth"} | changes
    return "\n".join(json.dumps(base | {"user": user}) for user in users)


def service(**changes):
    return Service.model_validate(
        {"name": "auth", "source": "pull", "attempts": "a", "errors": "b", **changes}
    )


def read(store, one):
    with store.read() as connection:
        return people(connection, one, FOREVER)


def test_what_people_says_of_records(store):
    place = Place(store)
    for outcome, reason in (("failure", "invalid_token"), ("failure", "odd"), ("success", "")):
        body = lines(["ann", "bob"], outcome=outcome, reason=reason)
        assert place.client.post("/api/v1/attempts", data=body).json == {"kept": 2}
    told = service(
        reasons={"preset": "keycloak", "user": ["odd"]},
        users={"sample": {"by": "user_hash", "fraction": 0.25}},
    )
    found = read(store, told)
    tried = found.attempts
    blames = [tried.outcomes[code].blame for code in tried.outcome]
    assert sorted(blames) == ["success"] * 2 + ["system"] * 2 + ["user"] * 2
    assert (tried.fraction, tried.interval, tried.attempts.tolist()) == (0.25, 60.0, [1] * 6)
    assert found.origins[0].rows == 6
    own = service(reasons={"preset": "keycloak", "user": ["invalid_token"]})
    assert "system" not in {one.blame for one in read(store, own).attempts.outcomes}
    assert read(store, service(name="mail")) is None


def test_where_it_came_from_does_not_depend_on_how_it_came(store):
    place = Place(store)
    first, second = lines(["ann"], outcome="failure", reason="z"), lines(["bob"], at=BORN + 1)
    place.client.post("/api/v1/attempts", data=first)
    place.client.post("/api/v1/attempts", data=second)
    apart = read(store, service()).origins
    place.at(BORN + DAY)
    with store.read() as connection:
        assert attempts.mark(connection, "auth", [(0, 2**62)])[0] == 1
    assert read(store, service()).origins == apart


def test_a_tick_drops_what_is_older_than_the_retention(store):
    place = Place(store, Metrics())
    for day in range(4):
        place.client.post("/api/v1/attempts", data=lines(["ann"], at=BORN + day * DAY))
    kept = place.settings.attempts.model_copy(update={"retention": 2 * DAY})
    place.settings = place.settings.model_copy(update={"attempts": kept})
    place.restart()
    place.at(BORN + 3 * DAY + HOUR)
    assert (read(store, service()).attempts.first - BORN).tolist() == [2 * DAY, 3 * DAY]


def test_no_id_lies_in_the_files_or_the_log(tmp_path):
    ids = ["ann.visible@example.org", "bob-4711-visible"]
    address = "203.0.113.77"
    with Process(tmp_path) as process:
        for number in range(3):
            body = lines(ids, at=BORN + number, source=address)
            assert process.post("/api/v1/attempts", body).status_code == 200
        broken = lines(ids, time="visible") + "\n" + lines(ids, reason=7)
        assert process.post("/api/v1/attempts", broken).status_code == 400
        files = [file.read_bytes() for file in tmp_path.iterdir()]
        assert any(b"attempt_blocks" in content for content in files)
        process.stop(signal.SIGTERM)
    files += [file.read_bytes() for file in tmp_path.iterdir()] + [process.log.encode()]
    for word in (*ids, address, "visible"):
        assert not any(word.encode() in content for content in files)


def test_a_user_can_be_forgotten(tmp_path):
    (tmp_path / "key").write_bytes(b"k" * 32)
    # The attempts are of 2023: a pass of the loop must not find them too old.
    settings = "attempts: {user_key_file: key, retention: 36500d}\n"
    with Process(tmp_path, settings) as process:
        assert process.post("/api/v1/attempts", lines(["ann", "bob"])).status_code == 200
        arguments = ("users", "forget", "ann", "--config.file", str(process.file))
        refused = command(*arguments)
        assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
        assert "in use" in refused.stderr
    assert not (tmp_path / "ow.db.key").exists()
    done = command(*arguments, "--service", "mail")
    assert (done.returncode, done.stdout) == (
        0,
        "nothing is stored of this user of service mail\n",
    )
    for told in ("removed 1 record\n", "nothing is stored of this user\n"):
        done = command(*arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, told, "")


def test_there_is_nothing_to_forget_before_anything_was_stored(tmp_path):
    file = tmp_path / "s.yml"
    file.write_text("storage: {url: 'sqlite:///none.db'}\n")
    done = command("users", "forget", "ann", "--config.file", str(file))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "none.db: expected a database" in done.stderr
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("fraction", [1.0, 0.5])
def test_users_of_a_sample_are_scaled_up(store, fraction):
    place = Place(store)
    place.client.post("/api/v1/attempts", data=lines([f"u{n}" for n in range(100)]))
    users = None if fraction == 1 else {"sample": {"by": "user_hash", "fraction": fraction}}
    tried = read(store, service(users=users)).attempts
    assert len(np.unique(tried.user)) / tried.fraction == 100 / fraction


def test_attempts_are_read_only_where_a_window_is_and_something_came_to_it(store, monkeypatch):
    """A service that posts all day is not decoded at every pass."""
    reads = []
    monkeypatch.setattr(live_people, "people", lambda *given: reads.append(given) or None)
    place = Place(store, Metrics((BORN + DAY, BORN + DAY + 3600), days=3))
    place.client.post("/api/v1/attempts", data=lines(["ann"], at=BORN + 60))
    place.at(BORN + DAY - 600)
    assert reads == []
    place.at(BORN + 2 * DAY)
    assert len(reads) == 1
    place.client.post("/api/v1/attempts", data=lines(["bob"], at=BORN + 2 * DAY - 60))
    place.at(BORN + 2 * DAY + 60)
    assert len(reads) == 1
    place.client.post("/api/v1/attempts", data=lines(["cem"], at=BORN + DAY + 120))
    place.at(BORN + 2 * DAY + 120)
    assert len(reads) == 2


def test_a_past_that_comes_after_the_window_is_read_too(store, monkeypatch):
    """Earlier weeks are compared with: who sends them late must not wait for a restart."""
    reads = []
    monkeypatch.setattr(live_people, "people", lambda *given: reads.append(given) or None)
    place = Place(store, Metrics((BORN + 2 * DAY, BORN + 2 * DAY + 3600)))
    place.at(BORN + 3 * DAY)
    seen = len(reads)
    place.client.post("/api/v1/attempts", data=lines(["ann"], at=BORN + 3600))
    place.at(BORN + 3 * DAY + 60)
    assert len(reads) == seen + 1


def test_the_budget_and_the_registered_of_the_settings_reach_the_incident(store):
    own = {"slo": {"target": 99, "window": "2d"}, "users": {"registered": 500}}
    own["reasons"] = {"system": ["invalid_token"]}
    place = Place(store, Metrics((BORN + 2 * DAY, BORN + 2 * DAY + 3600)), **own)
    users = [f"u{n}" for n in range(100)]
    for second in range(0, 3600, 30):
        outcome = {"outcome": "failure", "reason": "invalid_token"}
        at = BORN + 2 * DAY + second
        place.client.post("/api/v1/attempts", data=lines(users[:60], at=at, **outcome))
        place.client.post("/api/v1/attempts", data=lines(users[60:], at=at))
        place.client.post("/api/v1/attempts", data=lines(users[60:], at=at + 1))
        place.client.post("/api/v1/attempts", data=lines(users[60:], at=at + 2))
    [incident] = place.at(BORN + 3 * DAY)
    found = place.client.get(f"/api/v1/incidents/{incident['id']}").json
    assert found["error_budget"]["low"] < found["error_budget"]["value"]
    assert "of 2 days" in found["error_budget"]["method"]
    assert found["affected_users"]["value"] == 0.6
    assert found["affected_users"]["share_of_registered"]["value"] == 60 / 500
