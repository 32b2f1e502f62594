"""The command `lint`: what is still open in drafts before they are signed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import click

from outage_window.errors import InputError

STDIN = "-"
COLOURS = {"file": "bright_black", "error": "red", "warning": "yellow"}


@click.command("lint")
@click.argument("drafts", nargs=-1, required=True, metavar="DRAFT...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="Lines for people, one JSON document, or GitHub's annotations.",
)
def command(drafts: tuple[str, ...], form: str) -> int:
    """Say what is still open in each DRAFT; `-` reads standard input.

    Open are blanks (TODO), contradictions without an answer, words that blame people, numbers that
    are not those of their footnotes, marks and links that lead nowhere, and suggestions. Exit code
    0 when nothing is open, 1 when anything is.
    """
    from reports.lint import lint
    from reports.lint.formats import as_github, as_json, as_text

    texts = {name: _text(name) for name in dict.fromkeys(drafts)}
    found = {name: lint(text, _files_beside(name)) for name, text in texts.items()}
    if form == "json":
        shown = as_json(found)
    elif form == "github":
        shown = as_github(found)
    else:
        shown = as_text(found, _painted if _coloured() else _plain)
    click.echo(shown.encode("utf-8", "surrogateescape"), nl=False)  # names may be any bytes
    return 1 if any(found.values()) else 0


def _text(name: str) -> str:
    """The text of a file, with its own line ends."""
    try:
        if name == STDIN:
            raw = sys.stdin.buffer.read()
        else:
            with open(name, "rb") as file:
                raw = file.read()
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(f"{name}:{line}", "expected text in UTF-8") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InputError(name, f"cannot be read ({why}); expected a draft in Markdown") from None


def _files_beside(name: str) -> Callable[[str], bool] | None:
    """Whether a file lies where a draft says; of what came by a pipe nobody knows the folder."""
    if name == STDIN:
        return None
    folder = os.path.dirname(name)
    return lambda path: os.path.exists(os.path.join(folder, path))


def _coloured() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _painted(text: str, role: str) -> str:
    styled: str = click.style(text, fg=COLOURS[role])
    return styled


def _plain(text: str, role: str) -> str:
    return text
