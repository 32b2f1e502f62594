"""Tests of the detector: slow and obvious oracles beside each fast path, and what must not fire."""
