"""The command `draft`: an incident's postmortem draft, made, brought up to date, or converted."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import click

from outage_window.cli.period import moment
from outage_window.errors import InputError

DEFAULT = "config/outage-window.yml"
FORMS = ("markdown", "html", "json", "docx")


class Drafts(Protocol):
    """What can be asked of an incident, wherever it is known."""

    def stored(self) -> str | None:
        """The copy that people may have edited; None where there is none."""

    def fresh(self, template: str, source: str | None) -> str:
        """The draft as a template makes it of the facts."""

    def document(self) -> Any:
        """The incident as JSON."""

    def chart(self, identity: str, ending: str, theme: str = "light") -> bytes | None:
        """A chart, None where there is none."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asked for."""

    incidents: tuple[str, ...]
    service: str | None
    start: str | None
    end: str | None
    url: str | None
    file: str
    output: Path | None
    template: str | None
    form: str
    take: tuple[str, ...]


@click.command("draft")
@click.argument("incidents", metavar="[INCIDENT...]", nargs=-1)
@click.option("--service", help="Declare an outage of this service; needs --from.")
@click.option("--from", "start", metavar="TIME", help="When it began, RFC 3339 with its zone.")
@click.option("--to", "end", metavar="TIME", help="When it ended; without it, it goes on.")
@click.option("--template", metavar="NAME|FILE", help="A template's name, or your own file.")
@click.option("--format", "form", type=click.Choice(FORMS), default="markdown", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
@click.option("--take", metavar="BLOCK", multiple=True, help="Renew this edited block, or `all`.")
@click.option("--url", help="Ask this server, such as http://127.0.0.1:9195, not the store.")
@click.option("--config.file", "file", default=DEFAULT, show_default=True, help="The settings.")
@click.option("--list-variables", is_flag=True, help="Say what a template can print, and end.")
def command(list_variables: bool, **given: Any) -> int:
    """Write the postmortem draft of INCIDENT, or one over several.

    It is read from the store that the settings name, also while `serve` runs on it. With -o the
    chart is written beside it, and a draft that is there is brought up to date: what people wrote
    is kept. INCIDENT may be such a file (ending in .md), to be written in another format.
    """
    if list_variables:
        from reports.variables import listed

        click.echo(listed(), nl=False)
        return 0
    asked = Asked(**given)
    _check(asked)
    if asked.incidents and asked.incidents[0].endswith(".md"):
        _convert(asked, Path(asked.incidents[0]))
    else:
        with _drafts(asked) as drafts:
            _write(asked, drafts)
    return 0


def _check(asked: Asked) -> None:
    if bool(asked.incidents) == (asked.service is not None):
        raise click.UsageError("expected INCIDENT, or --service with --from")
    if (asked.service is None) != (asked.start is None) or (asked.end and not asked.service):
        raise click.UsageError("expected --service with --from, and --to only with both")
    if asked.url is not None and (len(asked.incidents) != 1 or asked.service):
        raise click.UsageError("expected one INCIDENT with --url")
    if asked.take and (asked.output is None or asked.form != "markdown"):
        raise click.UsageError("expected -o FILE, a draft in Markdown, with --take")
    if asked.form == "docx" and asked.output is None:
        raise click.UsageError("expected -o FILE with --format docx")


@contextmanager
def _drafts(asked: Asked) -> Iterator[Drafts]:
    if asked.service is not None:
        yield _declared(asked)
    elif asked.url is not None:
        from outage_window.drafts.from_server import ServerDrafts

        with ServerDrafts.open(asked.incidents[0], asked.url, _say) as found:
            yield found
    else:
        from outage_window.drafts.from_store import StoreDrafts

        yield StoreDrafts.open(asked.incidents, asked.file, _say)


def _declared(asked: Asked) -> Drafts:
    from outage_window import clock
    from outage_window.drafts.declared import DeclaredDrafts

    start = moment(asked.start, "--from")
    end = None if asked.end is None else moment(asked.end, "--to")
    if end is not None and end <= start:
        raise InputError("--to", "expected a time after --from")
    words = ["outage-window", "draft", "--service", str(asked.service), "--from", str(asked.start)]
    words += ["--to", asked.end] if asked.end is not None else []
    words += ["--config.file", asked.file] if Path(asked.file).is_file() else []
    now, line = clock.system(), shlex.join(words)
    return DeclaredDrafts.open(str(asked.service), (start, end), now, asked.file, line, _say)


def _write(asked: Asked, drafts: Drafts) -> None:
    if asked.form == "json":
        text = json.dumps(drafts.document(), indent=2, sort_keys=True, allow_nan=False) + "\n"
        _give(asked, text.encode())
    elif asked.form == "markdown" and asked.output is not None:
        _save(asked, asked.output, drafts)
    else:
        _show(asked, _text(asked, drafts), drafts)


def _text(asked: Asked, drafts: Drafts) -> str:
    """The copy that people may have edited, unless another template is asked for."""
    stored = drafts.stored() if asked.template is None else None
    if stored is not None:
        return stored
    from outage_window.drafts.templates import named

    return drafts.fresh(*named(asked.template or "default"))


def _save(asked: Asked, path: Path, drafts: Drafts) -> None:
    """Write the draft with its charts beside it, or bring up to date the one that is there."""
    from outage_window.drafts.files import Draft, manifest_of, there, write_drafts
    from outage_window.drafts.forms import pictured, without_pictures
    from outage_window.drafts.templates import named

    old = there(path)
    known = None if old is None else manifest_of(old)
    if known is not None and asked.template is None:
        text = drafts.fresh(*named(known.template))
    else:
        text = _text(asked, drafts)
    charts = {name: drafts.chart(name, "svg") for name in pictured(text)}
    if None in charts.values():
        text, charts = without_pictures(text), {}
    beside = tuple((path.with_name(f"{n}.svg"), c) for n, c in charts.items() if c is not None)
    for written in write_drafts([Draft(path, text, beside)], asked.take):
        _say(f"wrote {written}")


def _show(asked: Asked, text: str, charts: Any) -> None:
    """Give the draft in the format that is asked for."""
    from outage_window.drafts.forms import in_format, without_pictures

    if asked.form == "markdown":
        _give(asked, without_pictures(text).encode())
        return
    from reports.word import FormatUnavailable

    try:
        _give(asked, in_format(text, asked.form, charts))
    except FormatUnavailable as error:
        raise InputError(f"--format {asked.form}", str(error)) from None


def _convert(asked: Asked, path: Path) -> None:
    """Write a draft that is a file in another format."""
    from outage_window.drafts.files import there
    from outage_window.drafts.forms import Beside

    if asked.form not in ("html", "docx") or len(asked.incidents) > 1:
        raise InputError(str(path), "is a draft: expected it alone, with --format html or docx")
    text = there(path)
    if text is None:
        raise InputError(str(path), "expected a draft that is there")
    _show(asked, text, Beside(path.parent))


def _give(asked: Asked, content: bytes) -> None:
    """Write to the new file that was named, else to stdout."""
    if asked.output is None:
        click.echo(content, nl=False)
        return
    from outage_window.new_files import write_new

    write_new([(asked.output, content)])
    _say(f"wrote {asked.output}")


def _say(text: str) -> None:
    click.echo(f"outage-window: {text}", err=True)
