"""Writes the OpenAPI document: `python -m outage_window.web.openapi docs/openapi.json`."""

from __future__ import annotations

import sys
from pathlib import Path

from outage_window.web.openapi import text

Path(sys.argv[1]).write_text(text(), "utf-8")
