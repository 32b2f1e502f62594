"""Passwords against their bcrypt hashes, so that nobody keeps the threads busy by guessing."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping

AT_A_TIME = 3
"""Requests that wait for a check; bcrypt takes a tenth of a second of a core, on purpose."""
REMEMBERED = 1000
LONGEST = 72
"""Bytes of a password that bcrypt looks at."""


class Guessing(Exception):
    """Too many passwords that were not seen before are checked already."""


class Passwords:
    """Checks who it is, and remembers the answer under a keyed hash of the question.

    Who is remembered needs no check. Right answers are remembered apart from wrong ones, so that no
    flood of guesses drives them out.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._wrong: OrderedDict[bytes, None] = OrderedDict()
        self._remembering = threading.Lock()
        self._checking = threading.Lock()
        self._waiting = threading.BoundedSemaphore(AT_A_TIME)

    def right(self, hashes: Mapping[str, str], user: bytes, password: bytes) -> str | None:
        """The name of the user whose password it is; None: nobody's. May raise `Guessing`.

        For a user who is not there a hash that nobody's password has is checked, which takes as
        long.
        """
        name = user.decode("utf-8", "replace")
        known = hashes.get(name)
        used = (known or _nobody(hashes)).encode()
        asked = self._question(user, used, password)
        with self._remembering:
            if asked in self._right:
                return name
            if asked in self._wrong:
                return None
        good = self._check(used, password) and known is not None
        with self._remembering:
            memory = self._right if good else self._wrong
            memory[asked] = None
            while len(memory) > REMEMBERED:
                memory.popitem(last=False)
        return name if good else None

    def _check(self, used: bytes, password: bytes) -> bool:
        import bcrypt

        if not self._waiting.acquire(blocking=False):
            raise Guessing
        try:
            with self._checking:  # one at a time leaves the other cores to the work
                return bcrypt.checkpw(password[:LONGEST], used)
        except ValueError:  # such as NUL, where the library bears none
            return False
        finally:
            self._waiting.release()

    def _question(self, *parts: bytes) -> bytes:
        whole = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        return hmac.digest(self._key, whole, hashlib.sha256)


def _nobody(hashes: Mapping[str, str]) -> str:
    """A hash as dear as the dearest, which no password has."""
    cost = max((one[4:6] for one in hashes.values()), default="10")
    return f"$2b${cost}$" + 53 * "."
