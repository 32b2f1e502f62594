"""The command `demo`: five reference outages through the real receiver, to five drafts."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

import click

from outage_window.errors import InputError


@click.command("demo")
@click.option(
    "-o",
    "folder",
    metavar="DIR",
    default="demo-output",
    show_default=True,
    help="Where the drafts and charts go.",
)
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(0), help="Another seed, other luck."
)
def command(folder: str, seed: int) -> int:
    """Replay five reference outages and write their drafts.

    Counters, attempts per user, alerts and events are made in which the outages are true; they go
    through the receiver and the store of this program, which does not know the answers.
    """
    target = Path(folder)
    if target.exists() and not target.is_dir():
        raise InputError(folder, "expected a folder to write the drafts to")
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(folder, f"cannot be made ({error.strerror})") from None
    if not os.access(target, os.W_OK):
        raise InputError(folder, "expected a folder that can be written to")
    _replay_all(target, seed)
    return 0


def _replay_all(folder: Path, seed: int) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from outage_window.demo.references import REFERENCES
    from outage_window.demo.run import INPUTS, SETTINGS, replay
    from outage_window.demo.table import table

    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(
        *columns, console=console, disable=not console.is_terminal, transient=True
    ) as progress:
        task = progress.add_task("", total=len(REFERENCES))
        begun: set[str] = set()

        def told(name: str, doing: str) -> None:
            begun.add(name)
            progress.update(task, description=f"{name}: {doing}", completed=len(begun) - 1)

        found = replay(REFERENCES, seed, folder, told)
    click.echo(table(found))
    click.echo()
    click.echo("Simulated truth is shown beside; the program was not told it. Drafts with charts:")
    for one in found:
        click.echo(f"  {folder / one.draft.name}")
    click.echo()
    click.echo("See the same as pages, on http://127.0.0.1:9195/ :")
    program = "outage-window" if shutil.which("outage-window") else os.path.abspath(sys.argv[0])
    click.echo(f"  {program} serve --config.file {shlex.quote(str(folder / INPUTS / SETTINGS))}")
    click.echo("For your own services: copy config/outage-window.yml, name them in it, and start")
    click.echo("serve with that.")
