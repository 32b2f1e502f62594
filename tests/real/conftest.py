# Stops every program that a test started, by its process id, whatever happened to the test.
from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.browser.conftest import browser, visit

__all__ = ["browser", "running", "visit"]


@pytest.fixture(scope="module")
def running():
    """Enter `running.callback(program.stop)` for each program; the last one started stops first."""
    with ExitStack() as stack:
        yield stack
