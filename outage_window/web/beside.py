"""What the process that serves does besides: pages look at it, and set it to work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from outage_window.live.held import Holding
from outage_window.live.news import News
from outage_window.publish.model import Published, PublishFailed
from outage_window.uploads.analysing import Analyser
from outage_window.uploads.held import Shelf

Publish = Callable[[str, str], Published | PublishFailed | None]
"""`publish(incident, target)`; None: either is not there."""


def nowhere(_incident: str, _target: str) -> None:
    """No target is configured."""


@dataclass(frozen=True, slots=True)
class Beside:
    """`news` tells open pages what changed, `holding` is what the loop of this process derives,
    `publish` sends an incident's draft to a target, `analyser` looks into files that are uploaded,
    and `shelf` holds what it found, whatever settings are read meanwhile."""

    news: News
    holding: Holding = field(default_factory=Holding)
    publish: Publish = nowhere
    analyser: Analyser = field(default_factory=Analyser)
    shelf: Shelf = field(default_factory=Shelf)
