"""What receiving costs: durable deliveries against the same server keeping nothing; memory."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.lab.posting import Posted, deliveries, post
from benchmarks.lab.report import Line, table
from benchmarks.lab.serving import running, serve
from tests import postgres

ROUNDS, A_ROUND = 7, 3000
LEAST_RATIO, MOST_P99 = 0.6, 5.0
MOST_GROWTH, MOST_MIB = 1.1, 250
ALERTS = 20
"""Of each delivery, where many alerts are to be stored."""


@contextmanager
def _serve(database: str) -> Iterator[tuple[int, int]]:
    with tempfile.TemporaryDirectory() as name:
        folder, key = Path(name), Path(name) / "user.key"
        key.write_bytes(postgres.KEY)
        url = database or f"sqlite:///{folder / 'ow.db'}"
        more = f"attempts: {{user_key_file: '{key}'}}\n"
        with serve(folder, url, more) as found:
            yield found


def _speed(name: str, database: str) -> list[Line]:
    """Rounds in turn, on the same bodies; medians of the ratios of neighbours."""
    rounds: list[tuple[Posted, Posted, Posted]] = []
    peer: list[str | Path] = [sys.executable, "-m", "benchmarks.lab.not_keeping"]
    with (
        running(peer) as (plain, _),
        running([*peer, "looking"]) as (looking, _),
        _serve(database) as (durable, _),
    ):
        for run in range(ROUNDS + 1):
            one, two, three = (
                post(port, deliveries(A_ROUND, run)) for port in (plain, looking, durable)
            )
            assert all(set(each.codes) == {b"200"} for each in (one, two, three)), (one, two, three)
            if run:  # the first warms up
                rounds.append((one, two, three))
    rates = [ours.rate / theirs.rate for theirs, _, ours in rounds]
    beside = [ours.rate / theirs.rate for _, theirs, ours in rounds]
    slow = [ours.p99 / theirs.p99 for theirs, _, ours in rounds]
    rate, median, p99 = map(statistics.median, (rates, beside, slow))
    own = statistics.median(ours.rate for _, _, ours in rounds)
    return [
        Line(
            f"{name}: durable / not kept", f"≥ {LEAST_RATIO}", f"{rate:.2f} ×",
            rate >= LEAST_RATIO, f"{min(rates):.2f} to {max(rates):.2f}; {own:.0f} a second",
        ),
        Line(
            f"{name}: durable / read and checked, not kept", "", f"{median:.2f} ×",
            None, f"{min(beside):.2f} to {max(beside):.2f}",
        ),
        Line(
            f"{name}: p99 at 16 connections / not kept", f"≤ {MOST_P99:g}", f"{p99:.1f} ×",
            p99 <= MOST_P99, f"{min(slow):.1f} to {max(slow):.1f}",
        ),
    ]  # fmt: skip


def _memory(name: str, database: str, alerts: int, minutes: float) -> list[Line]:
    """Resident memory after a twentieth of the alerts, after all, after a soak at half speed."""
    with _serve(database) as (port, pid):
        many = alerts // ALERTS
        first = post(port, deliveries(many // 20, 1, ALERTS))
        time.sleep(20)  # a pass over what came
        warm = _resident(pid)
        posted = post(port, deliveries(many - many // 20, 2, ALERTS))
        time.sleep(40)
        after = _resident(pid)
        peak = post(port, deliveries(3000, 3)).rate
        soak = deliveries(round(peak / 2 * 60 * minutes), 4)
        soaked = post(port, soak, rate=peak / 2)
        time.sleep(20)
        end, most = _resident(pid), _resident(pid, "VmHWM")
        codes = first.codes + posted.codes + soaked.codes
    note = f"{warm} → {after} → {end} MiB, at most {most}; answers {dict(codes)}"
    grown = max(after, end) / warm
    return [
        Line(
            f"{name}: {alerts:,} alerts, then {minutes:g} min at {peak / 2:.0f} a second",
            f"≤ {MOST_GROWTH} × the first twentieth", f"{grown:.2f} ×", grown <= MOST_GROWTH, note,
        ),
        Line(f"{name}: most resident memory", f"≤ {MOST_MIB} MiB", f"{most} MiB", most <= MOST_MIB),
    ]  # fmt: skip


def _resident(pid: int, key: str = "VmRSS") -> int:
    """MiB."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition(f"{key}:")[2].split()[0]) // 1024


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=("speed", "memory", "all"), default="all")
    parser.add_argument("--alerts", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=30, help="of the soak")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    given = parser.parse_args()
    server = postgres.Postgres() if given.database != "sqlite" else None
    lines: list[Line] = []
    try:
        for name in ("sqlite", "postgresql"):
            if given.database in (name, "both"):
                made = lambda n=name: server.database() if server and n != "sqlite" else ""  # noqa: E731
                if given.part != "memory":
                    lines += _speed(name, made())
                if given.part != "speed":
                    lines += _memory(name, made(), given.alerts, given.minutes)
    finally:
        if server is not None:
            server.drop()
    sys.stdout.write(table(lines) + "\n")
    return int(any(line.met is False for line in lines))


if __name__ == "__main__":
    sys.exit(main())
