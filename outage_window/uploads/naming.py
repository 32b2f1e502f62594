"""What uploaded files are called: as people called them, as far as a folder bears that."""

from __future__ import annotations

import unicodedata
from pathlib import Path

LONGEST = 200
"""Bytes of a name: a file system takes 255, and a number may be added."""
KEPT = ("Cn", "Co")
"""Characters that are only unknown here, beside those that can be seen."""


def cleaned(name: str, otherwise: str) -> str:
    """The last part of a name that a browser sent, without what cannot be seen or held.

    `otherwise` is its name where nothing is left.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    seen = "".join(char for char in last if _is_seen(char))
    short = seen.encode()[-LONGEST:].decode(errors="ignore").strip()
    return otherwise if short in ("", ".", "..") else short


def free(folder: Path, name: str) -> str:
    """The name, numbered where the folder has one of that name."""
    stem, dot, ending = name.partition(".")
    number, found = 1, name
    while (folder / found).exists():
        number += 1
        found = f"{stem}-{number}{dot}{ending}"
    return found


def as_argument(name: str) -> str:
    """The file of that name on a command line, where it must not look like an option."""
    return f"./{name}" if name.startswith("-") else name


def _is_seen(char: str) -> bool:
    kind = unicodedata.category(char)
    return kind in KEPT or not (kind.startswith("C") or kind in ("Zl", "Zp"))
