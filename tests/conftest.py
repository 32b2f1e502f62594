# What all tests share: real programs and a browser, found or loudly missed, and told of at the end.
from __future__ import annotations

import os
import shutil

import pytest
from hypothesis import settings

from benchmarks.lab import chromium
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
    "victoria-metrics": ("victoria-metrics",),
}


def find_programs() -> dict[str, str | None]:
    return {
        name: next((path for path in map(shutil.which, names) if path), None)
        for name, names in PROGRAMS.items()
    }


def missing() -> list[str]:
    return [name for name, path in find_programs().items() if path is None]


NO_PROGRAMS = "no real programs (script/test fetches them on Debian and Ubuntu)"
NO_BROWSER = "no real browser (apt-get install chromium libatomic1)"


def lacking(item: pytest.Item) -> str | None:
    """What a test needs and the machine has not; None where it can run."""
    if item.get_closest_marker("real") is not None and missing():
        return f"{NO_PROGRAMS}: {', '.join(missing())} not found"
    if item.get_closest_marker("browser") is not None and chromium.find() is None:
        return NO_BROWSER
    return None


def pytest_runtest_setup(item: pytest.Item) -> None:
    reason = lacking(item)
    if reason is None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [str(r.longrepr) for r in terminalreporter.stats.get("skipped", [])]
    for reason in (NO_PROGRAMS, NO_BROWSER):
        count = sum(reason in told for told in skipped)
        if count:
            terminalreporter.section(f"{count} TESTS SKIPPED: {reason}", sep="!", red=True)


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
