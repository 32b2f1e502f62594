"""The pages that people look at: one blueprint of views, each in its own module."""

from outage_window.web.pages.pages import pages

__all__ = ["pages"]
