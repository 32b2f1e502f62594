"""Feeds from an export: read whole when it is new or has changed."""

from __future__ import annotations

import re

from outage_window.assess import ServiceData
from outage_window.errors import InputError
from outage_window.settings.models import Service
from outage_window.sources import exports, selectors
from outage_window.sources.files import read
from outage_window.sources.reading import Reading
from outage_window.sources.sampled import SampleFile

NS = 10**9
DAY = 86400 * NS
_OPTION = re.compile("--([a-z-]+)")


class FileFeed:
    """The export of one service; it may be replaced by a newer one at any time."""

    until = None

    def __init__(self, service: Service, history: int, whole: bool = False) -> None:
        self._service = service
        self._history = history
        self._sha256 = ""
        self._data: ServiceData | None = None
        self._whole = whole
        self.samples: tuple[SampleFile, ...] = ()
        """The raw samples with names that the export holds, of whatever metrics, if `whole`."""

    def forget(self) -> None:
        """As `Feed`."""
        self._sha256, self._data, self.samples = "", None, ()

    def rest(self) -> bool:
        """As `Feed`: a file may be gone by the time that it is asked for again."""
        return False

    def resume(self, _start: int) -> None:
        """As `Feed`: it never rests."""

    def wake(self, _now: int) -> None:
        """As `Feed`: nothing was let go of."""

    def whole(self, _now: int) -> ServiceData:
        """As `Feed`."""
        return self.data()

    def refresh(self, _now: int) -> tuple[bool, bool]:
        """As `Feed`: an export is all that there is."""
        assert self._service.file is not None  # the settings ask for it
        sha256 = read(self._service.file).sha256
        if sha256 == self._sha256:
            return False, True
        found = self._load(self._service.file)
        data = next((one for one in found.services if one.service == self._service.name), None)
        if data is None:
            names = ", ".join(one.service for one in found.services)
            expected = f"holds {names}, not the service {self._service.name}"
            raise InputError(self._service.file, expected)
        self._data, self._sha256 = data, sha256
        self.samples = found.samples if self._whole else ()
        return True, True

    def _load(self, file: str) -> exports.Exports:
        reading = Reading(
            **self._service.export.model_dump(),
            service=self._service.name,
            attempts_selector=_selector(self._service.attempts),
            errors_selector=_selector(self._service.errors),
        )
        try:
            return exports.load([file], reading)
        except InputError as error:
            # An option of `analyze` is named; here the settings say the same.
            raise InputError(error.where, _OPTION.sub(_key, error.expected)) from None

    def data(self) -> ServiceData:
        """As `Feed`."""
        assert self._data is not None  # it was read
        return self._data

    def horizon(self, now: int) -> int:
        """As `Feed`: an export may hold an older past than is learned from elsewhere."""
        series = None if self._data is None else self._data.series
        if series is None or not len(series.start):
            return now - self._history
        return min(now - self._history, round(float(series.start.min()) * NS) - DAY)

    def silence(self, _until: int | None, _now: int) -> str:
        """As `Feed`: an export may end when it likes."""
        return ""


def _key(option: re.Match[str]) -> str:
    return f"export.{option[1].replace('-', '_')}"


def _selector(text: str | None) -> selectors.Selector | None:
    return None if text is None else selectors.parse(text, "selector")
