"""The command `rules backtest`: what each rule would have done about the outages measured."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from outage_window.cli.period import moment
from outage_window.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from outage_window.rules.running import Request
    from outage_window.settings.models import Settings
    from outage_window.sources.reading import Reading

DEFAULT = "config/outage-window.yml"
FILE = click.Path(path_type=str)


@click.command("backtest")
@click.argument("exports", nargs=-1, metavar="[EXPORT]...", type=FILE)
@click.option(
    "--rules",
    type=FILE,
    multiple=True,
    required=True,
    metavar="FILE",
    help="Rule files of Prometheus; recording rules in them are evaluated first. May be repeated.",
)
@click.option(
    "--from", "start", metavar="TIME", help="RFC 3339 with its zone; of an EXPORT its begin."
)
@click.option("--to", "end", metavar="TIME", help="Not included; of an EXPORT its end.")
@click.option("--config.file", "file", help=f"The settings (without EXPORT: {DEFAULT}).")
@click.option("--service", "services", multiple=True, help="Judge only this service; repeatable.")
@click.option("--prometheus", metavar="URL", help="This Prometheus evaluates; it has the history.")
@click.option("--attempts-selector", metavar="SELECTOR", help="Which series count attempts.")
@click.option("--errors-selector", metavar="SELECTOR", help="Which series count errors.")
@click.option(
    "--evaluation-interval",
    metavar="DURATION",
    help="Of groups without their own (default: what the Prometheus says, else 1m).",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="What goes to stdout.",
)
def command(**given: Any) -> int:
    """Evaluate alerting rules over [--from, --to) and score them on the outages measured in it.

    A real Prometheus evaluates: the one of the settings or of --prometheus; for services that send,
    and for EXPORT files of raw counter samples, one that is started here on 127.0.0.1 and removed.
    """
    from outage_window.rules.document import document
    from outage_window.rules.running import run
    from outage_window.rules.text import text

    found = run(
        history_request(given, given["rules"]), say if sys.stderr.isatty() else lambda step: None
    )
    if given["form"] == "json":
        click.echo(json.dumps(document(found), indent=2, ensure_ascii=False))
    else:
        click.echo(text(found), nl=False)
    return 0


def say(step: str) -> None:
    """Tell a step to who waits at a terminal."""
    click.echo(f"{step} …", err=True)


def history_request(given: dict[str, Any], rules: Sequence[str]) -> Request:
    """What the options about history ask for, with these rule files."""
    from outage_window.rules.running import Request

    start, end = seconds(given["start"], "--from"), seconds(given["end"], "--to")
    if start is not None and end is not None and end <= start:
        raise InputError("--to", "expected a time after --from")
    return Request(
        rules=rules,
        exports=given["exports"],
        reading=_reading(given),
        settings=None if given["exports"] else _settings(given),
        names=given["services"],
        prometheus=None if given["prometheus"] is None else _url(given["prometheus"]),
        start=start,
        end=end,
        interval=_duration(given["evaluation_interval"]),
    )


def seconds(text: str | None, option: str) -> float | None:
    """A time of the command line in seconds, at most now; `InputError` naming the option."""
    from outage_window import clock

    return None if text is None else min(moment(text, option), clock.system()) / 1e9


def _duration(text: str | None) -> float | None:
    from outage_window.settings.durations import parse_duration

    try:
        return None if text is None else parse_duration(text)
    except ValueError as error:
        raise InputError("--evaluation-interval", str(error)) from None


def _url(text: str) -> str:
    from pydantic_core import PydanticCustomError

    from outage_window.settings.alerts import http

    try:
        return http(text)
    except PydanticCustomError as error:
        raise InputError("--prometheus", error.message()) from None


def _reading(given: dict[str, Any]) -> Reading:
    from outage_window.sources.reading import UNASSIGNED, Reading
    from outage_window.sources.selectors import parse

    attempts, errors = (
        None if given[name] is None else parse(given[name], f"--{name.replace('_', '-')}")
        for name in ("attempts_selector", "errors_selector")
    )
    if (attempts is None) != (errors is None):
        raise InputError("--attempts-selector", "expected together with --errors-selector")
    service = given["services"][0] if len(given["services"]) == 1 else UNASSIGNED
    return Reading(service=service, attempts_selector=attempts, errors_selector=errors)


def _settings(given: dict[str, Any]) -> Settings:
    """Those of the file; or one service that the selectors make, of the Prometheus named."""
    from outage_window.settings.load import load
    from outage_window.settings.models import Prometheus, Service, Settings

    if given["attempts_selector"] is None or given["file"] is not None:
        return load(given["file"] or DEFAULT, os.environ)
    if given["prometheus"] is None:
        raise InputError("--attempts-selector", "expected with --prometheus, or with EXPORT files")
    service = Service(
        name=given["services"][0] if given["services"] else "unassigned",
        source="pull",
        attempts=given["attempts_selector"],
        errors=given["errors_selector"],
    )
    return Settings(prometheus=Prometheus(url=_url(given["prometheus"])), services=(service,))
