# Attempts per user: hashes, outcomes and reasons, in every kind of table.
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from detector.users import SUCCESS, SYSTEM_FAILURE, UNCLASSIFIED, USER_FAILURE
from outage_window.sources.files import read as read_file
from outage_window.sources.reading import Reading
from outage_window.sources.users import NO_REASON, Reasons, UserFile, pseudonyms, read

COLUMNS = ("time", "user", "outcome", "reason", "service")
ROWS = [
    dict(zip(COLUMNS, (f"2024-01-18T12:00:0{second}Z", *rest), strict=True))
    for second, rest in enumerate(
        [
            ("ann", "success", "", "auth"),
            ("7", "failure", "token", "auth"),
            ("ann", "failure", "password", "auth"),
            ("bob", "failure", "moon", "mail"),
            ("bob", "failure", "", "mail"),
        ]
    )
]
KNOWN = Reasons(frozenset({"token"}), frozenset({"password"}))


def as_file(path: Path) -> Path:
    if path.suffix == ".csv":
        lines = [",".join(ROWS[0]), *(",".join(row.values()) for row in ROWS)]
        path.write_text("\n".join(lines))
    elif path.suffix == ".ndjson":
        path.write_text("\n".join(json.dumps({k: v for k, v in r.items() if v}) for r in ROWS))
    else:
        parquet.write_table(pa.Table.from_pylist(ROWS), path)
    return path


@pytest.mark.parametrize("ending", ["csv", "ndjson", "parquet"])
def test_every_kind_of_table(ending: str, tmp_path: Path) -> None:
    source = read_file(str(as_file(tmp_path / f"users.{ending}")))
    found: UserFile = read(source, Reading(), KNOWN)
    auth, mail = found.attempts["auth"], found.attempts["mail"]
    assert auth.outcome.tolist() == [SUCCESS, SYSTEM_FAILURE, USER_FAILURE]
    assert mail.outcome.tolist() == [UNCLASSIFIED, UNCLASSIFIED]
    assert auth.unclassified == ()
    assert mail.unclassified == (NO_REASON, "moon")
    assert auth.has_reasons
    assert auth.user[0] == auth.user[2] != auth.user[1]
    assert auth.time[1] - auth.time[0] == 1
    assert found.origin.rows == 5


def test_no_reasons_at_all(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_text("ts,user,outcome\n1705579200,ann,success\n1705579201,7,FAILURE\n")
    found = read(read_file(str(path)), Reading(service="auth"), KNOWN).attempts["auth"]
    assert not found.has_reasons


def test_hashes_are_keyed_and_tell_users_apart() -> None:
    ids = [f"user{i}" for i in range(10_000)]
    one, other = pseudonyms(ids, b"k"), pseudonyms(ids, b"l")
    assert len(np.unique(one)) == len(ids)
    assert not np.isin(one, other).any()
    assert one.dtype == np.uint64
