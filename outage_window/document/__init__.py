"""The analysis document (`outage-window/analysis/v1`) and its renderings: JSON, CSV, a table."""

from outage_window.document.build import SCHEMA, analysis_document, window_document

__all__ = ["SCHEMA", "analysis_document", "window_document"]
