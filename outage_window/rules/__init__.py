"""Alerting rules against history: read, evaluated by a real Prometheus, and scored on outages."""
