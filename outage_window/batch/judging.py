"""The second pass: the services of a bucket are gathered from all tables, and judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from detector.estimate import Origin
from outage_window.assess import People, ServiceData
from outage_window.batch.found import Found, judge
from outage_window.batch.request import Context, Request
from outage_window.sources.inputs import contradicting, service_data
from outage_window.sources.pieces import Rows
from outage_window.sources.scanning import Catalogue
from outage_window.sources.shelf import Shelf


class Bucket(NamedTuple):
    """Which bucket, and the attempts per user of its services."""

    number: int
    users: Mapping[str, People]


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges the services of a bucket.

    `context` is without attempts per user. `elsewhere` are the services that samples speak of, and
    the files of these.
    """

    shelf: Shelf
    catalogue: Catalogue
    origins: tuple[Origin, ...]
    elsewhere: Mapping[str, tuple[Origin, ...]]
    context: Context
    request: Request

    @staticmethod
    def name(task: Bucket) -> str:
        """What tells a task from the others."""
        return f"judge-{task.number}"

    def __call__(self, task: Bucket) -> tuple[Found, ...]:
        """What was found of the services of a bucket, sorted by name."""
        services = [self._data(rows) for rows in self.catalogue.rows(self.shelf, task.number)]
        return tuple(judge(services, task.users, self.context, self.request))

    def _data(self, rows: Rows) -> ServiceData:
        other = self.elsewhere.get(rows.service)
        if other is None:
            return service_data(rows, self.origins, self.request.reading)
        own = tuple(dict.fromkeys(self.origins[file] for file in rows.files))
        return contradicting(rows.service, own + other)
