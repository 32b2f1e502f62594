"""The rules between the settings: what no single value can tell."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from ipaddress import ip_address
from typing import Protocol

from outage_window.settings.export import Export
from outage_window.settings.models import SQLITE, Service, Settings
from outage_window.settings.senders import SenderPart, credentials
from outage_window.settings.source import Key
from webhooks.credentials import NAMING, SIGNED, SIGNING

WEEK = 7 * 86400.0

Wrong = tuple[Key, str]
"""A key, and what was expected of it."""


class Named(Protocol):
    """A part of a list, each with a name of its own."""

    @property
    def name(self) -> str:
        """Its name."""


def broken(settings: Settings, by_web: bool, users: Collection[str] | None) -> Iterator[Wrong]:
    """All that is wrong; `by_web` tells whether the web configuration lets nobody in unasked.

    `users` are those that it names; None where it cannot be read.
    """
    yield from _names(settings)
    yield from _web_rules(settings, by_web)
    for i, name in enumerate(settings.web.readers):
        if users is not None and name not in users:
            yield ("web", "readers", i), f"expected a user of the web configuration, not {name}"
    yield from _storage_rules(settings)
    yield from _asked_rules(settings)
    for i, service in enumerate(settings.services):
        for name, expected in _service_rules(service, settings):
            yield ("services", i, name), expected


def _names(settings: Settings) -> Iterator[Wrong]:
    named: dict[str, Sequence[Named]] = {
        "services": settings.services,
        "senders": settings.senders,
        "publish": settings.publish,
    }
    for part, ones in named.items():
        for i, name in _taken([one.name for one in ones]):
            yield (part, i, "name"), f"expected a name of its own: {name} is taken"


def _web_rules(settings: Settings, by_web: bool) -> Iterator[Wrong]:
    asked = credentials(settings.senders, settings.web.token).needed or by_web
    if not guarded(settings, by_web):
        expected = (
            "expected a loopback address, or credentials (web.token, or users or client "
            "certificates in web.config_file), or web.allow_anonymous: true"
        )
        yield ("web", "listen"), expected
    for i, sender in enumerate(settings.senders):
        for name, expected in _sender_rules(sender, asked):
            yield ("senders", i, name), expected


def _storage_rules(settings: Settings) -> Iterator[Wrong]:
    storage, server = settings.storage, not settings.storage.url.startswith(SQLITE)
    if server and settings.attempts.user_key_file is None:
        expected = "expected a file of at least 32 bytes, the same for all replicas on PostgreSQL"
        yield ("attempts", "user_key_file"), expected
    if storage.password is not None and (not server or "@" not in storage.url):
        expected = "expected only with a URL such as postgresql://USER@HOST/DATABASE"
        yield ("storage", "password"), expected
    for name, history in _histories(settings):
        if settings.retention < history + WEEK:
            expected = f"expected at least a week more than {name}, which is learned from"
            yield ("storage", "retention"), expected


def _histories(settings: Settings) -> list[tuple[str, float]]:
    """The keys of what is learned from, with their seconds; none at all counts as nothing."""
    found = []
    if settings.prometheus is not None:
        found.append(("prometheus.history", settings.prometheus.history))
    if any(service.source == "remote_write" for service in settings.services):
        found.append(("remote_write.history", settings.remote_write.history))
    return found or [("prometheus.history", 0.0)]


def guarded(settings: Settings, by_web: bool) -> bool:
    """Whether nobody else can post, or it was said that anybody may."""
    asked = credentials(settings.senders, settings.web.token).needed or by_web
    return _loopback(settings.web.host) or asked or settings.web.allow_anonymous


def _taken(names: list[str]) -> list[tuple[int, str]]:
    """Each name that stands earlier too, with its index."""
    first: dict[str, int] = {}
    return [(i, name) for i, name in enumerate(names) if first.setdefault(name, i) != i]


def _asked_rules(settings: Settings) -> list[Wrong]:
    """(Key, what was expected) of what is wrong with what is asked, and with maintenance."""
    found: list[Wrong] = [
        (key, "expected ASCII without line ends") for key in _unsendable(settings)
    ]
    asked, names = settings.alertmanager, [one.name for one in settings.services]
    if asked is not None and asked.receiver is None and not names:
        found.append((("alertmanager", "receiver"), "expected a receiver, or services"))
    for i, planned in enumerate(settings.maintenance):
        if planned.end <= planned.start:
            found.append((("maintenance", i, "end"), "expected a time after start"))
        if planned.service not in names:
            found.append((("maintenance", i, "service"), "expected the name of a service"))
    return found


def _unsendable(settings: Settings) -> list[Key]:
    """What no request can carry: it would fail each time, with less to go by."""
    texts: dict[Key, str] = {}
    for part, asked in (
        ("prometheus", settings.prometheus),
        ("alertmanager", settings.alertmanager),
    ):
        if asked is not None:
            for name, value in asked.headers.items():
                texts[part, "headers", name] = name + value.get_secret_value()
            if asked.token is not None:
                texts[part, "token"] = asked.token.get_secret_value()
    return [key for key, text in texts.items() if not (text.isascii() and text.isprintable())]


def _sender_rules(sender: SenderPart, asked: bool) -> list[tuple[str, str]]:
    """A sender that could never post, or a setting of it that would never be of use."""
    found = []
    kind = sender.kind
    if sender.mapping is not None and kind != "alerts":
        found.append(("mapping", "expected only with kind: alerts"))
    if sender.services and kind not in NAMING:
        found.append(("services", f"expected it only with kind {', '.join(NAMING)}"))
    if kind in SIGNED and sender.token is not None:
        found.append(("token", f"expected secret: {kind} signs"))
    if kind in SIGNED and sender.secret is None and asked:
        found.append(("secret", f"expected what {kind} signs under"))
    if kind not in SIGNING and sender.secret is not None:
        found.append(("secret", f"expected token: only {', '.join(SIGNING)} sign"))
    return found


def _service_rules(service: Service, settings: Settings) -> list[tuple[str, str]]:
    found = []
    if service.source == "pull" and settings.prometheus is None:
        found.append(("source", "pull expects prometheus.url"))
    if service.source != "file":
        found += [
            (key, f"expected a selector: source is {service.source}")
            for key in ("attempts", "errors")
            if getattr(service, key) is None
        ]
        if service.file is not None:
            found.append(("file", "expected only with source: file"))
        if service.export != Export():
            found.append(("export", "expected only with source: file"))
    elif service.file is None:
        found.append(("source", "file expects the key file, the path of an export"))
    if (service.attempts is None) != (service.errors is None) and service.source == "file":
        found.append(("source", "expected both selectors, attempts and errors, or neither"))
    return found


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
