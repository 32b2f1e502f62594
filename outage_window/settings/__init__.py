"""The settings: YAML and environment to checked values, each error with its line and key."""

from outage_window.settings.load import SettingsError, load, missing_exports, read
from outage_window.settings.models import Service, Settings
from outage_window.settings.source import Problem

__all__ = ["Problem", "Service", "Settings", "SettingsError", "load", "missing_exports", "read"]
