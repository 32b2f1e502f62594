"""The command `publish`: puts an incident's draft where the settings say, or renews it there."""

from __future__ import annotations

import os

import click

from outage_window.errors import InputError

DEFAULT = "config/outage-window.yml"


@click.command("publish")
@click.argument("incident")
@click.option("--to", "names", metavar="NAME", multiple=True, help="Only to this target.")
@click.option("--config.file", "file", default=DEFAULT, show_default=True, help="The settings.")
def command(incident: str, names: tuple[str, ...], file: str) -> int:
    """Publish the draft of INCIDENT as it stands, to the targets of the settings.

    What was published before is brought up to date, not published twice. Exit code 1 when a target
    did not take it.
    """
    from outage_window.drafts.from_store import StoreDrafts
    from outage_window.live.publishing import publication
    from outage_window.publish.build import build
    from outage_window.publish.model import PublishFailed
    from outage_window.publish.publish import publish
    from outage_window.publish.sending import REAL
    from outage_window.settings.load import load
    from reports.redraft import redraft

    settings = load(file, os.environ)
    targets = build(settings, redraft, REAL)
    known = [target.name for target in targets]
    for name in names:
        if name not in known:
            expected = f"expected one of {', '.join(known)}" if known else "none is in the settings"
            raise InputError(f"--to {name}", expected)
    if not targets:
        raise InputError(f"{file}: publish", "expected targets; there are none in the settings")
    found = StoreDrafts.open([incident], file, lambda text: click.echo(text, err=True)).only()
    if found.draft is None:
        raise InputError(found.id, f"has no draft yet: it is {found.state}")
    wanted = [target for target in targets if not names or target.name in names]
    failed = False
    for done in publish(wanted, publication(found, settings.web.url), {}):
        if isinstance(done, PublishFailed):
            failed = True
            click.echo(f"outage-window: {done}", err=True)
        else:
            said = "published" if done.created else "brought up to date"
            click.echo(f"{done.target}: {said} {done.url}".rstrip())
    return 1 if failed else 0
