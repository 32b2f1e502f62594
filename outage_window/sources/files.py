"""A file to its bytes, its hash and the kind of export that it holds."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import json
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from detector.estimate import Origin
from outage_window.errors import InputError

Kind = Literal["delimited", "parquet", "ndjson", "prometheus", "openmetrics", "keycloak"]

SAFE, MOST_RATIO, MOST_BYTES = 2**26, 100, 2**32
"""A packed file may be so large when unpacked (64 MiB), or so many times its size, up to 4 GiB."""

EXPECTED = "expected CSV, NDJSON, Parquet, Prometheus API JSON or OpenMetrics text"
_SAMPLE = re.compile(
    rb"[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})?[ \t]+([+-]?[0-9.]+\S*|NaN|[+-]?Inf)(\s|$)"
)


@dataclass(frozen=True, slots=True)
class Source:
    """One file as it was read: `data` without compression and byte-order mark, UTF-8 if text.

    `sha256` is of the file as it lies on disk, so that `sha256sum` agrees.
    """

    name: str
    data: bytes
    sha256: str

    def origin(self, rows: int) -> Origin:
        """What a number derived from this file names as its input."""
        return Origin(self.name, self.sha256, rows)

    def place(self, line: int) -> str:
        """How an error names a line (from 1) of this file."""
        return f"{self.name}: line {line}"

    def text(self) -> str:
        """The file as text; `InputError` with the line where it is not UTF-8."""
        try:
            return self.data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = self.data.count(b"\n", 0, error.start) + 1
            raise InputError(self.place(line), "expected text in UTF-8") from None


def read(path: str) -> Source:
    """Read a file whole, unpack gzip, turn a marked UTF-16 into UTF-8; `InputError` if it cannot.

    A file without any content is refused here, since no reader could do anything with it.
    """
    try:
        raw = Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError(path, "no such file") from None
    except IsADirectoryError:
        raise InputError(path, "a directory; expected a file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(path, f"cannot be read: {reason}") from None
    data = _plain(path, raw)
    if not data.strip():
        raise InputError(path, f"the file is empty; {EXPECTED}")
    return Source(path, data, hashlib.sha256(raw).hexdigest())


def _unpacked(path: str, packed: bytes) -> bytes:
    """The content of a gzip file, unless it is a bomb."""
    most = min(max(SAFE, MOST_RATIO * len(packed)), MOST_BYTES)
    data = gzip.GzipFile(fileobj=io.BytesIO(packed)).read(most + 1)
    if len(data) > most:
        raise InputError(path, f"unpacks to more than {most >> 20} MiB; expected smaller files")
    return data


def _plain(path: str, data: bytes) -> bytes:
    if data.startswith(b"\x1f\x8b"):
        try:
            data = _unpacked(path, data)
        except (OSError, EOFError, zlib.error):
            raise InputError(path, "expected a whole gzip file; this one is damaged") from None
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16").encode()
        except UnicodeDecodeError:
            raise InputError(path, "begins as UTF-16 but is not; expected UTF-8") from None
    return data.removeprefix(codecs.BOM_UTF8)


def kind_of(source: Source) -> Kind:
    """Tell the kind by the content; the name decides only between kinds of JSON.

    Binary content, and text that is none of the kinds, is an `InputError`.
    """
    data = source.data
    if data.startswith(b"PAR1"):
        return "parquet"
    if b"\0" in data[:65536]:
        raise InputError(source.name, f"binary content; {EXPECTED}")
    first = data.lstrip().split(b"\n", 1)[0].strip()
    if first.startswith(b"{"):
        return _kind_of_json(source, first)
    if first.startswith(b"["):
        if _lists_events(data):
            return "keycloak"
        raise InputError(
            source.place(1), "a JSON list; expected Prometheus API JSON or NDJSON (one row a line)"
        )
    if first.startswith((b"# ", b"#\t")) or _SAMPLE.match(first):
        return "openmetrics"
    try:
        first.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(source.place(1), f"not text in UTF-8; {EXPECTED}") from None
    return "delimited"


def _kind_of_json(source: Source, first: bytes) -> Kind:
    try:
        value = json.loads(first)
    except (ValueError, RecursionError):  # a document over several lines, or a damaged line
        rows = source.name.removesuffix(".gz").endswith((".ndjson", ".jsonl"))
        return "ndjson" if rows else "prometheus"
    answer = isinstance(value, dict) and value.keys() & {"data", "resultType", "errorType"}
    return "prometheus" if answer else "ndjson"


def is_event(value: object) -> bool:
    """Whether a JSON value looks like an event of Keycloak's, as its admin API gives them."""
    return (
        isinstance(value, dict)
        and {"type", "time"} <= value.keys()
        and not value.keys().isdisjoint({"userId", "realmId", "ipAddress"})
    )


def _lists_events(data: bytes) -> bool:
    """Whether a JSON list begins with such an event."""
    start = data[:65536].decode("utf-8", "replace").lstrip()[1:].lstrip()
    try:
        return is_event(json.JSONDecoder().raw_decode(start)[0])
    except (ValueError, RecursionError):
        return False
