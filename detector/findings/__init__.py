"""Usual leads held against the figures: each is supported, not supported, or not assessable."""

from detector.findings.model import Finding, Verdict

__all__ = ["Finding", "Verdict"]
