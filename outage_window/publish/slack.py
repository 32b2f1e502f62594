"""A draft's headline as a message in a Slack channel, updated in place."""

from __future__ import annotations

from typing import Any

import msgspec

from outage_window.publish.model import Publication, Published
from outage_window.publish.sending import Call, Client, Unsure
from outage_window.publish.text import short, web_address

EVENT = "outage_window_incident"
MESSAGES_A_PAGE, MOST_PAGES = 200, 5
LONGEST_HEADER, LONGEST_SECTION = 150, 3_000
TRANSIENT = frozenset(
    ("fatal_error", "internal_error", "request_timeout", "service_unavailable", "ratelimited")
)
"""Errors after which a message may have been posted all the same."""
NO_MESSAGE = "message_not_found"
LONGEST_REFUSAL = 200


class Payload(msgspec.Struct):
    """What a message of ours is of."""

    incident_id: Any = None


class Metadata(msgspec.Struct):
    """What an app attached to a message, unseen by people."""

    event_type: str | None = None
    event_payload: Payload | None = None


class Message(msgspec.Struct):
    """What we read of a message."""

    ts: str | None = None
    metadata: Metadata | None = None


class Next(msgspec.Struct):
    """Where a listing goes on; empty at its end."""

    next_cursor: str = ""


class Reply(msgspec.Struct):
    """What we read of any answer. Slack says 200 also where it refuses: then `ok` is false."""

    ok: bool
    error: str = ""
    needed: str = ""
    channel: str = ""
    ts: str = ""
    messages: list[Message] = []
    response_metadata: Next | None = None


class Slack:
    """One channel of a workspace."""

    def __init__(self, client: Client, channel: str) -> None:
        self.name = client.name
        self._client = client
        self._channel = channel

    def publish(self, what: Publication, known: str | None) -> Published:
        """Post or update the message of the incident; `known` is `CHANNEL:TIMESTAMP`."""
        return self._client.settle(lambda made: self._attempt(what, known or "", made))

    def _attempt(self, what: Publication, known: str, made: bool) -> Published:
        channel, _, ts = known.partition(":")
        updated = self._update(what, channel, ts) if ts else None
        if updated is not None:
            return updated
        ts, refusal = self._look(what.incident_id)
        updated = self._update(what, self._channel, ts) if ts else None
        if updated is not None:
            return updated
        if made and refusal:
            reason = f"it may be there, and cannot be looked for ({refusal})"
            raise self._client.failed(_post({}), reason)
        return self._post(what)

    def _post(self, what: Publication) -> Published:
        own = {"channel": self._channel, "unfurl_links": False, "unfurl_media": False}
        request = _post({**own, **_message(what)})
        reply = self._reply(request)
        if not reply.ok:
            raise self._client.failed(request, _refusal(reply))
        return self._published(reply, created=True)

    def _update(self, what: Publication, channel: str, ts: str) -> Published | None:
        """None where the message is gone."""
        body = {"channel": channel, "ts": ts, **_message(what)}
        request = Call("POST", "/chat.update", "update the message", body=body)
        reply = self._reply(request)
        if reply.error == NO_MESSAGE:
            return None
        if not reply.ok:
            raise self._client.failed(request, _refusal(reply))
        return self._published(reply, created=False)

    def _look(self, incident_id: str) -> tuple[str, str]:
        """The latest message of the incident, or empty, and why it cannot be looked for.

        Only as far back as a few pages: Slack has no search for bots.
        """
        cursor = ""
        for _ in range(MOST_PAGES):
            query = {
                "channel": self._channel,
                "include_all_metadata": "true",
                "limit": str(MESSAGES_A_PAGE),
                **({"cursor": cursor} if cursor else {}),
            }
            doing = "read the channel's history"
            reply = self._reply(
                Call("GET", "/conversations.history", doing, query=tuple(query.items()))
            )
            if not reply.ok:
                return "", _refusal(reply)
            for message in reply.messages:
                if message.ts and _incident(message) == incident_id:
                    return message.ts, ""
            cursor = reply.response_metadata.next_cursor if reply.response_metadata else ""
            if not cursor:
                break
        return "", ""

    def _reply(self, request: Call) -> Reply:
        reply = self._client.ask(request, Reply)
        if not reply.ok and reply.error in TRANSIENT:
            raise Unsure(f"cannot {request.doing}: {_refusal(reply)}", made=request.once)
        return reply

    def _published(self, reply: Reply, *, created: bool) -> Published:
        return Published(self.name, "", f"{reply.channel}:{reply.ts}", created)


def _post(body: dict[str, Any]) -> Call:
    return Call("POST", "/chat.postMessage", "post the message", body=body, once=True)


def _message(what: Publication) -> dict[str, Any]:
    title = _escaped(what.title, LONGEST_HEADER) or _escaped(what.incident_id, LONGEST_HEADER)
    headline = _escaped(what.headline, LONGEST_SECTION) or title
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}},
        _section(headline),
    ]
    address = web_address(what.url)
    if address:
        blocks.append(_section(f"<{_escape(address)}|Incident and draft>"))
    return {
        "text": f"{title}: {headline}",
        "blocks": blocks,
        "metadata": {"event_type": EVENT, "event_payload": {"incident_id": what.incident_id}},
        # No name in the text shall call anybody.
        "parse": "none",
        "link_names": False,
    }


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _escaped(text: str, most: int) -> str:
    """One line, of at most so many characters when it is escaped."""
    line = short(text, most)
    while (over := len(_escape(line)) - most) > 0:
        # No character is longer than five when it is escaped.
        line = line[: -(over // 5) - 2].rstrip() + "…"
    return _escape(line)


def _incident(message: Message) -> object:
    metadata = message.metadata
    if metadata is None or metadata.event_type != EVENT or metadata.event_payload is None:
        return None
    return metadata.event_payload.incident_id


def _refusal(reply: Reply) -> str:
    text = f"answered {reply.error}" if reply.error else "answered that it is not ok"
    return short(f"{text}, needed: {reply.needed}" if reply.needed else text, LONGEST_REFUSAL)
