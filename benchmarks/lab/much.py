"""Exports of any size, the same rows as CSV and as Parquet: a row a step and service."""

from __future__ import annotations

from pathlib import Path

import numpy as np

STEP = 15
START = 1_704_067_200  # 2024-01-01T00:00:00Z
VARIANTS = 97
"""Steps that are drawn; the steps of an export are these over and over, in a fixed order."""
FAILING = 1001
"""Every so many services one fails for 40 minutes, at a time of its own."""
LASTS = 160


class Export:
    """`services` services of `steps` steps, in order of time as a monitoring system writes them."""

    def __init__(self, services: int, steps: int, seed: int = 20240122) -> None:
        rng = np.random.default_rng(seed)
        self.services, self.steps = services, steps
        level = rng.integers(20, 400, services)
        self.attempts = rng.poisson(level, (VARIANTS, services))
        self.errors = rng.binomial(self.attempts, 0.02)
        self.hit = rng.binomial(self.attempts, 0.5)
        self.order = rng.integers(0, VARIANTS, steps)
        self.names = [f"service-{index:06}" for index in range(services)]
        self.failing = np.arange(0, services, FAILING)
        self.onset = rng.integers(0, max(steps - LASTS, 1), len(self.failing))

    def errors_of(self, step: int) -> np.ndarray:
        """The errors of each service in a step."""
        chosen = int(self.order[step])
        errors = self.errors[chosen].copy()
        now = self.failing[(self.onset <= step) & (step < self.onset + LASTS)]
        errors[now] = self.hit[chosen][now]
        return errors

    def to_csv(self, path: Path) -> None:
        """Write it as text."""
        usual = [self._lines(variant, self.errors[variant]) for variant in range(VARIANTS)]
        with path.open("wb") as file:
            file.write(b"time,service,attempts,errors\n")
            for step in range(self.steps):
                lines = usual[int(self.order[step])]
                errors = self.errors_of(step)
                changed = np.flatnonzero(errors != self.errors[int(self.order[step])])
                if len(changed):
                    lines = list(lines)
                    attempts = self.attempts[int(self.order[step])]
                    for index in changed.tolist():
                        lines[index] = self._line(index, attempts[index], errors[index])
                stamp = np.datetime_as_string(np.datetime64(START + STEP * step, "s"))
                stamp = f"{stamp}Z".encode()
                file.write(stamp + stamp.join(lines))

    def _lines(self, variant: int, errors: np.ndarray) -> list[bytes]:
        attempts = self.attempts[variant].tolist()
        return [self._line(i, n, k) for i, (n, k) in enumerate(zip(attempts, errors, strict=True))]

    def _line(self, index: int, attempts: int, errors: int) -> bytes:
        return f",{self.names[index]},{attempts},{errors}\n".encode()

    def to_parquet(self, path: Path, group: int = 2**20) -> None:
        """Write it as Parquet, as pandas does unless it is told otherwise."""
        import pyarrow as pa
        from pyarrow import parquet

        names = pa.array(self.names)
        kinds = (pa.timestamp("s", tz="UTC"), pa.string(), pa.int64(), pa.int64())
        schema = pa.schema(zip(("time", "service", "attempts", "errors"), kinds, strict=True))
        together = max(group // self.services, 1)
        with parquet.ParquetWriter(path, schema) as writer:
            for first in range(0, self.steps, together):
                steps = range(first, min(first + together, self.steps))
                time = np.repeat(START + STEP * np.array(steps), self.services)
                columns = [
                    pa.array(time).cast(kinds[0]),
                    pa.concat_arrays([names] * len(steps)),
                    pa.array(np.concatenate([self.attempts[self.order[step]] for step in steps])),
                    pa.array(np.concatenate([self.errors_of(step) for step in steps])),
                ]
                writer.write_table(pa.table(columns, schema=schema), row_group_size=group)
