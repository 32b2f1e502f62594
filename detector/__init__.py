"""Computes: arrays in, windows out. Pure: no files, network, clock, Flask or SQL."""
