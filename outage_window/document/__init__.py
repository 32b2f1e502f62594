"""The analysis document (`outage-window/analysis/v1`) and its renderings: JSON, CSV, a table."""
