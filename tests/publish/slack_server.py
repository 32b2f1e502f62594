# Slack's Web API as far as we use it: docs.slack.dev, chat.postMessage, chat.update and
# conversations.history, with the limits of Block Kit's header and section.
from __future__ import annotations

from typing import Any

from tests.publish.vendor import NOTHING, TEXT, Reply, Request, Route, Vendor, parameters, shape

CHANNEL = "C0123456789"
HEADER = shape(
    "type text",
    type={"const": "header"},
    text=shape(
        "type text",
        type={"const": "plain_text"},
        text={"type": "string", "minLength": 1, "maxLength": 150},
        emoji={"type": "boolean"},
    ),
)
SECTION = shape(
    "type text",
    type={"const": "section"},
    text=shape(
        "type text",
        type={"const": "mrkdwn"},
        text={"type": "string", "minLength": 1, "maxLength": 3000},
        verbatim={"type": "boolean"},
    ),
)
MESSAGE = {
    "channel": {"type": "string", "pattern": "^[CGD][A-Z0-9]+$"},
    "text": {"type": "string", "minLength": 1, "maxLength": 40_000},
    "blocks": {"type": "array", "maxItems": 50, "items": {"anyOf": [HEADER, SECTION]}},
    "metadata": shape(
        "event_type event_payload",
        event_type={"type": "string", "pattern": "^[A-Za-z0-9_]+$"},
        event_payload={"type": "object", "additionalProperties": {"type": "string"}},
    ),
    "parse": {"enum": ["none", "full"]},
    "link_names": {"type": "boolean"},
}
NEW = shape(
    "channel text blocks metadata",
    **MESSAGE,
    unfurl_links={"type": "boolean"},
    unfurl_media={"type": "boolean"},
)
CHANGED = shape("channel ts text blocks metadata", ts={"pattern": r"^\d+\.\d{6}$"}, **MESSAGE)
HISTORY = parameters(
    "channel",
    channel=MESSAGE["channel"],
    include_all_metadata={"enum": ["true", "false"]},
    limit={"type": "string", "pattern": "^[1-9][0-9]{0,2}$"},
    cursor=TEXT,
)


class SlackServer(Vendor):
    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, Any]] = []
        self.scopes = {"chat:write", "channels:history"}

    @property
    def url(self) -> str:
        return f"{super().url}/api"

    def unauthorized(self) -> Reply:
        return no("invalid_auth")


def no(error: str, **more: str) -> Reply:
    return Reply(200, {"ok": False, "error": error, **more})


def post(slack: SlackServer, request: Request) -> Reply:
    if request.body["channel"] != CHANNEL:
        return no("channel_not_found")
    ts = f"{1_706_000_000 + len(slack.messages)}.000100"
    slack.messages.append({**request.body, "ts": ts})
    return Reply(200, {"ok": True, "channel": CHANNEL, "ts": ts, "message": {"text": "…"}})


def update(slack: SlackServer, request: Request) -> Reply:
    found = [m for m in slack.messages if m["ts"] == request.body["ts"]]
    if not found:
        return no("message_not_found")
    found[0].update(request.body)
    return Reply(200, {"ok": True, "channel": CHANNEL, "ts": request.body["ts"], "text": "…"})


def history(slack: SlackServer, request: Request) -> Reply:
    if "channels:history" not in slack.scopes:
        return no("missing_scope", needed="channels:history", provided="chat:write")
    size = int(request.query.get("limit", ["100"])[0])
    start = int(request.query.get("cursor", ["0"])[0])
    newest = slack.messages[::-1]
    seen = [
        {"type": "message", "ts": m["ts"], "text": "…", "metadata": m.get("metadata")}
        for m in newest[start : start + size]
    ]
    more = start + size < len(newest)
    cursor = str(start + size) if more else ""
    answer = {"ok": True, "messages": seen, "has_more": more}
    return Reply(200, {**answer, "response_metadata": {"next_cursor": cursor}})


SlackServer.routes = (
    Route("POST", "/api/chat.postMessage", NOTHING, NEW, post),
    Route("POST", "/api/chat.update", NOTHING, CHANGED, update),
    Route("GET", "/api/conversations.history", HISTORY, None, history),
)
