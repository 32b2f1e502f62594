# The real Chromium of the tests here, and those who look at pages in it.
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from playwright.sync_api import Browser

from benchmarks.lab.chromium import running
from tests.browser.visiting import Visitor


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the tests of a file; only tests marked `browser` may ask for it.

    It ends with the file, and its event loop with it: tests of other files may run their own.
    """
    with running() as started:
        yield started


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """A new visitor, by the arguments of `Visitor`; a path or address that is given is opened."""
    with ExitStack() as stack:

        def come(url: str = "", **seen_as: Any) -> Visitor:
            visitor = stack.enter_context(closing(Visitor(browser, **seen_as)))
            if url:
                visitor.open(url)
            return visitor

        yield come
