# One publication to many targets: each on its own, in order, with its own reference.
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from outage_window.publish.build import build
from outage_window.publish.model import Publication, Published, PublishFailed, Target
from outage_window.publish.publish import publish
from outage_window.settings.models import Settings
from tests.publish.conftest import Naps, keeps_both, publication
from tests.publish.github_server import GitHub
from tests.publish.slack_server import SlackServer
from tests.publish.webhook_server import Receiver


def test_off_unless_set(naps: Naps) -> None:
    assert build(Settings(), keeps_both, naps.pace) == []
    assert publish([], publication(), {}) == []


def test_one_that_fails_does_not_stop_the_others(
    hub: GitHub, slack: SlackServer, receiver: Receiver, issues: Target, channel: Target, hook: Any
) -> None:
    slack.answers(200, {"ok": False, "error": "channel_not_found"}, to="POST /chat.postMessage")
    first, second, third = publish([issues, channel, hook], publication(), {})
    assert isinstance(first, Published)
    assert str(second) == "slack: cannot post the message: answered channel_not_found"
    assert isinstance(second, PublishFailed)
    assert isinstance(third, Published)
    known = {first.target: first.reference, third.target: third.reference, "slack": ""}
    again = publish([issues, channel, hook], publication(revision=2), known)
    assert [type(one) for one in again] == [Published] * 3
    assert len(hub.issues) == len(slack.messages) == 1


def test_a_mistake_in_one_does_not_stop_the_others(
    receiver: Receiver, hook: Target, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        name = "broken"

        def publish(self, what: Publication, known: str | None) -> Published:
            raise ZeroDivisionError

    first, second = publish([Broken(), hook], publication(), {})
    assert str(first) == "broken: an internal error (ZeroDivisionError)"
    assert isinstance(second, Published)
    assert "ZeroDivisionError" in caplog.text


def test_a_failed_merge_is_one_line(hub: GitHub, built: Callable[..., Any]) -> None:
    pulls = built("github_pull_request", repository="acme/ops", api_url=hub.url)

    def broken(old: str, new: str) -> str:
        raise ValueError(old)

    hub.commit("main", {"postmortems/auth-20240122T1530Z.md": "theirs\n"})
    pulls._merge = broken
    [failed] = publish([pulls], publication(), {})
    assert str(failed) == "github_pull_request: an internal error (ValueError)"
    assert {request.method for request in hub.requests} == {"GET"}
