"""The files of `--users`: found, told apart, each read once."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from detector.estimate import Origin
from detector.users import UserAttempts
from outage_window.errors import InputError
from outage_window.pseudonyms import Pseudonyms
from outage_window.reasons import KEYCLOAK, Reasons
from outage_window.sources import files
from outage_window.sources.reading import Reading
from outage_window.sources.users import keycloak, packed, plain
from outage_window.sources.users.kept import Kept
from outage_window.sources.users.spans import Spans


@dataclass(frozen=True, slots=True)
class UserFiles:
    """The attempts of each service, what they came from, and what is to be said of it.

    `origins` has one for each file that was read, in their order.
    """

    attempts: Mapping[str, UserAttempts]
    origins: tuple[Origin, ...]
    notes: tuple[str, ...]


def load(
    paths: Sequence[str],
    reading: Reading,
    known: Reasons,
    pseudonyms: Pseudonyms,
    spans: Sequence[tuple[float, float]] | None = None,
    sample: float = 1.0,
) -> UserFiles:
    """Read attempts per user from tables (CSV, NDJSON, Parquet) and Keycloak's exported events.

    A path may be a pattern such as `logins-*.parquet`. Only attempts in the union of `spans`
    ([start, end), seconds) are kept, if it is given. `sample` is the share of all users that the
    files hold. Columns are time, user, outcome (success or failure), and if there are any reason,
    source and service; rows without a service belong to that of `reading`.
    """
    with ThreadPoolExecutor(1) as pool:
        state = _State(reading, known, Spans(spans), Kept(pseudonyms, reading.service), pool)
        for path in _expanded(paths):
            state.read(path)
    return UserFiles(state.kept.by_service(sample), tuple(state.origins), tuple(state.notes))


def _expanded(paths: Sequence[str]) -> list[str]:
    found = []
    for path in paths:
        if os.path.exists(path) or not any(mark in path for mark in "*?["):
            found.append(path)
            continue
        matches = sorted(filter(os.path.isfile, glob.iglob(path, recursive=True)))
        if not matches:
            raise InputError(path, "no such file")
        found += matches
    return found


@dataclass(slots=True)
class _State:
    reading: Reading
    known: Reasons
    spans: Spans
    kept: Kept
    pool: ThreadPoolExecutor
    origins: list[Origin] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sizes: set[int] = field(default_factory=set)

    def read(self, path: str) -> None:
        if _is_parquet(path):
            self._read_packed(path)
            return
        source = files.read(path)
        if not self._is_known(path, source.sha256):
            self.origins.append(source.origin(self._read_source(source)))

    def _read_packed(self, path: str) -> None:
        """Hash the file's bytes beside the reading, unless it may be one that was read already."""
        size = os.path.getsize(path)
        digest: Future[str] = self.pool.submit(_sha256, path)
        if size in self.sizes and self._is_known(path, digest.result()):
            return
        self.sizes.add(size)
        rows = packed.read(path, path, self.reading, self.known, self.spans, self.kept)
        self.origins.append(Origin(path, digest.result(), rows))

    def _read_source(self, source: files.Source) -> int:
        if source.data.startswith(b"PAR1"):  # it was packed once more
            import pyarrow as pa

            whole = pa.BufferReader(source.data)
            return packed.read(source.name, whole, self.reading, self.known, self.spans, self.kept)
        if keycloak.is_export(source):
            events = keycloak.read(source, self.spans)
            self.kept.add(events.rows, self.known.or_else(KEYCLOAK))
            self.notes += events.notes
            return events.total
        return plain.read(source, self.reading, self.known, self.spans, self.kept)

    def _is_known(self, path: str, sha256: str) -> bool:
        """Whether a file with these bytes came before; then a note says so."""
        first = next((one.name for one in self.origins if one.sha256 == sha256), None)
        if first is not None:
            self.notes.append(f"{path}: the same file as {first}; read once")
        return first is not None


def _is_parquet(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(4) == b"PAR1"
    except (OSError, ValueError):
        return False  # the reader of all other files says what is wrong


def _sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
