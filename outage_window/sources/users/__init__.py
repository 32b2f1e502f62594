"""Attempts per user from files (`--users`): tables and Keycloak's events, ids only as hashes."""

from outage_window.sources.users.loading import UserFiles, load

__all__ = ["UserFiles", "load"]
