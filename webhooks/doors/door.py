"""What all doors share: who posts is asked first, the body is bounded, every refusal is JSON."""

from __future__ import annotations

import json
from collections.abc import Callable

from flask import Blueprint, Response, request

from webhooks.credentials import Credentials, ReadsOnly, SenderKind
from webhooks.keeping import Busy, Conflict, Unknown
from webhooks.model import Refused

SMALL = 4 * 1024 * 1024
LARGE = 64 * 1024 * 1024

Signatures = Callable[[str], list[str]]
READS_ONLY = "you may read everything here, and change nothing"
_UNSIGNED = "expected the body signed (HMAC-SHA256) under a secret of the settings"


class TooLarge(Exception):
    """The body exceeds the limit of this door."""


class Encoded(Exception):
    """The body is compressed, which this door takes from nobody: 415."""


class Unauthorised(Exception):
    """Nobody known posts: the sender is told 401, and which header is lacking or wrong."""

    def __init__(
        self,
        field: str = "Authorization",
        expected: str = "expected the bearer token of the settings",
    ) -> None:
        super().__init__(field)
        self.field = field
        self.expected = expected


def sender(keys: Credentials, kind: SenderKind) -> str:
    """The name of who posts; `Unauthorised`. To be asked before the body is read."""
    found = keys.by_token(kind, request.headers)
    if found is None:
        raise Unauthorised
    return found


def signer(
    keys: Credentials, kind: SenderKind, header: str, found: Signatures, limit: int = SMALL
) -> tuple[str, bytes]:
    """The name of who signed, and the body; `Unauthorised`.

    `found` takes the signatures out of the header. Nothing is read where none could be right. A
    user who may change anything need not sign.
    """
    signatures = found(request.headers.get(header, ""))
    user = None if signatures else keys.by_user(kind, request.headers)
    if user is not None:
        return user, body(limit)
    if keys.needed and not (signatures and keys.secrets(kind)):
        raise Unauthorised(header, _UNSIGNED)
    raw = body(limit)
    name = keys.by_secret(kind, signatures, raw)
    if name is None:
        raise Unauthorised(header, _UNSIGNED)
    return name, raw


def body(limit: int = SMALL, encoding: str = "identity") -> bytes:
    """The whole body, in the one `encoding` that the door takes, not decoded.

    One byte beyond the limit is asked for, since servers cut without a word.
    """
    if request.headers.get("Content-Encoding", "identity").strip().lower() != encoding:
        raise Encoded
    if (request.content_length or 0) > limit:
        raise TooLarge
    found = request.stream.read(limit + 1)
    if len(found) > limit:
        raise TooLarge
    return found


def problem(status: int, error: str, field: str) -> Response:
    """An answer that says what is wrong, and where."""
    return answer(status, {"error": error, "field": field})


def answer(status: int, content: dict[str, object]) -> Response:
    """An answer in JSON."""
    text = json.dumps(content, separators=(",", ":")) + "\n"
    return Response(text, status, content_type="application/json")


def handle_refusals(doors: Blueprint, refused: Callable[[str], None]) -> None:
    """Turn every way in which a request can be refused into its answer, and count it."""

    _handle_strangers(doors, refused)

    @doors.errorhandler(Refused)
    def _invalid(why: Refused) -> Response:
        refused("invalid")
        return problem(400, why.expected, why.field)

    @doors.errorhandler(Unknown)
    def _unknown(why: Unknown) -> Response:
        return problem(404, str(why) or "no such incident", request.path)

    @doors.errorhandler(Conflict)
    def _conflict(why: Conflict) -> Response:
        return problem(412, str(why), request.path)

    @doors.errorhandler(TooLarge)
    def _too_large(_: TooLarge) -> Response:
        refused("too_large")
        return problem(413, "expected a smaller body", "body")

    @doors.errorhandler(Encoded)
    def _encoded(_: Encoded) -> Response:
        refused("invalid")
        return problem(415, "expected a body without compression", "Content-Encoding")

    @doors.errorhandler(Busy)
    def _busy(_: Busy) -> Response:
        # Never 429: Alertmanager would not send again before its next group interval.
        refused("busy")
        return problem(503, "cannot keep it now, send it again", "store")


def _handle_strangers(doors: Blueprint, refused: Callable[[str], None]) -> None:
    @doors.errorhandler(Unauthorised)
    def _unauthorised(why: Unauthorised) -> Response:
        refused("unauthorised")
        made = problem(401, why.expected, why.field)
        made.headers["WWW-Authenticate"] = "Bearer"
        return made

    @doors.errorhandler(ReadsOnly)
    def _reads_only(_: ReadsOnly) -> Response:
        refused("unauthorised")
        return problem(403, READS_ONLY, request.path)
