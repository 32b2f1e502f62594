# Drafts as Slack messages: short, calling nobody, updated in place.
from __future__ import annotations

from typing import Any

import pytest

from outage_window.publish.model import PublishFailed, Target
from tests.publish.conftest import HOSTILE, publication
from tests.publish.slack_server import CHANNEL, SlackServer


def texts(message: dict[str, Any]) -> list[str]:
    return [block["text"]["text"] for block in message["blocks"]]


def test_what_a_message_holds(slack: SlackServer, channel: Target) -> None:
    published = channel.publish(publication(), None)
    [message] = slack.messages
    assert texts(message) == [
        "auth, 2024-01-22",
        "auth: 44.4 % of users mostly locked out for 1 h 15 min",
        "<https://ow.example.com/incidents/auth-20240122T1530Z|Incident and draft>",
    ]
    assert message["text"].startswith("auth, 2024-01-22: auth: 44.4 %")
    assert message["metadata"] == {
        "event_type": "outage_window_incident",
        "event_payload": {"incident_id": "auth-20240122T1530Z"},
    }
    assert published.reference == f"{CHANNEL}:{message['ts']}"
    assert published.url == ""
    channel.publish(publication(url=None), published.reference)
    assert len(texts(slack.messages[0])) == 2


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_message_is_obeyed(slack: SlackServer, channel: Target, text: str) -> None:
    channel.publish(publication(title=text, headline=text, url=f"https://x.example/{text}"), None)
    [message] = slack.messages
    for shown in [message["text"], *texts(message)]:
        assert "\n" not in shown
        link = shown.startswith("<https://x.example/") and shown.endswith("|Incident and draft>")
        assert link or not set(shown) & {"<", ">"}
        entities = shown.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
        assert "&" not in entities
    header, headline, *_ = message["blocks"]
    assert header["text"]["type"] == "plain_text"
    assert headline["text"]["verbatim"] is True
    assert (message["parse"], message["link_names"]) == ("none", False)


def test_a_deleted_message_is_posted_anew(slack: SlackServer, channel: Target) -> None:
    known = channel.publish(publication(), None).reference
    slack.messages.clear()
    assert channel.publish(publication(), known).created is True


@pytest.mark.parametrize("known", ["C0123456789", "x", ":", "C0123456789:"])
def test_a_reference_that_is_none(slack: SlackServer, channel: Target, known: str) -> None:
    channel.publish(publication(), None)
    assert channel.publish(publication(), known).created is False


def test_it_is_found_behind_many_others(slack: SlackServer, channel: Target) -> None:
    first = channel.publish(publication(), None)
    other = {"event_type": "task_created", "event_payload": {"incident_id": "auth-20240122T1530Z"}}
    metadata = [None, {}, other, {"event_type": "outage_window_incident", "event_payload": None}]
    slack.messages += [
        {"ts": f"17060001{n:02}.000000", "metadata": metadata[n % 4]} for n in range(100)
    ] * 4
    assert channel.publish(publication(), None).reference == first.reference
    assert len(slack.asked("GET")) == 4


def test_the_search_has_an_end(slack: SlackServer, channel: Target) -> None:
    channel.publish(publication(), None)
    slack.messages += [{"ts": "1706000100.000000"}] * 1_500
    assert channel.publish(publication(), None).created is True
    assert len(slack.asked("GET")) == 1 + 5


def test_without_the_right_to_read_it_posts_and_updates_what_it_knows(
    slack: SlackServer, channel: Target
) -> None:
    slack.scopes = {"chat:write"}
    known = channel.publish(publication(), None).reference
    assert channel.publish(publication(), known).created is False
    assert len(slack.messages) == 1


@pytest.mark.parametrize("timeout", ["300ms"])
def test_without_the_right_to_read_it_does_not_post_again_blindly(
    slack: SlackServer, channel: Target
) -> None:
    slack.scopes = {"chat:write"}
    slack.does_but("POST /chat.postMessage")
    with pytest.raises(PublishFailed) as caught:
        channel.publish(publication(), None)
    assert str(caught.value) == (
        "slack: cannot post the message: it may be there, and cannot be looked for "
        "(answered missing_scope, needed: channels:history)"
    )
    assert len(slack.messages) == 1


@pytest.mark.parametrize("error", ["fatal_error", "internal_error", "service_unavailable"])
@pytest.mark.parametrize("to", ["POST /chat.postMessage", "GET /conversations.history"])
def test_an_error_in_a_good_answer_that_passes(
    slack: SlackServer, channel: Target, error: str, to: str
) -> None:
    slack.answers(200, {"ok": False, "error": error}, to=to)
    assert channel.publish(publication(), None).created is True
    slack.answers(200, {"ok": False, "error": error}, to="POST /chat.update")
    assert channel.publish(publication(), None).created is False
    assert len(slack.messages) == 1


@pytest.mark.parametrize("to", ["POST /chat.postMessage", "POST /chat.update"])
@pytest.mark.parametrize("error", ["invalid_auth", "channel_not_found", "msg_too_long"])
def test_a_refusal_in_a_good_answer(
    slack: SlackServer, channel: Target, error: str, to: str
) -> None:
    known = channel.publish(publication(), None).reference if "update" in to else None
    slack.answers(200, {"ok": False, "error": error}, to=to)
    with pytest.raises(PublishFailed, match=f"^slack: cannot .* the message: answered {error}$"):
        channel.publish(publication(), known)
