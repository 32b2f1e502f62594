"""The command `draft`: an incident's postmortem draft, from the store or from a running server."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from outage_window.errors import InputError

if TYPE_CHECKING:
    from sqlalchemy import Connection

DEFAULT = "config/outage-window.yml"
TIMEOUT = 30.0
MOST_HOPS = 20
"""Mergers that are followed; more of them than that can only be a circle."""


@click.command("draft")
@click.argument("incident")
@click.option("--url", help="Ask this server, such as http://127.0.0.1:9195, not the store.")
@click.option("--config.file", "file", default=DEFAULT, show_default=True, help="The settings.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this new file.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "json"]),
    default="markdown",
    show_default=True,
    help="The draft, or the incident's document.",
)
def command(incident: str, url: str | None, file: str, output: Path | None, form: str) -> int:
    """Write the postmortem draft of INCIDENT.

    It is read from the store that the settings name, also while `serve` runs on it. With -o the
    chart is written beside the draft; a file that is there and differs is never overwritten.
    """
    found = _from_store(incident, file, form) if url is None else _from_server(incident, url, form)
    if output is None:
        from outage_window.live.drafting import without_picture

        click.echo(without_picture(found.text) if form == "markdown" else found.text, nl=False)
    else:
        _save(output, found, form)
    return 0


@dataclass(frozen=True, slots=True)
class _Found:
    """What was asked for, and the incident's chart (SVG) where there is one."""

    text: str
    chart: bytes | None = None


def _from_store(identity: str, file: str, form: str) -> _Found:
    from outage_window.settings import load
    from outage_window.store import incidents
    from outage_window.store.engine import database_file

    settings = load(file, os.environ)
    path = database_file(settings.storage.url).absolute()
    if not path.is_file():
        raise InputError(f"storage.url: {path}", "expected the database of `outage-window serve`")
    with _reading(path) as connection:
        found = incidents.get(connection, identity)
        for _ in range(MOST_HOPS):
            if found is None or found.merged_into is None:
                break
            _say_merged(found.id, found.merged_into)
            found = incidents.get(connection, found.merged_into)
        if found is None:
            raise _unknown(identity, [i.id for i in incidents.latest(connection)])
        history = incidents.history(connection, found.id)
    if form == "json":
        from outage_window.web.api import described

        return _Found(_as_json({**described(found), "revisions": history}))
    if found.draft is None:
        raise InputError(found.id, f"has no draft yet: it is {found.state}")
    return _Found(found.draft, found.chart)


@contextmanager
def _reading(path: Path) -> Iterator[Connection]:
    """A connection to a database of ours, or one line that says it is none.

    Only the reading side is opened: it needs no lock, so a server may hold the store.
    """
    from sqlalchemy.exc import DBAPIError

    from outage_window.store.engine import engine

    made = engine(path, writer=False)
    try:
        with made.connect() as connection, connection.begin():
            yield connection
    except DBAPIError as error:
        expected = f"expected a database of outage-window ({error.orig})"
        raise InputError(str(path), expected) from None
    finally:
        made.dispose()


def _from_server(identity: str, url: str, form: str) -> _Found:
    import requests

    if not url.startswith(("http://", "https://")):
        raise InputError("--url", "expected a URL such as http://127.0.0.1:9195")
    base = f"{url.rstrip('/')}/api/v1/incidents"
    try:
        with requests.Session() as session:
            return _ask(session, base, identity, form)
    except (requests.RequestException, ValueError) as error:
        why = type(error).__name__
        raise InputError(url, f"expected a running `outage-window serve` ({why})") from None


def _ask(session: Any, base: str, identity: str, form: str) -> _Found:
    for _ in range(MOST_HOPS):
        document = _get(session, f"{base}/{quote(identity, safe='')}")
        if document is None:
            listed = _get(session, base)
            known = [] if listed is None else [i["id"] for i in listed.json()["incidents"]]
            raise _unknown(identity, known)
        into = document.json().get("merged_into")
        if into is None:
            break
        _say_merged(identity, into)
        identity = into
    if form == "json":
        return _Found(_as_json(document.json()))
    draft = _get(session, f"{base}/{quote(identity, safe='')}/draft")
    if draft is None:
        raise InputError(identity, f"has no draft yet: it is {document.json().get('state')}")
    chart = _get(session, f"{base}/{quote(identity, safe='')}/chart.svg")
    return _Found(draft.content.decode(), None if chart is None else chart.content)


def _get(session: Any, address: str) -> Any:
    """The answer, or None for a 404; any other refusal is an error of the request."""
    answer = session.get(address, timeout=TIMEOUT)
    if answer.status_code == 404:
        return None
    answer.raise_for_status()
    return answer


def _unknown(identity: str, known: Sequence[str]) -> InputError:
    """One line with the nearest ids, or the latest when none is near."""
    near = difflib.get_close_matches(identity, known, n=3, cutoff=0.5)
    if near:
        expected = f"no such incident; the nearest: {', '.join(near)}"
    elif known:
        expected = f"no such incident; the latest: {', '.join(known[:3])}"
    else:
        expected = "no such incident; there is none at all yet"
    return InputError(repr(identity), expected)


def _say_merged(identity: str, into: str) -> None:
    click.echo(f"outage-window: {identity} became part of {into}", err=True)


def _as_json(document: Any) -> str:
    return json.dumps(document, indent=2, sort_keys=True, allow_nan=False) + "\n"


def _save(path: Path, found: _Found, form: str) -> None:
    """Write the draft and, beside it, the chart under the name that the draft shows it by.

    The store holds charts of closed incidents only: without one, the draft shows none.
    """
    from outage_window.live.drafting import picture_of, without_picture
    from outage_window.new_files import write_new

    text, files = found.text, []
    if form == "markdown":
        name = picture_of(text)
        if name is None or found.chart is None:
            text = without_picture(text)
        else:
            files = [(path.with_name(name), found.chart)]
    files = [(path, text.encode()), *files]
    write_new(files)
    for written, _ in files:
        click.echo(f"outage-window: wrote {written}", err=True)
