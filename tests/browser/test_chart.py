# The chart of an incident's page: its edges stay where its times are, however it is looked at.
from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest

from outage_window.live.rows import row
from outage_window.store import Store, incidents
from reports.envelope import curve
from tests.browser.made import keep
from tests.live.process import Process
from tests.reports.incidents import ACCOUNTS, at, cells, incident

LATE = replace(
    incident("late-1", "late", "2024-01-22 15:30:01", "2024-01-22 15:31:01", half=2.0),
    curve=curve(cells(at("2024-01-22 13:30"), at("2024-01-22 15:32"), None)),
)
"""Short, and over just now: both its handles are at the very end of the chart."""
pytestmark = pytest.mark.browser
NS = 10**9


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chart")
    window = ACCOUNTS.window
    edges = round(window.onset * NS), round(window.until * NS)
    with closing(Store.open(f"sqlite:///{folder / 'ow.db'}")) as store:
        store.write(lambda c: incidents.save(c, row(ACCOUNTS, None, edges[1], edges)))
        keep(store, LATE)
    with Process(folder) as process:
        yield process


def place(page, edge):
    return page.locator(f"[data-edge={edge}]").bounding_box()["x"]


@pytest.mark.parametrize("edge", ["start", "end"])
def test_zoomed_in_and_out_again_an_edge_is_where_it_was(visit, served, edge):
    page = visit(f"{served.url}/incidents/{ACCOUNTS.id}").page
    before = place(page, edge)
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_timeout(300)
    zoomed = page.locator(f"[data-edge={edge}]")
    assert zoomed.is_hidden() or place(page, edge) != pytest.approx(before, abs=1)
    page.get_by_role("button", name="Whole").click()
    page.wait_for_timeout(300)
    assert place(page, edge) == pytest.approx(before, abs=1)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", ["Onset", "Recovery"])
def test_neither_handle_of_a_short_outage_that_just_ended_covers_the_other(
    visit, served, name, width
):
    visitor = visit(f"{served.url}/incidents/{LATE.id}", size=(width, 900))
    edge = visitor.page.get_by_role("slider", name=name)
    edge.scroll_into_view_if_needed()
    box = edge.bounding_box()
    middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    visitor.page.mouse.move(*middle)
    at_hand = "([x, y]) => document.elementFromPoint(x, y).dataset.name"
    assert visitor.page.evaluate(at_hand, middle) == name
    assert visitor.value("document.documentElement.scrollWidth <= innerWidth")
