"""Version 1.0, `prometheus.WriteRequest`: the labels are written out in each series.

Two roads with the same outcome. A series whose labels came before, with one sample, written as all
known senders write it, is told by its bytes alone; its samples are read together with all others'.
Whatever is otherwise is read field by field.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from google.protobuf.message import DecodeError

from webhooks.model import Refused
from webhooks.remote_write.gathering import MOST_SERIES, Gathering
from webhooks.remote_write.labels import MOST_LABELS, TOO_MANY, Unsound, texts
from webhooks.remote_write.model import I64, Fault, Known
from webhooks.remote_write.schema import TimeSeries, WriteRequest

# A sample with a time of six bytes (the years 2004 to 2109), with a value and with the value 0.
WHOLE, ZERO = 18, 9
_WHOLE_MARKS = ((0, 0x12), (1, 0x10), (2, 0x09), (11, 0x10))
_ZERO_MARKS = ((0, 0x12), (1, 0x07), (2, 0x10))
_SHIFTS = np.arange(0, 42, 7, dtype=np.int64)

Intern = Callable[[Sequence[tuple[str, str]]], Known]
"""The set of labels of (name, value) pairs; `Unsound` if it breaks a rule."""


def read(
    raw: bytes, found: Gathering, heads: dict[bytes, Known], intern: Intern, quick: bool = True
) -> None:
    """Take in all series of a request; `Refused` if it is no such message.

    `heads` are the bytes of labels that were read before: what is new is added. Without `quick`
    every series is read field by field.
    """
    try:
        request = WriteRequest.FromString(raw)
    except DecodeError:
        raise Refused("body", "expected the message prometheus.WriteRequest") from None
    if request.second:
        expected = "expected proto=io.prometheus.write.v2.Request, which this looks like"
        raise Refused("Content-Type", expected)
    if len(request.timeseries) > MOST_SERIES:
        raise Refused("timeseries", f"expected at most {MOST_SERIES} series in a request")
    series = list(request.timeseries)
    for at in _at_once(series, found, heads) if quick else range(len(series)):
        known = _field_by_field(at, series[at], found, intern)
        if known is not None:
            _remember(series[at], known, heads)


def _at_once(series: list[bytes], found: Gathering, heads: dict[bytes, Known]) -> list[int]:
    """Take in the series that are told by their bytes; the places of the others."""
    others: list[int] = []
    whole: tuple[list[int], list[Known]] = ([], [])
    zero: tuple[list[int], list[Known]] = ([], [])
    for at, one in enumerate(series):
        if (known := heads.get(one[:-WHOLE])) is not None:
            whole[0].append(at)
            whole[1].append(known)
        elif (known := heads.get(one[:-ZERO])) is not None:
            zero[0].append(at)
            zero[1].append(known)
        else:
            others.append(at)
    for (places, knowns), length in ((whole, WHOLE), (zero, ZERO)):
        tails = _table([series[at] for at in places], length)
        good = _is_sample(tails)
        chosen = np.flatnonzero(good)
        if len(chosen):
            found.count(len(chosen))
            of = np.array([found.place(knowns[i]) for i in chosen.tolist()], np.int64)
            at_ = np.array(places, np.int64)[chosen]
            found.array(of, at_, _times(tails[chosen]), _bits(tails[chosen]))
        others += [places[i] for i in np.flatnonzero(~good).tolist()]
    return sorted(others)


def _table(series: Sequence[bytes], length: int) -> np.ndarray:
    """The last bytes of each, a row each."""
    return np.frombuffer(b"".join(one[-length:] for one in series), np.uint8).reshape(-1, length)


def _is_sample(tails: np.ndarray) -> np.ndarray:
    """Which rows are one sample, whole and nothing else: its fields are at fixed places."""
    marks = _WHOLE_MARKS if tails.shape[1] == WHOLE else _ZERO_MARKS
    good = (tails[:, -6:-1] >= 0x80).all(axis=1) & (tails[:, -1] < 0x80)
    for place, byte in marks:
        good &= tails[:, place] == byte
    return good


def _times(tails: np.ndarray) -> I64:
    """Milliseconds."""
    times: I64 = ((tails[:, -6:].astype(np.int64) & 0x7F) << _SHIFTS).sum(axis=1)
    return times


def _bits(tails: np.ndarray) -> np.ndarray:
    if tails.shape[1] == ZERO:
        return np.zeros(len(tails), np.uint64)
    return np.ascontiguousarray(tails[:, 3:11]).view("<u8").reshape(-1).astype(np.uint64)


def _field_by_field(at: int, raw: bytes, found: Gathering, intern: Intern) -> Known | None:
    """Take in one series; its labels if they are good, and it has one sample alone."""
    try:
        series = TimeSeries.FromString(raw)
    except DecodeError:
        raise Refused(f"timeseries[{at}]", "expected the message prometheus.TimeSeries") from None
    samples, native = len(series.samples), len(series.histograms)
    exemplars = len(series.exemplars)
    found.count(samples + native + exemplars)
    found.count_labels(len(series.labels))
    try:
        known = intern(_pairs(series))
    except Unsound as why:
        found.fault(Fault(f"timeseries[{at}].labels", str(why), samples, native, exemplars))
        return None
    index = found.place(known)
    found.samples(at, index, series.samples)
    found.native(at, index, series.histograms)
    # Version 1.0 knows no exemplars: what they must be like is not for us to say.
    found.exemplars(at, index, [0] * exemplars)
    return known if samples == 1 and not native and not exemplars else None


def _pairs(series: object) -> list[tuple[str, str]]:
    labels = series.labels  # type: ignore[attr-defined]
    if len(labels) > MOST_LABELS:
        raise Unsound(TOO_MANY)
    names = texts([label.name for label in labels])
    return list(zip(names, texts([label.value for label in labels]), strict=True))


def _remember(raw: bytes, known: Known, heads: dict[bytes, Known]) -> None:
    """Note the bytes of the labels, if they are all that stands before a sample's usual length."""
    for length in (WHOLE, ZERO):
        try:
            head = TimeSeries.FromString(raw[:-length])
        except DecodeError:
            continue
        alone = not (head.samples or head.histograms or head.exemplars)
        if alone and len(head.labels) == len(known.labels):
            heads[raw[:-length]] = known
            return
