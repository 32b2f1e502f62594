# Attempts per user from tables: every kind of file against an oracle that reads row by row.
from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from detector.users import Outcome, UserAttempts
from outage_window.errors import InputError
from outage_window.pseudonyms import Pseudonyms
from outage_window.reasons import Reasons
from outage_window.sources.files import read as read_file
from outage_window.sources.reading import Reading
from outage_window.sources.users import UserFiles, load, plain

START = 1_705_579_200
KNOWN = Reasons(frozenset({"token"}), frozenset({"password"}))
HASHES = Pseudonyms(b"a secret")
COLUMNS = ("time", "user", "outcome", "reason", "source", "service")
Row = tuple[int, str, str, str | None, str | None, str | None]
"""Milliseconds since the epoch, then the texts of a row."""

texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=20)
ids = texts.filter(lambda text: bool(text.strip())) | st.sampled_from(
    ["ann", "ben", "7", "x" * 300]
)
rows_of = st.lists(
    st.tuples(
        st.integers(START * 1000, START * 1000 + 100_000),
        ids,
        st.sampled_from(["success", "failure", " Failure ", "SUCCESS"]),
        st.sampled_from([None, "", "token", "password", "moon", " token"]) | texts,
        st.sampled_from([None, "", "10.0.0.1", "2001:db8::1", "10.1.22.133"]) | texts,
        st.sampled_from([None, "", "auth", "mail", " auth"]),
    ),
    min_size=1,
    max_size=40,
)
spans_of = st.none() | st.lists(
    st.tuples(st.integers(START - 5, START + 105), st.integers(START - 5, START + 105)), max_size=3
)


def seconds(time: int, numeric: bool) -> float:
    """Numbers are divided once; stamps come as nanoseconds, which a float holds to 0.2 µs."""
    return time / 1000 if numeric else float(time * 10**6) / 1e9


def expected(
    rows: Sequence[Row], spans: Sequence[tuple[float, float]] | None, numeric: bool
) -> dict:
    found: dict[str, list] = {}
    for time, user, outcome, reason, source, service in rows:
        second = seconds(time, numeric)
        if spans is not None and not any(start <= second < end for start, end in spans):
            continue
        failed = outcome.strip().lower() == "failure"
        came_to = KNOWN.outcome(reason or "") if failed else Outcome("", "success")
        hashed = int(HASHES.users([user])[0]), int(HASHES.sources([source or ""])[0])
        found.setdefault((service or "").strip() or "sso", []).append((second, came_to, *hashed))
    return found


def told(attempts: UserAttempts) -> list:
    assert attempts.attempts.tolist() == [1] * len(attempts.user)
    assert attempts.first is attempts.last or (attempts.first == attempts.last).all()
    outcomes = [attempts.outcomes[code] for code in attempts.outcome]
    return list(
        zip(
            attempts.first.tolist(),
            outcomes,
            attempts.user.tolist(),
            attempts.source.tolist(),
            strict=True,
        )
    )


def loaded(path: Path | str, spans: Sequence[tuple[float, float]] | None = None) -> UserFiles:
    return load([str(path)], Reading(service="sso"), KNOWN, HASHES, spans)


def check(
    path: Path,
    rows: Sequence[Row],
    spans: Sequence[tuple[float, float]] | None,
    numeric: bool = False,
) -> None:
    found = loaded(path, spans)
    assert {name: told(one) for name, one in found.attempts.items()} == expected(
        rows, spans, numeric
    )
    assert list(found.attempts) == sorted(found.attempts)
    assert [origin.rows for origin in found.origins] == [len(rows)]


def stamp(time: int) -> str:
    return f"{np.datetime64(time, 'ms')}Z"


def as_arrow(rows: Sequence[Row]) -> pa.Table:
    kinds = [pa.timestamp("ms", "UTC"), *[pa.string()] * 5]
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    return pa.table(dict(zip(COLUMNS, arrays, strict=True)))


@settings(max_examples=40)
@given(rows_of, spans_of, st.integers(1, 50), st.booleans(), st.booleans())
def test_parquet(rows, spans, group, dictionary, typed):
    table = as_arrow(rows)
    if typed:  # the columns themselves are dictionaries
        for name in COLUMNS[1:]:
            at = table.column_names.index(name)
            table = table.set_column(at, name, table[name].dictionary_encode())
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.parquet"
        parquet.write_table(table, path, row_group_size=group, use_dictionary=dictionary)
        check(path, rows, spans)


@settings(max_examples=40)
@given(rows_of, spans_of)
def test_csv(rows, spans):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL)
            writer.writerows([COLUMNS, *((stamp(row[0]), *row[1:]) for row in rows)])
        check(path, rows, spans)


@settings(max_examples=40)
@given(rows_of, spans_of, st.booleans(), st.booleans())
def test_ndjson_by_both_roads(rows, spans, numeric, sparse):
    lines = []
    for row in rows:
        one = dict(zip(COLUMNS, (row[0] if numeric else stamp(row[0]), *row[1:]), strict=True))
        lines.append(json.dumps({k: v for k, v in one.items() if v is not None or not sparse}))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.ndjson"
        path.write_text("\n".join(lines) + "\n")
        assert plain.quick(read_file(str(path))) is not None
        check(path, rows, spans, numeric)
        path.write_text("\n".join([lines[0][:-1] + ', "else": 1}', *lines[1:]]))
        assert plain.quick(read_file(str(path))) is None
        check(path, rows, spans, numeric)


values = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["success", "failure", "ann", "2024-01-18T12:00:00Z", "a\0b", "\ud800", " "])
    | st.lists(st.integers(0, 1), max_size=1)
)
odd = st.dictionaries(st.sampled_from([*COLUMNS, "ts", "job", "Time", "x"]), values, max_size=6)
good = st.fixed_dictionaries(
    {
        "time": st.sampled_from(["2024-01-18T12:00:00Z", "2024-01-18T13:00:00.5+01:00"]),
        "user": st.sampled_from(["ann", "ben", " c"]),
        "outcome": st.sampled_from(["success", "failure"]),
    },
    optional={"reason": st.sampled_from([None, "token", "x"]), "source": st.just("10.0.0.1")},
)
between = st.sampled_from(["\n"] * 8 + ["\n\n", " \n", "\r\n", " ", ""])


@settings(max_examples=150)
@given(st.lists(st.tuples(good | good | good | odd, between), min_size=1, max_size=4))
def test_the_quick_road_answers_as_the_slow_one(rows):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.ndjson"
        path.write_text("".join(json.dumps(row) + gap for row, gap in rows))
        answers = []
        for road in (plain.quick, lambda _: None):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(plain, "quick", road)
                try:
                    answers.append({k: told(v) for k, v in loaded(path).attempts.items()})
                except InputError as error:
                    answers.append(str(error))
        assert answers[0] == answers[1]


def parquet_of(path: Path, rows: Sequence[Row], **options: object) -> Path:
    parquet.write_table(as_arrow(rows), path, **options)
    return path


MANY: list[Row] = [
    (START * 1000 + 10 * i, f"user{i % 70}", "failure" if i % 3 else "success", None, None, "auth")
    for i in range(1000)
]


def test_row_groups_outside_of_the_spans_are_not_read(tmp_path, monkeypatch):
    path = parquet_of(tmp_path / "a.parquet", MANY, row_group_size=100)
    asked = []
    real = parquet.ParquetFile.read_row_group
    monkeypatch.setattr(
        parquet.ParquetFile,
        "read_row_group",
        lambda self, i, *rest, **options: asked.append(i) or real(self, i, *rest, **options),
    )
    found = loaded(path, [(START + 2.5, START + 3.5), (START + 3.25, START + 3.75)])
    assert asked == [2, 3]
    assert len(found.attempts["auth"].user) == 125
    assert loaded(path, []).attempts == {}


@pytest.mark.parametrize("kind", ["us", "ns", "local", "number", "text", "date"])
def test_parquet_times_of_other_types(tmp_path, kind):
    time = pa.array([row[0] for row in MANY], pa.int64())
    if kind == "text":
        time = pa.array([stamp(row[0]) for row in MANY])
    elif kind == "date":
        time = pa.array([row[0] // 86_400_000 for row in MANY], pa.int32()).cast(pa.date32())
    elif kind != "number":
        stamps = time.cast(pa.timestamp("ms", None if kind == "local" else "UTC"))
        unit = "us" if kind == "local" else kind
        time = stamps.cast(pa.timestamp(unit, stamps.type.tz))
    table = as_arrow(MANY).set_column(0, "ts", time)
    parquet.write_table(table, tmp_path / "a.parquet", row_group_size=300)
    reading = Reading(time_zone="UTC") if kind in ("local", "date") else Reading()
    span = [(START - 43_200, START + 5)]
    found = load([str(tmp_path / "a.parquet")], reading, KNOWN, HASHES, span).attempts["auth"]
    assert len(found.user) == (1000 if kind == "date" else 500)
    whole = [(START - 43_200.0)] if kind == "date" else [START + 4.99]
    assert found.last[-1] == pytest.approx(whole[0])


def test_ids_that_are_numbers_and_a_packed_file(tmp_path):
    table = as_arrow(MANY).set_column(1, "user", pa.array([i % 7 for i in range(1000)]))
    parquet.write_table(table, tmp_path / "a.parquet")
    packed = tmp_path / "a.gz"
    packed.write_bytes(gzip.compress((tmp_path / "a.parquet").read_bytes()))
    for path in (tmp_path / "a.parquet", packed):
        user = loaded(path).attempts["auth"].user
        assert set(user.tolist()) == set(HASHES.users([str(i) for i in range(7)]).tolist())


def test_patterns_and_duplicates(tmp_path):
    for day in (2, 1):
        parquet_of(tmp_path / f"day-{day}.parquet", MANY[: 10 * day])
    (tmp_path / "day-3.parquet").write_bytes((tmp_path / "day-1.parquet").read_bytes())
    (tmp_path / "day-4.csv").write_text("time,user,outcome\n2024-01-18T12:00:00Z,ann,success\n")
    (tmp_path / "day-5.csv").write_bytes((tmp_path / "day-4.csv").read_bytes())
    pattern = str(tmp_path / "day-*")
    found = load([pattern, str(tmp_path / "day-4.csv")], Reading(), KNOWN, HASHES, sample=0.25)
    names = [Path(origin.name).name for origin in found.origins]
    assert names == ["day-1.parquet", "day-2.parquet", "day-4.csv"]
    assert found.origins[0].sha256 == read_file(str(tmp_path / "day-1.parquet")).sha256
    assert len(found.attempts["auth"].user) == 30
    assert found.attempts["auth"].fraction == 0.25
    day = str(tmp_path / "day-")
    assert found.notes == (
        f"{day}3.parquet: the same file as {day}1.parquet; read once",
        f"{day}5.csv: the same file as {day}4.csv; read once",
        f"{day}4.csv: the same file as {day}4.csv; read once",
    )


def test_a_file_may_be_named_like_a_pattern(tmp_path):
    path = parquet_of(tmp_path / "a[1].parquet", MANY)
    assert loaded(path).origins[0].rows == 1000


GOOD = "2024-01-18T12:00:00Z,ann,success"
BAD = [
    ("b.csv", f"time,user,outcome\n{GOOD}\n2024-01-18T12:00:01Z,ann,moon\n",
     "line 3, outcome: expected success or failure, not 'moon'"),
    ("b.csv", f"time,user,outcome\n{GOOD}\n2024-01-18T12:00:01Z,ann,\n",
     "line 3, outcome: expected success or failure, not ''"),
    ("b.csv", f"time,user,outcome\n{GOOD}\n2024-01-18T12:00:01Z,\u2003,success\n",
     "line 3, user: expected an id, found none"),
    ("b.csv", f"time,user,outcome\n{GOOD}\n,ann,success\n", "line 3: no time"),
    ("b.csv", "time,user,outcome\n2024-01-18T12:00:00,ann,success\n",
     "line 2: the time has no zone"),
    ("b.csv", "time,user\n2024-01-18T12:00:00Z,ann\n", "no column outcome; expected time, user"),
    ("b.csv", "time,user,outcome\n", "no rows after the header"),
    ("b.ndjson", '{"time":"2024-01-18T12:00:00Z","user":"a","outcome":"success"}\n'
     '{"time":"2024-01-18T12:00:00Z","user":null,"outcome":"success"}\n',
     "line 2, user: expected an id, found none"),
    ("b.ndjson", '{"time":"2024-01-18T12:00:00Z","user":"a","outcome":"success"}\n\n{"user":',
     "line 3: expected one JSON object a line"),
    ("b.json", '[{"time": 1, "type": "LOGIN"}]', "line 1: a JSON list"),
    ("b.json", "[]", "line 1: a JSON list"),
    ("b.json", '{"status":"success","data":{"resultType":"matrix","result":[]}}',
     "samples of series; expected a table"),
    ("b.parquet", "PAR1 and no more", "expected a readable Parquet file"),
    ("b.csv", "", "the file is empty"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "says"), BAD)
def test_what_cannot_be_used_is_told_in_one_line(tmp_path, name, text, says):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        loaded(path)
    assert str(caught.value).startswith(str(path))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_pattern_that_nothing_meets(tmp_path):
    for name in ("none.csv", "none-*.csv", "*/none.parquet"):
        with pytest.raises(InputError, match="no such file"):
            loaded(tmp_path / name)


@pytest.mark.parametrize("role", ["user", "outcome", "time"])
def test_parquet_names_the_row(tmp_path, role):
    rows = [list(row) for row in MANY]
    rows[777][COLUMNS.index(role)] = None
    path = parquet_of(tmp_path / "a.parquet", rows, row_group_size=200)
    with pytest.raises(InputError, match="row 778"):
        loaded(path)
    if role != "time":
        assert len(loaded(path, [(START, START + 7)]).attempts["auth"].user) == 700
        with pytest.raises(InputError, match="row 778"):
            loaded(path, [(START + 7.5, START + 8)])


def test_parquet_that_is_nested_or_too_long(tmp_path, monkeypatch):
    table = as_arrow(MANY)
    nested = table.set_column(1, "user", pa.array([{"id": "a"}] * len(MANY)))
    parquet.write_table(nested, tmp_path / "nested.parquet")
    with pytest.raises(InputError, match="readable Parquet file: expected text"):
        loaded(tmp_path / "nested.parquet")
    monkeypatch.setattr("outage_window.sources.users.packed.MOST_ROWS", 999)
    with pytest.raises(InputError, match="1000 rows; expected at most 999"):
        loaded(parquet_of(tmp_path / "long.parquet", MANY))


def test_more_reasons_than_can_be_told_apart(tmp_path, monkeypatch):
    monkeypatch.setattr("outage_window.sources.users.kept.MOST", 4)
    rows = [(START * 1000, "a", "failure", f"reason {i}", None, None) for i in range(5)]
    with pytest.raises(InputError, match="row 4, reason: more than 3 different reasons"):
        loaded(parquet_of(tmp_path / "a.parquet", rows))
    served = [(time, user, "success", *rest) for time, user, _, *rest in rows]
    assert len(loaded(parquet_of(tmp_path / "b.parquet", served)).attempts["sso"].user) == 5
