"""An app with incidents of all kinds, and its pages read as a browser would."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from outage_window.store import Store
from tests.live.made import lived_through


class Read(HTMLParser):
    """A page's words, and its elements with their attributes."""

    def __init__(self, answer):
        super().__init__()
        assert answer.status_code == 200, answer.text[:300]
        self.elements, self.words = [], []
        self._quiet = 0
        self.feed(answer.text)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self._quiet += tag in ("script", "style")

    def handle_endtag(self, tag):
        self._quiet -= tag in ("script", "style")

    def handle_data(self, data):
        if not self._quiet:
            self.words.append(data)

    def values(self, attribute):
        return [found[attribute] for _, found in self.elements if attribute in found]


@pytest.fixture(scope="package")
def place(tmp_path_factory):
    store = Store.open(f"sqlite:///{tmp_path_factory.mktemp('pages') / 'ow.db'}")
    yield lived_through(store)
    store.close()


@pytest.fixture
def read(place):
    return lambda path: Read(place.client.get(path))
