"""The benchmark of scanning, small: `serve` follows a real VictoriaMetrics; its table is made."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from benchmarks import scan
from benchmarks.lab.report import Line
from outage_window.store import samples
from outage_window.store.opened import looking
from outage_window.store.samples import Samples

pytestmark = pytest.mark.real
SMALL = ["--services", "5", "--days", "0.05", "--minutes", "0.1", "--interval", "1", "--step", "2"]
NAMES = [f"s{number:05d}" for number in range(5)]
PASSES = "outage_window_scan_duration_seconds_count"
FAILED = "outage_window_scan_failures_total"


@dataclass(frozen=True)
class Told:
    """What `serve` tells and holds at one time: metrics by name and service, samples by service."""

    metrics: dict[tuple[str, str], float]
    stored: dict[str, list[Samples]]


@dataclass(frozen=True)
class Seen:
    """The lines of a run, and what was told before and after they were made."""

    asked: argparse.Namespace
    counters: scan.Counters
    lines: list[Line]
    before: Told
    after: Told
    peak: float


def told(served, folder):
    families = text_string_to_metric_families(served.text("/metrics"))
    metrics = {
        (one.name, one.labels.get("service", "")): one.value
        for family in families
        for one in family.samples
    }
    with looking(f"sqlite:///{folder / 'serve'}.db") as connection:
        return Told(metrics, {name: samples.load(connection, name, 0) for name in NAMES})


def peak(pid):
    """The most MiB that a process ever held, as Linux counted them."""
    [kib] = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(kib) / 1024


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    folder, asked = tmp_path_factory.mktemp("scan"), scan.parsed(SMALL)
    with scan.watching(folder, asked) as of:
        before = told(of.served, folder)
        lines = list(scan.lines(of, asked))
        after = told(of.served, folder)
        yield Seen(asked, of.counters, lines, before, after, peak(of.served.pid))


def test_the_table_has_its_lines_and_judges_none_below_a_thousand_services(seen):
    assert [(line.name, line.asked) for line in seen.lines] == [
        ("CPU of `serve`: 5 services, 0.05 d of history, every 1 s", "≤ 30 % of one core"),
        ("memory of `serve`, the most seen", "≤ 400 MiB"),
        ("CPU of VictoriaMetrics beside it", "–"),
        ("first reading of the whole history", "–"),
    ]
    assert [line.met for line in seen.lines] == [None] * 4


def number(pattern, text):
    found = re.fullmatch(pattern, text)
    assert found, text
    return float(found[1])


def test_its_figures_are_those_of_the_processes_and_agree(seen):
    cpu, memory, theirs, took = seen.lines
    share = number(r"(\d+) %", cpu.seen)
    each = number(r"([\d.]+) ms a service and pass; 0\.1 min", cpu.note)
    assert each == pytest.approx(10 * share / 5, abs=10 * 0.5 / 5 + 0.05)  # as far as rounded
    assert each > 0
    most = number(r"(\d+) MiB", memory.seen)
    assert 0 < most <= np.ceil(seen.peak)
    assert number(r"([\d.]+) MiB a service", memory.note) == pytest.approx(most / 5, abs=0.2)
    assert number(r"(\d+) %", theirs.seen) >= 0
    seconds = number(r"(\d+) s", took.seen)
    assert number(r"(\d+) ms a service", took.note) == pytest.approx(200 * seconds, abs=101)


def test_every_service_is_assessed_again_and_again(seen):
    before, after = seen.before.metrics, seen.after.metrics
    assert {name for metric, name in after if metric == scan.SUCCEEDED} == set(NAMES)
    assert after[PASSES, ""] >= before[PASSES, ""] + 2
    for name in NAMES:
        assert after[scan.SUCCEEDED, name] > before[scan.SUCCEEDED, name] > 0
        assert after[FAILED, name] == 0


def test_samples_go_on_arriving_and_are_those_that_were_sent(seen):
    history = round(seen.asked.days * 86400 / seen.asked.step)
    for service, name in enumerate(NAMES):
        assert [one.role for one in seen.after.stored[name]] == ["attempts", "errors"]
        pairs = zip(seen.before.stored[name], seen.after.stored[name], strict=True)
        for earlier, later in pairs:
            assert later.time[-1] > earlier.time[-1]
            steps = (later.time // 10**9 - seen.counters.first) // seen.asked.step
            assert steps[0] < history / 2
            assert steps[-1] >= history  # what is there from the beginning ends one before
            assert (np.diff(steps) == 1).all()
            sent = seen.counters.values[later.role][service % scan.KINDS]
            assert (later.value == sent[steps]).all()
