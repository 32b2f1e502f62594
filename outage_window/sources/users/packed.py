"""Attempts in Parquet, a row group at a time: only what is wanted is unpacked and hashed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from detector.series import F64
from outage_window.errors import InputError
from outage_window.reasons import Reasons
from outage_window.sources import arrow
from outage_window.sources.parquet import MOST_ROWS
from outage_window.sources.reading import Reading
from outage_window.sources.tabular import Place
from outage_window.sources.times import seconds
from outage_window.sources.users.kept import Kept, Rows
from outage_window.sources.users.roles import TEXTS, recognise
from outage_window.sources.users.spans import Spans, placed

BATCH = 2**20
"""Rows unpacked at a time."""
FEW = 4.0
"""Bytes a value up to which a column is read as a dictionary: a small one, and numbers into it.
Arrow looks up each text of a larger one, which costs more than to hash it."""
UNITS = {"milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}
SLACK = 1e-3
"""Seconds by which a row group is taken for longer than it is: statistics may be rounded."""


def read(name: str, where: Any, reading: Reading, known: Reasons, spans: Spans, kept: Kept) -> int:
    """Keep the wanted attempts of a file (a path, or an Arrow buffer); how many rows it has.

    A damaged file, or one that claims too many rows, is an `InputError`.
    """
    import pyarrow as pa

    try:
        return _Packed(name, where, reading).keep(known, spans, kept)
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise InputError(name, f"expected a readable Parquet file: {reason}") from None


class _Packed:
    """An open file with what is known of its columns."""

    def __init__(self, name: str, where: Any, reading: Reading) -> None:
        from pyarrow import parquet

        self._name, self._reading = name, reading
        file = parquet.ParquetFile(where)
        self._meta = file.metadata
        if self._meta.num_rows > MOST_ROWS:
            raise InputError(
                name, f"{self._meta.num_rows} rows; expected at most {MOST_ROWS} in one file"
            )
        if self._meta.num_rows == 0:
            raise InputError(name, "no rows; expected at least one")
        self._roles = recognise(file.schema_arrow.names, reading, name)
        few = [self._roles[role] for role in TEXTS if role in self._roles and self._is_few(role)]
        file.close()
        self._file = parquet.ParquetFile(where, read_dictionary=few)
        self._schema = file.schema_arrow
        sizes = [self._meta.row_group(i).num_rows for i in range(self._meta.num_row_groups)]
        self._starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    def keep(self, known: Reasons, spans: Spans, kept: Kept) -> int:
        if spans.all:
            kept.reserve(int(self._meta.num_rows))
        for group, time in self._times(spans):
            wanted = spans.wanted(time)
            if wanted is None or wanted.any():
                self._keep_group(group, time, wanted, known, kept)
        return int(self._meta.num_rows)

    def _keep_group(self, group: int, time: F64, wanted: Any, known: Reasons, kept: Kept) -> None:
        names = {role: self._roles[role] for role in TEXTS if role in self._roles}
        batches = self._file.iter_batches(
            BATCH, row_groups=[group], columns=list(dict.fromkeys(names.values()))
        )
        low = 0
        for batch in batches:
            place = self._place(int(self._starts[group]) + low)
            part = slice(low, low + batch.num_rows)
            times, low = time[part], part.stop
            if wanted is not None:
                import pyarrow as pa

                rows = np.flatnonzero(wanted[part])
                times, place, batch = times[rows], placed(place, rows), batch.take(pa.array(rows))
            texts = {role: _words(batch[names[role]]) if role in names else None for role in TEXTS}
            kept.add(Rows(times, place=place, **texts), known)

    def _times(self, spans: Spans) -> Iterator[tuple[int, F64]]:
        """The row groups that may hold wanted times, with the times of all their rows.

        Timestamps are read with their group. How other times are meant shows only in all of them.
        """
        import pyarrow as pa

        reading, name = self._reading, self._roles["time"]
        groups = range(self._meta.num_row_groups)
        if not pa.types.is_timestamp(self._schema.field(name).type):
            column = _time(self._file.read(columns=[name])[name])
            time = seconds(column, self._place(0), reading.time_zone, reading.time_unit)
            yield from ((i, time[self._starts[i] : self._starts[i + 1]]) for i in groups)
            return
        for group in groups:
            if self._rows(group) and self._may_meet(group, spans):
                column = arrow.flat(self._file.read_row_group(group, columns=[name])[name])
                place = self._place(int(self._starts[group]))
                yield group, seconds(column, place, reading.time_zone, reading.time_unit)

    def _rows(self, group: int) -> int:
        return int(self._starts[group + 1] - self._starts[group])

    def _may_meet(self, group: int, spans: Spans) -> bool:
        """Whether the statistics leave open that the group has a wanted time."""
        chunk = self._chunk(group, self._roles["time"])
        stats = None if chunk is None else chunk.statistics
        if stats is None or not stats.has_min_max or stats.null_count:
            return True
        kind = json.loads(stats.logical_type.to_json())
        unit = UNITS.get(kind.get("timeUnit", ""))
        if unit is None or not kind.get("isAdjustedToUTC") or not isinstance(stats.min_raw, int):
            return True
        return spans.meet(stats.min_raw / unit - SLACK, stats.max_raw / unit + SLACK)

    def _is_few(self, role: str) -> bool:
        """Whether a column's values repeat so much that its dictionary is small."""
        size = values = 0
        for group in range(self._meta.num_row_groups):
            chunk = self._chunk(group, self._roles[role])
            if chunk is None or chunk.physical_type != "BYTE_ARRAY":
                return False
            size, values = size + chunk.total_uncompressed_size, values + chunk.num_values
        return size <= FEW * values

    def _chunk(self, group: int, name: str) -> Any:
        row_group = self._meta.row_group(group)
        chunks = (row_group.column(i) for i in range(row_group.num_columns))
        return next((chunk for chunk in chunks if chunk.path_in_schema == name), None)

    def _place(self, start: int) -> Place:
        return lambda row: f"{self._name}: row {start + row + 1}"


def _words(column: Any) -> Any:
    """Text, or a dictionary of text."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        if kind.value_type == pa.string():
            column.dictionary.validate(full=True)
            return column
        column = column.cast(kind.value_type)
    return arrow.texts(column)


def _time(column: Any) -> Any:
    """A column of times that `seconds` takes, or texts to be refused by it."""
    import pyarrow as pa

    column = arrow.flat(column)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_nested(column.type):
        return arrow.texts(column)
    return column.cast(pa.float64()) if pa.types.is_decimal(column.type) else column
