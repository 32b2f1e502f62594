"""Batch analysis: exports in, outage windows out, in memory or far beyond it."""

from outage_window.batch.analysis import Analysis
from outage_window.batch.request import Context, Request
from outage_window.batch.running import Progress, analyze

__all__ = ["Analysis", "Context", "Progress", "Request", "analyze"]
