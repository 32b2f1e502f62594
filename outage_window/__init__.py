"""Ties it together: command line, settings, store, sources, live loop, web."""
