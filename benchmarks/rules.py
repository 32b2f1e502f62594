"""How long 50 candidate rules take over 90 days of one service at 15 s: from samples to report.

The samples are an OpenMetrics file; a Prometheus is started over them. Half of the rules are ratio
rules, half multi-window burn-rate rules by recording rules, as the SRE workbook writes them. Run
with the project's Python: `python -m benchmarks.rules [--days 90]`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np

from outage_window.rules.document import document
from outage_window.rules.running import Request, run
from outage_window.rules.text import text

STEP = 15
START = 1_704_067_200  # 2024-01-01T00:00:00Z
TARGET = 600.0
OUTAGES = 6
SERVICE = "auth"
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")


def make_export(path: Path, days: float, seed: int = 20240118) -> None:
    """Write two pods with two reasons of failure, a daily cycle, and outages of half an hour."""
    rng = np.random.default_rng(seed)
    count = round(days * 86400 / STEP)
    second = np.arange(count) * STEP
    level = 30 * (1 + 0.6 * np.sin(2 * np.pi * second / 86400))
    broken = np.zeros(count)
    for begin in rng.uniform(0.05, 0.95, OUTAGES) * count:
        broken[int(begin) : int(begin) + 1800 // STEP] = rng.uniform(0.1, 0.8)
    with path.open("w") as file:
        file.write("# TYPE auth_requests counter\n")
        for pod in (1, 2):
            tried = rng.poisson(level)
            failed = rng.binomial(tried, broken)
            typos = rng.binomial(tried - failed, 0.003)
            kinds = {
                'result="success",reason=""': tried - failed - typos,
                'result="failure",reason="backend_timeout"': failed,
                'result="failure",reason="bad_password"': typos,
            }
            for kind, counts in kinds.items():
                head = f'auth_requests_total{{service="{SERVICE}",{kind},instance="pod-{pod}"}}'
                file.writelines(
                    f"{head} {value} {START + at}\n"
                    for at, value in zip(second.tolist(), np.cumsum(counts).tolist(), strict=True)
                )
        file.write("# EOF\n")


def ratio(window: str) -> str:
    """The error ratio of a service over a window."""
    total = f"sum by (service) (rate(auth_requests_total[{window}]))"
    return total.replace("_total[", '_total{result="failure"}[') + " / " + total


def rules() -> dict[str, object]:
    """26 ratio rules and 24 burn-rate rules, at one evaluation a minute."""
    recording = [
        {"record": f"service:auth_errors:ratio_rate{window}", "expr": ratio(window)}
        for window in WINDOWS
    ]
    plain = [
        {"alert": f"Ratio{i}", "expr": f"{ratio(window)} > {threshold}", "for": hold}
        for i, (window, threshold, hold) in enumerate(
            [*product(("2m", "5m", "10m", "30m", "1h"), (0.02, 0.05, 0.1), ("0s", "2m"))][:26]
        )
    ]
    pairs = [("1h", "5m", 14.4), ("6h", "30m", 6), ("1d", "2h", 3), ("3d", "6h", 1)]
    burning = [
        {
            "alert": f"Burn{i}",
            "expr": f"service:auth_errors:ratio_rate{long} > {factor} * {budget}"
            f" and service:auth_errors:ratio_rate{short} > {factor} * {budget}",
        }
        for i, ((long, short, factor), budget) in enumerate(
            product(pairs, (0.001, 0.002, 0.005, 0.008, 0.01, 0.02))
        )
    ]
    group = {"name": "candidates", "interval": "1m", "rules": [*recording, *plain, *burning]}
    return {"groups": [group]}


def main() -> int:
    """Print a Markdown table; exit 1 when the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=float, default=90.0)
    parser.add_argument("--show", action="store_true", help="print the backtest as well")
    given = parser.parse_args()
    steps: list[tuple[str, float]] = []
    with tempfile.TemporaryDirectory() as name:
        export, file = Path(name) / "auth.om", Path(name) / "rules.yml"
        make_export(export, given.days)
        file.write_text(json.dumps(rules()))
        begun = time.perf_counter()
        steps.append(("reading rules, starting Prometheus", begun))
        found = run(
            Request(rules=[str(file)], exports=[str(export)]),
            lambda step: steps.append((step, time.perf_counter())),
        )
        shown = text(found)
        json.dumps(document(found))
        ended = time.perf_counter()
    if given.show:
        print(shown)
    caught = [one.score.caught for one in found.results if one.score is not None]
    print(f"| {given.days:g} days at {STEP} s, {len(found.results)} rules | seconds |")
    print("| --- | --- |")
    for (step, at), (_, until) in zip(steps, [*steps[1:], ("", ended)], strict=True):
        print(f"| {step} | {until - at:.1f} |")
    print(f"| whole | **{ended - begun:.1f}** |")
    print(f"\n{len(caught)} rules scored, the best caught {max(caught)} of {OUTAGES} outages.")
    print(f"Target: under {TARGET:g} s.")
    return 0 if ended - begun < TARGET and len(caught) == 50 else 1


if __name__ == "__main__":
    sys.exit(main())
