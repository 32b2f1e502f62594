# Pages while others work on the same: what changes comes in, nothing that is being written goes.
from __future__ import annotations

import json
import time

import pytest

from tests.browser.made import showing
from tests.live.made import FIRING, text
from tests.reports.incidents import ACCOUNTS
from tests.security.made import ALERTS, HASH, LISTEN, PASSWORD, web_file

pytestmark = pytest.mark.browser
CHANGES = "[data-add], [data-correct], [data-edit] button[type=submit], [data-publish]"


@pytest.fixture
def served(tmp_path):
    with showing(tmp_path, [ACCOUNTS]) as process:
        yield process


def alerted(process):
    alert = FIRING["alerts"][0] | {"labels": {"alertname": "A", "service": "auth"}}
    alert |= {"startsAt": text(time.time() - 60)}
    answer = process.post(ALERTS, json.dumps(FIRING | {"alerts": [alert]}))
    assert answer.status_code == 200


def named(process, title):
    """Another gives the incident a name."""
    address = f"{process.url}/api/v1/incidents/{ACCOUNTS.id}"
    answer = process.session.patch(address, data=json.dumps({"title": title, "by": "Support"}))
    assert answer.status_code == 200


def test_a_new_incident_comes_on_the_board_by_itself(visit, served):
    visitor = visit(served.url)
    search = visitor.page.get_by_label("Search")
    search.press_sequentially("zzz")
    visitor.page.get_by_text("No incident that is over matches").wait_for()
    visitor.page.evaluate("window.stayed = true")
    alerted(served)
    visitor.page.get_by_role("heading", name="Going on now").wait_for()
    assert visitor.value("window.stayed")
    assert search.input_value() == "zzz"
    assert visitor.value("document.activeElement.name") == "q"
    assert visitor.page.title().startswith("(1) ")
    assert visitor.page.locator("[data-announce]").inner_text() == "One incident is going on"
    visitor.assert_clean()


def test_what_is_half_written_stays_while_the_page_follows(visit, served):
    visitor = visit(f"{served.url}/incidents/{ACCOUNTS.id}")
    page = visitor.page
    note, source = page.get_by_label("What happened"), page.get_by_label("Draft (Markdown)")
    note.fill("half a no")
    source.focus()
    page.keyboard.press("Control+End")
    page.keyboard.type("half a sent")
    page.get_by_text("Every figure, with its method").click()
    source.focus()
    named(served, "Locked out")
    page.get_by_role("heading", name="Locked out").first.wait_for()
    assert note.input_value() == "half a no"
    assert source.input_value().endswith("half a sent")
    assert visitor.value("document.activeElement.id") == "source"
    assert page.locator("#every-figure").evaluate("e => e.open")
    page.keyboard.type("ence.")
    page.get_by_role("button", name="Save draft").click()
    page.get_by_text("The draft is saved.").first.wait_for()
    draft = served.get(f"/api/v1/incidents/{ACCOUNTS.id}/draft").text
    assert "half a sentence." in draft
    assert "Locked out" in draft
    visitor.assert_clean()


def edits(visitor, text):
    source = visitor.page.get_by_label("Draft (Markdown)")
    source.fill(source.input_value() + f"\n{text}\n")
    visitor.page.get_by_role("button", name="Save draft").click()


def test_what_was_typed_while_saving_is_saved_next_and_nobody_is_asked(visit, served):
    visitor = visit(f"{served.url}/incidents/{ACCOUNTS.id}")
    page, held = visitor.page, []
    hold = lambda route: held.append(route) if not held else route.continue_()  # noqa: E731
    page.route(f"**/api/v1/incidents/{ACCOUNTS.id}", hold)
    edits(visitor, "What was there.")
    while not held:  # until the request is on its way
        page.wait_for_timeout(10)
    source = page.get_by_label("Draft (Markdown)")
    source.fill(source.input_value() + "\nWhat came meanwhile.\n")
    held[0].continue_()
    page.get_by_text("The draft is saved.").first.wait_for()
    with page.expect_response(lambda answer: answer.request.method == "PATCH") as answer:
        page.get_by_role("button", name="Save draft").click()
    assert answer.value.status == 200
    draft = served.get(f"/api/v1/incidents/{ACCOUNTS.id}/draft").text
    assert "What was there." in draft
    assert "What came meanwhile." in draft
    visitor.assert_clean()


@pytest.mark.parametrize("choice", ["Put mine in its place", "Show theirs"])
def test_of_two_who_write_the_second_chooses(visit, served, choice):
    address = f"{served.url}/incidents/{ACCOUNTS.id}"
    first, second = visit(address), visit(address)
    # The second writes before the first has saved: their text is not brought up to date any more.
    source = second.page.get_by_label("Draft (Markdown)")
    source.fill(source.input_value() + "\nWhat the second wrote.\n")
    edits(first, "What the first wrote.")
    first.page.get_by_text("The draft is saved.").first.wait_for()
    second.page.get_by_role("button", name="Save draft").click()
    second.page.get_by_text("Others have written in the draft since.").wait_for()
    assert "What the second wrote." in source.input_value()
    second.page.get_by_role("button", name=choice).click()
    mine = choice.startswith("Put")
    words = "The draft is saved." if mine else "This is the draft as it stands."
    second.page.get_by_text(words).first.wait_for()
    draft = served.get(f"/api/v1/incidents/{ACCOUNTS.id}/draft").text
    assert ("What the second wrote." in draft) is mine
    assert ("What the first wrote." in draft) is not mine
    assert ("What the second wrote." in source.input_value()) is mine
    first.until(
        "document.querySelector('#source').value.includes("
        + json.dumps("What the second wrote." if mine else "What the first wrote.")
        + ")"
    )
    first.assert_clean()
    assert second.errors == second.forbidden == second.foreign == []  # 412 is told on the console


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    users = f"basic_auth_users:\n  ann: {HASH}\n  bob: {HASH}\n"
    folder = web_file(tmp_path_factory.mktemp("guarded"), users)
    with showing(folder, [ACCOUNTS], LISTEN.replace("}", ", readers: [bob]}")) as process:
        yield process


def signs_in(visitor, url, name):
    visitor.open(url)
    visitor.page.get_by_label("Name").fill(name)
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.page.get_by_role("button", name="Sign in").click()
    visitor.page.wait_for_url(url)
    visitor.open(url)


def drag(page, name, pixels):
    box = page.get_by_role("slider", name=name).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + pixels, y, steps=3)
    page.mouse.up()


def test_who_may_only_read_is_offered_nothing_else_and_may_still_explore(visit, guarded):
    visitor = visit()
    page = visitor.page
    signs_in(visitor, f"{guarded.url}/incidents/{ACCOUNTS.id}", "bob")
    assert page.locator(CHANGES).count() == 0
    assert page.get_by_role("button", name=r"Save").count() == 0
    assert page.get_by_label("Draft (Markdown)").get_attribute("readonly") is not None
    drag(page, "Recovery", 40)
    visitor.until("document.querySelector('[data-proposed=affected_users]').textContent !== '…'")
    assert page.get_by_role("button", name="Discard").is_visible()
    assert page.get_by_role("button", name="Save as declared").count() == 0
    visitor.open(f"{guarded.url}/upload")
    assert page.locator("input[type=file]").count() == 0
    visitor.assert_clean()


def test_signed_out_in_another_tab_saving_says_so_and_nothing_is_lost(visit, guarded):
    visitor = visit()
    page = visitor.page
    address = f"{guarded.url}/incidents/{ACCOUNTS.id}"
    signs_in(visitor, address, "ann")
    edits_text = page.get_by_label("Draft (Markdown)").input_value() + "\nNot lost.\n"
    page.get_by_label("Draft (Markdown)").fill(edits_text)
    page.get_by_label("What happened").fill("Not lost, either")
    other = page.context.new_page()
    other.goto(guarded.url)
    other.get_by_role("button", name="Sign out").click()
    other.wait_for_url("**/sign-in")
    page.get_by_role("button", name="Save draft").click()
    page.get_by_text("You are signed out.").first.wait_for()
    page.get_by_role("button", name="Add to timeline").click()
    page.locator("[data-add]").get_by_text("You are signed out.").wait_for()
    assert page.get_by_label("Draft (Markdown)").input_value() == edits_text
    assert page.get_by_label("What happened").input_value() == "Not lost, either"
    other.get_by_label("Name").fill("ann")
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url(f"{guarded.url}/")
    page.get_by_role("button", name="Save draft").click()
    page.get_by_text("The draft is saved.").first.wait_for()
    draft = f"{guarded.url}/api/v1/incidents/{ACCOUNTS.id}/draft"
    assert "Not lost." in guarded.session.get(draft, auth=("ann", PASSWORD)).text
    page.get_by_role("button", name="Add to timeline").click()
    page.locator("[data-add]").get_by_text("Added").wait_for()
    assert visitor.errors == visitor.forbidden == visitor.foreign == []
