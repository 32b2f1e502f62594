"""The simulated inputs as senders send them: OpenMetrics, NDJSON, Parquet, alerts, events."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from outage_window.demo.counters import SYSTEM_REASON, USER_REASON, Scraped
from outage_window.demo.model import Outage, PastAlert
from outage_window.demo.simulate import HICCUPPED, OUTAGE, SLOW, SUCCESS, WRONG_PASSWORD, Attempts

GROUP_WAIT = 30.0
REPEAT = 4 * 3600.0
MARGIN = 900.0
"""Seconds around the outage of which attempts are sent."""
CHUNK = 50_000
"""Lines a body of NDJSON."""


def rfc3339(time: float) -> str:
    """Write seconds since the epoch as RFC 3339 with milliseconds and `Z`."""
    text = datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def openmetrics(series: Sequence[Scraped], begin: float, end: float) -> Iterator[str]:
    """Yield OpenMetrics text of the samples in [`begin`, `end`), a piece a series, with `# EOF`."""
    described = ""
    for one in sorted(series, key=lambda s: s.name):
        family = one.name.removesuffix("_bucket").removesuffix("_total")
        if family != described:
            described = family
            kind = "counter" if one.name.endswith("_total") else "unknown"
            yield f"# TYPE {family if kind == 'counter' else one.name} {kind}\n"
        labels = ",".join(f'{key}="{value}"' for key, value in one.labels.items())
        head = f"{one.name}{{{labels}}} "
        kept = (one.time >= begin) & (one.time < end)
        rows = zip(one.value[kept].astype(np.int64), one.time[kept], strict=True)
        yield "".join(f"{head}{value} {time:.3f}\n" for value, time in rows)
    yield "# EOF\n"


def write_openmetrics(series: Sequence[Scraped], path: Path, begin: float, end: float) -> None:
    """Write the samples in [`begin`, `end`) to a file that promtool and the file source read."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(openmetrics(series, begin, end))


def write_openmetrics_gz(series: Sequence[Scraped], path: Path, begin: float, end: float) -> None:
    """Write the same compressed, and without the time of writing: equal samples, equal bytes."""
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=raw, mtime=0) as packed,
        io.TextIOWrapper(packed, "utf-8") as file,
    ):
        file.writelines(openmetrics(series, begin, end))


def _near(outage: Outage, attempts: Attempts) -> NDArray[np.int64]:
    """Find the attempts from shortly before to shortly after the outage, in order of time."""
    near = np.flatnonzero(
        (attempts.time >= outage.start - MARGIN) & (attempts.time < outage.end + MARGIN)
    )
    order: NDArray[np.int64] = near[np.argsort(attempts.time[near])]
    return order


def _reasons(outage: Outage) -> dict[int, str]:
    return {
        SUCCESS: "",
        SLOW: "",
        WRONG_PASSWORD: USER_REASON,
        HICCUPPED: SYSTEM_REASON,
        OUTAGE: outage.reason,
    }


def attempts_ndjson(outage: Outage, attempts: Attempts) -> Iterator[bytes]:
    """Yield bodies for `POST /api/v1/attempts`: the attempts around the outage, one a line."""
    ending = {
        kind: f'"outcome":"{"failure" if reason else "success"}","reason":"{reason}",'
        f'"service":"{outage.service}"}}\n'
        for kind, reason in _reasons(outage).items()
    }
    near = _near(outage, attempts)
    for first in range(0, len(near), CHUNK):
        part = near[first : first + CHUNK]
        instants = np.datetime_as_string((attempts.time[part] * 1e3).astype("datetime64[ms]"))
        rows = zip(instants, attempts.user[part], attempts.outcome[part].tolist(), strict=True)
        yield "".join(
            f'{{"time":"{time}Z","user":"u{user}","source":"2001:db8::{user:x}",{ending[kind]}'
            for time, user, kind in rows
        ).encode()


def write_attempts_parquet(outage: Outage, attempts: Attempts, path: Path) -> None:
    """Write the same attempts as a table with the columns time, user, outcome, reason, …."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    near = _near(outage, attempts)
    reasons = _reasons(outage)
    reason = np.array([reasons[kind] for kind in range(len(reasons))])[attempts.outcome[near]]
    user = attempts.user[near]
    table = pa.table(
        {
            "time": (attempts.time[near] * 1e3).astype("datetime64[ms]"),
            "user": [f"u{one}" for one in user],
            "outcome": np.where(reason == "", "success", "failure"),
            "reason": reason,
            "source": [f"2001:db8::{one:x}" for one in user],
            "service": np.full(len(near), outage.service),
        }
    )
    table = table.set_column(0, "time", table["time"].cast(pa.timestamp("ms", "UTC")))
    pq.write_table(table, path)


def alert_labels(outage: Outage, alert: PastAlert) -> dict[str, str]:
    """Label an alert as its rule does."""
    return {"alertname": alert.rule, "service": outage.service, "severity": "page"}


def alert_bodies(outage: Outage) -> list[tuple[float, bytes]]:
    """Make what an Alertmanager posts and when: firing, the same every 4 h, resolved."""
    bodies = []
    for alert in outage.alerts:
        firing = _delivery(outage, alert, resolved=False)
        sent = np.arange(alert.fired_at + GROUP_WAIT, alert.resolved_at, REPEAT)
        bodies += [(float(at), firing) for at in sent]
        bodies.append((alert.resolved_at + GROUP_WAIT, _delivery(outage, alert, resolved=True)))
    return bodies


def _delivery(outage: Outage, alert: PastAlert, resolved: bool) -> bytes:
    """Make one webhook body of version 4 with one alert."""
    labels = alert_labels(outage, alert)
    annotations = {"summary": alert.summary, "for": alert.held_for}
    status = "resolved" if resolved else "firing"
    grouped = {"alertname": alert.rule, "service": outage.service}
    one = {
        "status": status,
        "labels": labels,
        "annotations": annotations,
        "startsAt": rfc3339(alert.fired_at),
        "endsAt": rfc3339(alert.resolved_at) if resolved else "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph",
        "fingerprint": hashlib.sha256(json.dumps(labels).encode()).hexdigest()[:16],
    }
    body = {
        "receiver": "outage-window",
        "status": status,
        "alerts": [one],
        "groupLabels": grouped,
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "http://alertmanager.example",
        "version": "4",
        "groupKey": "{}:" + json.dumps(grouped),
        "truncatedAlerts": 0,
    }
    return json.dumps(body).encode()


def events_body(outage: Outage) -> bytes:
    """Make the body for `POST /api/v1/events`: what people did, declared and deployed."""
    return json.dumps(
        [
            {
                "id": f"{outage.id}-{number}",
                "time": rfc3339(event.time),
                "type": event.kind,
                "service": outage.service,
                "text": event.text,
                "team": event.team,
            }
            for number, event in enumerate(outage.events)
        ]
    ).encode()
