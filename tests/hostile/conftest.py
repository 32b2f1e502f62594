"""A real `serve` that whoever is on this machine may post to."""

import pytest

from tests.hostile.wire import well
from tests.live.process import Process


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "drafts").mkdir()
    settings = "scan_interval: 1s\ndrafts: {dir: drafts}\n"
    with Process(folder, settings) as process:
        yield process
        well(process)
