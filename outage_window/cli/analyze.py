"""`outage-window analyze`: find the outage windows in exports of metrics."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from outage_window.errors import Failed, InputError

if TYPE_CHECKING:
    from detector.budget import Objective
    from outage_window.batch import Analysis, Progress, Request
    from outage_window.batch.engines import Engine
    from outage_window.sources.reading import Reading

WORKERS = ("--engine", "--scheduler", "--work-dir")
"""Options, each with a value, that decide who does the work."""

FILE = click.Path(path_type=str)


@click.command()
@click.argument("exports", nargs=-1, required=True, metavar="EXPORT...", type=FILE)
@click.option(
    "--users",
    type=FILE,
    multiple=True,
    help="Attempts per user: time, user, outcome, reason, source, service; files or globs.",
)
@click.option("--alerts", type=FILE, help="Alertmanager's /api/v2/alerts, or webhook bodies.")
@click.option("--changes", type=FILE, help="Changes: time, service, text, team (CSV or NDJSON).")
@click.option("--events", type=FILE, help="As --changes, with a type: ticket, escalated, ...")
@click.option("--maintenance", type=FILE, help="Planned work: start, end, service, reason.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="What goes to stdout.",
)
@click.option("--draft", type=FILE, metavar="DIR", help="Write a draft and a chart a window here.")
@click.option(
    "--template", metavar="NAME|FILE", default="default", show_default=True, help="Of the drafts."
)
@click.option("--chart", type=FILE, help="Write the chart here (.svg or .png).")
@click.option("--time-column", help="The column of times (usual: time, timestamp, ts).")
@click.option("--attempts-column", help="Usual: attempts, total, requests.")
@click.option("--errors-column", help="Usual: errors, failures, failed.")
@click.option("--ratio-column", help="The column of error ratios, 0 to 1 (usual: error_ratio).")
@click.option("--service-column", help="The column or label of the service (usual: service, job).")
@click.option("--service", help="The service of rows that name none.", metavar="NAME")
@click.option("--time-zone", metavar="ZONE", help="Zone of times without an offset.")
@click.option(
    "--time-unit", type=click.Choice(["s", "ms", "us", "ns"]), help="Unit of numeric times."
)
@click.option(
    "--time-marks",
    type=click.Choice(["start", "end"]),
    help="What a time marks of its interval (PromQL and Grafana's series: end; others: start).",
)
@click.option("--attempts-selector", metavar="SELECTOR", help="Which series count attempts.")
@click.option("--errors-selector", metavar="SELECTOR", help="Which series count errors.")
@click.option(
    "--quantity",
    type=click.Choice(["ratio", "rate", "count"]),
    help="What values are that are no raw samples, where the file does not tell.",
)
@click.option("--system-reasons", metavar="A,B", help="Failure reasons that are the service's own.")
@click.option("--user-reasons", metavar="A,B", help="Failure reasons that are the user's own.")
@click.option(
    "--user-sample",
    type=click.FloatRange(0, 1, min_open=True),
    default=1.0,
    help="The share of all users, chosen by a hash of the id, that --users holds.",
)
@click.option("--registered-users", type=click.IntRange(min=1), help="How many users there are.")
@click.option("--slo", metavar="TARGET/WINDOW", help="The objective, such as 99.9/30d.")
@click.option("--join-gap", metavar="DURATION", help="Join stretches closer than this (15m).")
@click.option("--min-duration", metavar="DURATION", help="Shorter windows are blips (2m).")
@click.option("--zone", default="UTC", show_default=True, help="The service's own zone.")
@click.option(
    "--engine",
    type=click.Choice(["local", "dask"]),
    default="local",
    show_default=True,
    help="Who does the work: this machine, or the workers of a Dask cluster.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Of the Dask cluster: tcp://HOST:8786.")
@click.option(
    "--work-dir",
    metavar="DIR",
    help="Where much input lies meanwhile: a folder, or a URL that all workers share.",
)
@click.option("--resume", is_flag=True, help="Go on where an interrupted analysis stopped.")
@click.option("--fail-on-outage", is_flag=True, help="Exit 1 when a window was found.")
def command(**given: Any) -> int:
    """Find the outage windows in EXPORTs and say when they began, ended and whom they hit.

    Each EXPORT is a CSV, NDJSON or Parquet table; Prometheus API JSON, OpenMetrics, /federate or
    promtool's output; CSV of Grafana; or JSON of CloudWatch, Azure Monitor or Datadog. Gzip is
    unpacked. Times are read and shown in UTC.
    """
    from outage_window.drafts.from_batch import picture, write_reports
    from outage_window.drafts.templates import named

    request = _request(given)
    if given["chart"] is not None:
        picture(Path(given["chart"]))  # refused now rather than after long work
    template = named(given["template"])
    analysis = _analysed(request, given)
    document = analysis.document()
    _write(document, given["form"])
    if given["form"] == "csv":
        for entry in document["not_assessed"]:
            _say(f"not assessed: {entry['service']}: {entry['reason']}")
    if given["draft"] is not None or given["chart"] is not None:
        write_reports(analysis.incidents(), given["draft"], given["chart"], template, _say)
    return 1 if given["fail_on_outage"] and document["windows"] else 0


def _analysed(request: Request, given: dict[str, Any]) -> Analysis:
    from outage_window.batch import analyze
    from outage_window.batch.place import Interrupted

    engine = _engine(given)
    try:
        with _progress() as progress:
            return analyze(request, progress, engine, given["resume"], given["work_dir"])
    except Interrupted:
        _say("interrupted; the same command with --resume goes on from here, within a week")
        raise click.Abort from None
    except Failed as error:
        raise Failed(f"{error}; the same command with --resume goes on from here") from None


def _engine(given: dict[str, Any]) -> Engine | None:
    """A cluster, or None for whatever of this machine fits the input."""
    if given["engine"] == "local":
        if given["scheduler"] is not None:
            raise InputError("--scheduler", "is of a cluster; expected --engine dask beside it")
        return None
    if given["scheduler"] is None:
        raise InputError("--engine dask", "expected --scheduler ADDRESS beside it")
    if find_spec("distributed") is None:
        raise InputError("--engine dask", "expected pip install 'outage-window[distributed]'")
    from outage_window.batch.cluster import Cluster

    return Cluster(given["scheduler"])


def _request(given: dict[str, Any]) -> Request:
    from detector.model import Options
    from outage_window.assess import Declared
    from outage_window.batch import Request
    from outage_window.reasons import Reasons
    from outage_window.zones import zone_of

    zone_of(given["zone"], "--zone")
    if given["time_zone"] is not None:
        zone_of(given["time_zone"], "--time-zone")
    return Request(
        exports=given["exports"],
        users=given["users"],
        alerts=given["alerts"],
        changes=given["changes"],
        events=given["events"],
        maintenance=given["maintenance"],
        reading=_reading(given),
        reasons=Reasons(_words(given["system_reasons"]), _words(given["user_reasons"])),
        options=Options(
            join_gap=_duration(given["join_gap"], "--join-gap", Options().join_gap),
            min_duration=_duration(given["min_duration"], "--min-duration", Options().min_duration),
            zone=given["zone"],
        ),
        user_sample=given["user_sample"],
        declared=Declared(given["registered_users"], _objective(given["slo"])),
        command=shlex.join(
            ["outage-window", *(word for word in sys.argv[1:] if word != "--resume")]
        ),
    )


def _telling(words: Sequence[str]) -> list[str]:
    """The words of the command that decide what is found: who does the work does not."""
    kept: list[str] = []
    skip = False
    for word in words:
        name, mark, _ = word.partition("=")
        if not skip and name not in {"--resume", *WORKERS}:
            kept.append(word)
        skip = not skip and name in WORKERS and not mark
    return kept


def _reading(given: dict[str, Any]) -> Reading:
    from outage_window.sources import selectors
    from outage_window.sources.reading import UNASSIGNED, Reading

    def selector(option: str) -> selectors.Selector | None:
        text = given[option.replace("-", "_")]
        return None if text is None else selectors.parse(text, f"--{option}")

    return Reading(
        time_column=given["time_column"],
        attempts_column=given["attempts_column"],
        errors_column=given["errors_column"],
        ratio_column=given["ratio_column"],
        service_column=given["service_column"],
        service=given["service"] or UNASSIGNED,
        time_zone=given["time_zone"],
        time_unit=given["time_unit"],
        time_marks=given["time_marks"],
        attempts_selector=selector("attempts-selector"),
        errors_selector=selector("errors-selector"),
        quantity=given["quantity"],
    )


def _objective(text: str | None) -> Objective | None:
    if text is None:
        return None
    from outage_window.objectives import parse_objective

    return parse_objective(text, "--slo")


def _duration(text: str | None, option: str, default: float) -> float:
    if text is None:
        return default
    from outage_window.settings.durations import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise InputError(option, str(error)) from None


def _words(text: str | None) -> frozenset[str]:
    return frozenset(word.strip() for word in (text or "").split(",") if word.strip())


def _write(document: dict[str, Any], form: str) -> None:
    if form == "json":
        click.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
    elif form == "csv":
        from outage_window.document.rows import to_csv

        click.echo(to_csv(document), nl=False)
    else:
        from outage_window.document.text import to_text

        click.echo(to_text(document), nl=False)


def _beside(document: dict[str, Any]) -> list[str]:
    """What rows of windows have no room for."""
    not_assessed = [
        f"not assessed: {n['service']}: {n['reason']}" for n in document["not_assessed"]
    ]
    return [*not_assessed, *document["notes"]]


def _say(text: str) -> None:
    click.echo(f"outage-window: {text}", err=True)


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar for each stage on stderr, only where a person watches and the work is long."""
    if not sys.stderr.isatty():
        yield lambda stage, done, total: None
        return
    from outage_window.cli.bars import bars

    with bars() as progress:
        yield progress
