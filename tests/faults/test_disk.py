"""A disk that is full or cannot be written, a database that is away: 503 while it lasts."""

import os
import subprocess
import time
from contextlib import suppress

import pytest

from tests import postgres
from tests.faults.load import Load, body
from tests.faults.test_kill import QUIET, kept
from tests.live.process import Process

HOOK = "/api/v1/webhooks/alertmanager"


def tried(command):
    """Whether a command that needs root could be run; in CI it must."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode and os.environ.get("CI") == "true":
        pytest.fail(f"{command[0]}: {done.stderr}")
    if done.returncode:
        pytest.skip(f"{' '.join(map(str, command[:2]))} needs root: {done.stderr.strip()}")


def answers(process, name, seconds=12):
    """The answer to one delivery, and how long it took."""
    began = time.monotonic()
    answer = process.post(HOOK, body(name))
    assert time.monotonic() - began < seconds
    return answer.status_code


def until_kept(process, name):
    """How often it was refused before it was kept, without a restart."""
    refused = 0
    while answers(process, name) != 200:
        refused += 1
        assert refused < 60
        time.sleep(0.25)
    return refused


def fill(file):
    """Take all the space that is left."""
    with file.open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(b"x" * 4096)


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    tried(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)])
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk(small_disk, tmp_path):
    database = f"sqlite:///{small_disk / 'ow.db'}", None
    with Process(tmp_path, QUIET, database) as process:
        assert answers(process, "before") == 200
        fill(small_disk / "filler")
        load = Load(process.url, connections=4)
        deadline = time.monotonic() + 15
        while load.codes.get(503, 0) < 20 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert process.get("/-/healthy").status_code == 200
        assert process.get("/api/v1/incidents").status_code == 200
        (small_disk / "filler").unlink()
        until_kept(process, "after")
        load.stop()
        assert load.codes[503] >= 20
        assert set(load.codes) <= {200, 503}
        assert "internal error" not in process.log
    found, _ = kept(database)
    assert {"before", "after", *load.acknowledged} <= set(found)
    assert set(found.values()) == {1}


def test_files_that_cannot_be_written(tmp_path):
    database = f"sqlite:///{tmp_path / 'ow.db'}", None
    with Process(tmp_path, QUIET, database) as process:
        assert answers(process, "before") == 200
        files = [str(f) for f in tmp_path.glob("ow.db*") if f.suffix in (".db", ".db-wal")]
        tried(["chattr", "+i", *files])
        try:
            assert answers(process, "meanwhile") == 503
            assert process.get("/-/healthy").status_code == 200
        finally:
            subprocess.run(["chattr", "-i", *files], check=True)
        until_kept(process, "after")
        assert "internal error" not in process.log
    found, _ = kept(database)
    assert {"before", "after"} <= set(found)


def test_postgresql_is_stopped_and_back(postgresql, tmp_path):
    server = postgres.Postgres()
    key = tmp_path / "user.key"
    key.write_bytes(postgres.KEY)
    database = server.database(), str(key)
    try:
        with Process(tmp_path, QUIET, database) as process:
            assert answers(process, "before") == 200
            load = Load(process.url, connections=4)
            server.stop()
            assert answers(process, "meanwhile") == 503
            assert process.get("/-/healthy").status_code == 200
            assert process.get("/-/ready").status_code == 503
            server.start()
            until_kept(process, "after")
            time.sleep(1.5)
            assert process.get("/-/ready").status_code == 200
            load.stop()
            assert set(load.codes) <= {200, 503}
        found, _ = kept(database)
        assert {"before", "after", *load.acknowledged} <= set(found)
        assert set(found.values()) == {1}
    finally:
        server.drop()
