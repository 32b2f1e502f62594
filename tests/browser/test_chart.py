# The chart of an incident's page: its edges stay where its times are, however it is looked at.
from __future__ import annotations

from contextlib import closing

import pytest

from outage_window.live.rows import row
from outage_window.store import Store, incidents
from tests.live.process import Process
from tests.reports.incidents import ACCOUNTS

pytestmark = pytest.mark.browser
NS = 10**9


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chart")
    window = ACCOUNTS.window
    edges = round(window.onset * NS), round(window.until * NS)
    with closing(Store.open(f"sqlite:///{folder / 'ow.db'}")) as store:
        store.write(lambda c: incidents.save(c, row(ACCOUNTS, None, edges[1], edges)))
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
