"""The loop: a first pass waits for another loop's, but not for ever, and failures stop nothing."""

import threading

from outage_window.live import loop
from outage_window.live.loop import Loop


class Ticks:
    """Counts passes; the first fails where `fails` says so."""

    def __init__(self, fails=False):
        self.count, self.fails = 0, fails
        self.twice = threading.Event()

    def tick(self, stopping):
        self.count += 1
        if self.count == 2:
            self.twice.set()
        if self.fails and self.count == 1:
            raise ValueError("on purpose")


def test_a_failure_is_no_end_and_the_first_pass_is_told():
    ticks = Ticks(fails=True)
    running = Loop(ticks, 0.01)
    running.start()
    assert running.done.wait(10)
    assert ticks.twice.wait(10)
    running.stop()


def test_a_pass_waits_for_another_loops_first():
    before, ticks = threading.Event(), Ticks()
    running = Loop(ticks, 0.01, after=before)
    running.start()
    assert not running.done.wait(0.3)
    assert ticks.count == 0
    before.set()
    assert running.done.wait(10)
    running.stop()


def test_it_is_not_waited_for_without_end(monkeypatch):
    monkeypatch.setattr(loop, "PATIENCE", 0.2)
    ticks = Ticks()
    running = Loop(ticks, 0.01, after=threading.Event())
    running.start()
    assert running.done.wait(10)
    running.stop()


def test_it_stops_while_it_waits():
    ticks = Ticks()
    running = Loop(ticks, 60, after=threading.Event())
    running.start()
    running.stop()
    assert not running.thread.is_alive()


def test_a_pass_is_left_when_it_is_told():
    inside = threading.Event()

    class Long:
        def tick(self, stopping):
            inside.set()
            while not stopping():
                inside.wait(0.01)

    running = Loop(Long(), 100)
    running.start()
    assert inside.wait(10)
    running.stop(10)
    assert not running.thread.is_alive()
