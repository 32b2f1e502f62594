"""What is published, what came of it, and what a target is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from outage_window.errors import one_line


@dataclass(frozen=True, slots=True)
class Publication:
    """One revision of an incident with its draft. Times are seconds since 1970, UTC.

    `headline` is one line of plain text. None as a time: not known, or not ended.
    """

    incident_id: str
    revision: int
    service: str
    title: str
    headline: str
    markdown: str
    start: float | None
    end: float | None
    state: str
    url: str | None
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Published:
    """Where a publication stands: a page that people can open (may be empty), and its id there.

    `reference` belongs to the target: handed back to it, the next publication is an update.
    """

    target: str
    url: str
    reference: str
    created: bool


class PublishFailed(Exception):
    """A target did not take a publication: one line that names it and what was answered."""

    def __init__(self, target: str, reason: str) -> None:
        super().__init__(one_line(f"{target}: {reason}"))
        self.target = target
        self.reason = one_line(reason)


class Target(Protocol):
    """One place that drafts are published to."""

    @property
    def name(self) -> str:
        """The name in the settings, no two the same."""

    def publish(self, what: Publication, known: str | None) -> Published:
        """Create or update; `known` is the reference of an earlier publication of the incident.

        Without one, the target looks for an earlier publication first. Raises `PublishFailed`.
        """
