"""An app with incidents of all kinds in its store."""

import pytest

from outage_window.store import Store
from tests.live.made import lived_through


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    store = Store.open(f"sqlite:///{tmp_path_factory.mktemp('api') / 'ow.db'}")
    yield lived_through(store)
    store.close()
