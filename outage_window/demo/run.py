"""Sends a simulated outage through the real receiver, store, loop and draft."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import yaml

from outage_window.demo import writers
from outage_window.demo.counters import SYSTEM_REASON, USER_REASON, scrape
from outage_window.demo.model import Outage
from outage_window.demo.simulate import Attempts, Truth, simulate, truth
from outage_window.errors import InputError
from outage_window.live.status import Status
from outage_window.live.watch import Watch
from outage_window.new_files import write_new
from outage_window.settings.load import load
from outage_window.settings.models import Settings
from outage_window.store import Store
from outage_window.web import create_app

if TYPE_CHECKING:
    from flask.testing import FlaskClient

INPUTS = "inputs"
SETTINGS = "outage-window.yml"
TOKEN = "demo"  # noqa: S105 (the receiver lives in this process only)
NS = 10**9

Told = Callable[[str, str], None]
"""Is told which outage is being replayed and what is being done, for whoever waits."""


class DemoError(Exception):
    """A real part did not take what it was sent."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One outage after it went through: the truth, the incidents found, and where the draft is."""

    outage: Outage
    truth: Truth
    incidents: tuple[dict[str, Any], ...]
    draft: Path


@dataclass(slots=True)
class _Clock:
    """The time in the replayed world, nanoseconds."""

    now: int = 0

    def __call__(self) -> int:
        return self.now

    def set(self, seconds: float) -> None:
        """Move to a time given in seconds since the epoch."""
        self.now = round(seconds * NS)


def replay(outages: Sequence[Outage], seed: int, folder: Path, told: Told) -> list[Replayed]:
    """Replay outages one after another into one store, and write DIR/ID.md and DIR/ID.svg.

    The store, the counters and the settings stay in DIR/inputs: `serve` can be started there.
    `InputError`, with nothing changed, names a file of DIR that differs from what would be written.
    """
    named = str(folder / INPUTS / SETTINGS)
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(settings_of(outages), sort_keys=False)
    _own(folder / INPUTS, text)
    replayed: list[Replayed] = []
    files: list[tuple[Path, bytes]] = []
    with TemporaryDirectory(prefix=".replaying-", dir=folder) as place:
        inputs = Path(place) / INPUTS
        inputs.mkdir()
        # Inputs are named in drafts as whoever starts `serve` in their folder will see them.
        with chdir(inputs):
            Path(SETTINGS).write_text(text, "utf-8")
            settings = load(SETTINGS, {})
            store = Store.open(settings.storage.url)
            try:
                for outage in sorted(outages, key=lambda one: one.start):
                    world = _World(outage, seed, settings, store, named)
                    one, made = _replay(world, folder, told)
                    replayed.append(one)
                    files += made
            finally:
                store.close()
        write_new(files)
        shutil.rmtree(folder / INPUTS, ignore_errors=True)
        inputs.rename(folder / INPUTS)
    return replayed


def _own(inputs: Path, settings: str) -> None:
    """Refuse a folder of inputs that is not the demo's own, since it will be replaced."""
    if not inputs.exists() or (inputs.is_dir() and not any(inputs.iterdir())):
        return
    kept = inputs / SETTINGS
    if not kept.is_file():
        raise InputError(str(inputs), "is there and not the demo's; expected another folder")
    write_new([(kept, settings.encode())])


@dataclass(frozen=True, slots=True)
class _World:
    """One outage and what it is sent to; `config_file` is how drafts name the settings."""

    outage: Outage
    seed: int
    settings: Settings
    store: Store
    config_file: str


def _replay(world: _World, folder: Path, told: Told) -> tuple[Replayed, list[tuple[Path, bytes]]]:
    """Simulate one outage, send what its senders would have sent, look once, fetch the draft."""
    outage, seed, settings, store = world.outage, world.seed, world.settings, world.store
    told(outage.id, "people sign in, and some fail")
    attempts = simulate(outage, seed)
    real = truth(outage, attempts)
    series = scrape(outage, attempts, seed)
    writers.write_openmetrics_gz(series, Path(_counters(outage)), attempts.begin, attempts.end)
    clock = _Clock(round(attempts.end * NS))
    service = settings.service(outage.service)
    assert service is not None  # the settings name every outage's service
    status = Status(clock())
    client = create_app(store, settings, status, clock).test_client()
    _send(client, outage, attempts, clock, told)
    told(outage.id, "looking for the outage")
    alone = settings.model_copy(update={"services": (service,)})
    Watch(alone, store, clock, status, config_file=world.config_file).tick()
    found = _incidents(client, outage)
    files = _draft(client, outage, found, folder)
    return Replayed(outage, real, found, files[0][0]), files


def settings_of(outages: Sequence[Outage]) -> dict[str, Any]:
    """Make the settings that an operator of these services would write."""
    return {
        "web": {"token": TOKEN},
        "storage": {"url": "sqlite:///outage-window.db"},
        "services": [_service(outage) for outage in outages],
    }


def _service(outage: Outage) -> dict[str, Any]:
    selector = f'auth_requests_total{{service="{outage.service}"}}'
    failed = f'auth_requests_total{{service="{outage.service}",result="failure"}}'
    return {
        "name": outage.service,
        "source": "file",
        "file": _counters(outage),
        "attempts": selector,
        "errors": failed,
        "zone": outage.zone,
        "reasons": {"system": [outage.reason, SYSTEM_REASON], "user": [USER_REASON]},
    }


def _counters(outage: Outage) -> str:
    return f"{outage.service}.om.gz"


def _send(
    client: FlaskClient, outage: Outage, attempts: Attempts, clock: _Clock, told: Told
) -> None:
    """Post alerts, events and attempts as their senders would, each alert at its own time."""
    told(outage.id, "posting alerts and events")
    for at, body in writers.alert_bodies(outage):
        clock.set(at)
        _post(client, "/api/v1/webhooks/alertmanager", body)
    clock.set(attempts.end)
    _post(client, "/api/v1/events", writers.events_body(outage))
    told(outage.id, "posting attempts per user")
    for body in writers.attempts_ndjson(outage, attempts):
        _post(client, "/api/v1/attempts", body)


def _post(client: FlaskClient, path: str, body: bytes) -> None:
    answer = client.post(path, data=body, headers={"Authorization": f"Bearer {TOKEN}"})
    if answer.status_code != 200:
        raise DemoError(f"POST {path}: {answer.status_code} {answer.get_data(as_text=True)[:200]}")


def _incidents(client: FlaskClient, outage: Outage) -> tuple[dict[str, Any], ...]:
    """Fetch every incident of the service that was found, the earliest first."""
    found = client.get("/api/v1/incidents").get_json()["incidents"]
    own = [incident for incident in found if incident["service"] == outage.service]
    return tuple(sorted(own, key=lambda incident: str(incident["id"])))


def _draft(
    client: FlaskClient, outage: Outage, found: tuple[dict[str, Any], ...], folder: Path
) -> list[tuple[Path, bytes]]:
    """Fetch the draft and the chart of the incident nearest to what people declared."""
    if not found:
        raise DemoError(f"{outage.id}: no incident was found")
    declared = writers.rfc3339(outage.declared("declared_start"))
    identity = min(found, key=lambda one: _apart(one, declared))["id"]
    draft = client.get(f"/api/v1/incidents/{identity}/draft")
    chart = client.get(f"/api/v1/incidents/{identity}/chart.svg")
    if draft.status_code != 200 or chart.status_code != 200:
        raise DemoError(f"{outage.id}: incident {identity} has no draft or no chart")
    text = draft.get_data(as_text=True).replace(f"{identity}.svg", f"{outage.id}.svg")
    return [
        (folder / f"{outage.id}.md", text.encode()),
        (folder / f"{outage.id}.svg", chart.data),
    ]


def _apart(incident: dict[str, Any], declared: str) -> float:
    """How many seconds lie between an incident's start and a declared time; far if unknown."""
    from datetime import datetime

    start = incident["start"]["value"]
    if start is None:
        return float("inf")
    return abs((datetime.fromisoformat(start) - datetime.fromisoformat(declared)).total_seconds())
