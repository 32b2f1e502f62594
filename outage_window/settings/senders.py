"""Who sends: a name for each, with a token or signing secret of its own."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from outage_window.settings.alerts import MappingPart
from outage_window.settings.parts import Name, Part, Secret
from webhooks.credentials import Credentials, Sender, SenderKind
from webhooks.mapped import OWN, Mapped


def _several(value: object) -> object:
    """One service may stand without brackets."""
    return (value,) if isinstance(value, str) else value


class SenderPart(Part):
    """One sender: `token` is what it sends, `secret` what it signs its bodies under.

    `mapping` says where the bodies of a sender of generic JSON alerts have what.
    `services` tells which of ours are meant by a name that the sender has for something.
    """

    name: Name
    kind: SenderKind
    token: Secret | None = None
    secret: Secret | None = None
    mapping: MappingPart | None = None
    services: dict[str, Annotated[tuple[Name, ...], BeforeValidator(_several)]] = Field(
        default_factory=dict
    )


def credentials(senders: tuple[SenderPart, ...], token: SecretStr | None) -> Credentials:
    """What tells the receiver who posts."""
    known = [
        Sender(
            one.name,
            one.kind,
            _plain(one.token),
            _plain(one.secret),
            one.services,
            _mapping(one),
        )
        for one in senders
    ]
    return Credentials(tuple(known), _plain(token))


def _mapping(sender: SenderPart) -> Mapped:
    return OWN if sender.mapping is None else sender.mapping.mapped()


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
