# Small exports with a known outage, in every format; and the program run on them.
from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

T0 = 1_704_067_200  # 2024-01-01T00:00:00Z
STEP = 60
DAY = 86400


@dataclass(frozen=True)
class Row:
    time: int
    service: str
    attempts: int
    errors: int


def rows(
    service: str = "auth",
    outage: tuple[int, int] | None = (100_020, 107_040),
    seconds: int = 2 * DAY,
    ratio: float = 0.5,
    seed: int = 7,
) -> list[Row]:
    """Two days of minutes; `outage` in seconds from the start."""
    rng = np.random.default_rng(seed)
    time = np.arange(0, seconds, STEP)
    attempts = rng.poisson(60, len(time))
    share = np.full(len(time), 0.02)
    if outage is not None:
        share[(time >= outage[0]) & (time < outage[1])] = ratio
    errors = rng.binomial(attempts, share)
    return [
        Row(T0 + int(t), service, int(n), int(k))
        for t, n, k in zip(time, attempts, errors, strict=True)
    ]


def stamp(time: float) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%dT%H:%M:%SZ}"


def write_csv(path: Path, made: Sequence[Row], delimiter: str = ",") -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(["time", "service", "attempts", "errors"])
        writer.writerows([stamp(r.time), r.service, r.attempts, r.errors] for r in made)
    return path


def write_ndjson(path: Path, made: Sequence[Row]) -> Path:
    lines = [
        json.dumps(
            {"time": stamp(r.time), "service": r.service, "attempts": r.attempts}
            | {"errors": r.errors}
        )
        for r in made
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_parquet(path: Path, made: Sequence[Row]) -> Path:
    time = pa.array([r.time * 1000 for r in made], pa.timestamp("ms", tz="America/Bogota"))
    columns = {
        "time": time,
        "service": pa.array([r.service for r in made]).dictionary_encode(),
        "attempts": pa.array([r.attempts for r in made], pa.int32()),
        "errors": pa.array([r.errors for r in made], pa.int64()),
    }
    parquet.write_table(pa.table(columns), path)
    return path


def samples(made: Sequence[Row]) -> dict[str, tuple[list[int], list[int]]]:
    """Counters of success and failure, scraped at the end of each row's interval."""
    failed = np.cumsum([0, *(r.errors for r in made)])
    passed = np.cumsum([0, *(r.attempts - r.errors for r in made)])
    times = [made[0].time, *(r.time + STEP for r in made)]
    return {
        "success": (times, passed.tolist()),
        "failure": (times, failed.tolist()),
    }


def write_prometheus(path: Path, made: Sequence[Row]) -> Path:
    result = []
    for service in dict.fromkeys(r.service for r in made):
        for name, (times, values) in samples([r for r in made if r.service == service]).items():
            metric = {"__name__": "auth_requests_total", "service": service, "result": name}
            metric |= {"job": "auth", "instance": "a:9100"}
            pairs = [[t, str(v)] for t, v in zip(times, values, strict=True)]
            result.append({"metric": metric, "values": pairs})
    answer = {"status": "success", "data": {"resultType": "matrix", "result": result}}
    path.write_text(json.dumps(answer))
    return path


def write_openmetrics(path: Path, made: Sequence[Row]) -> Path:
    lines = ["# TYPE auth_requests counter"]
    for service in dict.fromkeys(r.service for r in made):
        for name, (times, values) in samples([r for r in made if r.service == service]).items():
            labels = f'service="{service}",result="{name}",job="auth",instance="a:9100"'
            lines += [
                f"auth_requests_total{{{labels}}} {v} {t}"
                for t, v in zip(times, values, strict=True)
            ]
    path.write_text("\n".join([*lines, "# EOF"]) + "\n")
    return path


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    def document(self) -> dict[str, Any]:
        assert self.code in (0, 1), self.err
        found: dict[str, Any] = json.loads(self.out)
        return found


class Program:
    """The program in this process, by the door that the installed command uses."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.monkeypatch = monkeypatch
        self.capsys = capsys

    def __call__(self, *arguments: object) -> Ended:
        from outage_window.cli.main import run

        self.capsys.readouterr()
        self.monkeypatch.setattr(sys, "argv", ["outage-window", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            run()
        captured = self.capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Ended(ended.value.code, captured.out, captured.err)

    def analyze(self, *arguments: object) -> Ended:
        return self("analyze", *arguments)

    def document(self, *arguments: object) -> dict[str, Any]:
        return self.analyze(*arguments, "--format", "json").document()
