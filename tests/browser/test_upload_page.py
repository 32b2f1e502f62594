# An export dropped on the page: what was found, kept as an incident or forgotten, and bad files.
from __future__ import annotations

import numpy as np
import pytest

from tests.browser.made import showing
from tests.browser.test_every_page import fits

pytestmark = pytest.mark.browser
BEGIN = 1_704_672_000  # 2024-01-08


def export() -> str:
    """Three days of a service by the minute, with an outage of three quarters of an hour."""
    draw = np.random.default_rng(1)
    time = BEGIN + 60 * np.arange(3 * 1440)
    attempts = draw.poisson(300, len(time))
    bad = (time >= BEGIN + 200_000) & (time < BEGIN + 202_700)
    errors = draw.binomial(attempts, np.where(bad, 0.4, 0.02))
    rows = zip(time.tolist(), attempts.tolist(), errors.tolist(), strict=True)
    return "time,service,attempts,errors\n" + "".join(f"{t},auth,{a},{e}\n" for t, a, e in rows)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with showing(tmp_path_factory.mktemp("upload"), []) as process:
        yield process


@pytest.fixture
def analysed(visit, served, tmp_path):
    def dropped(text, name="auth.csv"):
        file = tmp_path / name
        file.write_text(text, "utf-8")
        visitor = visit(f"{served.url}/upload")
        visitor.page.get_by_label("Exports of metrics").set_input_files(file)
        with visitor.page.expect_navigation():
            visitor.page.get_by_role("button", name="Analyse", exact=True).click()
        visitor.rest()
        return visitor

    return dropped


def test_an_outage_of_an_export_is_looked_at_kept_and_on_the_board(analysed, served):
    visitor = analysed(export())
    page = visitor.page
    assert page.get_by_role("heading", level=1).inner_text() == "1 outage in 1 file"
    assert "auth.csv (4,320 rows)" in page.locator(".lead").inner_text()
    fits(visitor)
    page.get_by_role("link", name="auth", exact=True).click()
    page.wait_for_url("**/uploads/*/0")
    visitor.rest()
    assert page.get_by_role("slider", name="Onset").is_visible()
    page.get_by_role("slider", name="Onset").press("ArrowLeft")
    visitor.until("document.querySelector('[data-proposed=time_to_detect]').textContent !== '…'")
    assert page.get_by_role("button", name="Save as declared").count() == 0
    page.keyboard.press("Escape")
    fits(visitor)
    with page.expect_download() as waited:
        page.get_by_role("link", name="Markdown").click()
    assert "auth" in waited.value.path().read_text("utf-8")
    visitor.assert_clean()
    page.get_by_role("button", name="Keep it as an incident").click()
    page.wait_for_url("**/incidents/auth-*")
    visitor.open(served.url)
    assert page.locator("tr[data-incident]").count() == 1
    visitor.assert_clean()


def test_a_bad_file_is_named_with_its_line(analysed):
    lines = export().splitlines()
    lines[41] = lines[41].replace(",auth,", ",auth,-")
    visitor = analysed("\n".join(lines) + "\n", "bad.csv")
    said = visitor.page.locator("main").inner_text()
    assert "bad.csv" in said
    assert "42" in said
    fits(visitor)


def test_what_is_no_export_is_refused_with_what_was_expected(analysed):
    visitor = analysed("when,what\n1,2\n", "other.csv")
    said = visitor.page.get_by_role("alert").inner_text()
    assert said.startswith("other.csv")
    assert "expected" in said
    fits(visitor)


def test_what_is_forgotten_is_gone(analysed):
    visitor = analysed(export())
    page, address = visitor.page, visitor.page.url
    page.get_by_role("button", name="Forget it now").click()
    page.wait_for_url("**/upload")
    page.goto(address)
    assert "it is not held any more" in page.locator("main").inner_text()
