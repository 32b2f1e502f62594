"""Users of the web configuration at a real `serve`: reading, posting, guessing, other sites."""

import base64
import json
import sqlite3
import threading
import time

import bcrypt
import pytest
import requests

from outage_window.settings.web_config import RateLimit
from outage_window.web.guard import Bucket
from outage_window.web.passwords import AT_A_TIME, Guessing, Passwords
from tests.live.made import FIRING
from tests.live.process import Process
from tests.security.made import ALERTS, HASH, LISTEN, PASSWORD, USERS, web_file

DOORS = ("events", "attempts", "incidents")
BODY = json.dumps(FIRING)
SENDERS = """senders:
- {name: main, kind: alertmanager}
- {name: other, kind: alertmanager, token: of-the-other}
"""
EXTRA = """http_server_config:
  headers: {X-Frame-Options: sameorigin, Strict-Transport-Security: max-age=60}
"""


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    folder = web_file(tmp_path_factory.mktemp("users"), USERS + EXTRA)
    web = LISTEN.replace("}", ", token: for-all}")
    with Process(folder, web + SENDERS) as process:
        yield process


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/metrics",
        "/-/healthy",
        "/-/ready",
        "/healthz",
        "/api/v1/incidents",
        "/no",
    ],
)
def test_reading_needs_a_user(serving, path):
    serving.session.cookies.clear()  # with one it would be a script, which is asked for nothing
    answer = serving.session.get(serving.url + path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert answer.headers["Strict-Transport-Security"] == "max-age=60"
    right = serving.session.get(
        serving.url + path, headers={"Authorization": basic("ann", PASSWORD)}
    )
    assert right.status_code == (404 if path == "/no" else 200)
    assert right.headers["X-Frame-Options"] == "sameorigin"


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "",
        "Basic",
        "Basic !",
        "Basic YW5u",
        "Bearer for-all",
        basic("ann", PASSWORD + "x"),
        basic("ann", ""),
        basic("bob", PASSWORD),
        basic("", PASSWORD),
        basic("ann", HASH),
        basic("ann", PASSWORD) + ", " + basic("ann", PASSWORD),
        b"Basic \xff\xfe",
        basic("ann", "\0"),
        basic("ann", "x" * 20_000),
    ],
)
def test_nobody_else_reads(serving, sent):
    headers = {} if sent is None else {"Authorization": sent}
    assert serving.session.get(serving.url, headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (basic("ann", PASSWORD), "main"),  # no sender of that name: the usual one
        (basic("main", PASSWORD), "main"),
        ("Bearer of-the-other", "other"),
        (basic("whoever", "of-the-other"), "other"),
        ("Bearer for-all", "main"),
    ],
)
def test_who_posts(serving, sent, name):
    body = json.dumps(FIRING | {"groupKey": sent})
    answer = serving.session.post(serving.url + ALERTS, body, headers={"Authorization": sent})
    assert answer.status_code == 200
    found = sqlite3.connect(serving.database).execute(
        "SELECT sender FROM deliveries WHERE body = ?", [body.encode()]
    )
    assert found.fetchall() == [(name,)]


@pytest.mark.parametrize(
    "path", [ALERTS, "/api/v1/events", "/api/v1/attempts", "/api/v1/incidents"]
)
@pytest.mark.parametrize("sent", [None, "Bearer x", basic("ann", "x"), basic("x", PASSWORD)])
def test_nobody_else_posts(serving, path, sent):
    headers = {} if sent is None else {"Authorization": sent}
    answer = serving.session.post(serving.url + path, BODY, headers=headers)
    assert answer.status_code == 401


def test_no_page_of_another_site_posts_as_the_user_in_front_of_it(serving):
    own = {"Authorization": basic("ann", PASSWORD)}
    foreign = [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ]
    for headers in foreign:
        answer = serving.session.post(serving.url + ALERTS, BODY, headers=own | headers)
        assert answer.status_code == 403
    for headers in ({"Origin": serving.url}, {"Sec-Fetch-Site": "same-origin"}):
        answer = serving.session.post(serving.url + ALERTS, BODY, headers=own | headers)
        assert answer.status_code == 200


def test_a_changed_password_counts_without_a_restart(tmp_path):
    web_file(tmp_path, USERS)
    new = bcrypt.hashpw(b"new", bcrypt.gensalt(4)).decode()
    with Process(tmp_path, LISTEN) as process:
        asked = lambda word: requests.get(process.url, auth=("ann", word)).status_code  # noqa: E731
        assert asked(PASSWORD) == 200
        web_file(tmp_path, f"basic_auth_users: {{ann: {new}}}")
        deadline = time.monotonic() + 10
        while asked("new") != 200:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert asked(PASSWORD) == 401


def test_guessing_does_not_hold_up_who_is_known(tmp_path):
    dear = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(12)).decode()  # a quarter of a second
    web_file(tmp_path, f"basic_auth_users: {{ann: {dear}}}")
    stop, answers = threading.Event(), []

    def guess(seed):
        number = 0
        while not stop.is_set():
            number += 1
            auth = ("ann", f"{seed}-{number}")
            answers.append(requests.get(process.url, auth=auth, timeout=30).status_code)

    with Process(tmp_path, LISTEN) as process:
        assert requests.get(process.url, auth=("ann", PASSWORD)).status_code == 200
        guessing = [threading.Thread(target=guess, args=(seed,)) for seed in range(12)]
        for thread in guessing:
            thread.start()
        time.sleep(1)
        worst = 0.0
        for _ in range(10):
            began = time.monotonic()
            assert requests.get(process.url, auth=("ann", PASSWORD), timeout=30).status_code == 200
            worst = max(worst, time.monotonic() - began)
        stop.set()
        for thread in guessing:
            thread.join()
    assert worst < 2
    assert set(answers) == {401, 503}


def test_a_flood_is_shed_with_503(tmp_path):
    web_file(tmp_path, "rate_limit: {interval: 1h, burst: 5}\n")
    with Process(tmp_path, LISTEN) as process:
        assert [process.get("/").status_code for _ in range(7)] == [200] * 5 + [503] * 2


def test_the_bucket_gains_one_each_interval():
    now = [100.0]
    bucket, limit = Bucket(lambda: now[0]), RateLimit(interval="2s", burst=3)
    assert [bucket.allows(limit) for _ in range(4)] == [True, True, True, False]
    now[0] += 4
    assert [bucket.allows(limit) for _ in range(3)] == [True, True, False]
    now[0] += 1000
    assert sum(bucket.allows(limit) for _ in range(9)) == 3
    assert all(bucket.allows(RateLimit()) for _ in range(9))


def test_an_unknown_user_takes_as_long_as_a_known_one():
    hashes = {"ann": bcrypt.hashpw(b"x", bcrypt.gensalt(9)).decode()}
    passwords = Passwords()

    def seconds(user, number):
        began = time.thread_time()
        assert passwords.right(hashes, user, b"%d" % number) is None
        return time.thread_time() - began

    # In turn: what else the machine does meanwhile befalls both.
    ratios = sorted(seconds(b"ann", number) / seconds(b"bob", number) for number in range(9))
    assert 0.5 < ratios[4] < 2


def test_more_checks_at_a_time_than_bearable_are_refused(monkeypatch):
    passwords, going, outcomes = Passwords(), threading.Event(), []
    monkeypatch.setattr(bcrypt, "checkpw", lambda *_: going.wait(10))
    hashes = {"ann": HASH}

    def ask(number):
        outcomes.append(passwords.right(hashes, b"ann", b"%d" % number))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(AT_A_TIME)]
    for thread in threads:
        thread.start()
    while passwords._waiting._value:
        time.sleep(0.01)
    with pytest.raises(Guessing):
        passwords.right(hashes, b"ann", b"one more")
    going.set()
    for thread in threads:
        thread.join()
    assert outcomes == ["ann"] * AT_A_TIME


def test_no_secret_is_in_the_log(serving):
    assert PASSWORD not in serving.log
    assert HASH not in serving.log
    assert "of-the-other" not in serving.log
