"""Alerting rules that would have told of outages early, by the history of one service."""

from detector.suggesting.suggest import NotSuggested, Suggestion, suggest

__all__ = ["NotSuggested", "Suggestion", "suggest"]
