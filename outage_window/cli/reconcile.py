"""The command `reconcile`: outages, alerts and what was received, held against each other."""

from __future__ import annotations

import json
import os

import click

from outage_window.cli.period import moment
from outage_window.errors import InputError

DEFAULT = "config/outage-window.yml"


@click.command("reconcile")
@click.option("--from", "start", metavar="TIME", required=True, help="RFC 3339 with its zone.")
@click.option("--to", "end", metavar="TIME", required=True, help="Not included; at most now.")
@click.option("--service", "services", metavar="NAME", multiple=True, help="Only of this service.")
@click.option("--config.file", "file", default=DEFAULT, show_default=True, help="The settings.")
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
@click.option("--fail-on-findings", is_flag=True, help="Exit 1 when something does not fit.")
def command(
    start: str,
    end: str,
    services: tuple[str, ...],
    file: str,
    form: str,
    fail_on_findings: bool,
) -> int:
    """Say which outages had no alert in [--from, --to), which alerts no outage, and what was lost.

    It reads the store that the settings name, also while `serve` runs on it. Each count says for
    which time it is known. What was silenced or inhibited is listed, and no finding.
    """
    from outage_window import clock
    from outage_window.reconciling.gathering import Asked
    from outage_window.reconciling.reconcile import reconcile
    from outage_window.settings.load import load
    from outage_window.store.opened import looking
    from reports.reconciliation_text import to_text

    settings = load(file, os.environ)
    begins, now = moment(start, "--from"), clock.system()
    ends = min(moment(end, "--to"), now)
    if ends <= begins:
        raise InputError("--to", "expected a time after --from, which has passed")
    with looking(settings.storage.whole_url) as connection:
        found = reconcile(connection, settings, Asked(begins, ends, now, services))
    if form == "json":
        from outage_window.reconciling.document import document

        click.echo(json.dumps(document(found), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        click.echo(to_text(found), nl=False)
    return 1 if fail_on_findings and found.findings else 0
