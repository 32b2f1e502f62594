"""The blueprint of the pages, with what all of them share: files, filters, who looks."""

from __future__ import annotations

from flask import Blueprint

from outage_window.clock import Clock
from outage_window.live.status import Status
from outage_window.settings.models import Settings
from outage_window.store import Store
from outage_window.web.beside import Beside
from outage_window.web.pages import board, found, incident, reconciling, upload
from outage_window.web.pages.showing import FILTERS


def pages(
    store: Store, settings: Settings, status: Status, clock: Clock, beside: Beside
) -> Blueprint:
    """All pages. What is shown is escaped, and scripts are files of ours."""
    views = Blueprint("pages", __name__, template_folder="templates")
    for name, shown in FILTERS.items():
        views.add_app_template_filter(shown, name)
    board.open_views(views, store, settings, status, beside.news, clock)
    incident.open_views(views, store, settings, beside.publish)
    upload.open_views(views, beside.analyser, beside.shelf, clock)
    reconciling.open_views(views, store, settings, clock)
    found.open_views(views, beside.shelf, store, settings, clock)
    return views
