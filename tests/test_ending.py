"""How the command ends: at once, whatever it held."""

import subprocess
import sys

WATCHED = """
import gc, os, sys
gc.callbacks.append(lambda phase, info: os.write(1, b"%d\\n" % len(gc.get_objects())))
from outage_window.cli.main import run
run()
"""


def test_nothing_is_looked_through_at_the_end():
    """The last collection of Python itself finds next to nothing, after one of all while it ran."""
    said = subprocess.run(
        [sys.executable, "-c", WATCHED, "check-config", "--help"], capture_output=True, text=True
    )
    counts = [int(line) for line in said.stdout.splitlines() if line.isdigit()]
    assert said.returncode == 0
    assert max(counts) > 5000
    assert counts[-1] < 100
