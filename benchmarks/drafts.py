"""What a draft costs as a whole process, against --version and against importing pyplot."""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.lab.report import Line, table
from outage_window.live.rows import row
from outage_window.store import Store, incidents
from tests.reports.incidents import ACCOUNTS

OUTAGE_WINDOW = Path(sys.executable).with_name("outage-window")
NS = 10**9
PYPLOT = (sys.executable, "-c", "import matplotlib.pyplot")


def _stored(folder: Path) -> str:
    """A store with one closed incident; its id."""
    (folder / "ow.yml").write_text("storage: {url: 'sqlite:///kept.db'}\n")
    store = Store.open(f"sqlite:///{folder / 'kept.db'}")
    window = ACCOUNTS.window
    assert window is not None
    edges = (round(window.onset * NS), round(window.until * NS))
    store.write(lambda c: incidents.save(c, row(replace(ACCOUNTS), None, edges[1], edges)))
    store.close()
    return ACCOUNTS.id


def _seconds(command: tuple[str | Path, ...], folder: Path) -> tuple[float, float]:
    """What a process costs: seconds of the processor, and by the clock."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    after, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - began
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used, clock


def ratio(
    ours: tuple[str | Path, ...], theirs: tuple[str | Path, ...], folder: Path, runs: int
) -> tuple[float, float]:
    """Medians of the ratios of neighbouring runs: of processor time, and by the clock."""
    pairs = []
    for _ in range(runs):
        for made in folder.glob("made*"):
            made.unlink()
        for made in folder.glob(f"{ACCOUNTS.id}.*"):
            made.unlink()
        pairs.append((_seconds(ours, folder), _seconds(theirs, folder)))
    used, clock = ([a[i] / b[i] for a, b in pairs] for i in (0, 1))
    return statistics.median(used), statistics.median(clock)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="of each pair")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draft = (OUTAGE_WINDOW, "draft", _stored(folder), "--config.file", "ow.yml")
        version = (OUTAGE_WINDOW, "--version")
        asked = (
            ("the stored draft", draft, version, 2.0),
            ("drafted anew by another template", (*draft, "--template", "google"), version, 2.0),
            ("with its stored chart, to files", (*draft, "-o", "made.md"), PYPLOT, 3.0),
            ("a page, its charts light and dark", (*draft, "--format", "html"), PYPLOT, 3.0),
            ("a Word document", (*draft, "--format", "docx", "-o", "made.docx"), PYPLOT, 3.0),
        )
        lines = []
        for what, ours, theirs, limit in asked:
            used, clock = ratio(ours, theirs, folder, runs)
            base = "--version" if theirs is version else "import matplotlib.pyplot"
            seen = f"{used:.2f} × (by the clock {clock:.2f} ×)"
            lines.append(Line(what, f"≤ {limit:g} × {base}", seen, used <= limit))
    print(f"`script/bench drafts --runs {runs}`\n")
    print(table(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
