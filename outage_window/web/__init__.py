"""The web side: app factory, API, metrics, pages."""

from outage_window.web.app import create_app

__all__ = ["create_app"]
