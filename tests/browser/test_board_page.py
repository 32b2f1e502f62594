# The board by hand: searched while somebody types, filtered, paged, and as it was on coming back.
from __future__ import annotations

from dataclasses import replace

import pytest

from tests.browser.made import STATES, showing
from tests.reports.incidents import BLIND, alert

pytestmark = pytest.mark.browser


def many():
    for n in range(60):
        fired = alert(f"2024-03-01 {n // 6:02}:{n % 6}0", f"2024-03-01 {n // 6:02}:{n % 6}5")
        yield replace(
            BLIND,
            id=f"many-20240301T{n // 6:02}{n % 6}0Z",
            service="many",
            state="unconfirmed",
            alerts=(fired,),
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    found = [*STATES.values(), *many()]
    with showing(tmp_path_factory.mktemp("board"), found) as process:
        yield process


@pytest.fixture
def board(visit, served):
    return visit(served.url)


def services(visitor):
    """Those that are over, from top to bottom."""
    rows = "[...document.querySelectorAll('[data-board=recent] tr[data-incident] a:first-child')]"
    return visitor.value(f"{rows}.filter(e => e.id).map(e => e.textContent)")


def test_what_is_typed_is_looked_for_at_once_and_back_leads_to_it(board, served):
    page = board.page
    page.get_by_label("Search").press_sequentially("rat")
    board.until("document.querySelectorAll('[data-board=recent] tr[data-incident]').length === 1")
    assert services(board) == ["ratio"]
    assert page.url == f"{served.url}/?q=rat"
    page.get_by_role("link", name="ratio", exact=True).click()
    page.wait_for_url("**/incidents/ratio-*")
    page.go_back()
    page.wait_for_url(f"{served.url}/?q=rat")
    board.until("document.querySelectorAll('[data-board=recent] tr[data-incident]').length === 1")
    assert page.get_by_label("Search").input_value() == "rat"
    page.get_by_role("link", name="Clear").click()
    page.wait_for_url(f"{served.url}/")
    assert len(services(board)) == 50
    board.assert_clean()


def test_filters_narrow_it_and_are_kept_in_the_address(board):
    page = board.page
    page.get_by_label("Service").select_option("level")
    board.until("document.querySelectorAll('[data-board=recent] tr[data-incident]').length === 1")
    assert services(board) == ["level"]
    page.get_by_label("Service").select_option("")
    page.get_by_label("Kind").select_option("errors")
    board.until("document.querySelectorAll('[data-board=recent] tr[data-incident]').length === 4")
    assert set(services(board)) == {"accounts", "ratio", "level", "phased"}
    page.get_by_role("textbox", name="To").fill("2024-01-01")
    board.until("document.querySelectorAll('[data-board=recent] tr[data-incident]').length === 1")
    assert services(board) == ["phased"]
    assert "kind=errors" in page.url
    assert "to=2024-01-01" in page.url
    page.reload()
    assert services(board) == ["phased"]
    board.assert_clean()


def test_pages_lead_on_and_back(board):
    page = board.page
    assert "Page 1 of 2" in page.locator("nav.pages").inner_text()
    page.get_by_role("link", name="Older").click()
    page.wait_for_url("**page=2*")
    first = services(board)
    assert 0 < len(first) < 50
    page.go_back()
    page.wait_for_url(lambda url: "page=2" not in url)
    assert len(services(board)) == 50
    board.assert_clean()


def test_search_begins_again_with_the_first_page(board, served):
    board.open(f"{served.url}/?page=2")
    board.page.get_by_label("Search").press_sequentially("many")
    board.until("location.search === '?q=many'")
    board.until("document.querySelector('nav.pages').innerText.includes('Page 1 of 2')")
    board.assert_clean()
