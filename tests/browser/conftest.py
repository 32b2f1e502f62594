# The real Chromium of the tests here: found, or loudly missed as the other real programs are.
from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from .chromium import NAMES, Chromium

MISSING = "no Chromium found (apt-get install chromium)"


def find() -> str | None:
    return next((path for path in map(shutil.which, NAMES) if path), None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") is None or find() is not None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(MISSING, pytrace=False)
    pytest.skip(MISSING)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [r for r in terminalreporter.stats.get("skipped", []) if MISSING in str(r.longrepr)]
    if skipped:
        terminalreporter.section("NOT TESTED IN A REAL BROWSER", sep="!", red=True)
        terminalreporter.line(f"{len(skipped)} tests skipped; {MISSING}.")


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """One browser for the tests of a file; only tests marked `browser` may ask for it."""
    path = find()
    assert path is not None
    running = Chromium(path)
    try:
        yield running
    finally:
        running.stop()
