"""The command `rules suggest`: a rule for each service, proven on history that was kept out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from outage_window.cli.rules_backtest import DEFAULT, FILE, history_request, say, seconds
from outage_window.errors import InputError

A_WEEK = 0.125


@click.command("suggest")
@click.argument("exports", nargs=-1, metavar="[EXPORT]...", type=FILE)
@click.option(
    "--from", "start", metavar="TIME", help="RFC 3339 with its zone; of an EXPORT its begin."
)
@click.option("--to", "end", metavar="TIME", help="Not included; of an EXPORT its end.")
@click.option("--split", metavar="TIME", help="Learn before, prove after (default: the middle).")
@click.option(
    "--false-alarms-per-week",
    "a_week",
    type=click.FloatRange(0, min_open=True),
    default=A_WEEK,
    show_default=True,
    help="At most so many; 0.125 is one in eight weeks.",
)
@click.option("--config.file", "file", help=f"The settings (without EXPORT: {DEFAULT}).")
@click.option("--service", "services", multiple=True, help="Only this service; repeatable.")
@click.option("--prometheus", metavar="URL", help="This Prometheus evaluates; it has the history.")
@click.option("--attempts-selector", metavar="SELECTOR", help="Which series count attempts.")
@click.option("--errors-selector", metavar="SELECTOR", help="Which series count errors.")
@click.option(
    "--evaluation-interval", metavar="DURATION", help="Of the groups suggested (default: 30s)."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the rules here.")
def command(**given: Any) -> int:
    """Suggest alerting rules that tell of outages soon and seldom of anything else.

    They are learnt from the history before --split, and a real Prometheus says how they do after
    it. The rule file goes to stdout, its reasons as comments; with -o the reasons go to stdout.
    """
    from outage_window.new_files import write_new
    from outage_window.rules import suggesting
    from outage_window.rules.writing import wrapped

    asked = suggesting.Asked(given["a_week"], seconds(given["split"], "--split"))
    found = suggesting.run(
        history_request(given, ()), asked, say if sys.stderr.isatty() else lambda step: None
    )
    text = suggesting.joined(found)
    refused = [
        f"{one.service}: no rule can be suggested: {one.refused}" for one in found if one.refused
    ]
    if not text:
        raise InputError("history", "; ".join(refused) or "expected a service")
    if given["output"] is None:
        click.echo(text, nl=False)
        for line in refused:
            click.echo(line, err=True)
        return 0
    write_new([(given["output"], text.encode())])
    for one in found:
        for line in wrapped(one.why or (f"no rule can be suggested: {one.refused}",)):
            click.echo(line)
    return 0
