# Drafts to a program of the user's own: the whole revision, and a key to tell it by.
from __future__ import annotations

from collections.abc import Callable

from outage_window.publish.model import Target
from tests.publish.conftest import DRAFT, publication
from tests.publish.vendor import TOKEN
from tests.publish.webhook_server import Receiver


def test_what_is_sent(receiver: Receiver, hook: Target) -> None:
    published = hook.publish(publication(revision=3), None)
    [request] = receiver.requests
    assert request.query == {"to": ["ops"]}
    assert request.headers["idempotency-key"] == "auth-20240122T1530Z.r3"
    assert request.headers["x-outage-window-incident"] == "auth-20240122T1530Z"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.body == {
        "schema": "outage-window/publication/v1",
        "incident_id": "auth-20240122T1530Z",
        "revision": 3,
        "title": "auth, 2024-01-22",
        "headline": "auth: 44.4 % of users mostly locked out for 1 h 15 min",
        "url": "https://ow.example.com/incidents/auth-20240122T1530Z",
        "markdown": DRAFT,
        "document": {"schema": "outage-window/analysis/v1", "windows": []},
    }
    assert (published.url, published.reference) == ("", "auth-20240122T1530Z.r3")


def test_the_same_revision_has_the_same_key_each_time(receiver: Receiver, hook: Target) -> None:
    receiver.answers(500, times=2)
    hook.publish(publication(), None)
    hook.publish(publication(), None)
    assert len(receiver.requests) == 4
    assert list(receiver.kept) == ["auth-20240122T1530Z.r1"]


def test_without_a_token(receiver: Receiver, built: Callable[..., Target]) -> None:
    receiver.token = None
    built("webhook", url=receiver.url, token_file=None).publish(publication(), None)
    assert len(receiver.kept) == 1


def test_headers_of_a_hostile_id(receiver: Receiver, hook: Target) -> None:
    hook.publish(publication(incident_id="a\r\nX-Evil: 1 é"), None)
    [request] = receiver.requests
    assert request.headers["x-outage-window-incident"] == "a%0D%0AX-Evil%3A%201%20%C3%A9"
    assert "x-evil" not in request.headers
    assert request.body["incident_id"] == "a\r\nX-Evil: 1 é"
