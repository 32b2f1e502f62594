"""Writes: facts to draft, timeline and charts; rendering is pure."""
