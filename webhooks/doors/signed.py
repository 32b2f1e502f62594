"""The doors of those who sign what they send: GitHub and PagerDuty."""

from __future__ import annotations

from flask import Blueprint, Response, request

from webhooks import github, pagerduty
from webhooks.credentials import Credentials
from webhooks.doors.door import answer, signer
from webhooks.keeping import Keepers
from webhooks.model import Event, Refused

MOST_OF_GITHUB = 25 * 1024 * 1024
"""GitHub sends no more than this."""


def open_doors(doors: Blueprint, keep: Keepers, keys: Credentials) -> None:
    """`/webhooks/github` and `/webhooks/pagerduty`."""

    @doors.post("/webhooks/github")
    def _github() -> Response:
        header = "X-Hub-Signature-256"
        name, raw = signer(keys, "github", header, github.signatures, MOST_OF_GITHUB)
        event = request.headers.get("X-GitHub-Event", "")
        if not event:
            raise Refused("X-GitHub-Event", "expected the name of the event")
        services = keys.services("github", name)
        return _kept(keep, github.parse(event, raw, request.mimetype, services))

    @doors.post("/webhooks/pagerduty")
    def _pagerduty() -> Response:
        name, raw = signer(keys, "pagerduty", "X-PagerDuty-Signature", pagerduty.signatures)
        services = keys.services("pagerduty", name)
        return _kept(keep, pagerduty.parse(raw, services, keep.services_of))


def _kept(keep: Keepers, found: tuple[Event, ...]) -> Response:
    """200 also for what tells of nothing: senders take any other answer for a failure."""
    if found:
        return answer(200, {"kept": keep.events(found)})
    keep.ignored()
    return answer(200, {"kept": 0, "ignored": "it tells of nothing that is kept"})
