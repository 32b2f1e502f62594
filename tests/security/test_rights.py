"""Who may do what: every kind of server, everybody who may come, and all that can be asked."""

import base64

import pytest

from outage_window.store import Store
from tests.security.browsing import Browser, app_of
from tests.security.made import ALERTS, HASH, PASSWORD

PAGE, READ, CHANGE, EVENT = "/", "/api/v1/incidents", "/api/v1/incidents/x", "/api/v1/events"
UPLOAD, UPLOADED = "/upload", "/uploads/x"
TOKENS = ("Bearer", "of-ci", "bob-of-ci")
UPLOADS = ((UPLOAD, "POST"), (f"{UPLOADED}/0/keep", "POST"), (f"{UPLOADED}/forget", "POST"))
CI = {"name": "ci", "kind": "events", "token": "of-ci"}
USERS = {"ann": HASH, "bob": HASH}
SERVERS = {
    "anonymous": ({}, {}),
    "token": ({}, {"web": {"token": "for-all"}}),
    "sender": ({}, {"senders": [CI]}),
    "users": (USERS, {"web": {"readers": ["bob"]}}),
    "all": (USERS, {"web": {"readers": ["bob"], "token": "for-all"}, "senders": [CI]}),
}
OUTCOMES = {"y": None, "1": 401, "3": 403, ">": 303}
"""y: let in, whatever it then finds; 1: nobody known; 3: not allowed; >: to the form."""

# What is asked: a page, the API; a correction, an event, alerts.
TABLE = """
anonymous program     yy yyy
anonymous browser     yy yyy
anonymous tokenless   yy 333
token     program     yy 111
token     browser     yy 111
token     Bearer      yy yyy
token     wrong       yy 111
token     signed-in   yy yyy
token     forged      yy 333
sender    program     yy 111
sender    browser     yy 111
sender    of-ci       yy yy1
users     program     11 111
users     browser     >1 111
users     ann         yy yyy
users     bob         yy 333
users     wrong       11 111
users     ann-in      yy yyy
users     bob-in      yy 333
users     ann-forged  yy 333
all       program     11 111
all       browser     >1 111
all       Bearer      11 yyy
all       of-ci       11 yy1
all       bob-of-ci   11 yy1
all       ann         yy yyy
all       bob         yy 333
all       ann-in      yy yyy
all       bob-in      yy 333
all       wrong       11 111
"""
ROWS = [line.split(maxsplit=2) for line in TABLE.strip().splitlines()]


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


PROGRAMS = {
    "program": None,
    "Bearer": "Bearer for-all",
    "of-ci": "Bearer of-ci",
    "bob-of-ci": basic("bob", "of-ci"),
    "ann": basic("ann", PASSWORD),
    "bob": basic("bob", PASSWORD),
    "wrong": basic("ann", "x"),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = Store.open(f"sqlite:///{tmp_path_factory.mktemp('rights') / 'ow.db'}")
    yield store
    store.close()


def of_program(app, sent):
    client, headers = app.test_client(), {} if sent is None else {"Authorization": sent}

    def ask(path, method):
        return client.open(path, method=method, data=b"{}", headers=headers)

    return ask


def of_browser(app, who):
    browser = Browser(app)
    name = {"ann-in": "ann", "bob-in": "bob", "ann-forged": "ann", "signed-in": "", "forged": ""}
    if who in name:
        password = PASSWORD if name[who] else "for-all"
        assert browser.sign_in(name[who], password).status_code == 303
    token = None if who.endswith(("tokenless", "forged")) else browser.token()

    def ask(path, method):
        if path == PAGE:
            return browser.go(path)
        return browser.fetch(path, method, token, data=b"{}" if method != "GET" else None)

    return ask


@pytest.mark.parametrize(("server", "who", "outcomes"), ROWS, ids=[f"{r[0]}-{r[1]}" for r in ROWS])
def test_who_may_do_what(store, server, who, outcomes):
    users, settings = SERVERS[server]
    app = app_of(store, dict(users), **settings)
    ask = of_program(app, PROGRAMS[who]) if who in PROGRAMS else of_browser(app, who)
    asked = [(PAGE, "GET"), (READ, "GET"), (CHANGE, "PATCH"), (EVENT, "POST"), (ALERTS, "POST")]
    for (path, method), letter in zip(asked, outcomes.replace(" ", ""), strict=True):
        found = ask(path, method).status_code
        if letter == "y":
            assert found not in (303, 401, 403), path
        else:
            assert found == OUTCOMES[letter], path


@pytest.mark.parametrize(("server", "who", "outcomes"), ROWS, ids=[f"{r[0]}-{r[1]}" for r in ROWS])
def test_uploads_are_looked_at_and_made_by_those_who_may(store, server, who, outcomes):
    """Looked at by who reads the API, made, kept and forgotten by people who correct incidents:
    tokens of programs open doors, and no pages."""
    users, settings = SERVERS[server]
    app = app_of(store, dict(users), **settings)
    ask = of_program(app, PROGRAMS[who]) if who in PROGRAMS else of_browser(app, who)
    read, change = outcomes[1], "1" if who in TOKENS else outcomes[3]
    asked = [(path, "GET", read) for path in (UPLOAD, UPLOADED, f"{UPLOADED}/0/series")]
    asked += [(path, method, change) for path, method in UPLOADS]
    for path, method, letter in asked:
        found = ask(path, method).status_code
        if letter == "y":
            assert found not in (401, 403), path
            # To the form from /forget; nothing was sent, and nothing is held.
            assert found in (200, 303, 400, 404), path
        else:
            assert found == OUTCOMES[letter], path


def test_every_server_and_every_way_in_is_in_the_table():
    assert {row[0] for row in ROWS} == set(SERVERS)
    assert set(PROGRAMS) < {row[1] for row in ROWS}


@pytest.mark.parametrize(
    "path",
    [
        EVENT,
        ALERTS,
        "/api/v1/webhooks/github",
        "/api/v1/write",
        "/",
        UPLOAD,
        f"{UPLOADED}/0/keep",
        f"{UPLOADED}/forget",
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_reader_changes_nothing_anywhere(store, path, method):
    users, settings = SERVERS["users"]
    ask = of_program(app_of(store, users, **settings), PROGRAMS["bob"])
    answer = ask(path, method)
    assert answer.status_code == 403
    assert answer.json["error"] == "you may read everything here, and change nothing"


def test_what_a_program_without_rights_posts_beside_the_doors_is_refused_too(store):
    users, settings = SERVERS["token"]
    app = app_of(store, users, **settings)
    app.add_url_rule("/own", "own", lambda: "done", methods=["POST"])
    assert app.test_client().post("/own").status_code == 401
    browser = Browser(app)
    browser.sign_in(password="for-all")
    assert browser.fetch("/own", "POST", browser.token()).text == "done"
