# An export of millions of rows in order of time, of which one service has an outage.
from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

SCHEMA = pa.schema(
    [
        ("time", pa.timestamp("s", tz="UTC")),
        ("service", pa.dictionary(pa.int32(), pa.string())),
        ("attempts", pa.int64()),
        ("errors", pa.int64()),
    ]
)
AT_A_TIME = 1000


def write(path: Path, services: int, times: int) -> None:
    """A row every 15 s and service; `service-000` fails for four hours in the middle."""
    names = pa.array([f"service-{i:03}" for i in range(services)])
    codes = pa.array(np.tile(np.arange(services, dtype=np.int32), AT_A_TIME))
    rng = np.random.default_rng(9)
    with parquet.ParquetWriter(path, SCHEMA, compression="none") as writer:
        for first in range(0, times, AT_A_TIME):
            time = np.repeat(1_704_067_200 + 15 * np.arange(first, first + AT_A_TIME), services)
            attempts = rng.integers(90, 110, len(time))
            errors = rng.integers(0, 5, len(time))
            if first == times // 2:
                errors[::services] = 60
            columns = [
                pa.array(time).cast(pa.timestamp("s", tz="UTC")),
                pa.DictionaryArray.from_arrays(codes, names),
                pa.array(attempts),
                pa.array(errors),
            ]
            writer.write_table(pa.table(columns, schema=SCHEMA), row_group_size=250_000)
