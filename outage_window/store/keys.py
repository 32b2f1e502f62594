"""The secret that user ids are hashed under: its file, and which blocks were made under which."""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
from pathlib import Path

from sqlalchemy import Connection, func, select

from outage_window.errors import InputError
from outage_window.settings.source import LEAST_KEY
from outage_window.store.dialects import insert
from outage_window.store.schema import attempt_blocks, meta

log = logging.getLogger(__name__)

_OWN = "expected the 32 bytes that this program once wrote there"
_CURRENT = "user_key"


def own_key(path: Path) -> bytes:
    """The key file beside the database, made on first use for the owner's eyes alone."""
    try:
        held = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_bytes() if path.is_file() else b""
    else:
        key = secrets.token_bytes(LEAST_KEY)
        with os.fdopen(held, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
    if len(key) != LEAST_KEY:
        raise InputError(str(path), _OWN)
    return key


def given_key(path: Path) -> bytes:
    """All bytes of a key file of the operator's."""
    try:
        key = path.read_bytes()
    except OSError as error:
        expected = f"expected a file of at least {LEAST_KEY} bytes ({error.strerror})"
        raise InputError(str(path), expected) from None
    if len(key) < LEAST_KEY:
        raise InputError(str(path), f"expected at least {LEAST_KEY} bytes, not {len(key)}")
    return key


def derived(key: bytes, purpose: bytes) -> bytes:
    """A key of 32 bytes for a purpose of its own, from which nobody gets back to the first."""
    whole = hashlib.blake2b(key).digest()  # a key may be longer than the function takes
    return hashlib.blake2b(purpose, key=whole, digest_size=32).digest()


def settle(connection: Connection, key: bytes) -> int:
    """Note which key is in use, and return the number of its epoch.

    Ids under another key cannot be matched with what is stored: that is kept apart, and found again
    when the former key comes back.
    """
    whole = hashlib.blake2b(key).digest()  # a key may be longer than the function takes
    fingerprint = hashlib.blake2b(b"fingerprint", key=whole, digest_size=16).hexdigest()
    rows = connection.execute(select(meta).where(meta.c.key.startswith(f"{_CURRENT}/")))
    known = {row.value: int(row.key.rpartition("/")[2]) for row in rows}
    number = known.get(fingerprint, 1 + max(known.values(), default=0))
    before = epoch(connection)
    if number != before:
        for name, value in ((f"{_CURRENT}/{number}", fingerprint), (_CURRENT, str(number))):
            row = insert(connection, meta).values(key=name, value=value)
            changed = row.on_conflict_do_update(index_elements=["key"], set_={"value": value})
            connection.execute(changed)
        others = select(func.count()).where(attempt_blocks.c.epoch != number)
        if connection.execute(others).scalar_one():
            log.warning(
                "the user key changed: earlier attempts cannot be matched, so tier 2 starts anew"
            )
    return number


def epoch(connection: Connection) -> int:
    """The number of the key in use; 0 before any was."""
    query = select(meta.c.value).where(meta.c.key == _CURRENT)
    return int(connection.execute(query).scalar() or 0)
