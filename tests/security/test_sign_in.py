"""Sessions: how they begin and end, what they are bound to, and what nobody gets by them."""

import re
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import bcrypt
import pytest

from outage_window.store import Store, signed_out
from outage_window.web.sessions import IDLE, LONGEST, RENEWED
from tests.security.browsing import FIELD, NAVIGATING, Browser, app_of
from tests.security.made import ALERTS, HASH, PASSWORD

EVENTS = "/api/v1/events"
EVENT = b'{"type": "note", "time": "2024-01-22T15:30:00Z", "service": "auth", "text": "x"}'
DOWN = "the store is down"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = Store.open(f"sqlite:///{tmp_path_factory.mktemp('sign-in') / 'ow.db'}")
    yield store
    store.close()


@pytest.fixture
def users():
    return {"ann": HASH}


@pytest.fixture
def app(store, users):
    return app_of(store, users)


@pytest.fixture
def browser(app):
    browser = Browser(app)
    assert browser.sign_in().status_code == 303
    return browser


class Clock:
    def __init__(self):
        self.now = 1_700_000_000.0

    def __call__(self):
        return round(self.now * 1e9)


def cookie(browser):
    [found] = browser.cookies.values()
    return found


def put(browser, value, name=None):
    browser.client.set_cookie(name or cookie(browser).key, value)


def test_signing_in_leads_to_where_one_was_going(app):
    browser = Browser(app)
    sent = browser.go("/incidents/a%20b?x=1&y=%2F")
    assert sent.status_code == 303
    there = parse_qs(urlsplit(sent.location).query)["next"]
    assert there == ["/incidents/a%20b?x=1&y=%2F"]
    form = browser.go(sent.location)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', unescape(form.text)))
    done = browser.submit("/sign-in", fields | {"name": "ann", "password": PASSWORD})
    assert (done.status_code, done.location) == (303, "/incidents/a%20b?x=1&y=%2F")
    assert browser.is_in()


def test_the_form_asks_for_what_there_is(store, users):
    text = Browser(app_of(store, users)).go("/sign-in").text
    assert 'name="name"' in text
    text = Browser(app_of(store, web={"token": "for-all"})).go("/sign-in").text
    assert 'name="name"' not in text
    assert "Token" in text
    assert Browser(app_of(store)).go("/sign-in").location == "/"
    assert Browser(app_of(store)).go("/sign-in?next=/x").location == "/x"


def test_the_form_has_no_script_or_style_of_its_own(app):
    text = Browser(app).go("/sign-in").text
    assert set(re.findall("<script[^>]*>", text)) == {
        '<script type="module" src="/static/times.js">'
    }
    assert not re.search(r"\s(on\w+|style)=", text)


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ann", "another"),
        ("ann", ""),
        ("bob", PASSWORD),
        ("", PASSWORD),
        ("ann", HASH),
        ("ann", "\0"),
    ],
)
def test_the_wrong_password_signs_nobody_in(app, name, password):
    browser = Browser(app)
    answer = browser.sign_in(name, password)
    assert answer.status_code == 403
    assert "not right" in answer.text
    assert password in ("", PASSWORD) or password not in answer.text
    assert not browser.is_in()


@pytest.mark.parametrize("password", ["", "x", "for-all2", "ü", HASH])
def test_nor_does_the_wrong_token(store, password):
    browser = Browser(app_of(store, web={"token": "for-all"}))
    assert browser.sign_in(password=password).status_code == 403
    assert browser.fetch(EVENTS, "POST", browser.token(), data=EVENT).status_code == 401


def test_a_right_token_signs_in_and_changes(store):
    browser = Browser(app_of(store, web={"token": "for-all"}))
    assert browser.sign_in(password=" for-all\n").status_code == 303
    assert browser.fetch(EVENTS, "POST", browser.token(), data=EVENT).status_code == 200


def test_the_cookie_is_kept_from_scripts_and_other_sites(app):
    plain, secure = Browser(app), Browser(app, "https://localhost")
    for browser, prefix in ((plain, "outage-window-"), (secure, "__Host-outage-window-")):
        sent = browser.sign_in().headers["Set-Cookie"]
        name, _, rest = sent.partition("=")
        assert name.startswith(prefix)
        flags = {one.strip().lower() for one in rest.split(";")[1:]}
        assert {"httponly", "path=/", "samesite=lax"} <= flags
        assert ("secure" in flags) == (browser is secure)
        assert not any(one.startswith(("domain", "expires", "max-age")) for one in flags)
        assert browser.is_in()


def test_behind_a_proxy_that_speaks_tls_the_cookie_is_secure(store, users):
    app = app_of(store, users, web={"url": "https://ow.example"})
    sent = Browser(app, "http://ow.example").sign_in().headers["Set-Cookie"]
    assert sent.startswith("__Host-")
    assert "Secure" in sent
    assert "Secure" not in Browser(app).sign_in().headers["Set-Cookie"]


def test_the_cookie_tells_nothing_of_the_password(browser):
    import base64
    import zlib

    payload = cookie(browser).value.lstrip(".").split(".")[0]
    raw = base64.urlsafe_b64decode(payload + "==")
    text = zlib.decompress(raw) if cookie(browser).value.startswith(".") else raw
    assert b"ann" in text
    assert HASH.encode() not in text
    assert PASSWORD.encode() not in text


def test_what_was_in_the_browser_before_is_no_session_after(app):
    """Somebody who planted a cookie, or knows its token, gets nothing of what the victim begins."""
    attacker, victim = Browser(app), Browser(app)
    token = FIELD.search(attacker.go("/sign-in").text)[1]
    planted = cookie(attacker)
    victim.client.set_cookie(planted.key, planted.value)
    assert victim.sign_in().status_code == 303
    assert cookie(victim).value != planted.value
    assert not attacker.is_in()
    assert victim.fetch(EVENTS, "POST", token, data=EVENT).status_code == 403
    assert victim.fetch(EVENTS, "POST", victim.token(), data=EVENT).status_code == 200


def test_a_session_that_nobody_uses_is_over(store, users):
    clock = Clock()
    browser = Browser(app_of(store, users, clock))
    browser.sign_in()
    clock.now += IDLE - 1
    assert browser.is_in()
    clock.now += IDLE - RENEWED - 1  # it was noted that it was in use
    assert browser.is_in()
    clock.now += IDLE
    assert not browser.is_in()
    clock.now -= IDLE
    assert not browser.is_in()  # and does not come back


def test_one_that_is_used_is_over_after_a_week(store, users):
    clock = Clock()
    browser = Browser(app_of(store, users, clock))
    browser.sign_in()
    for _ in range(int(LONGEST / 36_000)):
        clock.now += 36_000
        assert browser.is_in()
    clock.now += 36_000
    assert not browser.is_in()


def test_the_cookie_itself_is_dated(app, browser, monkeypatch):
    import itsdangerous.timed

    real = itsdangerous.timed.time.time
    monkeypatch.setattr(itsdangerous.timed.time, "time", lambda: real() + IDLE + 5)
    assert not browser.is_in()


def test_a_page_that_is_used_does_not_lose_its_token(store):
    clock = Clock()
    browser = Browser(app_of(store, clock=clock))
    token = browser.token()
    for _ in range(20):
        clock.now += 36_000
        assert browser.fetch(EVENTS, "POST", token, data=EVENT).status_code == 200


def test_another_password_or_no_user_any_more_ends_it_at_once(store, users):
    users |= {"bob": HASH}
    ann, bob = (Browser(app_of(store, users)) for _ in range(2))
    ann.sign_in()
    bob.sign_in("bob")
    users["ann"] = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()  # salted anew
    assert not ann.is_in()
    assert bob.is_in()
    del users["bob"]
    assert not bob.is_in()
    users["bob"] = users["ann"]
    assert not bob.is_in()


def test_another_token_ends_it_and_so_do_users(store):
    browser = Browser(app_of(store, web={"token": "one"}))
    browser.sign_in(password="one")
    ask = lambda: browser.fetch(EVENTS, "POST", token, data=EVENT).status_code  # noqa: E731
    token = browser.token()
    assert ask() == 200
    held = cookie(browser).value
    for settings, code in (
        ({"web": {"token": "two"}}, 401),
        ({"web": {"token": "one"}, "users": {"ann": HASH}}, 401),
        ({"web": {"token": "one"}}, 200),
    ):
        browser.client = app_of(store, **settings).test_client()
        browser.client.set_cookie(name_of(browser), held)
        assert ask() == code


def name_of(browser):
    app = browser.client.application
    with app.test_request_context(base_url=browser.base):
        return app.session_interface.get_cookie_name(app)


def test_a_session_of_one_user_is_none_of_another_with_the_same_hash(store, users):
    users["bob"] = users["ann"]
    app = app_of(store, users, web={"readers": ["bob"]})
    bob = Browser(app)
    bob.sign_in("bob")
    assert bob.fetch(EVENTS, "POST", bob.token(), data=EVENT).status_code == 403


@pytest.mark.parametrize(
    "changed",
    [
        lambda one: "",
        lambda one: "x",
        lambda one: one[:-1],
        lambda one: one[:-3] + ("AAA" if one[-3:] != "AAA" else "BBB"),
        lambda one: "A" + one[1:],
        lambda one: one.rpartition(".")[0],
        lambda one: one.split(".")[0] + "." + ".".join(one.split(".")[1:])[::-1],
        lambda one: "\xff" * 40,
        lambda one: "." + one,
        lambda one: one * 3,
    ],
)
def test_a_cookie_that_was_tampered_with_is_none(browser, changed):
    put(browser, changed(cookie(browser).value))
    assert not browser.is_in()
    assert browser.go("/").status_code == 303


def test_the_cookie_of_another_server_is_none(browser, users, tmp_path):
    other = Store.open(f"sqlite:///{tmp_path / 'ow.db'}")
    try:
        stranger = Browser(app_of(other, users))
        put(stranger, cookie(browser).value, name_of(stranger))
        assert not stranger.is_in()
        assert name_of(stranger) != name_of(browser)  # on one host they do not sign each other out
        assert stranger.sign_in().status_code == 303
        assert stranger.is_in()
    finally:
        other.close()


def test_a_replica_with_the_same_key_takes_it_and_its_token(store, browser, users):
    token = browser.token()
    held = cookie(browser)
    browser.client = app_of(store, dict(users)).test_client()
    browser.client.set_cookie(held.key, held.value)
    assert browser.is_in()
    assert browser.fetch(EVENTS, "POST", token, data=EVENT).status_code == 200


def test_it_holds_after_a_restart(tmp_path, users):
    url, held, token = f"sqlite:///{tmp_path / 'ow.db'}", None, None
    for _ in range(2):
        store = Store.open(url)
        try:
            browser = Browser(app_of(store, users))
            if held is None:
                browser.sign_in()
                token, held = browser.token(), cookie(browser)
            browser.client.set_cookie(held.key, held.value)
            assert browser.is_in()
            assert browser.fetch(EVENTS, "POST", token, data=EVENT).status_code == 200
        finally:
            store.close()


def test_signing_out_ends_every_copy(store, app, browser, users):
    copy = cookie(browser).value
    token = browser.token()
    assert browser.submit("/sign-out", {}).status_code == 403
    assert browser.is_in()
    assert browser.submit("/sign-out", {"csrf_token": token}).location == "/"
    assert not browser.cookies
    assert not browser.is_in()
    name = name_of(browser)
    for replica in (app, app_of(store, users)):
        thief = Browser(replica)
        put(thief, copy, name)
        assert not thief.is_in()
        assert thief.fetch(EVENTS, "POST", token, data=EVENT).status_code == 401
    assert browser.sign_in().status_code == 303
    assert browser.is_in()
    assert Browser(app).submit("/sign-out", {}).status_code == 303  # there is nothing to end


def test_ended_sessions_are_forgotten_when_they_would_be_over(store):
    store.write(lambda c: signed_out.note(c, "one", 2000.0, 1000.0))
    store.write(lambda c: signed_out.note(c, "one", 2000.0, 1000.0))
    with store.read() as connection:
        assert signed_out.noted(connection, "one")
        assert not signed_out.noted(connection, "two")
    store.write(lambda c: signed_out.note(c, "two", 5000.0, 3000.0))
    with store.read() as connection:
        assert not signed_out.noted(connection, "one")
        assert signed_out.noted(connection, "two")


def test_where_the_store_is_down_nobody_is_let_in_by_a_session(browser, store, monkeypatch):
    from sqlalchemy.exc import OperationalError

    def fail():
        raise OperationalError(DOWN, None, Exception(DOWN))

    token = browser.token()
    monkeypatch.setattr(store, "read", fail)
    assert browser.go("/api/v1/openapi.json").status_code == 503
    answer = browser.fetch(ALERTS, "POST", token, data=b"{}")
    assert answer.status_code == 503
    assert DOWN not in answer.text


@pytest.mark.parametrize("users", [{}, {"ann": HASH}], ids=["anonymous", "signed in"])
@pytest.mark.parametrize("path", [EVENTS, ALERTS, "/api/v1/incidents", "/api/v1/attempts"])
def test_a_change_needs_the_token_of_a_page_of_this_session(store, users, path):
    app = app_of(store, users)
    browser, other = Browser(app), Browser(app)
    for one in (browser, other) if users else ():
        one.sign_in()
    right, foreign = browser.token(), other.token()
    for token in (None, "", "x", foreign, right[:-1], right + "x", "ü"):
        answer = browser.fetch(path, "POST", token, data=EVENT)
        assert answer.status_code == 403, token
        assert "token of a page" in answer.json["error"]
    assert browser.fetch(path, "POST", right, data=EVENT).status_code not in (401, 403)
    assert browser.submit(path, {"csrf_token": right}).status_code not in (401, 403)


def test_a_program_needs_none(store):
    client = app_of(store).test_client()
    client.get("/token")  # which leaves it a cookie
    assert client.post(EVENTS, data=EVENT).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:81"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("users", [{}, {"ann": HASH}], ids=["anonymous", "signed in"])
def test_even_with_its_token_no_other_site_posts(store, users, headers):
    app = app_of(store, users)
    browser = Browser(app)
    if users:
        browser.sign_in()
    token = browser.token()
    for path in (EVENTS, "/sign-out", "/sign-in"):
        sent = {"csrf_token": token, "name": "ann", "password": PASSWORD}
        answer = browser.submit(path, sent, **{"X-CSRFToken": token} | headers)
        assert answer.status_code == 403
        assert "page of this server" in answer.json["error"]


def test_nobody_is_signed_in_by_another_page(app):
    """Login CSRF: the form is good for the browser that it was shown to."""
    attacker, victim = Browser(app), Browser(app)
    token = FIELD.search(attacker.go("/sign-in").text)[1]
    fields = {"name": "ann", "password": PASSWORD}
    for more in ({}, {"csrf_token": ""}, {"csrf_token": token}):
        answer = victim.submit("/sign-in", fields | more)
        assert answer.status_code == 403
        assert "Try again" in answer.text
        assert FIELD.search(answer.text)  # with one that is good
    assert not victim.is_in()


HOSTILE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "https://evil.example",
    "https:evil.example",
    "http:/evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/x\r\nSet-Cookie: a=b",
    "/\0",
    "evil.example",
    "",
    "/" + "x" * 5000,
    "/ü",
    "/sign-in?next=/",
    "/sign-out",
    "/\u2028/evil.example",
]


@pytest.mark.parametrize("there", HOSTILE)
def test_nobody_is_sent_elsewhere(app, there):
    browser = Browser(app)
    form = browser.go("/sign-in?" + urlencode({"next": there}))
    assert 'name="next" value="/"' in form.text
    token = FIELD.search(form.text)[1]
    sent = {"csrf_token": token, "name": "ann", "password": PASSWORD, "next": there}
    assert browser.submit("/sign-in", sent).location == "/"
    assert browser.go("/sign-in?" + urlencode({"next": there})).location == "/"


@pytest.mark.parametrize("path", ["//evil.example", "//evil.example/%2e%2e", "/%0d%0aA:b", "/%5Ce"])
def test_nor_by_where_one_was_going(app, path):
    found = Browser(app).client.get(path, headers=NAVIGATING)
    assert found.status_code == 303
    assert found.location.startswith("/sign-in")
    there = parse_qs(urlsplit(found.location).query).get("next", ["/"])[0]
    assert re.fullmatch(r"/([!-.0-\[\]-~][!-\[\]-~]*)?", there)


def test_a_path_of_this_server_may_hold_anything_else(app):
    for there in ("/", "/incidents/auth-20240122T1530Z?a=b&c=%2F#d", "/a//b", "/a:b@c"):
        assert Browser(app).sign_in(next=there).location == there


@pytest.mark.parametrize(
    ("headers", "code", "asks"),
    [
        ({}, 401, True),
        ({"Accept": "*/*"}, 401, True),
        ({"Accept": "application/json"}, 401, True),
        ({"Accept": "text/html,*/*;q=0.8"}, 303, False),
        ({"Sec-Fetch-Mode": "navigate"}, 303, False),
        ({"Sec-Fetch-Mode": "navigate", "Accept": "*/*"}, 303, False),
        ({"Sec-Fetch-Mode": "cors", "Accept": "text/html"}, 401, False),
        ({"Sec-Fetch-Mode": "same-origin"}, 401, False),
        ({"Sec-Fetch-Mode": "no-cors"}, 401, False),
        ({"X-CSRFToken": "x"}, 401, False),
    ],
)
@pytest.mark.parametrize("path", ["/", "/incidents/x", "/api/v1/incidents", "/nothing"])
def test_people_are_sent_to_the_form_and_programs_are_told(app, path, headers, code, asks):
    client = app.test_client()
    answer = client.get(path, headers=headers)
    assert answer.status_code == code
    assert ("WWW-Authenticate" in answer.headers) == asks
    assert client.options(path, headers=headers).status_code == code
    if code == 303:
        assert client.post("/nothing", headers=headers).location == "/sign-in"


def test_a_page_whose_session_is_over_is_not_prompted_for_a_password(browser, users):
    users["ann"] = bcrypt.hashpw(b"new", bcrypt.gensalt(4)).decode()
    for _ in range(2):
        answer = browser.client.get("/api/v1/incidents")  # over plain http, say
        assert answer.status_code == 401
        assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize("path", ["/metrics", "/-/healthy", "/-/ready", "/healthz", "/readyz"])
def test_what_programs_ask_for_sends_nobody_anywhere(app, path):
    answer = app.test_client().get(path, headers={"Accept": "text/html", **NAVIGATING})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_what_depends_on_who_asks_is_not_kept(browser):
    for path in ("/", "/api/v1/incidents", "/sign-in", "/nothing"):
        headers = browser.go(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert "Cookie" in headers["Vary"]
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "form-action 'self'" in headers["Content-Security-Policy"]


def test_a_program_gets_no_cookie(store, users):
    auth = ("ann", PASSWORD)
    for client, how in (
        (app_of(store).test_client(), {}),
        (app_of(store, users).test_client(), {"auth": auth}),
    ):
        for path in ("/api/v1/incidents", "/metrics", "/-/healthy"):
            assert "Set-Cookie" not in client.get(path, **how).headers
        assert "Set-Cookie" not in client.post(EVENTS, data=EVENT, **how).headers


def test_templates_know_who_looks(store):
    from flask import render_template_string

    seen = "{{viewer.name}} {{viewer.may_change}} {{viewer.signed_in}} {{viewer.can_sign_in}}"

    def looked(browser, **headers):
        return browser.go("/seen", **headers).text

    def app(*names, **settings):
        made = app_of(store, dict.fromkeys(names, HASH), **settings)
        made.add_url_rule("/seen", "seen", lambda: render_template_string(seen))
        return Browser(made)

    assert looked(app()) == "None True False False"
    token = app(web={"token": "t"})
    assert looked(token) == "None False False True"
    token.sign_in(password="t")
    assert looked(token) == "None True True False"
    sender = app(senders=[{"name": "ci", "kind": "events", "token": "t"}])
    assert looked(sender) == "None False False False"
    users = app("ann", "bob", web={"readers": ["bob"]})
    auth = {"Authorization": "Basic YW5uOmNvcnJlY3QgaG9yc2U="}
    assert looked(users, **auth) == "ann True False False"
    users.sign_in("bob")
    assert looked(users) == "bob False True False"


def test_a_form_that_is_too_large_is_not_read(app):
    browser = Browser(app)
    answer = browser.sign_in(password="x" * 100_000)
    assert answer.status_code == 413


def test_more_guesses_at_a_time_than_bearable_are_told_so(app, monkeypatch):
    from outage_window.web.passwords import Guessing, Passwords

    def busy(*_):
        raise Guessing

    monkeypatch.setattr(Passwords, "_check", busy)
    answer = Browser(app).sign_in(password="another")
    assert answer.status_code == 503
    assert "Try again in a moment" in answer.text
