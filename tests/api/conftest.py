"""An app with incidents of all kinds in its store."""

import pytest

from outage_window.store import Store
from tests.live.made import BORN, DAY, Metrics, Place

OUTAGE = BORN + 3 * DAY + 40_000


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    store = Store.open(f"sqlite:///{tmp_path_factory.mktemp('api') / 'ow.db'}")
    place = Place(store, Metrics((OUTAGE, OUTAGE + 1800)))
    place.alert(OUTAGE + 300)
    place.alert(OUTAGE + 300, name="B", service="mail")
    place.at(OUTAGE + 900)
    place.alert(OUTAGE + 300, OUTAGE + 2000)
    place.at(OUTAGE + 7200)
    yield place
    store.close()
