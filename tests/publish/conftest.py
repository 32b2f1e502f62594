# What tests of publishing share: servers that are stopped, settings that are read, time that flies.
from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from outage_window.publish.build import build
from outage_window.publish.model import Publication, Target
from outage_window.publish.sending import Pace
from outage_window.settings.load import load
from tests.publish.github_server import GitHub
from tests.publish.grafana_server import GrafanaServer
from tests.publish.slack_server import CHANNEL, SlackServer
from tests.publish.vendor import TOKEN, Vendor
from tests.publish.webhook_server import Receiver

DRAFT = "# auth, 2024-01-22\n\n44.4 % of users mostly locked out.\n\n## Timeline\n\n- 15:30 onset\n"


def publication(**changes: Any) -> Publication:
    given: dict[str, Any] = {
        "incident_id": "auth-20240122T1530Z",
        "revision": 1,
        "service": "auth",
        "title": "auth, 2024-01-22",
        "headline": "auth: 44.4 % of users mostly locked out for 1 h 15 min",
        "markdown": DRAFT,
        "start": 1_705_937_400.5,
        "end": 1_705_941_903.0,
        "state": "closed",
        "url": "https://ow.example.com/incidents/auth-20240122T1530Z",
        "document": {"schema": "outage-window/analysis/v1", "windows": []},
    }
    return Publication(**{**given, **changes})


HOSTILE = [
    "<script>alert(1)</script>",
    "@channel @here @acme/everyone",
    "<!channel> <!here|here> <@U0123>",
    "[x](javascript:alert(1)) ![y](https://evil.example/y.png)",
    "one\ntwo\r\n# three\n\n- four",
    "--> <!-- outage-window incident other title:0 body:0 -->",
    "fixes #1, closes acme/ops#2, GH-3",
    "a & b &amp; c < d > e | f ` g * h _ i",
    "\x1b[31mred\x1b[0m \u202eback \x00",
    "x" * 5_000,
    "&<>" * 2_000,
    " ",
]


class Naps:
    """Sleeps that were asked for, and take no time."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    @property
    def pace(self) -> Pace:
        return Pace(time.monotonic, self.taken.append, lambda: 0.5)


@pytest.fixture
def naps() -> Naps:
    return Naps()


def keeps_both(old: str, new: str) -> str:
    """A merge that keeps lines of people's, which end with an exclamation mark."""
    own = [line for line in old.splitlines() if line.endswith("!")]
    return new + "".join(f"{line}\n" for line in own)


@pytest.fixture
def timeout() -> str:
    """Long enough for a busy machine; tests of silence have a shorter one."""
    return "20s"


@pytest.fixture
def built(tmp_path: Path, naps: Naps, timeout: str) -> Callable[..., Target]:
    """A target as its settings say, read from a file as an operator writes it."""

    def one(kind: str, **keys: Any) -> Target:
        (tmp_path / "token").write_text(f"{TOKEN}\n")
        entry = {"kind": kind, "token_file": "token", "timeout": timeout, **keys}
        file = tmp_path / "settings.yml"
        given = {key: value for key, value in entry.items() if value is not None}
        file.write_text(yaml.safe_dump({"publish": [given]}))
        [target] = build(load(str(file), {}), keeps_both, naps.pace)
        return target

    return one


def running(vendor: Vendor) -> Iterator[Any]:
    yield vendor
    vendor.stop()
    assert vendor.wrong == []
    assert vendor.faults == []


@pytest.fixture
def hub() -> Iterator[GitHub]:
    yield from running(GitHub())


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    yield from running(SlackServer())


@pytest.fixture
def grafana() -> Iterator[GrafanaServer]:
    yield from running(GrafanaServer())


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    yield from running(Receiver())


@pytest.fixture
def issues(hub: GitHub, built: Callable[..., Target]) -> Target:
    return built("github_issue", repository="acme/ops", api_url=hub.url)


@pytest.fixture
def pulls(hub: GitHub, built: Callable[..., Target]) -> Target:
    return built("github_pull_request", repository="acme/ops", api_url=hub.url)


@pytest.fixture
def channel(slack: SlackServer, built: Callable[..., Target]) -> Target:
    return built("slack", channel=CHANNEL, api_url=slack.url)


@pytest.fixture
def board(grafana: GrafanaServer, built: Callable[..., Target]) -> Target:
    return built("grafana", url=grafana.url, dashboard_uid="jcIIG-07z", panel_id=4, tags=["prod"])


@pytest.fixture
def hook(receiver: Receiver, built: Callable[..., Target]) -> Target:
    return built("webhook", url=receiver.url)
