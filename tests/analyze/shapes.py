# One outage as every monitoring system exports it, with the options that each needs.
from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.analyze.made import STEP, Row, samples, stamp

Texts = Sequence[str]


@dataclass(frozen=True)
class Shape:
    """How an export is written, the ending of its name, and the options that it needs."""

    write: Callable[[Sequence[Row]], str | bytes]
    ending: str
    options: Texts = ()


def scrapes(made: Sequence[Row]) -> Iterable[tuple[int, dict[str, int]]]:
    """Each time with the counters of success and failure then."""
    found = samples(made)
    for index, time in enumerate(found["success"][0]):
        yield time, {name: values[index] for name, (_, values) in found.items()}


def federate(made: Sequence[Row]) -> str:
    lines = []
    for time, counts in scrapes(made):
        lines.append("# TYPE auth_requests_total untyped")
        for name, value in counts.items():
            labels = f'instance="a:1",job="x",result="{name}",service="auth"'
            lines.append(f"auth_requests_total{{{labels}}} {value} {time * 1000}")
    return "\n".join(lines) + "\n"


def tsdb_dump(made: Sequence[Row]) -> str:
    lines = [
        f'{{__name__="auth_requests_total", instance="a:1", result="{name}", service="auth"}}'
        f" {value} {time * 1000}"
        for name, (times, values) in samples(made).items()
        for time, value in zip(times, values, strict=True)
    ]
    return "\n".join(lines) + "\n"


def query_range(made: Sequence[Row]) -> str:
    lines = []
    for name, (times, values) in samples(made).items():
        labels = f'instance="a:1", result="{name}", service="auth"'
        lines.append(f"auth_requests_total{{{labels}}} =>")
        lines += [f"{value} @[{time}]" for time, value in zip(times, values, strict=True)]
    return "\n".join(lines) + "\n"


def result(id: str, label: str, rows: Sequence[tuple[str, float]], status: str) -> dict[str, Any]:
    return {
        "Id": id,
        "Label": label,
        "Timestamps": [time for time, _ in reversed(rows)],
        "Values": [value for _, value in reversed(rows)],
        "StatusCode": status,
    }


def points(made: Sequence[Row], kind: str) -> list[tuple[str, float]]:
    """Only errors are sparse, as CloudWatch and Datadog have it."""
    values = [(stamp(r.time).replace("Z", "+00:00"), float(getattr(r, kind))) for r in made]
    return [(time, value) for time, value in values if value or kind == "attempts"]


def metric_data(made: Sequence[Row]) -> str:
    half = len(made) // 2
    pages = []
    for part, status in ((made[half:], "PartialData"), (made[:half], "Complete")):
        results = [
            result("m1", "RequestCount", points(part, "attempts"), status),
            result("m2", "5XX", points(part, "errors"), status),
        ]
        more = {"NextToken": "x"} if status == "PartialData" else {}
        pages.append(json.dumps({"MetricDataResults": results, "Messages": [], **more}, indent=4))
    return "\n".join(pages)


def metric_statistics(made: Sequence[Row]) -> str:
    return "\n".join(
        json.dumps(
            {
                "Label": label,
                "Datapoints": [
                    {"Timestamp": time, "Sum": value, "Unit": "Count"}
                    for time, value in points(made, kind)
                ],
            },
            indent=4,
        )
        for label, kind in (("Requests", "attempts"), ("5XXError", "errors"))
    )


def azure(made: Sequence[Row]) -> str:
    metrics = [
        {
            "name": {"value": name, "localizedValue": f"{name}, all"},
            "errorCode": "Success",
            "unit": "Count",
            "timeseries": [
                {
                    "data": [
                        {"timeStamp": stamp(r.time), "total": getattr(r, kind), "average": None}
                        for r in made
                    ],
                    "metadatavalues": [],
                }
            ],
        }
        for name, kind in (("Requests", "attempts"), ("Http5xx", "errors"))
    ]
    return json.dumps({"cost": 1, "interval": "PT1M", "value": metrics})


def datadog(made: Sequence[Row]) -> str:
    found = [
        {
            "metric": f"web.{kind}",
            "display_name": kind,
            "scope": "service:auth,env:prod",
            "expression": f"sum:web.{kind}{{service:auth,env:prod}}.as_count()",
            "interval": STEP,
            "unit": None,
            "pointlist": [[r.time * 1000.0, float(getattr(r, kind))] for r in made],
        }
        for kind in ("attempts", "errors")
    ]
    return json.dumps({"status": "ok", "res_type": "time_series", "series": found})


TRIED = '{kind=""attempts"", service=""auth""}'
FAILED = '{kind=""errors"", service=""auth""}'


def local(time: int) -> str:
    return stamp(time + STEP).replace("T", " ").removesuffix("Z")


def joined(made: Sequence[Row], delimiter: str = ",") -> str:
    rows = [[local(r.time), str(r.attempts), str(r.errors or "")] for r in made]
    head = ['"Time"', f'"{TRIED}"', f'"{FAILED}"']
    return "\r\n".join(delimiter.join(row) for row in (head, *rows))


def frames(made: Sequence[Row]) -> str:
    parts = [
        "\r\n".join([f'"Time","{name}"', *(f"{local(r.time)},{getattr(r, kind)}" for r in made)])
        for name, kind in ((TRIED, "attempts"), (FAILED, "errors"))
    ]
    return "\r\n\r\n".join(parts)


def excel(made: Sequence[Row]) -> bytes:
    return codecs.BOM_UTF16_LE + ("sep=,\r\n" + joined(made, "\t")).encode("utf-16-le")


def semicolons(made: Sequence[Row]) -> str:
    """Rates with decimal commas: the numbers that a step of a minute turns back into counts."""

    def rate(value: int) -> str:
        return repr(value / STEP).replace(".", ",")

    rows = [[local(r.time), rate(r.attempts), rate(r.errors)] for r in made]
    return "\n".join(";".join(row) for row in (["Time", f'"{TRIED}"', f'"{FAILED}"'], *rows))


def legends(made: Sequence[Row]) -> str:
    rows = [f"{r.time * 1000},{r.attempts},{r.errors}" for r in made]
    return "\n".join(['"Time","all logins","failed, all"', *rows])


def counters(made: Sequence[Row]) -> str:
    head = [
        f'"auth_requests_total{{instance=""a:1"", result=""{name}"", service=""auth""}}"'
        for name in samples(made)
    ]
    rows = [f"{time * 1000},{','.join(map(str, found.values()))}" for time, found in scrapes(made)]
    return "\n".join([",".join(['"Time"', *head]), *rows])


def selected(attempts: str, errors: str) -> Texts:
    return "--attempts-selector", attempts, "--errors-selector", errors


UNNAMED = ("--service", "auth")
LABELLED = selected('{kind="attempts"}', '{kind="errors"}')
ZONED = ("--time-zone", "UTC")
COUNT, RATE = ("--quantity", "count"), ("--quantity", "rate")
TITLES = tuple(
    word.replace('""', '"') for word in ("--attempts-column", TRIED, "--errors-column", FAILED)
)

SHAPES: dict[str, Shape] = {
    "federate": Shape(federate, "txt"),
    "promtool tsdb dump": Shape(tsdb_dump, "txt"),
    "promtool query range": Shape(query_range, "txt"),
    "get-metric-data": Shape(
        metric_data, "json", (*UNNAMED, *COUNT, *selected('{id="m1"}', '{id="m2"}'))
    ),
    "get-metric-statistics": Shape(
        metric_statistics,
        "json",
        (*UNNAMED, *selected('{label="Requests"}', '{label="5XXError"}')),
    ),
    "Azure Monitor": Shape(
        azure, "json", (*UNNAMED, *selected('{name="Requests"}', '{name="Http5xx"}'))
    ),
    "Datadog": Shape(datadog, "json"),
    "Grafana, joined": Shape(joined, "csv", (*ZONED, *COUNT, *LABELLED)),
    "Grafana, by header": Shape(joined, "csv", (*ZONED, *COUNT, *TITLES)),
    "Grafana, frames": Shape(frames, "csv", (*ZONED, *COUNT, *LABELLED)),
    "Grafana, Excel": Shape(excel, "csv", (*ZONED, *COUNT, *LABELLED)),
    "Grafana, semicolons": Shape(semicolons, "csv", (*ZONED, *RATE, *LABELLED)),
    "Grafana, counters": Shape(counters, "csv"),
    "Grafana, legends": Shape(
        legends,
        "csv",
        (*UNNAMED, "--attempts-column", "all logins", "--errors-column", "failed, all"),
    ),
}
