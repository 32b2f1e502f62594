"""Tests of `outage-window analyze`, through the command as a person calls it."""
