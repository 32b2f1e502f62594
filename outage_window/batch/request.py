"""What to analyse, and what came beside the series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from detector.estimate import Origin
from detector.model import Options
from outage_window.assess import Declared, People
from outage_window.planned import Planned
from outage_window.reasons import Reasons
from outage_window.sources.reading import UNASSIGNED, Reading
from reports.facts import AlertFact
from webhooks.model import Event


@dataclass(frozen=True, slots=True)
class Request:
    """What to analyse, and how; paths as the user gave them.

    `whole` keeps beside what was found all that it was found in, which takes as much memory as the
    input: for pages that measure anew between other edges.
    """

    exports: Sequence[str]
    users: Sequence[str] = ()
    user_sample: float = 1.0
    alerts: str | None = None
    changes: str | None = None
    events: str | None = None
    maintenance: str | None = None
    reading: Reading = field(default_factory=Reading)
    reasons: Reasons = field(default_factory=Reasons)
    options: Options = field(default_factory=Options)
    declared: Declared = field(default_factory=Declared)
    command: str = "outage-window analyze"
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What came beside the series. `alerts` is None where no file of alerts was given."""

    users: Mapping[str, People]
    alerts: tuple[AlertFact, ...] | None
    events: tuple[Event, ...]
    planned: tuple[Planned, ...]
    origins: tuple[Origin, ...]
    notes: tuple[str, ...] = ()
    told_by: tuple[Origin, ...] = ()
    """Of the origins those of alerts, changes, events and maintenance."""

    def attributed(self, service: str | None) -> Context:
        """The same where `service` is the only one: attempts that name no service are its."""
        nobody = self.users.get(UNASSIGNED)
        if nobody is None or service is None or len(self.users) != 1:
            return self
        return replace(self, users={service: nobody})
