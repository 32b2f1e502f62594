"""Version 2.0, `io.prometheus.write.v2.Request`: texts stand once in a table of symbols."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from google.protobuf.message import DecodeError

from webhooks.model import Refused
from webhooks.remote_write.gathering import MOST_SERIES, Gathering
from webhooks.remote_write.labels import MOST_LABELS, TOO_MANY, Unsound
from webhooks.remote_write.model import Fault, Known
from webhooks.remote_write.schema import Exemplar, Request, Series

MOST_SYMBOLS = 10 * MOST_SERIES

Intern = Callable[[Sequence[str]], Known]
"""The set of labels of names and values in turn; `Unsound` if it breaks a rule."""


def read(raw: bytes, found: Gathering, intern: Intern) -> None:
    """Take in all series of a request; `Refused` if it is no such message."""
    try:
        request = Request.FromString(raw)
    except DecodeError:
        raise Refused("body", "expected the message io.prometheus.write.v2.Request") from None
    if request.first:
        expected = "expected proto=prometheus.WriteRequest, which this looks like"
        raise Refused("Content-Type", expected)
    if len(request.timeseries) > MOST_SERIES:
        raise Refused("timeseries", f"expected at most {MOST_SERIES} series in a request")
    if len(request.symbols) > MOST_SYMBOLS:
        raise Refused("symbols", f"expected at most {MOST_SYMBOLS} symbols in a request")
    symbols = [_text(symbol) for symbol in request.symbols]
    if (request.timeseries and not symbols) or symbols[:1] not in ([], [""]):
        raise Refused("symbols", "expected symbols that begin with the empty text")
    for at, series in enumerate(request.timeseries):
        _series(at, series, symbols, found, intern)


def _text(symbol: bytes) -> str | None:
    """None for what is no UTF-8: it spoils only what refers to it."""
    try:
        return symbol.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _series(
    at: int, raw: bytes, symbols: Sequence[str | None], found: Gathering, intern: Intern
) -> None:
    try:
        series = Series.FromString(raw)
    except DecodeError:
        expected = "expected the message io.prometheus.write.v2.TimeSeries"
        raise Refused(f"timeseries[{at}]", expected) from None
    samples, native = series.samples, series.histograms
    exemplars = series.exemplars
    found.count(len(samples) + len(native) + len(exemplars))
    found.count_labels(len(series.labels_refs) // 2)
    try:
        if samples and native:
            raise Unsound("expected samples or histograms in a series, not both")
        known = intern(_looked_up(series.labels_refs, symbols))
        _metadata(series, len(symbols))
    except Unsound as why:
        counts = len(samples), len(native), len(exemplars)
        found.fault(Fault(f"timeseries[{at}]", str(why), *counts))
        return
    index = found.place(known)
    found.samples(at, index, samples)
    if native:
        found.native(at, index, native)
    if exemplars:
        found.exemplars(at, index, [_exemplar(one, symbols) for one in exemplars])


def _looked_up(refs: Sequence[int], symbols: Sequence[str | None]) -> list[str]:
    """Names and values in turn."""
    if len(refs) > 2 * MOST_LABELS:
        raise Unsound(TOO_MANY)
    if len(refs) % 2:
        raise Unsound("expected a value for each name in labels_refs")
    try:
        looked_up = [symbols[ref] for ref in refs]
    except IndexError:
        raise Unsound("expected references to symbols that are there") from None
    if None in looked_up:
        raise Unsound("expected labels in UTF-8")
    return [text for text in looked_up if text is not None]


def _metadata(series: object, symbols: int) -> None:
    metadata = series.metadata  # type: ignore[attr-defined]
    if max(metadata.help_ref, metadata.unit_ref) >= symbols:
        raise Unsound("expected references to symbols that are there")


def _exemplar(raw: bytes, symbols: Sequence[str | None]) -> int | Unsound:
    """The time of an exemplar in milliseconds, or what is wrong with it."""
    try:
        exemplar = Exemplar.FromString(raw)
        labels = _looked_up(exemplar.labels_refs, symbols)
    except DecodeError:
        return Unsound("expected the message io.prometheus.write.v2.Exemplar")
    except Unsound as why:
        return why
    names = labels[::2]
    if len(set(names)) != len(names) or "" in names:
        return Unsound("expected each label of an exemplar once, and none without a name")
    if exemplar.timestamp == 0:
        return Unsound("expected the time of an exemplar")
    return int(exemplar.timestamp)
