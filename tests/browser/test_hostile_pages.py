# Texts that mean harm on every page, also when it follows by itself: shown, and nothing else.
from __future__ import annotations

import json
from dataclasses import replace

import pytest

from reports.facts import Correction
from tests.browser.made import showing
from tests.browser.serving import serving
from tests.browser.test_pages import LEAVING, MARKDOWN, REACHING, RUNNING
from tests.browser.test_upload_page import export
from tests.hostile.test_texts import TEXTS
from tests.reports.test_draft import labelled
from tests.reports.test_page import HOSTILE

pytestmark = pytest.mark.browser
BENIGN = "a plain word"
SHORT = 40
"""Characters; two such texts fit wherever a text is cut."""
SEEN = "[...document.querySelectorAll('*')].map(e => e.localName)"


@pytest.fixture(scope="module")
def other():
    with serving(elsewhere=b"nothing") as running:
        yield running


def active(other):
    return [one.replace("{url}", other.url) for one in (*RUNNING, *REACHING, LEAVING, *MARKDOWN)]


def told(text, number):
    """An incident every word of which that others may write is this."""
    found = labelled(text)
    said = Correction("title", text, text, found.as_of - 60, "")
    return replace(found, id=f"told-{number}", corrections=(said,), no_window_because=text)


@pytest.fixture(scope="module")
def texts(other):
    """The short ones two by two, since each is a page: none hides what the other does."""
    every = [*active(other), *(one for one in TEXTS.values() if one.strip())]
    short = [one for one in every if len(one) <= SHORT]
    pairs = [" ".join(short[n : n + 2]) for n in range(0, len(short), 2)]
    return [*pairs, *(one for one in every if len(one) > SHORT)]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory, texts):
    found = [told(text, n) for n, text in enumerate(texts)]
    with showing(tmp_path_factory.mktemp("hostile"), found) as process:
        yield process


@pytest.fixture(scope="module")
def benign(tmp_path_factory, texts):
    found = [told(f"{BENIGN} {n}", n) for n in range(len(texts))]  # of as many services
    with showing(tmp_path_factory.mktemp("benign"), found) as process:
        yield process


def harmless(visitor, other):
    """Nothing ran, nobody else was asked, and the page is still the one that was opened."""
    visitor.assert_clean()
    assert other.asked == []
    assert visitor.page.url.startswith(visitor.url)
    assert visitor.value("document.title").endswith("- Outage Window")


def elements(visitor):
    """The elements by name; of the services to choose from there are as many as differ."""
    return [one for one in visitor.value(SEEN) if one != "option"]


def test_put_into_the_page_a_text_would_be_seen(visit, benign, other):
    for way in ("innerHTML", "replaceChildren(document.importNode(doc.body, true))"):
        for text in (RUNNING[1], REACHING[0].format(url=other.url)):
            visitor = visit(f"{benign.url}/incidents/told-0")
            visitor.page.evaluate(
                """([text, way]) => {
                  const place = document.querySelector("#preview");
                  const doc = new DOMParser().parseFromString(text, "text/html");
                  if (way === "innerHTML") place.innerHTML = text;
                  else place.replaceChildren(document.importNode(doc.body, true));
                }""",
                [text, way],
            )
            visitor.rest()
            with pytest.raises(AssertionError):
                visitor.assert_clean()


def test_the_board_shows_texts_and_has_the_elements_of_any_other(visit, hostile, benign, other):
    assert elements(visit(hostile.url)) == elements(visit(benign.url))
    visitor = visit(hostile.url)
    visitor.page.get_by_label("Search").fill(RUNNING[1])
    visitor.until("location.search.length > 1")
    visitor.rest()
    harmless(visitor, other)
    assert visitor.page.locator("tr[data-incident]").count() >= 1


def test_no_text_does_anything_on_the_page_of_its_incident(visit, hostile, benign, other, texts):
    plain, visitor = visit(f"{benign.url}/incidents/told-0"), visit()
    expected = elements(plain)
    for number, text in enumerate(texts):
        visitor.open(f"{hostile.url}/incidents/told-{number}")
        assert elements(visitor) == expected, text
        harmless(visitor, other)


def named(process, title, impact, by):
    address = f"{process.url}/api/v1/incidents/told-0"
    said = {"title": title[:200], "impact": impact, "by": by[:200]}
    assert process.session.patch(address, data=json.dumps(said)).status_code == 200


def test_nor_when_the_page_follows_by_itself(visit, hostile, benign, other, texts):
    pages = [visit(f"{one.url}/incidents/told-0") for one in (hostile, benign)]
    for page in pages:
        page.page.evaluate("window.stayed = true")
    for n in range(0, len(texts) - 2, 3):
        wicked = texts[n : n + 3]
        plain = [f"{BENIGN} {n + at}" for at in range(3)]
        for process, page, said in zip((hostile, benign), pages, (wicked, plain), strict=True):
            before = page.value("document.querySelector('[data-page]').dataset.changed")
            named(process, *said)
            changed = "document.querySelector('[data-page]').dataset.changed !== "
            page.until(changed + json.dumps(before))
        assert elements(pages[0]) == elements(pages[1]), wicked
    pages[0].rest()
    harmless(pages[0], other)
    assert pages[0].value("window.stayed")


def test_nor_in_the_preview_of_a_draft(visit, benign, other):
    visitor = visit(f"{benign.url}/incidents/told-1")
    written = "\n\n".join(["# Title", *active(other), *HOSTILE, "The end of it"])
    visitor.page.get_by_label("Draft (Markdown)").fill(written)
    visitor.until("document.querySelector('#preview').innerText.includes('The end of it')")
    visitor.rest()
    found = set(visitor.value("[...document.querySelectorAll('#preview *')].map(e => e.localName)"))
    assert "h1" in found
    assert not found & {
        "script",
        "svg",
        "iframe",
        "object",
        "input",
        "img",
        "link",
        "style",
        "meta",
    }
    harmless(visitor, other)


def test_nor_in_an_analysis(visit, benign, other, tmp_path):
    seen = []
    for name, service in (("plain.csv", "auth"), ("<img src=x onerror=alert(1)>.csv", RUNNING[1])):
        file = tmp_path / name
        file.write_text(export().replace(",auth,", f",{service},"), "utf-8")
        visitor = visit(f"{benign.url}/upload")
        visitor.page.get_by_label("Exports of metrics").set_input_files(file)
        with visitor.page.expect_navigation():
            visitor.page.get_by_role("button", name="Analyse", exact=True).click()
        visitor.rest()
        analysis = elements(visitor)
        harmless(visitor, other)
        visitor.open(f"{visitor.page.url}/0")
        seen.append((analysis, elements(visitor)))
        harmless(visitor, other)
    assert seen[0] == seen[1]
