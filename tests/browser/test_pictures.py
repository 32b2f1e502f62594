# The pictures of README and docs can be drawn anew at any time, and show what they are to show.
from __future__ import annotations

import io
import re
from contextlib import closing

import pytest
from PIL import Image

from tests.browser.pictures import FOLDER, PICTURES, drawn, replayed, served

pytestmark = pytest.mark.browser
HEAVIEST = 200_000
SHOWN = {
    "board": ("Going on now", "ongoing", "suspected", "sso"),
    "incident": ("intermittent failures", "Onset", "Timeline", "What does not fit", "declared"),
    "upload": ("Exports of metrics", "Analyse"),
}
README = FOLDER.parents[1] / "README.md"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(replayed(tmp_path_factory.mktemp("pictures"))) as url:
        yield url


@pytest.mark.parametrize("one", PICTURES, ids=[one.name for one in PICTURES])
def test_a_picture_is_as_large_as_it_is_to_be_and_not_blank(browser, address, one):
    visitor, png = drawn(browser, address, one)
    with closing(visitor):
        words = visitor.page.locator("main").inner_text()
        assert [text for text in SHOWN[one.name.partition("-")[0]] if text not in words] == []
        assert visitor.value("document.documentElement.scrollWidth") <= one.width
        visitor.assert_clean()
    image = Image.open(io.BytesIO(png)).convert("L")
    assert image.width == one.width
    assert image.height == one.height or one.height is None
    colours = image.histogram()
    assert max(colours) < 0.95 * sum(colours)
    paper = colours.index(max(colours))
    assert paper < 80 if one.scheme == "dark" else paper > 200
    assert len(png) < HEAVIEST


def test_drawn_again_a_picture_is_the_same(browser, address):
    pictures = []
    for _ in range(2):
        visitor, png = drawn(browser, address, PICTURES[0])
        visitor.close()
        pictures.append(png)
    assert pictures[0] == pictures[1]


def test_the_pictures_that_are_kept_are_these_and_readme_shows_them():
    kept = {path.stem for path in FOLDER.glob("*.png")}
    assert kept == {one.name for one in PICTURES}
    shown = set(re.findall(r"docs/images/([\w-]+)\.png", README.read_text("utf-8")))
    assert shown <= kept
    assert {"board", "incident"} <= shown
    for one in PICTURES:
        path = FOLDER / f"{one.name}.png"
        assert path.stat().st_size < HEAVIEST
        with Image.open(path) as image:
            assert image.width == one.width
