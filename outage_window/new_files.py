"""Writes files for people, and never over one that somebody may have edited."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from outage_window.errors import InputError


def write_new(files: Sequence[tuple[Path, bytes]]) -> None:
    """Write all files and the folders that they need, or none of them.

    `InputError` names a file that is there and differs, or that cannot be written. One that is
    there and holds the same bytes is left alone.
    """
    missing = [(path, content) for path, content in files if not _holds(path, content)]
    for path, content in missing:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(content)
        except FileExistsError:
            _holds(path, content)  # came in between, or was named twice
        except OSError as error:
            raise _unwritable(path, error) from None


def refuse_others(files: Sequence[tuple[Path, bytes]]) -> None:
    """`InputError` where `write_new` would find a file with other content; nothing is written."""
    for path, content in files:
        _holds(path, content)


def _holds(path: Path, content: bytes) -> bool:
    """Whether the file is there; `InputError` if with other content."""
    try:
        if path.read_bytes() == content:
            return True
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _unwritable(path, error) from None
    raise InputError(str(path), "is there and differs; expected the name of a new file")


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(str(path), f"cannot be written ({error.strerror})")
