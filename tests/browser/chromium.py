# A real Chromium without a window, spoken to over a pipe: opens pages, tells what happened there.
from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
LONGEST = 60.0
"""Seconds that the browser may be silent when it was asked for something."""
QUIET = 0.06
"""Seconds without a word after which a page that waits for nothing is at rest."""
PATIENCE = 1.0
"""The same for a page that waits for an answer: of what a page asked that was left, none comes."""

FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
)


@dataclass
class Visit:
    """What a page was like once it had loaded and come to rest."""

    title: str
    elements: list[str]
    requests: list[str] = field(default_factory=list)
    """Addresses that it asked for, its own among them; what it held itself is not asked for."""


class Chromium:
    """One browser process; `stop` ends it. Scripts, pictures and the network are all allowed."""

    def __init__(self, path: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        there, ours = os.pipe(), os.pipe()  # the browser reads from 3 and writes to 4
        flags = [*FLAGS, f"--user-data-dir={self._folder.name}"]
        if os.getuid() == 0:
            flags.append("--no-sandbox")  # its sandbox does not start for root
        # The shell puts the two ends where the browser looks for them, whatever numbers they have.
        moved = f'exec "$0" "$@" 3<&{there[0]} 4>&{ours[1]}'
        self._process = subprocess.Popen(
            ["bash", "-c", moved, path, *flags, "about:blank"],
            pass_fds=(there[0], ours[1]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(there[0])
        os.close(ours[1])
        self._to, self._from = there[1], ours[0]
        self._read = b""
        self._asked = 0
        self._events: list[dict[str, Any]] = []
        self._session = ""
        self._session = self._attach()
        for domain in ("Page", "Network", "Runtime"):
            self.call(f"{domain}.enable")

    def visit(self, url: str) -> Visit:
        """Open an address, wait until it has loaded and rests, and say what it became."""
        self._events.clear()
        self.call("Page.navigate", url=url)
        self._until(lambda: self._happened("Page.loadEventFired"))
        self._rest()
        # A picture of the page, and what waits for one; no answer comes from a page that left.
        frame = "new Promise(done => requestAnimationFrame(() => setTimeout(done)))"
        self._ask("Runtime.evaluate", expression=frame, awaitPromise=True)
        self._rest()
        found = self.value(
            "[document.title, [...document.querySelectorAll('*')].map(e => e.localName)]"
        )
        asked = [
            event["params"]["request"]["url"]
            for event in self._happened("Network.requestWillBeSent")
        ]
        return Visit(*found, [one for one in asked if not one.startswith("data:")])

    def value(self, expression: str) -> Any:
        """What an expression gives in the page that is open."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask the browser for something; `method` and `params` are those of its protocol."""
        answer = self._ask(method, **params)
        assert "error" not in answer, f"{method}: {answer['error']}"
        found: dict[str, Any] = answer["result"]
        return found

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._to)
        os.close(self._from)
        self._folder.cleanup()

    def _attach(self) -> str:
        tabs = self.call("Target.getTargets")["targetInfos"]
        tab = next(one["targetId"] for one in tabs if one["type"] == "page")
        return str(self.call("Target.attachToTarget", targetId=tab, flatten=True)["sessionId"])

    def _ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._asked += 1
        asked: dict[str, Any] = {"id": self._asked, "method": method, "params": params}
        if self._session:
            asked["sessionId"] = self._session
        os.write(self._to, json.dumps(asked).encode() + b"\0")
        return self._until(lambda: next(iter(self._answers(asked["id"])), None))

    def _rest(self) -> None:
        """Wait until nothing is under way and nothing more happens: a page may ask late, or leave.

        What the tests then count is also counted on pages that do all this, and is seen there.
        """
        while select.select([self._from], [], [], PATIENCE if self._under_way() else QUIET)[0]:
            self._hear()

    def _under_way(self) -> bool:
        ended = ("Network.loadingFinished", "Network.loadingFailed")
        over = {e["params"]["requestId"] for name in ended for e in self._happened(name)}
        asked = self._happened("Network.requestWillBeSent")
        return any(event["params"]["requestId"] not in over for event in asked)

    def _answers(self, number: int) -> list[dict[str, Any]]:
        return [event for event in self._events if event.get("id") == number]

    def _happened(self, method: str) -> list[dict[str, Any]]:
        return [event for event in self._events if event.get("method") == method]

    def _until(self, found: Callable[[], Any]) -> Any:
        while not (answer := found()):
            self._hear()
        return answer

    def _hear(self) -> None:
        """Take in what the browser says next."""
        if not select.select([self._from], [], [], LONGEST)[0]:
            raise AssertionError(f"the browser said nothing for {LONGEST:.0f} s")
        more = os.read(self._from, 1 << 20)
        assert more, f"the browser ended with {self._process.wait(20)}"
        *whole, self._read = (self._read + more).split(b"\0")
        self._events += [json.loads(one) for one in whole]
