"""Tests of publishing, against servers that behave like the vendors'."""
