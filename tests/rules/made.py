# Ten days of one service with two outages, a restart and a gap: as a file and as a store.
from __future__ import annotations

from pathlib import Path

import numpy as np

from outage_window.live.feeds.feed import source_of
from outage_window.settings.models import Service
from outage_window.store import Store, samples
from outage_window.store.samples import Progress, Samples

START = 1_704_067_200.0  # 2024-01-01T00:00:00Z
MINUTES = 10 * 1440
OUTAGES = ((6000, 6045), (12_000, 12_120))
"""Minutes from the start."""
GAP = (9000, 9030)
ATTEMPTS, ERRORS = "auth_requests_total", 'auth_requests_total{result="failure"}'

RULES = """
groups:
- name: auth
  interval: 1m
  rules:
  - record: service:errors:ratio5m
    expr: >-
      sum by (service) (rate(auth_requests_total{result="failure"}[5m]))
      / sum by (service) (rate(auth_requests_total[5m]))
  - alert: Quick
    expr: service:errors:ratio5m > 0.2
    for: 2m
  - alert: Nervous
    expr: service:errors:ratio5m > 0.02
  - alert: Deaf
    expr: service:errors:ratio5m > 0.95
  - alert: Silence
    expr: absent(auth_requests_total)
    labels: {service: auth}
  - alert: Elsewhere
    expr: node_load1 > 5
"""


def series(seed: int = 3) -> list[tuple[dict[str, str], np.ndarray, np.ndarray]]:
    """(labels, time in seconds, value) of each series."""
    rng = np.random.default_rng(seed)
    minute = np.arange(MINUTES)
    ratio = np.full(MINUTES, 0.01)
    for begin, end in OUTAGES:
        ratio[begin:end] = 0.5
    tried = rng.poisson(60, MINUTES)
    failed = rng.binomial(tried, ratio)
    kept = (minute < GAP[0]) | (minute >= GAP[1])
    found = []
    for result, counts in (("success", tried - failed), ("failure", failed)):
        total = np.cumsum(counts).astype(float)
        total[8000:] -= total[7999]  # a restart
        labels = {
            "__name__": "auth_requests_total", "service": "auth", "result": result,
            "job": "auth", "instance": "auth-1:80",
        }  # fmt: skip
        found.append((labels, START + 60.0 * minute[kept], total[kept]))
    return found


def write_export(path: Path) -> Path:
    lines = []
    for labels, time, value in series():
        shown = ",".join(f'{k}="{v}"' for k, v in labels.items() if k != "__name__")
        lines += [
            f"auth_requests_total{{{shown}}} {v:.0f} {t:.0f}"
            for t, v in zip(time.tolist(), value.tolist(), strict=True)
        ]
    path.write_text("# TYPE auth_requests counter\n" + "\n".join(lines) + "\n# EOF\n")
    return path


def service(source: str) -> Service:
    return Service(name="auth", source=source, attempts=ATTEMPTS, errors=ERRORS)


def fill_store(url: str) -> None:
    """What a remote write sender would have brought, with stale markers where the gap begins."""
    mine = service("remote_write")
    found = []
    for labels, time, value in series():
        at = int(np.searchsorted(time, START + 60 * GAP[0]))
        stale = np.array([0x7FF0000000000002], dtype="<u8").view("<f8")
        time = np.insert(time, at, START + 60 * GAP[0])
        value = np.concatenate([value[:at], stale, value[at:]])
        ns = np.rint(time * 1e9).astype(np.int64)
        found += [
            Samples(role, labels, ns, value)
            for role in ("attempts", "errors")
            if role == "attempts" or labels["result"] == "failure"
        ]
    store = Store.open(url)
    store.write(lambda c: samples.keep(c, "auth", found, Progress(None, source_of(mine))))
    store.close()
