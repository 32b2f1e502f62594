"""A store in a folder of its own."""

import pytest

from outage_window.store import Store


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'ow.db'}")
    yield opened
    opened.close()
