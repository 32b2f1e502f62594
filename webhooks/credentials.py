"""Who posts: each sender by a token of its own, compared as bytes and in constant time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

from werkzeug.datastructures import Headers

from webhooks.mapped import OWN, Mapped
from webhooks.naming import Services

SenderKind = Literal[
    "alertmanager", "grafana", "alerts", "prometheus", "events", "attempts", "github", "pagerduty"
]
"""What a sender sends: `alerts` are generic JSON alerts, `prometheus` is remote write."""

KINDS: tuple[SenderKind, ...] = get_args(SenderKind)
SIGNED = ("github", "pagerduty")
"""Kinds that sign their bodies under a shared secret instead of sending a token."""
SIGNING = (*SIGNED, "events")
"""Kinds that can sign: Flux, which sends events, does either."""
NAMING = SIGNING
"""Kinds that call services by names of their own."""


@dataclass(frozen=True, slots=True)
class Sender:
    """A sender that is known by name. `token` is sent by it, `secret` signs its bodies.

    `mapping` says where its bodies have what, of a sender of generic JSON.
    `services` are the services that are meant by each name that it has for something.
    """

    name: str
    kind: SenderKind
    token: str | None = None
    secret: str | None = None
    services: Mapping[str, Sequence[str]] = field(default_factory=dict)
    mapping: Mapped = OWN


class ReadsOnly(Exception):
    """A user posts who may read, and change nothing."""


class Login(Protocol):
    """Users, which somebody else keeps."""

    def needed(self) -> bool:
        """Whether there are any, so that something is asked of everybody."""

    def user(self, headers: Headers) -> str | None:
        """The name of the user who asks; None: nobody. It is empty of those who signed in without
        one, by the token that is good for every door."""

    def may_change(self, user: str) -> bool:
        """Whether the user may do everything, and not only read."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """All that tells who posts: the senders, a `token` that is good for every door, and the users
    of a `login`.

    Without any of them whoever reaches the server may post, under the name of the only sender of
    the kind, or of the kind itself.
    """

    senders: Sequence[Sender] = ()
    token: str | None = None
    login: Login | None = None

    @property
    def needed(self) -> bool:
        """Whether anything is asked of whoever posts."""
        tokens = self.token is not None or any(one.token or one.secret for one in self.senders)
        return tokens or (self.login is not None and self.login.needed())

    def by_token(self, kind: SenderKind, headers: Headers) -> str | None:
        """The name of the sender that the one Authorization header speaks for; None: nobody.

        A token comes as `Bearer`, or as the password of `Basic`. Two headers, which a server joins
        with a comma, match none. Every token is compared, so that time tells nothing. A user posts
        as the sender of the same name, if there is one of the kind, else as the usual one.
        """
        if not self.needed:
            return self._usual(kind)
        sent = _sent(headers.get("Authorization", ""))
        found = None
        for name, token in self._tokens(kind):
            if sent is not None and hmac.compare_digest(sent, token.encode()) and found is None:
                found = name
        return found if found is not None else self.by_user(kind, headers)

    def by_user(self, kind: SenderKind, headers: Headers) -> str | None:
        """The name of the sender as whom a user posts; None: no user. May raise `ReadsOnly`."""
        user = None if self.login is None else self.login.user(headers)
        if self.login is None or user is None:
            return None
        if not self.login.may_change(user):
            raise ReadsOnly
        own = any(one.kind == kind and one.name == user for one in self.senders)
        return user if own else self._usual(kind)

    def secrets(self, kind: SenderKind) -> list[tuple[str, str]]:
        """(name, secret) of each sender of a kind that signs."""
        return [(one.name, one.secret) for one in self.senders if one.kind == kind and one.secret]

    def mapping(self, name: str) -> Mapped:
        """Where the bodies of a sender of generic JSON have what: as we describe it by default."""
        named = (one.mapping for one in self.senders if one.name == name)
        return next(named, OWN)

    def by_secret(self, kind: SenderKind, signatures: Sequence[str], body: bytes) -> str | None:
        """The name of the sender under whose secret one of the signatures (hex) is the body's.

        Signatures are HMAC-SHA256. Each secret is compared with each of them, in constant time.
        """
        if not self.needed:
            return self._usual(kind)
        # A header's bytes outside ASCII arrive as Latin-1 text, and match nothing.
        sent = [signature.encode("latin-1", "replace") for signature in signatures]
        found = None
        for name, secret in self.secrets(kind):
            own = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
            same = [hmac.compare_digest(own, one) for one in sent]
            if any(same) and found is None:
                found = name
        return found

    def services(self, kind: SenderKind, name: str) -> Services:
        """What the sender of that name calls our services."""
        known = (one.services for one in self.senders if (one.kind, one.name) == (kind, name))
        return Services(next(known, {}))

    def _tokens(self, kind: SenderKind) -> list[tuple[str, str]]:
        own = [(one.name, one.token) for one in self.senders if one.kind == kind and one.token]
        return own + ([(self._usual(kind), self.token)] if self.token is not None else [])

    def _usual(self, kind: SenderKind) -> str:
        """Who posts with the common token, or with none."""
        known = [one.name for one in self.senders if one.kind == kind and not one.token]
        return known[0] if len(known) == 1 else kind


def _sent(authorization: str) -> bytes | None:
    """The token in the header. Bytes outside ASCII arrive as Latin-1 text: as bytes again."""
    scheme, _, credentials = authorization.partition(" ")
    given = credentials.strip().encode("latin-1", "replace")
    if scheme.lower() == "bearer":
        return given
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(given, validate=True).partition(b":")[2]
    except binascii.Error:
        return None
