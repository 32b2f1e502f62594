"""Receives: what is pushed in; pure parsers and Flask blueprints that are given callables."""
