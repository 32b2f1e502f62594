# The page of a draft in a real browser: no label runs a script or reaches out, and all is legible.
from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from reports.chart import render as chart
from reports.draft import render
from reports.escape import fenced, markdown
from reports.page import page
from tests.reports.incidents import ACCOUNTS
from tests.reports.test_draft import labelled
from tests.reports.test_page import HOSTILE

pytestmark = pytest.mark.browser
BENIGN = "a plain word"
OWNED = "document.title='owned'"

RUNNING = (
    f"<script>{OWNED}</script>",
    f"<img src=x onerror={OWNED}>",
    f"<svg onload={OWNED}>",
    f'<details open ontoggle="{OWNED}">',
    f'<iframe srcdoc="<script>parent.{OWNED}</script>"></iframe>',
    f"</style><script>{OWNED}</script>",
    f"--></p></td></tr></table><script>{OWNED}</script><!--",
    "<script>document.body.replaceChildren('x');document.title='owned'</script>",
)
"""Each runs a script where it is not escaped."""

REACHING = (
    "<img src={url}/a.png>",
    "<img srcset={url}/a2.png>",
    "<link rel=stylesheet href={url}/b.css>",
    "<style>@import '{url}/c.css';</style>",
    "<p style=\"background:url('{url}/d.png')\">x",
    "<script src={url}/e.js></script>",
    "<iframe src={url}/f></iframe>",
    "<object data={url}/g></object>",
    "<video autoplay src={url}/h.mp4></video>",
    "<table background={url}/i.png><tr><td>x</table>",
)
"""Each asks a server where it is neither escaped nor forbidden by the page's policy."""

LEAVING = "<meta http-equiv=refresh content='0;url={url}/left'>"
MARKDOWN = (
    "![x]({url}/k.png)",
    "![x][r]\n\n[r]: {url}/l.png",
    "[x]({url}/m) <{url}/n> {url}/o",
    "x [^start]: ![x]({url}/p.png)",
)


class Server(ThreadingHTTPServer):
    """Serves one page at its root, and remembers whatever else it is asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.page = b""
        self.asked: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        if self.path != "/":
            self.server.asked.append(self.path)
        body = self.server.page if self.path == "/" else b"nothing"
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@cache
def of_label(text: str) -> str:
    """The page of an incident all of whose labels, notes and names are this."""
    incident = replace(labelled(text), id=text.strip() or "i")
    return page(render(incident, charts=("chart.svg",)), pictures={"chart.svg": b"<svg/>"})


def unescaped(text: str, *, policy: bool) -> str:
    """What the page would be if a few labels were taken for markup, with its policy or without."""
    head, main, rest = of_label(BENIGN).partition("<main>")
    if not policy:
        head = re.sub("<meta http-equiv[^>]*>", "", head)
    return head + main + rest.replace(BENIGN, text, 3)


def visit(browser, server, html):
    server.page = html.encode()
    server.asked.clear()
    return browser.visit(f"{server.url}/")


def seen(what: Callable[[], bool]) -> bool:
    """Whether it comes to be so; a busy machine may take a while."""
    for _ in range(100):
        if what():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("text", RUNNING)
def test_unescaped_the_label_would_run_and_that_would_be_seen(browser, server, text):
    visit(browser, server, unescaped(text, policy=False))
    assert seen(lambda: browser.value("document.title") == "owned")
    assert visit(browser, server, unescaped(text, policy=True)).title != "owned"


@pytest.mark.parametrize("text", [*REACHING, LEAVING])
def test_unescaped_the_label_would_ask_and_that_would_be_counted(browser, server, text):
    visit(browser, server, unescaped(text.format(url=server.url), policy=False))
    assert seen(lambda: bool(server.asked))
    if text != LEAVING:  # a policy in a page cannot forbid to leave it
        visit(browser, server, unescaped(text.format(url=server.url), policy=True))
        assert server.asked == []


def active(server: Server) -> list[str]:
    labels = (*RUNNING, *REACHING, LEAVING, *MARKDOWN)
    return [label.replace("{url}", server.url) for label in labels]


@pytest.mark.parametrize("way", ["http", "file"])
def test_no_label_runs_asks_or_changes_an_element(browser, server, tmp_path, way):
    file = tmp_path / "page.html"

    def see(html):
        if way == "http":
            return visit(browser, server, html)
        file.write_text(html, "utf-8")
        server.asked.clear()
        return browser.visit(file.as_uri())

    benign = see(of_label(BENIGN))
    assert {"main", "table", "img", "mark"} <= set(benign.elements)
    for text in active(server):
        found = see(of_label(text))
        assert found.elements == benign.elements, text
        assert server.asked == [], text
        assert len(found.requests) == 1, text
        assert found.title.startswith("Postmortem draft: "), text


def test_every_other_hostile_label_is_only_text_to_a_browser(browser, server):
    labels = [*active(server), *HOSTILE]

    def at_once(labels):
        rows = [f"| {markdown(one)} | {markdown(one)} |" for one in labels]
        items = [f"- x {markdown(one)}\n\n## x {markdown(one)}\n\n{fenced(one)}" for one in labels]
        block = ("<!-- begin x 62fc0ca05cd28e1c -->", "<!-- end x -->")
        text = "\n".join([block[0], "| a | b |", "| - | - |", *rows, "", *items, block[1]])
        return visit(browser, server, page(text))

    found = at_once(labels)
    assert found.elements == at_once([BENIGN] * len(labels)).elements
    assert len(found.requests) == 1
    assert server.asked == []


def test_what_people_wrote_as_html_is_text_and_does_nothing(browser, server):
    text = "# Title\n\n" + "\n\n".join([*active(server), *HOSTILE])
    found = visit(browser, server, page(text))
    assert server.asked == []
    assert found.title == "Title"
    assert not {"script", "svg", "iframe", "object", "input", "img"} & set(found.elements)
    assert len(found.requests) == 1


@pytest.fixture(scope="module")
def charts():
    return {"a.svg": chart(ACCOUNTS), "a.dark.svg": chart(ACCOUNTS, theme="dark")}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1400])
def test_the_chart_is_seen_and_no_page_scrolls_sideways(browser, server, charts, width, scheme):
    html = page(render(ACCOUNTS, charts=("a.svg",)), pictures=charts)
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.call("Emulation.setDeviceMetricsOverride", **size)
    preferred = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.call("Emulation.setEmulatedMedia", features=preferred)
    visit(browser, server, html)
    image = "const i = document.querySelector('img');"
    assert browser.value(f"{image} i.complete && i.naturalWidth > 300")
    paper = browser.value("getComputedStyle(document.documentElement).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(13, 17, 23)"}[scheme]
    assert browser.value("document.documentElement.scrollWidth") == width
    assert server.asked == []


def test_on_paper_no_table_is_cut(browser, server):
    visit(browser, server, page(render(ACCOUNTS)))
    browser.call("Emulation.setEmulatedMedia", media="print", features=[])
    a4 = {"width": 680, "height": 960, "deviceScaleFactor": 1, "mobile": False}
    browser.call("Emulation.setDeviceMetricsOverride", **a4)
    try:
        tables = "[...document.querySelectorAll('table')].map(t => t.getBoundingClientRect().right)"
        assert all(0 < right <= 680 for right in browser.value(tables))
    finally:
        browser.call("Emulation.setEmulatedMedia", media="", features=[])
        browser.call("Emulation.clearDeviceMetricsOverride")
