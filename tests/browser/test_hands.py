# An incident's page by keyboard and mouse: edges, zoom, the zone of its times.
from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from detector.cells import Cells
from reports.envelope import curve
from tests.browser.made import STATES, showing
from tests.reports.incidents import ACCOUNTS, at, cells

pytestmark = pytest.mark.browser
SPIKE = at("2024-01-22 16:05")
SIDEWAYS = """() => {
  const found = [];
  const all = "a, button, input, select, textarea, summary, [tabindex='0']";
  for (const e of document.querySelectorAll(all)) {
    if (e.checkVisibility() && !e.disabled && e.type !== "hidden" && e.tabIndex >= 0) found.push(e);
  }
  found.forEach((e, i) => { e.dataset.stop = i; });
  return found.length;
}"""
"""Numbers all that can be reached by keyboard, and says how many there are."""
HERE = "document.activeElement.dataset.stop ?? null"


def spiked() -> Cells:
    """Four hours and a half in steps of five seconds, one of which is far above all others."""
    found = cells(at("2024-01-22 14:00"), at("2024-01-22 18:30"), None, step=5)
    ratio = np.where(found.start == SPIKE, 0.97, np.minimum(found.ratio, 0.2))
    return replace(found, ratio=ratio)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    fine = spiked()
    spike = replace(ACCOUNTS, id="spiked-1", service="spiked", curve=curve(fine))
    folder = tmp_path_factory.mktemp("hands")
    with showing(folder, [STATES["closed"], spike], measured={spike.id: fine}) as process:
        yield process


@pytest.fixture
def look(visit, served):
    def opened(identity=ACCOUNTS.id, **seen_as):
        return visit(f"{served.url}/incidents/{identity}", **seen_as)

    return opened


def slider(page, name):
    return page.get_by_role("slider", name=name)


def test_tab_reaches_everything_and_skips_to_the_content(look):
    visitor = look()
    page = visitor.page
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Skip to the content")
    assert link.evaluate("e => e === document.activeElement && e.getBoundingClientRect().left >= 0")
    page.keyboard.press("Enter")
    assert visitor.value("document.activeElement.id") == "main"
    visitor.open(visitor.url)
    stops, reached = visitor.value(SIDEWAYS), []
    for _ in range(3 * stops):  # fields for a time have several stops
        page.keyboard.press("Tab")
        reached.append(visitor.value(HERE))
        if len({one for one in reached if one is not None}) == stops:
            break
    assert {int(one) for one in reached if one is not None} == set(range(stops))


def test_an_edge_is_moved_by_keys_and_escape_takes_it_back(look):
    visitor = look()
    page, edge = visitor.page, slider(visitor.page, "Recovery")
    measured = edge.get_attribute("aria-valuetext")
    edge.focus()
    for key, grows in (("ArrowRight", True), ("PageUp", True), ("ArrowLeft", False)):
        before = int(edge.get_attribute("aria-valuenow"))
        page.keyboard.press(key)
        assert (int(edge.get_attribute("aria-valuenow")) > before) is grows
    moved = edge.get_attribute("aria-valuetext")
    assert re.fullmatch(r"2024-01-22 \d\d:\d\d:\d\d UTC", moved)
    assert moved != measured
    assert page.locator("[data-proposed=end]").inner_text() == moved
    visitor.until("document.querySelector('[data-proposed=affected_users]').textContent !== '…'")
    page.keyboard.press("Escape")
    assert edge.get_attribute("aria-valuetext") == measured
    assert page.locator("[data-proposal]").is_hidden()
    page.keyboard.press("End")
    assert edge.get_attribute("aria-valuenow") == edge.get_attribute("aria-valuemax")
    page.keyboard.press("Home")  # never before the onset
    onset = int(slider(page, "Onset").get_attribute("aria-valuenow"))
    assert int(edge.get_attribute("aria-valuenow")) == onset + 1
    visitor.assert_clean()


def test_zoomed_by_keyboard_there_are_finer_columns(look):
    visitor = look()
    for name, there in (("Zoom in", True), ("Zoom out", True), ("Earlier", True), ("Later", True)):
        button = visitor.page.get_by_role("button", name=name)
        button.focus()
        visitor.page.keyboard.press("Enter")
        assert button.evaluate("e => e === document.activeElement") is there
    visitor.rest()
    asked = [one for one in visitor.requests if "/series?" in one]
    assert asked
    visitor.assert_clean()


@pytest.mark.parametrize(
    ("zone", "onset"),
    [
        ("Europe/Berlin", "2024-01-22 16:30:01 +01:00"),
        ("America/Bogota", "2024-01-22 10:30:01 -05:00"),
    ],
)
def test_times_are_shown_in_the_viewers_zone_and_back(look, zone, onset):
    visitor = look(zone=zone)
    page = visitor.page
    figure = page.locator("[data-figure=start]")
    button = page.get_by_role("button", name="Time zone")
    when = page.get_by_role("textbox", name="When")
    assert figure.inner_text() == "2024-01-22 15:30:01 UTC"
    when.fill("2024-01-22T15:30:01")
    before = page.locator(".chart canvas").last.evaluate("c => c.toDataURL()")
    button.click()
    assert button.inner_text() == zone
    assert figure.inner_text() == onset
    assert slider(page, "Onset").get_attribute("aria-valuetext") == onset
    assert page.locator("[data-when]").inner_text() == f"When ({zone})"
    assert when.input_value() == onset[:19].replace(" ", "T")  # the same moment
    assert page.locator("[data-figure=start] time").get_attribute("title").endswith(" UTC")
    assert page.locator(".chart canvas").last.evaluate("c => c.toDataURL()") != before
    visitor.open(f"{visitor.url}")
    assert figure.inner_text() == onset  # it is remembered
    button.click()
    assert figure.inner_text() == "2024-01-22 15:30:01 UTC"
    visitor.assert_clean()


def pointed(page, fraction, reach=3, step=1):
    """What is said of the place so far from the left of what is plotted, and of those beside it."""
    box = page.locator(".chart .u-over").first.bounding_box()
    said = []
    for off in range(-reach, reach + 1, step):
        page.mouse.move(box["x"] + fraction * box["width"] + off, box["y"] + box["height"] / 2)
        said.append(page.locator("[data-readout]").inner_text())
    return said


def limits(page):
    edge = slider(page, "Recovery")
    return [int(edge.get_attribute(f"aria-value{one}")) for one in ("min", "max")]


def test_a_spike_of_one_interval_is_seen_at_whole_zoom_and_exact_when_zoomed(look):
    visitor = look("spiked-1")
    page = visitor.page
    begin, end = limits(page)
    place = (SPIKE + 2.5 - begin) / (end - begin)
    whole = [one for one in pointed(page, place) if " to 97 %" in one]
    assert whole  # its column holds quiet intervals, too
    box = page.locator(".chart .u-over").first.bounding_box()
    page.mouse.move(box["x"] + (place - 0.01) * box["width"], box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + (place + 0.01) * box["width"], box["y"] + 60, steps=4)
    page.mouse.up()
    visitor.until("document.querySelector('[data-chart]').dataset.columns > 0")
    visitor.rest()
    zoomed = pointed(page, 0.5, 80, 8)  # a column is 16 pixels wide
    assert any("error ratio 97 %" in one for one in zoomed), zoomed
    assert not any(" to 97 %" in one for one in zoomed)
    visitor.assert_clean()
