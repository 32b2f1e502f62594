# A real PostgreSQL on a free loopback port, run by an unprivileged user, stopped by its process id.
from __future__ import annotations

import glob
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psycopg

KEY = b"a key of user ids that all replicas share"


def find() -> Path | None:
    """The folder of the newest PostgreSQL's programs: Debian keeps them off the PATH."""
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[-2]))
    if folders:
        return Path(folders[-1])
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


class Postgres:
    """One server with a data folder of its own; `stop()` and `start()` as often as wanted."""

    def __init__(self) -> None:
        programs = find()
        assert programs is not None
        self._programs = programs
        self._user = _unprivileged()
        self.folder = Path(tempfile.mkdtemp(prefix="ow-postgres-"))
        if self._user is not None:
            shutil.chown(self.folder, self._user)
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self._run("initdb", "-D", self.data, "-U", "ow", "-A", "trust", "-E", "UTF8", "--no-sync")
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            self.port = sock.getsockname()[1]
        self._databases = 0
        self.start()

    def start(self) -> None:
        options = ["-c", f"port={self.port}", "-c", "listen_addresses=127.0.0.1"]
        options += ["-c", f"unix_socket_directories={self.folder}", "-c", "max_connections=200"]
        options += ["-c", "fsync=off"]  # a process may be killed; the machine goes on
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self._programs / "postgres", "-D", self.data, *options],
                stdout=log, stderr=log, cwd=self.folder, user=self._user,
            )  # fmt: skip
        for _ in range(200):
            with suppress(psycopg.OperationalError):
                psycopg.connect(self.url("postgres")).close()
                return
            time.sleep(0.05)
        raise AssertionError(self.log.read_text()[-2000:])

    def stop(self) -> None:
        """At once, breaking connections, as an operator's fast shutdown does."""
        self.process.send_signal(2)
        self.process.wait(30)

    def url(self, database: str) -> str:
        return f"postgresql://ow@127.0.0.1:{self.port}/{database}"

    def database(self) -> str:
        """The URL of a new, empty database."""
        self._databases += 1
        name = f"ow{self._databases}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def drop(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def run(self, program: str, *arguments: str | Path) -> bytes:
        """A client program of this server, such as pg_dump."""
        return self._run(program, *arguments)

    def _run(self, program: str, *arguments: str | Path) -> bytes:
        return subprocess.run(
            [self._programs / program, *arguments],
            check=True, capture_output=True, cwd=self.folder, user=self._user, timeout=120,
        ).stdout  # fmt: skip


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root: Debian's package brings a user for it."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
