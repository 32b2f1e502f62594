"""Settings of what is asked beside what is pushed: Alertmanagers, and maintenance that is known."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from outage_window.settings.parts import Moment, Name, Part, Seconds, expected
from webhooks.mapped import OWN, Mapped, is_path


def http(value: str) -> str:
    """An HTTP address without the slash at its end."""
    wrong = expected("expected a URL such as http://127.0.0.1:9090")
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # no port has that number, or no address is written so
        raise wrong from None
    if not good or parts.query or parts.fragment:
        raise wrong
    return value.rstrip("/")


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError):
        raise expected("expected a receiver's name, or a regular expression of some") from None
    return value


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _path(value: str) -> str:
    if not is_path(value):
        raise expected("expected a path such as host.app, $.title or =auth")
    return value


def _within(value: str) -> str:
    return _path(value) if value else value


Http = Annotated[str, AfterValidator(http)]
Path = Annotated[str, AfterValidator(_path)]
Words = tuple[str, ...]


class Requests(Part):
    """How a server is asked: what every request carries, and how long an answer may take."""

    timeout: Seconds = 30.0
    token: SecretStr | None = None
    headers: dict[str, SecretStr] = Field(default_factory=dict)

    def request_headers(self) -> dict[str, str]:
        """The headers of every request, secrets included: never to be logged."""
        found = {name: value.get_secret_value() for name, value in self.headers.items()}
        if self.token is not None:
            found["Authorization"] = f"Bearer {self.token.get_secret_value()}"
        return found


class Alertmanager(Requests):
    """The Alertmanagers that are asked what fires and what is silenced.

    `url` names the peers of one cluster, each of which knows all. `receiver` (a regular expression)
    takes the alerts that go to such a receiver; without it, those of the services that are set.
    """

    url: Annotated[tuple[Http, ...], BeforeValidator(_listed), Field(min_length=1)]
    receiver: Annotated[str, AfterValidator(_pattern)] | None = None


class MaintenancePart(Part):
    """Work on a service that is known beforehand; [`start`, `end`)."""

    service: Name
    start: Moment
    end: Moment
    reason: str = ""


class MappingPart(Part):
    """Where the bodies of a sender of generic JSON have what: see `webhooks.mapped`."""

    alerts: Annotated[str, AfterValidator(_within)] = OWN.alerts
    name: Path = OWN.name
    status: Path = OWN.status
    firing: Words = OWN.firing
    resolved: Words = OWN.resolved
    ignored: Words = OWN.ignored
    starts_at: Path = OWN.starts_at
    ends_at: Path = OWN.ends_at
    fingerprint: Path = OWN.fingerprint
    labels: Path | dict[str, Path] = OWN.labels  # type: ignore[assignment]
    annotations: Path | dict[str, Path] = OWN.annotations  # type: ignore[assignment]
    time_unit: Literal["s", "ms", "us", "ns"] | None = None

    def mapped(self) -> Mapped:
        """As the parser takes it."""
        return Mapped(**{name: getattr(self, name) for name in type(self).model_fields})
