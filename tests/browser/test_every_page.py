# Every page, light and dark, wide and narrow: nothing goes wrong, all can use it, it fits.
from __future__ import annotations

from contextlib import closing

import pytest

from outage_window.store import Store
from tests.browser.made import STATES, showing
from tests.reconcile.made import lived_through
from tests.security.made import LISTEN, USERS, web_file

pytestmark = pytest.mark.browser
WIDTHS = (1280, 390)
PERIOD = "?from=2023-11-14&to=2023-11-18"
PAGES = {"board": "/", "upload": "/upload", "reconciliation": f"/reconcile{PERIOD}"} | {
    name: f"/incidents/{one.id}" for name, one in STATES.items()
}
MISSING = "/incidents/none"
OVER = """() => {
  const wide = document.documentElement.scrollWidth - innerWidth;
  const cut = e => e && (getComputedStyle(e).overflowX !== "visible" || cut(e.parentElement));
  const all = wide > 0 ? [...document.querySelectorAll("body *")] : [];
  const far = e => e.getBoundingClientRect().right > innerWidth;
  const out = all.filter(e => far(e) && !cut(e.parentElement));
  return [wide, out.map(e => e.outerHTML.slice(0, 120))];
}"""
"""By how much the page is wider than the window, and what of it sticks out."""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    with closing(Store.open(f"sqlite:///{folder / 'ow.db'}")) as store:
        lived_through(store)
    with showing(folder, STATES.values(), "remote_write: {history: 4000d}\n") as process:
        yield process


def test_the_reconciliation_has_lines_of_every_kind(visit, served):
    visitor = visit(served.url + PAGES["reconciliation"])
    for kind in ("outages", "unmet", "lost", "cut", "silenced", "inhibited", "receiving", "unread"):
        assert visitor.page.locator(f"[aria-labelledby={kind}] :is(tr, li)").count(), kind


def fits(visitor):
    """On a desk in the light and on a phone in the dark: it is no wider than the window, and axe
    finds no barrier. Nothing depends on both at a time."""
    for width, scheme in ((1280, "light"), (390, "dark")):
        visitor.page.set_viewport_size({"width": width, "height": 900})
        visitor.page.emulate_media(color_scheme=scheme)
        visitor.rest()
        wide, out = visitor.value(OVER)
        assert wide <= 0, (width, out)
        found = visitor.axe()
        assert [found.grave, found.lesser, found.practices] == [[], [], []], (width, scheme)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_clean_usable_and_fits(visit, served, page):
    visitor = visit(served.url + PAGES[page])
    for width in WIDTHS:
        visitor.page.set_viewport_size({"width": width, "height": 900})
        visitor.rest()  # a chart follows the window in a later frame
        wide, out = visitor.value(OVER)
        assert wide <= 0, (width, out)
    for one in visitor.page.locator("details").all():  # what is folded away too
        one.evaluate("details => { details.open = true }")
    fits(visitor)
    visitor.assert_clean()


def test_what_is_not_there_says_so(visit, served):
    visitor = visit(served.url + MISSING)
    assert "no such incident" in visitor.page.locator("main").inner_text()
    fits(visitor)
    assert visitor.errors == visitor.forbidden == visitor.foreign == []


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    folder = web_file(tmp_path_factory.mktemp("guarded"), USERS)
    with showing(folder, [], LISTEN) as process:
        yield process


def test_the_form_for_signing_in(visit, guarded):
    visitor = visit(guarded.url)
    assert visitor.page.get_by_label("Password").is_visible()
    fits(visitor)
    visitor.assert_clean()
