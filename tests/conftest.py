# What all tests share: the real programs, found or loudly missed, and a word on them at the end.
from __future__ import annotations

import os
import shutil

import pytest
from hypothesis import settings

from outage_window.store import Store
from tests import postgres

# The same examples on every run: a failure is the change's, never the day's.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")

PROGRAMS = {
    "prometheus": ("prometheus",),
    "promtool": ("promtool",),
    "alertmanager": ("prometheus-alertmanager", "alertmanager"),
    "amtool": ("amtool",),
}


def find_programs() -> dict[str, str | None]:
    return {
        name: next((path for path in map(shutil.which, names) if path), None)
        for name, names in PROGRAMS.items()
    }


def missing() -> list[str]:
    return [name for name, path in find_programs().items() if path is None]


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("real") is None or not missing():
        return
    reason = f"not found: {', '.join(missing())} (script/test fetches them on Debian and Ubuntu)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [r for r in terminalreporter.stats.get("skipped", []) if "real" in r.keywords]
    if skipped:
        terminalreporter.section("NOT TESTED WITH REAL PROGRAMS", sep="!", red=True)
        terminalreporter.line(f"{len(skipped)} tests skipped; {', '.join(missing())} not found.")


@pytest.fixture(scope="session")
def programs() -> dict[str, str]:
    """The real programs by name; only tests marked `real` may ask for them."""
    return {name: path for name, path in find_programs().items() if path is not None}


@pytest.fixture(scope="session")
def postgresql():
    """A real PostgreSQL; where there is none, a failure in CI, else a skip that is told."""
    if postgres.find() is None:
        reason = "not found: PostgreSQL (apt-get install postgresql)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    started = postgres.Postgres()
    yield started
    started.drop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """What `Store.open` is given: each test that asks for it runs on both databases."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ow.db'}", None
    key = tmp_path / "user.key"
    key.write_bytes(postgres.KEY)
    return request.getfixturevalue("postgresql").database(), str(key)


@pytest.fixture
def store(database):
    """A new store."""
    opened = Store.open(*database)
    yield opened
    opened.close()
