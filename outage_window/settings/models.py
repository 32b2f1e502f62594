"""What can be set, with types, defaults and the rules between them. Unknown keys are refused."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, get_args
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from outage_window.errors import InputError
from outage_window.settings.alerts import Alertmanager, Http, MaintenancePart, Requests
from outage_window.settings.export import Export, ZoneText
from outage_window.settings.parts import Moment, Name, Part, Seconds, Secret, expected
from outage_window.settings.publish import Targets
from outage_window.settings.senders import SenderPart
from outage_window.sources import selectors

_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]*):([0-9]{1,5})")
SQLITE = "sqlite:///"


def _selector(value: str) -> str:
    try:
        return selectors.parse(value, "selector").text
    except InputError as error:
        raise expected(error.expected) from None


def _matcher(value: str) -> str:
    text = value.strip()
    try:
        selectors.parse(text if text.startswith("{") else "{" + text + "}", "matcher")
    except InputError:
        raise expected('expected an Alertmanager matcher such as service="auth"') from None
    return text.removeprefix("{").removesuffix("}")


def _address(value: str) -> str:
    match = _ADDRESS.fullmatch(value)
    if match is None or not int(match[2]) <= 65535:
        raise expected("expected HOST:PORT such as 127.0.0.1:9195")
    return value


def _database(value: str) -> str:
    if value.startswith("postgresql:"):
        parts = urlsplit(value)
        if parts.scheme != "postgresql" or not parts.path.strip("/"):
            raise expected("expected postgresql://USER@HOST/DATABASE")
        if parts.password is not None:
            raise expected("expected no password in it: storage.password_file is for that")
        return value
    if not re.fullmatch(r"sqlite:///[^?\x00]+", value) or value.endswith(":memory:"):
        raise expected("expected sqlite:///FILE or postgresql://USER@HOST/DATABASE")
    return value


SelectorText = Annotated[str, AfterValidator(_selector)]
MatcherText = Annotated[str, AfterValidator(_matcher)]


class Reasons(Part):
    """Which failure reasons are the service's own doing, and which the user's.

    `preset` fills in for a known program what is not listed here.
    """

    preset: Literal["keycloak"] | None = None
    system: tuple[str, ...] = ()
    user: tuple[str, ...] = ()


class Objective(Part):
    """The service level objective."""

    target: float = Field(gt=0, lt=100)
    window: Seconds = 30 * 86400.0


class Sample(Part):
    """The attempts that are sent are those of a share of the users, chosen by a hash of the id."""

    by: Literal["user_hash"]
    fraction: float = Field(gt=0, le=1)


class Users(Part):
    """What is known of the service's users beside their attempts."""

    registered: int | None = Field(None, gt=0)
    sample: Sample | None = None


class Service(Part):
    """One service: where its attempts and errors are counted, and which alerts are its own."""

    name: Name
    source: Literal["pull", "remote_write", "file"]
    attempts: SelectorText | None = None
    errors: SelectorText | None = None
    file: str | None = None
    export: Export = Export()
    alerts: tuple[MatcherText, ...] = ()
    reasons: Reasons = Reasons()
    zone: ZoneText = "UTC"
    slo: Objective | None = None
    users: Users | None = None


class Web(Part):
    """Where it listens, and who may post."""

    listen: Annotated[str, AfterValidator(_address)] = "127.0.0.1:9195"
    token: Secret | None = None
    allow_anonymous: bool = False
    url: Http | None = None
    config_file: str | None = Field(None, min_length=1)
    """TLS, users and headers, as Prometheus' own programs are told of them."""
    readers: tuple[str, ...] = ()
    """The users of that file who may read, and change nothing."""

    @property
    def host(self) -> str:
        """The address without its port; empty means all."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port; 0 takes a free one."""
        return int(self.listen.rpartition(":")[2])


class Storage(Part):
    """Where it keeps what came."""

    url: Annotated[str, AfterValidator(_database)] = "sqlite:///outage-window.db"
    password: SecretStr | None = None
    retention: Seconds | None = None

    @property
    def whole_url(self) -> str:
        """The URL with its password: never to be shown."""
        if self.password is None:
            return self.url
        scheme, _, rest = self.url.partition("://")
        user, at, place = rest.rpartition("@")
        return f"{scheme}://{user}:{quote(self.password.get_secret_value(), safe='')}{at}{place}"


class Attempts(Part):
    """How long attempts per user are kept, and the secret that their ids are hashed under."""

    retention: Seconds = 35 * 86400.0
    user_key_file: str | None = None


class Prometheus(Requests):
    """The Prometheus that is asked for raw samples."""

    url: Http
    history: Seconds = 28 * 86400.0
    until: Moment | None = None
    """Assess a past period: `history` before this time, and nothing after it."""


class RemoteWrite(Part):
    """What is kept of the samples that a Prometheus sends."""

    history: Seconds = 28 * 86400.0
    most_series: int = Field(10_000, gt=0)


class Detection(Part):
    """What makes a window of elevated stretches."""

    join_gap: Seconds = 900.0
    min_duration: Seconds = 120.0


class Heartbeat(Part):
    """The alert that always fires, so that its absence tells that alerts do not arrive."""

    alerts: tuple[MatcherText, ...] = ('outage_window="heartbeat"',)


class Log(Part):
    """How the log on stderr is written, and from which level on."""

    format: Literal["logfmt", "json"] = "logfmt"
    level: Literal["debug", "info", "warn", "error"] = "info"


class Drafts(Part):
    """Where drafts are written to when an incident closes; nowhere unless set."""

    dir: str | None = None


class Settings(Part):
    """All that can be set."""

    web: Web = Web()
    storage: Storage = Storage()
    attempts: Attempts = Attempts()
    prometheus: Prometheus | None = None
    remote_write: RemoteWrite = RemoteWrite()
    alertmanager: Alertmanager | None = None
    catch_up_interval: Seconds = 60.0
    detection: Detection = Detection()
    scan_interval: Seconds = 15.0
    heartbeat: Heartbeat = Heartbeat()
    log: Log = Log()
    drafts: Drafts = Drafts()
    publish: Targets = ()
    senders: tuple[SenderPart, ...] = ()
    maintenance: tuple[MaintenancePart, ...] = ()
    services: tuple[Service, ...] = ()

    def service(self, name: str) -> Service | None:
        """The configured service of that name."""
        return next((service for service in self.services if service.name == name), None)

    @property
    def retention(self) -> float:
        """How long what came is kept, seconds: unless it is said 90 days, or a week more than what
        is learned from."""
        if self.storage.retention is not None:
            return self.storage.retention
        longest = max(self.history(), self.remote_write.history)
        return max(90 * 86400.0, longest + 7 * 86400.0)

    def history(self, source: str | None = None) -> float:
        """How far back is learned from, seconds: of a source, or of what has none of its own."""
        pulled = self.prometheus is not None and source != "remote_write"
        return self.prometheus.history if pulled and self.prometheus else self.remote_write.history


def known_keys(path: tuple[Any, ...], root: type[BaseModel] = Settings) -> list[str]:
    """The keys that may stand at a path, for naming the nearest to a misspelt one.

    Where one of several models is chosen by its `kind`, that kind may follow in the path, as
    pydantic puts it there; without it the keys of all of them are named.
    """
    models: list[type[BaseModel]] = [root]
    for part in path:
        if isinstance(part, int):
            continue
        chosen = [model for model in models if _kind(model) == part]
        fields = [model.model_fields[part] for model in models if part in model.model_fields]
        models = chosen or [model for field in fields[:1] for model in _models_in(field.annotation)]
    return list(dict.fromkeys(name for model in models for name in model.model_fields))


def _kind(model: type[BaseModel]) -> str | None:
    field = model.model_fields.get("kind")
    return None if field is None else get_args(field.annotation)[0]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]
