"""Tests of the benchmarks: what they read, and that they score what they say they score."""
