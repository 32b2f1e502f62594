# What the real promtool prints and the real Prometheus federates, read as the samples that went in.
from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from outage_window.batch import Request, analyze
from outage_window.sources.files import read
from outage_window.sources.kinds import SAMPLES, kind_of
from outage_window.sources.reading import Reading
from tests.analyze.made import STEP, Row, rows, write_openmetrics
from tests.analyze.test_formats import windows
from tests.real.programs import Program, fill, prometheus

pytestmark = pytest.mark.real
NAME = "auth_requests_total"
HOURS = 6


@pytest.fixture(scope="module")
def made() -> list[Row]:
    """Six hours that end now, since federation tells only of now."""
    now = int(time.time()) // STEP * STEP
    found = rows(seconds=HOURS * 3600, outage=(4 * 3600, 5 * 3600))
    late = now - found[-1].time - STEP
    return [Row(r.time + late, r.service, r.attempts, r.errors) for r in found]


@pytest.fixture(scope="module")
def filled(
    programs: dict[str, str], made: list[Row], running: Any, tmp_path_factory: Any
) -> tuple[Program, Path]:
    folder = tmp_path_factory.mktemp("exports")
    fill(programs, write_openmetrics(folder / "a.txt", made), folder / "data")
    started = prometheus(programs, folder, {"global": {}}, folder / "data")
    running.callback(started.stop)
    return started, folder / "data"


@pytest.fixture(scope="module")
def expected(made: list[Row], tmp_path_factory: Any) -> Any:
    path = write_openmetrics(tmp_path_factory.mktemp("expected") / "a.txt", made)
    found = windows(analyze(Request([str(path)])).document())
    assert len(found) == 1
    return found


def printed(programs: dict[str, str], path: Path, *arguments: object) -> Path:
    command = [programs["promtool"], *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, timeout=60)
    path.write_bytes(done.stdout)
    return path


@pytest.mark.parametrize("form", ["promql", "json"])
def test_query_range(
    form: str, programs: Any, filled: Any, made: list[Row], expected: Any, tmp_path: Path
) -> None:
    path = printed(
        programs, tmp_path / "out", "query", "--format", form, "range", f"--start={made[0].time}",
        f"--end={made[-1].time + STEP}", f"--step={STEP}s", filled[0].url, NAME,
    )  # fmt: skip
    assert windows(analyze(Request([str(path)])).document()) == expected


def test_query_instant_with_a_range(
    programs: Any, filled: Any, made: list[Row], expected: Any, tmp_path: Path
) -> None:
    path = printed(
        programs, tmp_path / "out", "query", "instant", f"--time={made[-1].time + STEP}",
        filled[0].url, f"{NAME}[{HOURS + 1}h]",
    )  # fmt: skip
    assert windows(analyze(Request([str(path)])).document()) == expected


def test_tsdb_dump(programs: Any, filled: Any, expected: Any, tmp_path: Path) -> None:
    path = printed(programs, tmp_path / "out", "tsdb", "dump", filled[1])
    assert windows(analyze(Request([str(path)])).document()) == expected


def test_federate(filled: Any, made: list[Row], tmp_path: Path) -> None:
    answer = requests.get(
        f"{filled[0].url}/federate", params={"match[]": f'{{__name__="{NAME}"}}'}, timeout=30
    )
    path = tmp_path / "out"
    path.write_bytes(answer.content)
    source = read(str(path))
    found = SAMPLES[kind_of(source)](source, Reading()).series
    assert {one.labels["result"] for one in found} == {"success", "failure"}
    assert sum(one.value[-1] for one in found) == sum(row.attempts for row in made)
    assert {float(one.time[-1]) for one in found} == {made[-1].time + STEP}
