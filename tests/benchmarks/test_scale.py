# The benchmark of scale: its exports are what they say, and its small version runs to its tables.
from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from benchmarks import scale
from benchmarks.lab.much import Export
from outage_window.batch import Request, analyze


def test_both_forms_hold_the_same_rows_and_outages(tmp_path: Path) -> None:
    export = Export(services=7, steps=2000)
    export.to_csv(tmp_path / "a.csv")
    export.to_parquet(tmp_path / "a.parquet", group=999)
    text = pd.read_csv(tmp_path / "a.csv", parse_dates=["time"])
    packed = pd.read_parquet(tmp_path / "a.parquet")
    assert len(text) == 14_000
    assert (text["time"] == packed["time"]).all()
    for name in ("service", "attempts", "errors"):
        assert (text[name] == packed[name]).all()
    [one] = analyze(Request([str(tmp_path / "a.csv")])).incidents()
    assert one.service == export.names[int(export.failing[0])]
    assert one.window is not None
    assert abs(one.window.onset - (1_704_067_200 + 15 * export.onset[0])) <= 30


def test_the_small_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--rows", "20000", "60000", "--length", "2000", "--pairs", "1"]
    for part in ("against", "model"):
        scale.main([*small, "--folder", str(tmp_path), "--only", part])
    told = capsys.readouterr().out
    for line in ("analyze, Parquet", "analyze, CSV", "pandas.read_csv", "60,000"):
        assert f"| {line} |" in told
    assert "| target | | seen | |" in told
    assert "A million series for a day, on paper: 5.76" in told
