# What every target does alike: update and never twice, outlast a hiccup, give up in one line.
from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from outage_window.publish.model import PublishFailed, Target
from tests.publish.conftest import HOSTILE, Naps, publication
from tests.publish.vendor import TOKEN, Reply, Vendor


@dataclass(frozen=True)
class Case:
    """A target with its server, the request that makes something, and what was made."""

    target: Target
    server: Any
    making: str
    made: Callable[[], int]


KINDS: dict[str, tuple[str, str, str, str]] = {
    "github_issue": ("issues", "hub", "POST /issues", "issues"),
    "github_pull_request": ("pulls", "hub", "POST /pulls", "pulls"),
    "slack": ("channel", "slack", "POST /chat.postMessage", "messages"),
    "grafana": ("board", "grafana", "POST /api/annotations", "annotations"),
    "webhook": ("hook", "receiver", "POST /s3cret-path", "kept"),
}


@pytest.fixture(params=KINDS)
def case(request: pytest.FixtureRequest, timeout: str) -> Case:
    target, server, making, made = KINDS[request.param]
    vendor = request.getfixturevalue(server)
    return Case(request.getfixturevalue(target), vendor, making, lambda: len(getattr(vendor, made)))


def failure(target: Target, known: str | None = None, **changes: Any) -> str:
    with pytest.raises(PublishFailed) as caught:
        target.publish(publication(**changes), known)
    line = str(caught.value)
    assert line.startswith(f"{target.name}: cannot ")
    assert "\n" not in line
    assert len(line) < 400
    return line


def test_first_with_a_reference_and_without_one(case: Case) -> None:
    first = case.target.publish(publication(), None)
    assert (first.target, first.created) == (case.target.name, True)
    second = case.target.publish(publication(revision=2, headline="auth: longer"), first.reference)
    assert second.created is False
    if case.target.name == "webhook":
        assert case.made() == 2  # each revision is handed over
        return
    found = case.target.publish(publication(revision=3, headline="auth: shorter"), None)
    assert (second.reference, found.reference) == (first.reference, first.reference)
    assert found.created is False
    assert case.made() == 1


def test_another_incident_is_another_one(case: Case) -> None:
    case.target.publish(publication(), None)
    other = case.target.publish(publication(incident_id="auth-20240122T1530Z-2"), None)
    assert other.created is True
    assert case.made() == 2


@pytest.mark.parametrize("status", [500, 502, 503, 408])
def test_an_error_of_the_server_passes(case: Case, naps: Naps, status: int) -> None:
    case.server.answers(status, times=2)
    case.server.answers(status, to=case.making)
    case.target.publish(publication(), None)
    assert case.made() == 1
    assert len(naps.taken) == 3


def test_it_waits_as_long_as_it_is_asked_to(case: Case, naps: Naps) -> None:
    case.server.answers(429, {"ok": False, "error": "ratelimited"}, Retry_After="7")
    case.server.answers(429, to=case.making, Retry_After="11")
    case.target.publish(publication(), None)
    assert naps.taken == [7.0, 11.0]
    assert case.made() == 1


@pytest.mark.parametrize(
    ("how", "timeout"), [("silence", "300ms"), ("cut", "20s"), ("500", "20s"), ("504", "20s")]
)
def test_what_was_done_before_the_answer_was_lost_is_not_done_twice(
    case: Case, how: str, timeout: str
) -> None:
    reply = {"500": Reply(500), "504": Reply(504, "<html>")}.get(how)
    case.server.does_but(case.making, reply, cut=how == "cut")
    published = case.target.publish(publication(), None)
    assert case.made() == 1
    assert published.reference == case.target.publish(publication(), None).reference


def test_it_gives_up(case: Case, naps: Naps) -> None:
    case.server.answers(500, {"message": "out of cheese"}, times=5)
    line = failure(case.target)
    assert "answered 500: out of cheese (5 times)" in line
    assert len(case.server.requests) == 5
    assert naps.taken == [1.5, 3.0, 6.0, 12.0]


def test_it_gives_up_also_where_nothing_is_ever_sure(case: Case, naps: Naps) -> None:
    case.server.answers(502, to=case.making, times=5)
    assert "(5 times)" in failure(case.target)
    assert case.made() == 0
    assert sum(naps.taken) <= 300


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refusal_is_told_at_once_with_what_was_answered(
    case: Case, naps: Naps, status: int
) -> None:
    error = {"field": "title", "code": "invalid"}
    body = {"message": "Not\nyour day", "errors": [error, {"message": "and that"}]}
    case.server.answers(status, body, to=case.making)
    line = failure(case.target)
    assert f"answered {status}: Not\\nyour day; title invalid; and that" in line
    assert naps.taken == []


def test_a_wrong_token(case: Case, naps: Naps) -> None:
    case.server.token = "another"
    line = failure(case.target)
    assert "answered" in line
    assert any(word in line for word in ("401: Bad cred", "401: Invalid API key", "invalid_auth"))
    assert naps.taken == []


def test_no_token_where_an_error_is_shown_or_logged(case: Case, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    case.server.answers(500, {"message": f"Bearer {TOKEN} " * 20}, times=5)
    with pytest.raises(PublishFailed) as caught:
        case.target.publish(publication(), None)
    shown = [str(caught.value), repr(caught.value), caplog.text, repr(vars(case.target))]
    assert not any(TOKEN[:12] in text for text in shown)
    assert all(r.headers["authorization"] == f"Bearer {TOKEN}" for r in case.server.requests)


def test_a_redirect_is_not_followed(case: Case) -> None:
    case.server.answers(307, to=case.making, Location=f"{case.server.url}/elsewhere")
    assert "answered 307, and redirects are not followed" in failure(case.target)
    assert case.server.asked("POST", "elsewhere") == []


def test_an_hour_is_longer_than_it_waits(case: Case, naps: Naps) -> None:
    case.server.answers(429, {"message": "slow down"}, Retry_After="3600")
    assert "answered 429: slow down (asks to wait 3600 s)" in failure(case.target)
    assert naps.taken == []


def test_a_date_to_wait_for_counts_from_the_answer(case: Case, naps: Naps) -> None:
    when = "Mon, 22 Jan 2024 15:30:09 GMT"
    case.server.answers(503, Date="Mon, 22 Jan 2024 15:30:00 GMT", Retry_After=when)
    case.target.publish(publication(), None)
    assert naps.taken == [9.0]


def test_an_answer_that_is_none(case: Case) -> None:
    if case.target.name == "webhook":
        assert case.target.publish(publication(), None).created  # its answer is not read
        return
    case.server.answers(200, ["<html>sign in to the network</html>"])
    assert "the answer is not as documented" in failure(case.target)


def test_nobody_there(case: Case, built: Callable[..., Target], naps: Naps) -> None:
    case.server.stop()
    line = failure(case.target)
    assert "no answer (ConnectionError) (5 times)" in line
    assert "127.0.0.1" not in line
    assert "s3cret" not in line


def test_hostile_text_is_sent_as_documented(case: Case) -> None:
    """The servers refuse what breaks a documented limit; the tests of each look closer."""
    for number, text in enumerate(HOSTILE, start=1):
        texts = dict.fromkeys(("title", "headline", "service", "url"), text)
        what = publication(incident_id=f"auth-{number}", markdown=text * 2, **texts)
        first = case.target.publish(what, None)
        again = case.target.publish(what, None)
        assert (first.reference, case.made()) == (again.reference, number)


def test_hostile_ids(case: Case) -> None:
    ids = [*HOSTILE[:9], "..", "a..b", "x.lock", "../../.github/x", "~^:?*[", "a", "a b", "a%20b"]
    references = set()
    for number, identity in enumerate(ids, start=1):
        first = case.target.publish(publication(incident_id=identity), None)
        again = case.target.publish(publication(incident_id=identity), None)
        assert (first.reference, case.made()) == (again.reference, number)
        references.add(first.reference)
    assert len(references) == len(ids)


def test_servers_check_what_they_get(hub: Vendor) -> None:
    """The checks of these tests can fail."""
    import requests

    answer = requests.post(f"{hub.url}/repos/acme/ops/issues", json={"title": 5, "x": 1}, timeout=5)
    assert answer.status_code == 400
    assert len(hub.wrong) > 3
    hub.wrong.clear()
