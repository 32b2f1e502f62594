# Files read in blocks and judged in buckets, by whomever, give what they give as a whole.
from __future__ import annotations

import csv
import gzip
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from outage_window.batch import Analysis, Request, analyze, engines, place, running
from outage_window.errors import InputError
from outage_window.sources import blocks, exports, opening, streams
from outage_window.sources.reading import Reading
from outage_window.sources.scanning import Scan
from tests.analyze.made import Row, rows, stamp

SERVICES = ("accounts", "auth", "billing", "mail", "web")


def interleaved() -> list[Row]:
    """Five services in order of time, of which one has an outage."""
    made = [rows(name, (100_020, 107_040) if name == "mail" else None, seed=i)
            for i, name in enumerate(SERVICES)]  # fmt: skip
    return sorted((row for one in made for row in one), key=lambda row: (row.time, row.service))


MADE = interleaved()


def as_csv(path: Path, comment: str = "") -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "service", "attempts", "errors", "comment"])
        writer.writerows([stamp(r.time), r.service, r.attempts, r.errors, comment] for r in MADE)
    return path


def as_gzip(path: Path) -> Path:
    path.write_bytes(gzip.compress(as_csv(path.with_suffix("")).read_bytes()))
    return path


def as_parquet(path: Path) -> Path:
    columns = {
        "time": pa.array([r.time for r in MADE], pa.timestamp("s", tz="UTC")),
        "service": pa.array([r.service for r in MADE]),
        "attempts": pa.array([r.attempts for r in MADE]),
        "errors": pa.array([r.errors for r in MADE]),
    }
    parquet.write_table(pa.table(columns), path, row_group_size=130)
    return path


SHAPES = {
    "plain": lambda folder: as_csv(folder / "a.csv"),
    "lines within quotes": lambda folder: as_csv(folder / "a.csv", 'a "b"\n,c\n'),
    "gzip": lambda folder: as_gzip(folder / "a.csv.gz"),
    "parquet": lambda folder: as_parquet(folder / "a.parquet"),
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is much: blocks of a few hundred rows, and a service or two in a bucket."""
    for module in (opening, streams, blocks):
        monkeypatch.setattr(module, "BYTES", 9000)
    for module in (opening, blocks):
        monkeypatch.setattr(module, "ROWS", 300)
    monkeypatch.setattr(running, "LIGHT", 0)
    monkeypatch.setattr(running, "BUCKET", 50_000)


def left_in(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.glob("outage-window/analyses/*/*"))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("engine", [engines.Inline(), engines.Processes(2)], ids=["one", "two"])
def test_blocks_and_buckets_change_nothing(
    shape: str, engine: engines.Engine, tmp_path: Path, cache: Path, request: Any
) -> None:
    path = SHAPES[shape](tmp_path)
    asked = Request([str(path)])
    whole = analyze(asked)
    assert [one.service for one in whole.incidents()] == ["mail"]
    request.getfixturevalue("small")
    assert analyze(asked, engine=engine).document() == whole.document()
    assert left_in(cache) == []


def parts(made: list[tuple[str, int, float, float]]) -> list[str]:
    return [f"{name},{time},{n:g},{k:g}" for name, time, n, k in made]


ROW = st.tuples(
    st.sampled_from(SERVICES),
    st.integers(1_700_000_000, 1_700_000_400),
    st.sampled_from([100, 100, 100, 50, np.nan]),
    st.sampled_from([0, 1, 2, np.nan, -1, 101]),
)


@given(st.lists(ROW, min_size=1, max_size=120), st.integers(60, 400))
@settings(max_examples=150, deadline=None)
def test_services_are_what_their_rows_are_one_by_one(
    tmp_path_factory: pytest.TempPathFactory,
    made: list[tuple[str, int, float, float]],
    size: int,
) -> None:
    """The oracle: each service's own lines in a file of their own, read as a whole."""
    folder = tmp_path_factory.mktemp("services")
    every = folder / "every.csv"
    head = "service,time,attempts,errors"
    every.write_text("\n".join([head, *parts(made)]) + "\n")
    with pytest.MonkeyPatch.context() as patched:
        for module in (opening, streams, blocks):
            patched.setattr(module, "BYTES", size)
        found = load(every)
    for service in sorted({name for name, *_ in made}):
        own = folder / f"{service}.csv"
        own.write_text("\n".join([head, *parts([row for row in made if row[0] == service])]))
        alone = load(own)
        if isinstance(alone, InputError) or isinstance(found, InputError):
            continue  # refused as a whole: what the lines are called differs
        mine = next(one for one in found.services if one.service == service)
        [other] = alone.services
        assert mine.notes == other.notes
        assert (mine.series is None) == (other.series is None)
        if mine.series is not None and other.series is not None:
            for name in ("start", "end", "attempts", "errors"):
                ours, theirs = getattr(mine.series, name), getattr(other.series, name)
                np.testing.assert_array_equal(ours, theirs)


def load(path: Path) -> exports.Exports | InputError:
    try:
        return exports.load([str(path)], Reading())
    except InputError as error:
        return error


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("2024-01-02T12:00:00Z,auth,5,7,", "errors exceed attempts"),
        ("2024-01-02T12:00:00Z,auth,5", "3 cells; expected 5"),
        ("1704196800,auth,5,1,", "is not of the kind of those before it"),
        ("2024-01-45T12:00:00Z,auth,5,1,", "cannot read the time '2024-01-45T"),
    ],
)
def test_a_bad_line_far_into_a_file_is_named(line: str, said: str, tmp_path: Path) -> None:
    path = as_csv(tmp_path / "a.csv")
    lines = path.read_text().splitlines()
    lines[9000:9001] = [line]
    path.write_text("\n".join(lines) + "\n")
    reason = refused(path)
    assert said in reason
    assert "line 9001" in reason


def refused(path: Path) -> str:
    """Why the file, or the one service in it that is not assessed, cannot be used."""
    try:
        found = analyze(Request([str(path)]), engine=engines.Inline())
    except InputError as error:
        return str(error)
    [bad] = [one.not_assessed for one in found.found if one.not_assessed]
    return bad


def test_a_file_that_changes_its_ways_between_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = 1_704_067_200 + 60 * np.arange(100)
    zoned = "".join(f"{stamp(t)},100,1\n" for t in times)
    numbers = "".join(f"{t},100,1\n" for t in times + 6000)
    path = tmp_path / "a.csv"
    path.write_text("time,attempts,errors\n" + zoned + numbers)
    monkeypatch.setattr(opening, "BYTES", len(zoned))
    monkeypatch.setattr(streams, "BYTES", len(zoned))
    with pytest.raises(InputError, match=r"line 102: times or numbers are not written as those"):
        analyze(Request([str(path)]))


@pytest.mark.usefixtures("small")
def test_a_bad_row_far_into_parquet_is_named(tmp_path: Path) -> None:
    path = as_parquet(tmp_path / "a.parquet")
    table = parquet.read_table(path)
    errors = table["errors"].to_pylist()
    errors[9000] = -1
    table = table.set_column(3, "errors", pa.array(errors))
    parquet.write_table(table, path, row_group_size=130)
    found = analyze(Request([str(path)]), engine=engines.Processes(2))
    [bad] = [one for one in found.found if one.not_assessed]
    assert bad.not_assessed == f"{path}: row 9001: a negative value"


class Stopping:
    """Does some tasks, then is interrupted."""

    def __init__(self, after: int) -> None:
        self._left = after

    def run(self, work: Any, tasks: Any) -> Iterator[Any]:
        for task in tasks:
            if not self._left:
                raise KeyboardInterrupt
            self._left -= 1
            yield work(task)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("shape", ["plain", "parquet"])
def test_what_was_interrupted_goes_on(
    shape: str, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = SHAPES[shape](tmp_path)
    asked = Request([str(path)])
    whole = analyze(asked).document()
    read: list[str] = []
    scan = Scan.__call__
    monkeypatch.setattr(Scan, "__call__", lambda own, task: (read.append("x"), scan(own, task))[1])
    for after in (3, 30, 10_000):
        done: Analysis | None = None
        try:
            done = analyze(asked, engine=Stopping(after), resume=True)
        except place.Interrupted:
            assert left_in(cache)
        if done is not None:
            assert done.document() == whole
    pieces = len(list(opening.opened(str(path), Reading()).blocks()))
    assert len(read) == pieces > 3, "no block was read again"
    assert left_in(cache) == []


@pytest.mark.usefixtures("small")
def test_what_has_changed_does_not_go_on(tmp_path: Path, cache: Path) -> None:
    path = as_csv(tmp_path / "a.csv")
    asked = Request([str(path)])
    with pytest.raises(place.Interrupted):
        analyze(asked, engine=Stopping(5))
    before = left_in(cache)
    text = path.read_text().replace(",mail,", ",post,")
    path.write_text(text)
    found = analyze(asked, engine=engines.Inline(), resume=True)
    assert [one.service for one in found.incidents()] == ["post"]
    assert left_in(cache) == before, "what was interrupted is kept for a week"
    for folder in cache.glob("outage-window/analyses/*"):
        os.utime(folder, (0, 0))
    analyze(asked, engine=engines.Inline())
    assert left_in(cache) == []


@pytest.mark.usefixtures("small")
def test_what_stands_beside_has_changed(tmp_path: Path, cache: Path) -> None:
    """Also where a pattern names it; and another command is named in drafts."""
    path, users = as_csv(tmp_path / "a.csv"), tmp_path / "users-1.csv"
    asked = Request([str(path)], users=[str(tmp_path / "users-*.csv")])
    keys = set()
    for command, name in (("one", "ann"), ("one", "bob"), ("two", "bob"), ("two", "bob")):
        users.write_text(f"time,user,outcome,service\n{stamp(MADE[0].time)},{name},success,auth\n")
        with pytest.raises(place.Interrupted):
            analyze(replace(asked, command=command), engine=Stopping(2), resume=True)
        keys = {folder.name for folder in cache.glob("outage-window/analyses/*")}
    assert len(keys) == 3


@pytest.mark.usefixtures("small")
def test_two_of_the_same_at_once_do_not_meet(tmp_path: Path) -> None:
    asked = Request([str(as_csv(tmp_path / "a.csv"))])

    class Another(Stopping):
        def run(self, work: Any, tasks: Any) -> Iterator[Any]:
            if self._left:
                self._left = 0
                inner.append(analyze(asked, engine=engines.Inline(), resume=True).document())
            return map(work, tasks)

    inner: list[Any] = []
    outer = analyze(asked, engine=Another(1)).document()
    assert inner == [outer]


@pytest.mark.usefixtures("small")
def test_too_little_room_is_said_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = as_csv(tmp_path / "a.csv")
    usage = place.shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(place.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(InputError, match="--work-dir names another place"):
        analyze(Request([str(path)]))


@pytest.mark.parametrize("shape", SHAPES)
def test_files_and_work_at_urls(shape: str, tmp_path: Path, small: None) -> None:
    path = SHAPES[shape](tmp_path)
    url, work = f"file://{path}", tmp_path / "work"
    here = analyze(Request([str(path)]), engine=engines.Inline()).document()
    with pytest.raises(place.Interrupted):
        analyze(Request([url]), engine=Stopping(5), work_dir=f"file://{work}")
    assert len(list(work.glob("*/*"))) >= 10
    found = analyze(Request([url]), engine=engines.Processes(2), resume=True,
                    work_dir=f"file://{work}")  # fmt: skip
    assert list(work.iterdir()) == []
    text = json.dumps(found.document()).replace(url, str(path))
    assert json.loads(text) == json.loads(json.dumps(here))


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    """As `<(zcat export.csv.gz)` of a shell is one."""
    path, pipe = as_csv(tmp_path / "a.csv"), tmp_path / "pipe"
    os.mkfifo(pipe)
    bad = b"2024-01-02T12:00:00Z,auth,5,7,\n"
    with ThreadPoolExecutor(1) as pool:
        pool.submit(pipe.write_bytes, path.read_bytes() + bad)
        found = analyze(Request([str(pipe)]))
    assert [one.service for one in found.incidents()] == ["mail"]
    [refused] = [one.not_assessed for one in found.found if one.not_assessed]
    assert refused == f"{pipe}: line {len(MADE) + 2}: errors exceed attempts"


def test_a_url_that_nothing_reads() -> None:
    with pytest.raises(InputError, match="nosuch"):
        analyze(Request(["nosuch://bucket/a.csv"]))
    with pytest.raises(InputError, match=r"file:///none\.csv: no such file"):
        analyze(Request(["file:///none.csv"]))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_are_the_same_in_every_form(unit: Any, tmp_path: Path) -> None:
    scale = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    times = [(1_705_579_206 + 60 * i) * scale + (805 * scale // 1000) for i in range(50)]
    column = pa.array(times, pa.timestamp(unit, tz="UTC"))
    text = [str(one) for one in column.cast(pa.string()).to_pylist()]
    (tmp_path / "a.csv").write_text(
        "\n".join(["time,attempts,errors", *(f"{one},100,1" for one in text)])
    )
    numbers = pa.array([100] * 50), pa.array([1] * 50)
    parquet.write_table(pa.table([column, *numbers], ["time", "attempts", "errors"]),
                        tmp_path / "a.parquet", coerce_timestamps=None)  # fmt: skip
    [one], [other] = (
        exports.load([str(tmp_path / name)], Reading()).services for name in ("a.csv", "a.parquet")
    )
    assert one.series is not None
    assert other.series is not None
    np.testing.assert_array_equal(one.series.start, other.series.start)


def test_what_is_to_be_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it is installed: what reads it is hidden."""
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(InputError, match=r"s3://x/y\.csv: Install s3fs .*docs/scale\.md says how"):
        analyze(Request(["s3://x/y.csv"]))
