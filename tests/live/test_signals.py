"""Signals reach the main thread whichever thread the kernel gives them to."""

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import os, signal, sys, threading, time
from outage_window.serving.signals import Signals

number, elsewhere = int(sys.argv[1]), sys.argv[2] == "elsewhere"
signals = Signals()

def send():
    time.sleep(0.5)  # the main thread waits by then
    to = threading.get_ident() if elsewhere else threading.main_thread().ident
    signal.pthread_kill(to, number)
    time.sleep(60)

threading.Thread(target=send, daemon=True).start()
print(signals.next(20), signals.next(0.1))
"""


@pytest.mark.parametrize("where", ["here", "elsewhere"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_each_is_taken_once(number, where):
    command = [sys.executable, "-c", PROGRAM, str(int(number)), where]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout == f"{int(number)} None\n", done.stderr


AGAIN = """
import os, signal, threading, time
from outage_window.serving.signals import Signals

Signals()

def send():
    for _ in range(2):
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=send, daemon=True).start()
for _ in range(600):
    time.sleep(0.05)
"""


def test_a_second_interrupt_ends_it_at_once():
    assert subprocess.run([sys.executable, "-c", AGAIN], timeout=60).returncode == 130
