"""The page of a reconciliation: what it says, what can be asked of it, and who may see it."""

from __future__ import annotations

from contextlib import closing

import pytest

from outage_window.live.status import Status
from outage_window.store import Store
from outage_window.web import create_app
from reports.reconciliation_text import summary
from tests.browser.test_pages import MARKDOWN, REACHING, RUNNING
from tests.hostile.test_texts import TEXTS
from tests.reconcile.made import NOW, Past, at, lived_through

from .conftest import Read


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reconciling")
    with closing(Store.open(f"sqlite:///{folder / 'ow.db'}")) as store:
        yield lived_through(store)


@pytest.fixture(scope="module")
def client(past):
    return create_app(past.store, past.settings, Status(at(NOW)), lambda: at(NOW)).test_client()


def test_it_says_of_the_last_days_what_the_command_says(past, client):
    page = Read(client.get("/reconcile"))
    assert summary(past.reconciled(start=NOW - 7 * 1440)) in page.text
    assert "/incidents/auth-untold" in page.values("href")
    for text in (
        "Outages without an alert: 3",
        "Of 5 outages in all. Of 1 of them nobody knows",
        "Flapping auth 40 1 h 20 min",
        "Not judged: 2",
        "Gaps in metrics: 1, in 1 of 2 services",
        "Gaps in receiving: 1",
        "How many requests were refused is not derivable",
        "* Not known for the whole period",
    ):
        assert text in page.text, text


def test_days_times_and_services_can_be_asked_for(client):
    page = Read(client.get("/reconcile?from=2023-11-15&to=2023-11-15"))
    assert "2023-11-15 00:00:00 UTC to 2023-11-16 00:00:00 UTC" in page.text
    assert ("/incidents/auth-lost" in page.values("href")) is True
    assert ("/incidents/auth-hushed" in page.values("href")) is False
    page = Read(client.get("/reconcile?from=2023-11-15T06:00:00Z&to=2023-11-15T07:00:00%2B00:00"))
    assert "2023-11-15 06:00:00 UTC to 2023-11-15 07:00:00 UTC" in page.text
    page = Read(client.get("/reconcile?service=sso"))
    assert "0, in 0 of 1 service" in page.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=yesterday", "from: expected a day such as"),
        ("to=2023-02-31", "to: expected a day such as"),
        ("from=2023-11-17&to=2023-11-16", "to: expected a time after from"),
        ("from=2030-01-01", "to: expected a time after from, which has passed"),
        ("from=2023-01-01", "from: expected at most 93 days"),
        ("service=other", "no such service; expected one such as"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(client, query, said):
    answer = client.get(f"/reconcile?{query}")
    assert answer.status_code == 400
    assert said in answer.json["error"]


def test_a_store_of_nothing_says_what_is_not_known(tmp_path):
    with closing(Store.open(f"sqlite:///{tmp_path / 'ow.db'}")) as store:
        past = Past(store, {})
        app = create_app(store, past.settings, Status(at(NOW)), lambda: at(NOW))
        page = Read(app.test_client().get("/reconcile"))
    assert page.text.count("not derivable") == 11
    assert "nothing that does not fit. Not known: outages, alerts" in page.text
    assert page.values("data-incident") == []


def test_it_is_linked_from_every_page(client):
    assert "/reconcile" in Read(client.get("/")).values("href")
    assert "/reconcile" in Read(client.get("/upload")).values("href")


BENIGN = "a plain word"


def page_of(folder, texts):
    """The page of a past every word of which that others may write is one of these."""
    with closing(Store.open(f"sqlite:///{folder}.db")) as store:
        past = Past(store)
        past.asked("prometheus", 0, NOW)
        for number, text in enumerate(texts):
            past.outage(f"untold-{number}", 100, 110, service=text)
            past.delivered(text, 200, 210, service=text)
            past.delivered(text, 300, 310, service="auth", sender=text)
            past.told("prometheus", text, 400, 410, service=text)
            past.silence(f"s{number}", 500, 600, text, alertname=text)
            past.muted("silenced", text, 510, 520, [f"s{number}"], service=text)
            past.muted("inhibited", text, 530, 540, [f"{text}|{text}"], service=text)
            past.unread(str(number).encode(), text, 700)
        app = create_app(store, past.settings, Status(at(NOW)), lambda: at(NOW))
        return Read(app.test_client().get("/reconcile"))


def test_no_text_of_others_becomes_an_element(tmp_path):
    texts = [one for one in (*RUNNING, *REACHING, *MARKDOWN, *TEXTS.values()) if one.strip()][:40]
    plain = page_of(tmp_path / "plain", [f"{BENIGN} {number}" for number in range(len(texts))])
    page = page_of(tmp_path / "wicked", texts)
    assert [(tag, set(found)) for tag, found in page.elements] == [
        (tag, set(found)) for tag, found in plain.elements
    ]
