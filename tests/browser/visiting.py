# A visitor: one person's window on the pages, and all that goes wrong or goes out while they look.
from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, WebSocket

from benchmarks.lab import frames
from tests.browser.accessibility import Barriers, look

LONGEST = 60_000
"""Milliseconds that the browser may be silent when it was asked for something."""
QUIET = 0.06
"""Seconds without an event after which a page that waits for nothing is at rest."""
PATIENCE = 1.0
"""The same for a page that waits for an answer: of what a page asked that was left, none comes."""
_FRAME = "new Promise(done => requestAnimationFrame(() => setTimeout(done)))"
_SEEN = "[document.title, [...document.querySelectorAll('*')].map(e => e.localName)]"
_FORBIDDEN = """addEventListener("securitypolicyviolation", event => window.toldForbidden(
  `${event.effectiveDirective} forbids ${event.blockedURI || "it"}`
  + (event.sourceFile ? ` (${event.sourceFile}:${event.lineNumber})` : "")))"""
_ABORTED = "net::ERR_ABORTED"
"""A request that the page itself gave up, as each does that is under way when a page is left."""


@dataclass
class Visit:
    """What a page was like once it had loaded and come to rest."""

    title: str
    elements: list[str]
    requests: list[str] = field(default_factory=list)
    """Addresses that it asked for, its own among them; what it held itself is not asked for."""


class Visitor:
    """Opens pages as one person sees them, and remembers what happened since the last `open`.

    Scripts, pictures and the network are all allowed.
    """

    def __init__(
        self,
        browser: Browser,
        size: tuple[int, int] = (1280, 900),
        scheme: str = "light",
        zone: str = "UTC",
        locale: str = "en-GB",
        **more: Any,
    ) -> None:
        """`more` goes to the browser's context as it is, say `reduced_motion="reduce"`."""
        self._context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,  # type: ignore[arg-type]
            timezone_id=zone,
            locale=locale,
            **more,
        )
        self._context.set_default_timeout(LONGEST)
        self._context.expose_binding("toldForbidden", lambda _, text: self.forbidden.append(text))
        self._context.add_init_script(_FORBIDDEN)
        self.page: Page = self._context.new_page()
        self._forget()
        self._listen()

    def open(self, url: str) -> Visit:
        """Open an address, wait until it has loaded and rests, and say what it became."""
        self._forget()
        self.url = url
        self.page.goto(url, wait_until="commit")
        self.page.wait_for_load_state("load")
        self.rest()
        with suppress(Error):  # a picture of the page, and what waits for one; it may leave
            self.page.evaluate(_FRAME)
        self.rest()
        title, elements = self.page.evaluate(_SEEN)
        return Visit(title, elements, list(self.requests))

    def value(self, expression: str) -> Any:
        """What an expression gives in the page that is open."""
        return self.page.evaluate(expression)

    def until(self, expression: str, seconds: float = 10) -> None:
        """Wait for an expression to be true; asked from outside, since the page's policy forbids
        what Playwright would have it evaluate time and again."""
        deadline = time.monotonic() + seconds
        while not self.page.evaluate(expression):
            assert time.monotonic() < deadline, f"after {seconds:.0f} s still not: {expression}"
            self.page.wait_for_timeout(50)

    def rest(self) -> None:
        """Wait until nothing is under way and nothing more happens: a page may ask late, or leave.

        What the tests then count is also counted on pages that do all this, and is seen there.
        """
        self._stirred = time.monotonic()
        while (left := self._restless()) > 0:
            self.page.wait_for_timeout(1000 * min(left, QUIET))

    def _restless(self) -> float:
        """Seconds without an event that it has yet to show."""
        limit = PATIENCE if self._under_way else QUIET
        return self._stirred + limit - time.monotonic()

    def assert_clean(self) -> None:
        """Nothing went wrong since the page was opened, and nobody but its own server was asked."""
        faults = {
            "errors on the console": [text for kind, text in self.console if kind == "error"],
            "errors in scripts": self.errors,
            "forbidden by the policy": self.forbidden,
            "failed requests": [one for one in self.failed if not one.endswith(_ABORTED)],
            "requests to others": self.foreign,
        }
        told = [f"{what}: {one}" for what, found in faults.items() for one in found]
        assert not told, f"{self.url}:\n" + "\n".join(told)

    @property
    def foreign(self) -> list[str]:
        """The addresses of other servers, another port among them, that were asked."""
        return [one for one in self.requests if urlsplit(one).netloc != urlsplit(self.url).netloc]

    def axe(self) -> Barriers:
        """What axe-core finds that keeps people from using the page that is open, as it is now."""
        return look(self.page)

    def screenshot(self, path: Path) -> Path:
        """A picture of the whole page, not of what fits in the window alone."""
        self.page.screenshot(path=path, full_page=True)
        return path

    def interaction(self, action: Callable[[], object], until: str | None = None) -> float:
        """Milliseconds from an input of the action to the frame after it: `frames.interaction`."""
        return frames.interaction(self.page, action, until)

    def first_content(self) -> float:
        """Milliseconds from asking for the page that is open to the first that was painted."""
        return frames.first_content(self.page)

    def close(self) -> None:
        self._context.close()

    def _forget(self) -> None:
        self.url = ""
        self.requests: list[str] = []
        self.failed: list[str] = []
        self.console: list[tuple[str, str]] = []
        self.errors: list[str] = []
        self.forbidden: list[str] = []
        self._under_way: set[Request] = set()
        self._stirred = time.monotonic()

    def _listen(self) -> None:
        """Hear of all that its pages do, those that a page opens itself among them."""
        context = self._context
        context.on("request", self._asked)
        context.on("requestfinished", self._ended)
        context.on("requestfailed", self._failed)
        context.on("console", self._said)
        context.on("weberror", lambda one: self.errors.append(str(one.error)))
        context.on("page", self._heed)
        self._heed(self.page)

    def _heed(self, page: Page) -> None:
        page.on("websocket", self._called)
        for name in ("framenavigated", "frameattached", "domcontentloaded", "load"):
            page.on(name, self._stir)  # type: ignore[call-overload]

    def _stir(self, _: object = None) -> None:
        self._stirred = time.monotonic()

    def _asked(self, request: Request) -> None:
        self._stir()
        self.requests.append(request.url)
        if request.resource_type != "eventsource":  # a stream has no end to wait for
            self._under_way.add(request)

    def _ended(self, request: Request) -> None:
        self._stir()
        self._under_way.discard(request)

    def _failed(self, request: Request) -> None:
        self._ended(request)
        self.failed.append(f"{request.method} {request.url}: {request.failure}")

    def _called(self, socket: WebSocket) -> None:
        self._stir()
        self.requests.append(socket.url)

    def _said(self, message: ConsoleMessage) -> None:
        self._stir()
        if message.type in ("error", "warning"):
            where = message.location
            self.console.append(
                (message.type, f"{message.text} ({where['url']}:{where['lineNumber']})")
            )
