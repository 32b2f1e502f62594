"""Holds outages, alerts and what was received of a period against each other."""
