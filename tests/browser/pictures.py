"""Draws the pictures of README and docs anew: `python -m tests.browser.pictures`."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, Page
from werkzeug.serving import WSGIRequestHandler, make_server

from benchmarks.lab.chromium import running
from outage_window.demo.references import REFERENCES
from outage_window.demo.run import replay
from outage_window.live.rows import row
from outage_window.live.status import Status
from outage_window.settings.models import Settings
from outage_window.store import Store, incidents
from outage_window.web import create_app
from reports.facts import Incident
from tests.browser.visiting import Visitor
from tests.reports import incidents as made

FOLDER = Path(__file__).parents[2] / "docs" / "images"
REPLAYED = ("2024-01-18", "2024-01-22", "2024-05-03")
"""The reference outages that take seconds to replay; the others stand on the board as made up."""
NS = 10**9
NOW = made.at("2024-06-01 23:05:12")
"""The time of the server and of the browser: else a picture would differ each time."""
SSO = "sso-20240118T0842Z"
WIDE, PHONE = 1280, 390
LAID = "document.fonts.ready.then(() => new Promise(done => requestAnimationFrame(() => done())))"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: the path that it is of, how wide, how much of its height, in which colours."""

    name: str
    path: str
    width: int = WIDE
    height: int | None = None
    scheme: str = "light"


PICTURES = (
    Picture("board", "/"),
    Picture("board-dark", "/", scheme="dark"),
    Picture("incident", f"/incidents/{SSO}", height=1500),
    Picture("incident-dark", f"/incidents/{SSO}", height=1500, scheme="dark"),
    Picture("incident-phone", f"/incidents/{SSO}", PHONE, 1500),
    Picture("upload", "/upload", height=460),
)


def replayed(folder: Path) -> Path:
    """The demo's own store, with what goes on beside what is over; returns where it is."""
    outages = [one for one in REFERENCES if one.id in REPLAYED]
    replay(outages, 1, folder, lambda *_: None)
    return folder / "inputs" / "outage-window.db"


def fill(store: Store) -> None:
    """Two outages that are over, one that goes on, and an alert that no metric has confirmed."""
    suspected = replace(
        made.BLIND,
        id="directory-20240601T2258Z",
        service="directory",
        alerts=(made.alert("2024-06-01 22:58", None, name="LdapBindFailures"),),
        no_window_because="no metrics of this service are known",
    )
    for one in (made.TOKENS, made.IDENTITY, made.ONGOING, suspected):
        store.write(lambda c, one=one: incidents.save(c, row(one, None, _made(one), _edges(one))))


def _made(one: Incident) -> int:
    return round(one.as_of * NS)


def _edges(one: Incident) -> tuple[int, int | None]:
    if one.window is None:
        return round(one.alerts[0].fired_at * NS), None
    end = one.window.end.value
    return round(one.window.onset * NS), None if end is None else round(end * NS)


class Quiet(WSGIRequestHandler):
    """Says nothing of what it answers."""

    def log(self, *_: object) -> None:  # type: ignore[override]
        pass


@contextmanager
def served(database: Path) -> Iterator[str]:
    """The address of a server of that store, whose time stands still."""
    names = ("token-api", "sso", "session", "accounts", "identity", "auth")
    services = [
        {"name": name, "source": "remote_write", "attempts": "all", "errors": "bad"}
        for name in names
    ]
    settings, status = Settings.model_validate({"services": services}), Status(round(NOW * NS))
    status.delivered(round((NOW - 18) * NS))
    for name in names:
        known = {"scanned_at": round((NOW - 9) * NS), "data_until": round((NOW - 12) * NS)}
        status.service(name, failed=False, **known)
    with closing(Store.open(f"sqlite:///{database}")) as store:
        fill(store)
        app = create_app(store, settings, status, lambda: round(NOW * NS))
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def drawn(browser: Browser, url: str, one: Picture) -> tuple[Visitor, bytes]:
    """The picture as a PNG of at most 256 colours, and who looked; close the latter."""
    visitor = Visitor(browser, size=(one.width, 900), scheme=one.scheme)
    page = visitor.page
    page.clock.set_fixed_time(NOW)
    page.route("**/api/v1/stream*", lambda route: route.fulfill(status=204))  # nothing will change
    visitor.open(url + one.path)
    page.evaluate(LAID)
    return visitor, small(_shot(page, one))


def _shot(page: Page, one: Picture) -> bytes:
    if one.height is None:
        return page.screenshot(full_page=True)
    clip = {"x": 0, "y": 0, "width": one.width, "height": one.height}
    return page.screenshot(full_page=True, clip=clip)  # type: ignore[arg-type]


def small(png: bytes) -> bytes:
    """The same with at most 256 colours, which pages of text and lines hardly need."""
    found = io.BytesIO()
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        found, "PNG", optimize=True
    )
    return found.getvalue()


if __name__ == "__main__":
    with (
        TemporaryDirectory() as place,
        running() as browser,
        served(replayed(Path(place))) as address,
    ):
        for picture in PICTURES:
            looked, png = drawn(browser, address, picture)
            (FOLDER / f"{picture.name}.png").write_bytes(png)
            looked.close()
