"""Incidents as labels for other tools: what is told of each, and how it is written down."""
