"""The command `export`: what was derived, as labels for other tools."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from outage_window.cli.period import moment
from outage_window.errors import InputError

DEFAULT = "config/outage-window.yml"
FORMS = ("csv", "yaml", "json")


@click.group("export")
def command() -> None:
    """Write what was derived for other tools to read."""


@command.command("incidents")
@click.option(
    "--from", "start", metavar="TIME", help="RFC 3339 with its zone; else from the first."
)
@click.option("--to", "end", metavar="TIME", help="Not included; without it, up to the last.")
@click.option("--service", "services", metavar="NAME", multiple=True, help="Only of this service.")
@click.option("--format", "form", type=click.Choice(FORMS), required=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this new file.")
@click.option("--config.file", "file", default=DEFAULT, show_default=True, help="The settings.")
def export_incidents(
    start: str | None,
    end: str | None,
    services: tuple[str, ...],
    form: str,
    output: Path | None,
    file: str,
) -> int:
    """Write the incidents that touch [--from, --to), each as one small record, by their start.

    They are read from the store that the settings name, also while `serve` runs on it. A number
    that cannot be derived is an empty cell in CSV; in JSON and YAML it says why. Incidents that
    people dismissed are there, marked; those that were merged stand with the one they belong to.
    """
    from outage_window.document.values import time_text
    from outage_window.drafts.from_store import database
    from outage_window.labels.record import record
    from outage_window.labels.writing import FORMATS
    from outage_window.store import labelled
    from outage_window.store.opened import looking

    begins = None if start is None else moment(start, "--from")
    ends = None if end is None else moment(end, "--to")
    if begins is not None and ends is not None and ends <= begins:
        raise InputError("--to", "expected a time after --from")
    asked = {
        "from": None if begins is None else time_text(begins / 1e9),
        "to": None if ends is None else time_text(ends / 1e9),
        "services": list(services) or None,
    }
    with looking(database(file)) as connection:
        labels = map(record, labelled.between(connection, begins, ends, services))
        _write(FORMATS[form](asked, labels), output)
    return 0


def _write(pieces: Iterable[str], output: Path | None) -> None:
    """To standard output as they come; to a file all or nothing."""
    from outage_window.new_files import write_new

    if output is None:
        for piece in pieces:
            click.echo(piece, nl=False)
        return
    write_new([(output, "".join(pieces).encode())])
    click.echo(f"outage-window: wrote {output}", err=True)
