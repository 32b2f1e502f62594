"""Which alerts were muted: as Alertmanager listed them, or by the silences that were in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from outage_window.reconciling.gathering import Gathered
from outage_window.reconciling.grouping import Fired
from outage_window.reconciling.laying import Beside
from outage_window.store.alert_spans import Hushed, Told
from outage_window.store.backfilled import Fetched
from outage_window.store.silences import Silence

MOST_NAMED = 3
AFTER_ALL = "after it was delivered"

Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Muting:
    """What was muted; `told` are the keys of what an API told and nobody was to hear of.

    `spans` are all of it by service, (start, end) in nanoseconds.
    """

    silenced: tuple[Fired, ...]
    inhibited: tuple[Fired, ...]
    told: frozenset[Key]
    spans: Mapping[str, Sequence[tuple[int, int | None]]]


def of(found: Gathered, missing: Sequence[Told]) -> Muting:
    """What Alertmanager muted in the period, and what of that which is `missing` was silenced."""
    names = _names(found)
    came, listed = Beside([one.alert for one in found.came]), Beside([])
    silenced: list[Fired] = []
    inhibited: list[Fired] = []
    for one in found.hushed:
        seen = _as_told(one)
        if not listed.all(seen):
            listed.add(one.how, seen)
        kind = silenced if one.how == "silenced" else inhibited
        kind.append(_fired(one, _how(one, names, found.silences), bool(came.all(seen))))
    by_silence, told = _told(found, missing, listed)
    silenced += by_silence
    return Muting(tuple(silenced), tuple(inhibited), told, _spans(silenced, inhibited))


def _told(
    found: Gathered, missing: Sequence[Told], listed: Beside
) -> tuple[list[Fired], frozenset[Key]]:
    """Of what an API told and nobody delivered: what was silenced when Prometheus says that it
    fired, and the keys of all that nobody was to hear of."""
    silenced: list[Fired] = []
    told: set[Key] = set()
    matching: dict[str, list[Silence]] = {}
    for one in missing:
        by = None
        if not listed.all(one.alert):
            by = None if one.source == "alertmanager" else _silence(found, one, matching)
            if by is None:
                continue
        told.add(key(one))
        if by is not None and _inside(found, one.alert):
            span = (one.alert.starts_at, one.alert.ends_at)
            silenced.append(Fired(_name(one.alert.labels), one.service, *span, _of_silence(by)))
    return silenced, frozenset(told)


def key(one: Told) -> Key:
    """What names an alert that was told."""
    return one.source, one.alert.fingerprint, one.alert.starts_at


def _silence(found: Gathered, one: Told, matching: dict[str, list[Silence]]) -> Silence | None:
    """The first silence that was in force for it; which ones match its labels is asked once."""
    fingerprint, at = one.alert.fingerprint, one.alert.starts_at
    if fingerprint not in matching:
        labels = one.alert.labels
        matching[fingerprint] = [s for s in found.silences if s.mutes(labels, s.starts_at)]
    in_force = (s for s in matching[fingerprint] if s.starts_at <= at < s.ends_at)
    return next(in_force, None)


def _fired(one: Hushed, how: str, after: bool) -> Fired:
    how = f"{how}; {AFTER_ALL}" if after else how
    return Fired(_name(one.labels), one.service, one.first_seen, one.last_seen, how)


def _how(one: Hushed, names: Mapping[str, str], silences: Sequence[Silence]) -> str:
    if one.how == "inhibited":
        by = sorted({names.get(name, "an alert that did not come here") for name in one.by})
        return f"by {_listed(by)}"
    known = {silence.id: silence for silence in silences}
    texts = sorted({_of_silence(known[name]) for name in one.by if name in known})
    return _listed(texts) if texts else "by a silence that is over"


def _of_silence(silence: Silence) -> str:
    """Why, as people said, or what it mutes where they said nothing."""
    return silence.comment or ", ".join(map(str, silence.matchers))


def _listed(texts: Sequence[str]) -> str:
    more = len(texts) - MOST_NAMED
    return ", ".join(texts[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _names(found: Gathered) -> dict[str, str]:
    """Alerts' names by their fingerprints, as far as any are known here."""
    named = {one.alert.fingerprint: _name(one.alert.labels) for one in found.came}
    named |= {one.alert.fingerprint: _name(one.alert.labels) for one in found.told}
    return named | {one.fingerprint: _name(one.labels) for one in found.hushed}


def _as_told(one: Hushed) -> Fetched:
    """As Alertmanager tells of any alert; it had this end at the earliest."""
    return Fetched(one.fingerprint, one.starts_at, one.last_seen, one.labels, {}, one.last_seen)


def _inside(found: Gathered, one: Fetched) -> bool:
    ended = one.ends_at is not None and one.ends_at < found.asked.start
    return one.starts_at < found.asked.end and not ended


def _spans(*kinds: Sequence[Fired]) -> dict[str, list[tuple[int, int | None]]]:
    spans: dict[str, list[tuple[int, int | None]]] = {}
    for one in (one for kind in kinds for one in kind):
        spans.setdefault(one.service, []).append((one.start, one.end))
    return spans


def _name(labels: Mapping[str, str]) -> str:
    return labels.get("alertname", "unnamed")
