# The page of a draft in a real browser: no label runs a script or reaches out, and all is legible.
from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import cache

import pytest

from reports.chart import render as chart
from reports.draft import render
from reports.escape import fenced, markdown
from reports.page import page
from tests.browser.serving import Server, serving
from tests.browser.visiting import Visitor
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


@pytest.fixture(scope="module")
def server():
    with serving(elsewhere=b"nothing") as running:
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


@pytest.fixture(scope="module")
def visitor(browser):
    with closing(Visitor(browser)) as one:
        yield one


def show(visitor, server, html):
    server.show(html)
    return visitor.open(f"{server.url}/")


def seen(visitor: Visitor, what: Callable[[], bool]) -> bool:
    """Whether it comes to be so; a busy machine may take a while."""
    for _ in range(100):
        if what():
            return True
        visitor.page.wait_for_timeout(100)
    return False


@pytest.mark.parametrize("text", RUNNING)
def test_unescaped_the_label_would_run_and_that_would_be_seen(visitor, server, text):
    show(visitor, server, unescaped(text, policy=False))
    assert seen(visitor, lambda: visitor.value("document.title") == "owned")
    assert show(visitor, server, unescaped(text, policy=True)).title != "owned"


@pytest.mark.parametrize("text", [*REACHING, LEAVING])
def test_unescaped_the_label_would_ask_and_that_would_be_counted(visitor, server, text):
    show(visitor, server, unescaped(text.format(url=server.url), policy=False))
    assert seen(visitor, lambda: bool(server.asked) and len(visitor.requests) > 1)
    if text != LEAVING:  # a policy in a page cannot forbid to leave it
        show(visitor, server, unescaped(text.format(url=server.url), policy=True))
        assert server.asked == []


@pytest.mark.parametrize("text", [RUNNING[1], REACHING[0]])
def test_unescaped_the_label_would_be_elements_and_they_would_be_counted(visitor, server, text):
    plain = show(visitor, server, of_label(BENIGN)).elements
    taken = show(visitor, server, unescaped(text.format(url=server.url), policy=True)).elements
    assert taken.count("img") > plain.count("img")


def active(server: Server) -> list[str]:
    labels = (*RUNNING, *REACHING, LEAVING, *MARKDOWN)
    return [label.replace("{url}", server.url) for label in labels]


@pytest.mark.parametrize("way", ["http", "file"])
def test_no_label_runs_asks_or_changes_an_element(visitor, server, tmp_path, way):
    file = tmp_path / "page.html"

    def see(html):
        if way == "http":
            return show(visitor, server, html)
        file.write_text(html, "utf-8")
        server.asked.clear()
        return visitor.open(file.as_uri())

    benign = see(of_label(BENIGN))
    assert {"main", "table", "img", "mark"} <= set(benign.elements)
    for text in active(server):
        found = see(of_label(text))
        assert found.elements == benign.elements, text
        assert server.asked == [], text
        assert len(found.requests) == 1, text
        assert found.title.startswith("Postmortem draft: "), text


def test_every_other_hostile_label_is_only_text_to_a_browser(visitor, server):
    labels = [*active(server), *HOSTILE]

    def at_once(labels):
        rows = [f"| {markdown(one)} | {markdown(one)} |" for one in labels]
        items = [f"- x {markdown(one)}\n\n## x {markdown(one)}\n\n{fenced(one)}" for one in labels]
        block = ("<!-- begin x 62fc0ca05cd28e1c -->", "<!-- end x -->")
        text = "\n".join([block[0], "| a | b |", "| - | - |", *rows, "", *items, block[1]])
        return show(visitor, server, page(text))

    found = at_once(labels)
    assert found.elements == at_once([BENIGN] * len(labels)).elements
    assert len(found.requests) == 1
    assert server.asked == []


def test_what_people_wrote_as_html_is_text_and_does_nothing(visitor, server):
    text = "# Title\n\n" + "\n\n".join([*active(server), *HOSTILE])
    found = show(visitor, server, page(text))
    assert server.asked == []
    assert found.title == "Title"
    assert not {"script", "svg", "iframe", "object", "input", "img"} & set(found.elements)
    assert len(found.requests) == 1


@pytest.fixture(scope="module")
def charts():
    return {"a.svg": chart(ACCOUNTS), "a.dark.svg": chart(ACCOUNTS, theme="dark")}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1400])
def test_the_chart_is_seen_and_no_page_scrolls_sideways(visit, server, charts, width, scheme):
    html = page(render(ACCOUNTS, charts=("a.svg",)), pictures=charts)
    visitor = visit(size=(width, 900), scheme=scheme)
    show(visitor, server, html)
    image = "const i = document.querySelector('img');"
    assert visitor.value(f"() => {{ {image} return i.complete && i.naturalWidth > 300 }}")
    paper = visitor.value("getComputedStyle(document.documentElement).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(13, 17, 23)"}[scheme]
    assert visitor.value("document.documentElement.scrollWidth") == width
    assert server.asked == []


def test_on_paper_no_table_is_cut(visit, server):
    visitor = visit(size=(680, 960))
    show(visitor, server, page(render(ACCOUNTS)))
    visitor.page.emulate_media(media="print")
    tables = "[...document.querySelectorAll('table')].map(t => t.getBoundingClientRect().right)"
    found = visitor.value(tables)
    assert found
    assert all(0 < right <= 680 for right in found)
