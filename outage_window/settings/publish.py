"""Where drafts are published to: a model a kind of target, chosen by its key `kind`."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from outage_window.settings.parts import Name, Part, Seconds, expected

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*/(?!\.\.?$)[A-Za-z0-9_.-]+")
_CHANNEL = re.compile(r"[A-Z][A-Z0-9]{2,}")
_LONGEST_TAG = 100


def _url(value: str) -> str:
    wanted = expected("expected a URL such as https://grafana.example.com, without a user in it")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise wanted from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise wanted
    if "@" in parts.netloc or not (value.isascii() and value.isprintable()) or " " in value:
        raise wanted
    return value


def _base(value: str) -> str:
    parts = urlsplit(_url(value))
    if parts.query or parts.fragment:
        raise expected("expected a URL without ? and #")
    return value.rstrip("/")


def _token(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text or not (text.isascii() and text.isprintable()) or " " in text:
        raise expected("expected a token of ASCII characters without blanks")
    return value


def _repository(value: str) -> str:
    if not _REPOSITORY.fullmatch(value):
        raise expected("expected a repository as OWNER/NAME")
    return value


def _path(value: str) -> str:
    parts = value.split("/")
    if "{id}" not in value or {"", ".", ".."} & set(parts) or not value.isprintable():
        raise expected("expected a path in the repository with {id} in it")
    return value


def _channel(value: str) -> str:
    if not _CHANNEL.fullmatch(value):
        raise expected("expected the id of a channel such as C0123456789, not its name")
    return value


def _tag(value: str) -> str:
    if not value.strip() or len(value) > _LONGEST_TAG or not value.isprintable():
        raise expected(f"expected a tag of 1 to {_LONGEST_TAG} characters")
    return value.strip()


Url = Annotated[str, AfterValidator(_url)]
BaseUrl = Annotated[str, AfterValidator(_base)]
Token = Annotated[SecretStr, AfterValidator(_token)]
Repository = Annotated[str, AfterValidator(_repository)]
Tag = Annotated[str, AfterValidator(_tag)]


class GithubIssue(Part):
    """An issue of a GitHub repository that holds the draft."""

    kind: Literal["github_issue"]
    name: Name = "github_issue"
    repository: Repository
    token: Token
    api_url: BaseUrl = "https://api.github.com"
    timeout: Seconds = 30.0


class GithubPullRequest(Part):
    """A pull request that adds the draft to a GitHub repository as a file."""

    kind: Literal["github_pull_request"]
    name: Name = "github_pull_request"
    repository: Repository
    token: Token
    path: Annotated[str, AfterValidator(_path)] = "postmortems/{id}.md"
    base: str | None = Field(None, min_length=1)
    """The branch that it is to be merged into; the repository's default branch unless set."""
    api_url: BaseUrl = "https://api.github.com"
    timeout: Seconds = 30.0


class Slack(Part):
    """A message in a Slack channel."""

    kind: Literal["slack"]
    name: Name = "slack"
    channel: Annotated[str, AfterValidator(_channel)]
    token: Token
    api_url: BaseUrl = "https://slack.com/api"
    timeout: Seconds = 30.0


class Grafana(Part):
    """A region annotation on Grafana dashboards."""

    kind: Literal["grafana"]
    name: Name = "grafana"
    url: BaseUrl
    token: Token
    dashboard_uid: str | None = Field(None, min_length=1)
    panel_id: int | None = Field(None, gt=0)
    tags: tuple[Tag, ...] = ()
    timeout: Seconds = 30.0

    @model_validator(mode="after")
    def _panel_of_a_dashboard(self) -> Self:
        if self.panel_id is not None and self.dashboard_uid is None:
            raise expected("expected panel_id only with dashboard_uid")
        return self


class Webhook(Part):
    """A POST of the draft and the incident's document to a program of one's own."""

    kind: Literal["webhook"]
    name: Name = "webhook"
    # Not shown where settings are: paths of webhooks are often secrets themselves.
    url: Url = Field(repr=False)
    token: Token | None = None
    timeout: Seconds = 30.0


Target = GithubIssue | GithubPullRequest | Slack | Grafana | Webhook
Targets = tuple[Annotated[Target, Field(discriminator="kind")], ...]

KINDS = ("github_issue", "github_pull_request", "slack", "grafana", "webhook")
