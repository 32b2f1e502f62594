"""Usual leads held against the figures: each is supported, not supported, or not assessable."""
