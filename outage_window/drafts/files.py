"""Draft files that people edit: brought up to date in place, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from outage_window.errors import InputError
from outage_window.new_files import write_new
from reports.blocks import Manifest, manifest, parse
from reports.redraft import redraft


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft for a file, and the pictures for those beside it."""

    path: Path
    text: str
    pictures: tuple[tuple[Path, bytes], ...] = ()


def write_drafts(drafts: Sequence[Draft], take: Collection[str] = ()) -> list[Path]:
    """Write each draft, or bring the one that is there up to date; return what was written.

    Beside a draft of ours a picture is ours, too; beside none it may be anybody's, and is not
    written over. `InputError` comes before anything is written, as far as that can be seen.
    """
    new: list[tuple[Path, bytes]] = []
    known: list[tuple[Path, bytes]] = []
    for draft in drafts:
        files = [(draft.path, redrafted(draft.path, draft.text, take)), *draft.pictures]
        (new if there(draft.path) is None else known).extend(files)
    write_new(new)
    write_files(known)
    return [path for draft in drafts for path in (draft.path, *(p for p, _ in draft.pictures))]


def there(path: Path) -> str | None:
    """The text of a file that is there; None where there is none."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise InputError(str(path), "is there and is no text in UTF-8") from None
    except OSError as error:
        raise InputError(str(path), f"cannot be read ({error.strerror})") from None


def manifest_of(text: str) -> Manifest | None:
    """Whose draft a text is, and by which template; None for other text."""
    return manifest(parse(text))


def redrafted(path: Path, new: str, take: Collection[str] = ()) -> bytes:
    """What the file shall hold: the new draft, or the one that is there, brought up to it.

    `InputError` when what is there is no draft of the same incident: it is never written over.
    """
    old = there(path)
    if old is None or old == new:
        return new.encode()
    mine, yours = manifest_of(new), manifest_of(old)
    if mine is None or yours is None or mine.incident != yours.incident:
        whose = "no draft of ours" if yours is None else f"the draft of {yours.incident}"
        expected = f"is there and is {whose}; expected a new file, or the draft of this incident"
        raise InputError(str(path), expected)
    if mine.template != yours.template:
        expected = f"is a draft by the template {yours.template}; expected a new file for another"
        raise InputError(str(path), expected)
    return redraft(old, new, take).encode()


def write_files(files: Sequence[tuple[Path, bytes]]) -> None:
    """Write each file whole or not at all; one that holds the same bytes is left alone."""
    for path, content in files:
        try:
            _write(path, content)
        except OSError as error:
            raise InputError(str(path), f"cannot be written ({error.strerror})") from None


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    real = path.resolve()  # a link stays a link
    if real.is_file() and real.read_bytes() == content:
        return
    partial = real.with_name(f".{real.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if real.exists():
            partial.chmod(real.stat().st_mode & 0o7777)
        partial.replace(real)
    finally:
        partial.unlink(missing_ok=True)
