"""The web configuration file, with the keys of Prometheus' exporter-toolkit: TLS, users, headers.

What cannot be done here is refused by name rather than ignored.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from outage_window.settings import go_tls
from outage_window.settings.load import SettingsError, problem_of
from outage_window.settings.parts import Part, duration, expected
from outage_window.settings.source import Problem, from_yaml
from outage_window.settings.tls_context import ContextError, make_context

_HASH = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}")
LONGEST_COST = 16
"""A hash of a higher cost takes many seconds to check, on each first login."""
ClientAuth = Literal["NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"]
UNVERIFIED = ("RequestClientCert", "RequireAnyClientCert", "RequireClientCert")
HEADERS: dict[str, tuple[str, ...]] = {
    "Content-Security-Policy": (),
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
}


def _client_auth(value: object) -> object:
    if value in UNVERIFIED:
        raise expected(
            "expected NoClientCert, VerifyClientCertIfGiven or RequireAndVerifyClientCert: "
            "a certificate that nobody verifies tells nothing"
        )
    return value


def _version(value: str) -> str:
    if value not in go_tls.VERSIONS:
        raise expected("expected TLS12 or TLS13: what is older is broken")
    return value


def _suite(value: str) -> str:
    if value not in go_tls.SUITES and value not in go_tls.ALWAYS:
        raise expected(f"expected suites among {', '.join((*go_tls.SUITES, *go_tls.ALWAYS))}")
    return value


def _curve(value: str) -> str:
    if value not in go_tls.CURVES:
        raise expected(f"expected one of {', '.join(go_tls.CURVES)}")
    return value


def _no_http2(value: bool) -> bool:
    if value:
        raise expected("expected false: HTTP/1.1 is spoken here, with TLS too")
    return value


def _bcrypt(value: SecretStr) -> SecretStr:
    match = _HASH.fullmatch(value.get_secret_value())
    if match is None or not 4 <= int(match[1]) <= LONGEST_COST:
        raise expected(
            f"expected a bcrypt hash of cost 4 to {LONGEST_COST}, such as htpasswd -nBC 10 makes"
        )
    return value


def _user(value: str) -> str:
    if not value or ":" in value or not value.isprintable():
        raise expected("expected the name of a user, without a colon")
    return value


def _interval(value: object) -> float:
    """As Prometheus writes durations; 0 is none."""
    if value in (0, "0", "0s"):
        return 0.0
    return duration(value)


Interval = Annotated[float, BeforeValidator(_interval)]
Bcrypt = Annotated[SecretStr, AfterValidator(_bcrypt)]


class TlsServer(Part):
    """The certificate of this server, and what is asked of its clients."""

    cert: str | None = None
    key: SecretStr | None = None
    cert_file: str | None = None
    key_file: str | None = None
    client_auth_type: Annotated[ClientAuth, BeforeValidator(_client_auth)] = "NoClientCert"
    client_ca: str | None = None
    client_ca_file: str | None = None
    client_allowed_sans: tuple[str, ...] = ()
    min_version: Annotated[str, AfterValidator(_version)] = "TLS12"
    max_version: Annotated[str, AfterValidator(_version)] = "TLS13"
    cipher_suites: tuple[Annotated[str, AfterValidator(_suite)], ...] = ()
    prefer_server_cipher_suites: bool = True
    curve_preferences: tuple[Annotated[str, AfterValidator(_curve)], ...] = ()

    @property
    def enabled(self) -> bool:
        """Whether TLS is spoken at all: an empty part means that it is not."""
        named = (self.cert, self.key, self.cert_file, self.key_file, self.client_ca)
        asked = self.client_auth_type != "NoClientCert"
        return asked or self.client_ca_file is not None or any(one is not None for one in named)

    @property
    def verifies(self) -> bool:
        """Whether a client's certificate is looked at."""
        return self.client_auth_type != "NoClientCert"

    @model_validator(mode="after")
    def _whole(self) -> Self:
        trouble = (self._files_trouble() or self._choice_trouble()) if self.enabled else ""
        if trouble:
            raise expected(f"expected {trouble}")
        return self

    def _files_trouble(self) -> str:
        for name in ("cert", "key", "client_ca"):
            given = [getattr(self, one) is not None for one in (name, f"{name}_file")]
            if all(given):
                return f"{name} or {name}_file, not both"
            if not any(given) and (name != "client_ca" or self.verifies):
                return f"{name} or {name}_file"
            if any(given) and name == "client_ca" and not self.verifies:
                return "client_auth_type: RequireAndVerifyClientCert"
        return ""

    def _choice_trouble(self) -> str:
        if self.client_allowed_sans and not self.verifies:
            return "client_allowed_sans with client_auth_type: RequireAndVerifyClientCert"
        if (self.min_version, self.max_version) == ("TLS13", "TLS12"):
            return "a min_version that is not above max_version"
        suites = go_tls.suites(self.cipher_suites)
        if self.cipher_suites and not suites and self.min_version == "TLS12":
            return "a suite of TLS 1.2 too, or min_version: TLS13"
        if len(self.curve_preferences) > 1:
            return "one curve: the Python of this program cannot take several"
        return ""


class HttpServer(Part):
    """What is answered beside the answer."""

    http2: Annotated[bool, AfterValidator(_no_http2)] = False
    headers: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_headers(self) -> Self:
        for name, value in self.headers.items():
            if name not in HEADERS:
                raise expected(f"expected headers among {', '.join(HEADERS)}, not {name}")
            if HEADERS[name] and value not in HEADERS[name]:
                raise expected(f"expected {name}: {' or '.join(HEADERS[name])}")
            if not (value.isascii() and value.isprintable()):
                raise expected(f"expected one line of ASCII for {name}")
        return self


class RateLimit(Part):
    """A bucket of `burst` requests that gains one each `interval`; none unless both are given."""

    interval: Interval = 0.0
    burst: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.interval and not self.burst:
            raise expected("expected a burst of at least 1: with 0 no request would be answered")
        return self


class WebConfig(Part):
    """All that a web configuration file says."""

    tls_server_config: TlsServer = TlsServer()
    http_server_config: HttpServer = HttpServer()
    basic_auth_users: dict[Annotated[str, AfterValidator(_user)], Bcrypt] = Field(
        default_factory=dict
    )
    rate_limit: RateLimit = RateLimit()

    @property
    def guards(self) -> bool:
        """Whether nobody gets in without a password or a certificate."""
        required = self.tls_server_config.client_auth_type == "RequireAndVerifyClientCert"
        return bool(self.basic_auth_users) or required

    def hashes(self) -> dict[str, str]:
        """The bcrypt hash of each user: never to be logged."""
        return {name: value.get_secret_value() for name, value in self.basic_auth_users.items()}

    def words(self) -> str:
        """What it makes of the server, for a person."""
        tls = self.tls_server_config
        found = ["https" if tls.enabled else "plain http"]
        found += [f"client certificates ({tls.client_auth_type})"] if tls.verifies else []
        found += [f"user {name}" for name in self.basic_auth_users]
        found += ["a limit on requests"] if self.rate_limit.interval else []
        return ", ".join(found)

    def files(self) -> list[str]:
        """The files that it names."""
        tls = self.tls_server_config
        return [one for one in (tls.cert_file, tls.key_file, tls.client_ca_file) if one is not None]


def load(path: str) -> WebConfig:
    """Read a web configuration file; raise `SettingsError` with all its problems."""
    config, problems = read(path)
    if config is None or problems:
        raise SettingsError(path, problems)
    return config


def read(path: str) -> tuple[WebConfig | None, list[Problem]]:
    """The configuration (None when unusable) and all problems; paths in it are relative to it."""
    try:
        source = from_yaml(Path(path).read_text("utf-8"))
    except OSError as error:
        return None, [Problem(0, "", f"expected a web configuration file ({error.strerror})")]
    except UnicodeDecodeError:
        return None, [Problem(0, "", "expected text in UTF-8")]
    try:
        config = WebConfig.model_validate(source.values)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=True)
        return None, source.problems + [problem_of(one, source, WebConfig) for one in details]
    config = _in_folder(config, Path(path).parent)
    try:
        if config.tls_server_config.enabled:
            make_context(config.tls_server_config)
    except ContextError as error:
        source.problems.append(source.problem(("tls_server_config", error.key), error.expected))
    return config, source.problems


def _in_folder(config: WebConfig, folder: Path) -> WebConfig:
    tls = config.tls_server_config
    names = ("cert_file", "key_file", "client_ca_file")
    found = {one: getattr(tls, one) for one in names}
    whole = {one: str(folder / file) for one, file in found.items() if file is not None}
    return config.model_copy(update={"tls_server_config": tls.model_copy(update=whole)})
