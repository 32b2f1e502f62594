# How much is done, counted: a clock would tell of the machine, too.
import sys


def calls(work):
    """What `work()` returns, and how many functions were called for it in this thread, C's too."""
    counted = 0

    def count(frame, event, argument):
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        found = work()
    finally:
        sys.setprofile(before)
    return found, counted
