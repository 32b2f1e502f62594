"""How quick the pages are: 10,000 incidents on the board, half a million points in a chart.

A real server, the machine's own Chromium: what the server takes for the whole answer, when the
first of it is painted in a browser that knows nothing yet, and how long people wait for the frame
after what they do.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from benchmarks.lab import chromium, history, huge
from benchmarks.lab.frames import first_content, interaction
from benchmarks.lab.report import Line, table
from benchmarks.lab.serving import serve
from outage_window.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

ASKED, VISITS, TIMES = 20, 10, 5
"""How often the server is asked, a page is opened anew, and each thing is done on it."""
CONTENT, ACT = 1000.0, 100.0
"""Milliseconds within which a page has content, and what is done on it shows."""
SIZE = (1280, 900)
SEARCHED = "mfa-eu"
ROWS = "[data-board=recent] [data-incident]"
ONLY_FOUND = (
    f"(() => {{ const rows = [...document.querySelectorAll('{ROWS}')];"
    f" return rows.length && rows.every(one => one.dataset.incident.startsWith('{SEARCHED}')) }})()"
)
NOT_YET = "not there yet"


@dataclass(frozen=True, slots=True)
class Seen:
    """A page with what is on it."""

    name: str
    holds: str
    url: str


Act = Callable[["Page", "Locator"], float]
"""What somebody does to an element of a page, and the milliseconds that they waited."""


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=10_000)
    parser.add_argument("--points", type=int, default=500_000)
    parser.add_argument("--alerts", type=int, default=2_000)
    parser.add_argument("--keep", type=Path, help="a folder for the store, used again if there")
    given = parser.parse_args()
    if chromium.find() is None:
        sys.exit("no Chromium found (apt-get install chromium libatomic1)")
    with tempfile.TemporaryDirectory() as name:
        folder = given.keep or Path(name)
        identity = _store(folder, given.incidents, given.points, given.alerts)
        database = f"sqlite:///{folder / 'ow.db'}"
        with serve(Path(name), database) as (port, _), chromium.running() as browser:
            url = f"http://127.0.0.1:{port}"
            board = f"{given.incidents:,} incidents"
            large = f"{given.points:,} points, {given.alerts:,} alerts"
            last = f"{url}/?page={given.incidents // 50}"
            lines = [
                *_page(browser, Seen("board", board, f"{url}/"), ON_BOARD),
                *_page(browser, Seen("board, its last page", board, last), {}),
                *_page(browser, Seen("incident", large, f"{url}/incidents/{identity}"), ON_CHART),
            ]
    sys.stdout.write(table(lines) + "\n")
    return int(any(line.met is False for line in lines))


def _store(folder: Path, count: int, points: int, alerts: int) -> str:
    """Fill the store unless it is there; the id of the large incident."""
    named = folder / "large.txt"
    if named.is_file():
        return named.read_text()
    folder.mkdir(exist_ok=True)
    with closing(Store.open(f"sqlite:///{folder / 'ow.db'}")) as store:
        now = time.time()
        identity = huge.fill(store, now // 60 * 60, points, alerts)
        history.fill(store, count - 1, now)
    named.write_text(identity)
    return identity


def _page(browser: Browser, seen: Seen, acts: dict[str, tuple[str, Act]]) -> list[Line]:
    """A line for the server, one for the first content, one for each thing that is done."""
    name = f"{seen.name} ({seen.holds})"
    with requests.Session() as session:
        session.get(seen.url, timeout=60)  # the first warms up
        answers = [session.get(seen.url, timeout=60) for _ in range(ASKED)]
    assert all(answer.ok for answer in answers), answers[0].text
    server = [1000 * answer.elapsed.total_seconds() for answer in answers]
    size = f"{len(answers[0].content) / 1000:,.0f} kB"
    lines = [_line(f"{name}: server", server, size)]
    painted = []
    for _ in range(VISITS):
        with _visiting(browser, seen.url) as page:
            painted.append(first_content(page))
    lines.append(_line(f"{name}: first content", painted, within=CONTENT))
    with _visiting(browser, seen.url) as page:
        for what, (hook, act) in acts.items():
            found = page.locator(hook).first
            there = found.count() > 0
            waited = [act(page, found) for _ in range(TIMES)] if there else []
            lines.append(_line(f"{name}: {what}", waited, within=ACT))
    return lines


@contextmanager
def _visiting(browser: Browser, url: str) -> Iterator[Page]:
    """The page as it is for who comes for the first time."""
    with closing(browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})) as context:
        page = context.new_page()
        page.goto(url)
        yield page


def _line(name: str, waited: list[float], note: str = "", within: float | None = None) -> Line:
    asked = "" if within is None else f"≤ {within:.0f} ms"
    if not waited:
        return Line(name, asked, NOT_YET, None if within is None else False)
    median = statistics.median(waited)
    span = f"{min(waited):.0f} to {max(waited):.0f}"
    met = None if within is None else median <= within
    return Line(name, asked, f"{median:.0f} ms", met, "; ".join(filter(None, (span, note))))


def _type(page: Page, box: Locator) -> float:
    """Look for a service: until the board shows it and no other."""
    waited = interaction(page, lambda: box.fill(SEARCHED), until=ONLY_FOUND)
    box.fill("")
    page.wait_for_function(f"() => !{ONLY_FOUND}")
    return waited


def _zoom(page: Page, chart: Locator) -> float:
    """Drag over a quarter of the chart, then look at all of it again."""
    chart.scroll_into_view_if_needed()
    waited = interaction(page, lambda: _drag(page, chart, 0.4, 0.65))
    page.locator("[data-zoom=all]").click()
    page.wait_for_timeout(500)
    return waited


def _edge(page: Page, handle: Locator) -> float:
    """Drag an edge by a tenth of the window's width, and back again."""
    handle.scroll_into_view_if_needed()
    before = handle.get_attribute("aria-valuenow")
    waited = interaction(page, lambda: _drag(page, handle, 0.5, 0.5, SIZE[0] / 10))
    assert handle.get_attribute("aria-valuenow") != before, "the edge did not move"
    _drag(page, handle, 0.5, 0.5, -SIZE[0] / 10)
    return waited


def _drag(page: Page, what: Locator, start: float, end: float, by: float = 0.0) -> None:
    """Drag from a part of an element's width to another, and so many pixels on."""
    box = what.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 3
    page.mouse.move(box["x"] + start * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"] + by, y, steps=20)
    page.mouse.up()


ON_BOARD = {"from a key to what was searched for": ("[data-search]", _type)}
ON_CHART = {
    "zoom": ("[data-chart]", _zoom),
    "drag of the onset": ("[data-edge=start]", _edge),
    "drag of the recovery": ("[data-edge=end]", _edge),
}


if __name__ == "__main__":
    sys.exit(main())
