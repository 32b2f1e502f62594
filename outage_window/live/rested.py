"""What is left of a service in which nothing happens, also for whoever looks after it next."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec
import numpy as np

from detector.calm import Calm
from detector.estimate import Origin
from detector.model import Detection, Options
from detector.results import Blip
from detector.series import Counts
from outage_window.assess import Assessment
from outage_window.live.feeds.feed import source_of
from outage_window.live.joining import Gaps
from outage_window.settings.models import Service
from outage_window.store import Store, StoreFailed, rested
from outage_window.store.rested import State

log = logging.getLogger(__name__)

NS = 10**9


@dataclass(frozen=True, slots=True)
class Resting:
    """What is left of a service's data while nothing happens; the rest lies in the store.

    `calm` is what it was judged by up to `until` (seconds), None where it could not be; `turn` the
    hour in which that was. `assessment` has no evidence, and of the series what is recent at most.
    """

    assessment: Assessment
    calm: Calm | None
    until: float
    turn: int
    gaps: Gaps | None


@dataclass(frozen=True, slots=True)
class _Kept:
    """The same of a service without a window, without its name and its series."""

    calm: Calm | None
    until: float
    turn: int
    gaps: Gaps | None
    origins: tuple[Origin, ...]
    notes: tuple[str, ...]
    blips: tuple[Blip, ...]
    not_assessed: str | None


@dataclass(frozen=True, slots=True)
class Judged:
    """A service and what it was judged by."""

    service: Service
    options: Options
    resting: Resting


def keep(store: Store, found: Sequence[Judged]) -> None:
    """Keep what services were judged by, of those without a window. A failure is logged: it costs
    whoever is next a look at the whole.

    No lease is asked for: it follows from the samples up to its time, whoever wrote it.
    """
    states = [_state(one) for one in found if not _windows(one.resting)]
    try:
        if states:
            store.write(lambda connection: rested.keep(connection, states))
    except StoreFailed as error:
        log.warning("what services were judged by could not be kept: %s", error)


def kept(store: Store, asked: Sequence[tuple[Service, Options]]) -> list[Judged]:
    """What those of the services were judged by that were judged under the same settings."""
    if not asked:
        return []
    with store.read() as connection:
        states = rested.of(connection, [service.name for service, _ in asked])
    found = []
    for service, options in asked:
        state = states.get(service.name)
        if state is not None and state.under == _under(service, options):
            found.append(Judged(service, options, _resting(service.name, state.state)))
    return found


def _windows(resting: Resting) -> bool:
    """Whether there is a window: that is told of by all of the data."""
    detection = resting.assessment.detection
    return detection is None or bool(detection.windows)


def _state(judged: Judged) -> State:
    found, resting = judged.resting.assessment, judged.resting
    assert found.detection is not None  # it has no window
    written = _Kept(
        resting.calm, resting.until, resting.turn, resting.gaps, found.origins, found.notes,
        found.detection.blips, found.not_assessed,
    )  # fmt: skip
    packed = msgspec.msgpack.encode(written, enc_hook=np.ndarray.tolist)
    under = _under(judged.service, judged.options)
    return State(judged.service.name, under, round(resting.until * NS), packed)


def _resting(service: str, packed: bytes) -> Resting:
    one = msgspec.msgpack.decode(packed, type=_Kept, dec_hook=_array)
    none = np.empty(0)
    series = Counts(none, none, none, none, none.astype(np.int64), 1.0)
    detection = Detection(series, (), one.blips, None, one.not_assessed)
    assessment = Assessment(
        service, detection, (), (), (), (), one.origins,
        not_assessed=one.not_assessed, notes=one.notes,
    )  # fmt: skip
    return Resting(assessment, one.calm, one.until, one.turn, one.gaps)


def _array(_kind: type, values: Any) -> Any:
    """All arrays of what is kept are of floats."""
    return np.array(values, np.float64)


def _under(service: Service, options: Options) -> str:
    """Of all that decides what a service is judged by, beside its samples."""
    whole = (_version(), source_of(service), options)
    return hashlib.sha256(repr(whole).encode()).hexdigest()


@cache
def _version() -> str:
    return version("outage-window")
