"""Uploads in a browser: the form's token is asked for, also of a form with files."""

import pytest

from outage_window.live.news import News
from outage_window.live.status import Status
from outage_window.settings.models import Settings
from outage_window.settings.web_config import WebConfig
from outage_window.store import Store
from outage_window.web import create_app
from outage_window.web.beside import Beside
from tests.security.browsing import FIELD, HOST, NAVIGATING, Browser
from tests.security.made import HASH
from tests.uploads.made import USUAL, Here, send

SENT = NAVIGATING | {"Origin": HOST}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = Store.open(f"sqlite:///{tmp_path_factory.mktemp('uploads') / 'ow.db'}")
    yield store
    store.close()


def browser_of(store, users):
    status = Status(0)
    beside = Beside(News(store, status), analyser=Here())
    settings = Settings.model_validate({"web": {"readers": ["bob"]}} if users else {})
    web = lambda: WebConfig(basic_auth_users=users)  # noqa: E731
    return Browser(create_app(store, settings, status, web=web, beside=beside))


def form(browser, token, path="/upload"):
    from io import BytesIO

    from werkzeug.datastructures import FileStorage

    data = {"exports": FileStorage(BytesIO(USUAL), "auth.csv")}
    data |= {} if token is None else {"csrf_token": token}
    return send(browser.client, data, path, headers=SENT, base_url=HOST)


@pytest.mark.parametrize("users", [{}, {"ann": HASH}], ids=["anonymous", "signed in"])
def test_nothing_is_analysed_kept_or_forgotten_without_the_token_of_a_page(store, users):
    browser = browser_of(store, users)
    if users:
        assert browser.sign_in().status_code == 303
    token = FIELD.search(browser.go("/upload").text)[1]
    # Not the last letter: some of its bits stand for nothing.
    for wrong in (None, "", token[:-5] + ("a" if token[-5] != "a" else "b") + token[-4:]):
        assert form(browser, wrong).status_code == 403
    where = form(browser, token)
    assert where.status_code == 303
    for path in (f"{where.location}/0/keep", f"{where.location}/forget"):
        assert browser.submit(path, {}).status_code == 403
        assert browser.submit(path, {"csrf_token": "x"}).status_code == 403
        other = {"Origin": "https://evil.example"}
        assert browser.submit(path, {"csrf_token": token}, **other).status_code == 403
        assert browser.go(path).status_code in (404, 405)
    assert browser.go(f"{where.location}/0").status_code == 200
    shown = FIELD.findall(browser.go(f"{where.location}/0").text)
    assert shown
    assert browser.submit(f"{where.location}/forget", {"csrf_token": token}).status_code == 303
    assert browser.go(where.location).status_code == 404
    assert browser.fetch("/api/v1/incidents").json == {"incidents": []}


def test_readers_look_at_uploads_and_make_none(store):
    users = {"ann": HASH, "bob": HASH}
    writer = browser_of(store, users)
    writer.sign_in()
    token = FIELD.search(writer.go("/upload").text)[1]
    where = form(writer, token).location
    reader = Browser(writer.client.application)
    reader.sign_in("bob")
    page = reader.go("/upload").text
    assert "You may read here, and not analyse files." in page
    assert 'type="file"' not in page
    own = FIELD.search(reader.go(where).text)
    token = own[1] if own else "x"
    assert reader.go(f"{where}/0").status_code == 200
    assert "Keep it as an incident" not in reader.go(f"{where}/0").text
    assert form(reader, token).status_code == 403
    for path in (f"{where}/0/keep", f"{where}/forget"):
        assert reader.submit(path, {"csrf_token": token}).status_code == 403
    stranger = Browser(writer.client.application)
    assert stranger.go(where).location.startswith("/sign-in")
    assert writer.go(where).status_code == 200
