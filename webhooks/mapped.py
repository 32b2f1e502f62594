"""Alerts in anybody's JSON to an `AlertDelivery`, by a mapping that names where things stand. Pure.

A path is keys joined by dots, numbers for places in a list: `host.app`, `items.0.id`. It begins in
the alert, or with `$.` in the whole body. `=text` is that text itself. That is all: nothing is
evaluated.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from webhooks.alertmanager import of_labels, texts_at
from webhooks.bodies import clean, load, object_at
from webhooks.model import Alert, AlertDelivery, Refused
from webhooks.times import NEWEST, NS, OLDEST, ZERO_YEARS, parse_time

MOST = 10_000
"""Alerts of one body."""
_SHORT = 64 * 1024
_PATH = re.compile(r"\$|(?:\$\.)?[^.\s=$][^.]*(?:\.[^.]+)*|=.*", re.DOTALL)
_UNITS = {"s": NS, "ms": 10**6, "us": 10**3, "ns": 1}
_NUMBER = re.compile(r"([0-9]{1,19})(?:\.([0-9]{1,9}))?")

Texts = str | Mapping[str, str]
"""A path to an object of texts, or a path for each name."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """Where a sender's body has what; the defaults are the shape of our own.

    `alerts` is the path of the list (empty: the body is the list, or one alert). What has one of
    the words of `firing` as its status fires, of `resolved` has ended, of `ignored` is left out;
    upper and lower case are alike. `time_unit` is of times that are numbers.
    """

    alerts: str = ""
    name: str = "name"
    status: str = "status"
    firing: tuple[str, ...] = ("firing",)
    resolved: tuple[str, ...] = ("resolved",)
    ignored: tuple[str, ...] = ()
    starts_at: str = "starts_at"
    ends_at: str = "ends_at"
    fingerprint: str = "fingerprint"
    labels: Texts = "labels"
    annotations: Texts = "annotations"
    time_unit: Literal["s", "ms", "us", "ns"] | None = None


OWN = Mapped()


def is_path(text: str) -> bool:
    """Whether the text is a path as the module describes it."""
    return _PATH.fullmatch(text) is not None


def parse(body: bytes, mapping: Mapped = OWN) -> AlertDelivery:
    """Take apart one delivery; raise `Refused` naming the path where it is not as mapped.

    An alert needs a name, a status and a start, and when it has ended an end. Without a fingerprint
    its labels are its identity. Labels and annotations that an alert lacks are left out; numbers
    and truth values among them become text.
    """
    whole = load(body)
    found = whole
    if mapping.alerts:
        found = _at(mapping.alerts, whole, whole)
    elif mapping == OWN and isinstance(whole, dict) and "alerts" in whole:
        found = whole["alerts"]
    items = found if isinstance(found, list) else [found]
    if len(items) > MOST:
        raise Refused(mapping.alerts or "body", f"expected at most {MOST} alerts")
    read = [_alert(_Item(item, whole, f"alerts[{i}]", mapping)) for i, item in enumerate(items)]
    return AlertDelivery("", "", 0, tuple(alert for alert in read if alert is not None))


@dataclass(frozen=True, slots=True)
class _Item:
    """One alert of a body; `place` is what it is called in a refusal."""

    value: Any
    whole: Any
    place: str
    mapping: Mapped

    def get(self, path: str) -> Any:
        """What stands at a path; None where nothing does."""
        return _at(path, self.value, self.whole)

    def text(self, path: str) -> str | None:
        """The text at a path; None where there is none."""
        return _text(self.get(path), f"{self.place}.{path}")

    def texts(self, paths: Texts) -> dict[str, str]:
        """Labels or annotations."""
        if isinstance(paths, str):
            found = self.get(paths)
            if found is None:
                return {}
            place = f"{self.place}.{paths}"
            pairs = object_at(found, place)
            named = {name: _text(value, f"{place}.{name}"[:200]) for name, value in pairs.items()}
        else:
            named = {name: self.text(path) for name, path in paths.items()}
        known = {name: text for name, text in named.items() if text is not None}
        return texts_at(known, self.place)


def _alert(item: _Item) -> Alert | None:
    object_at(item.value, item.place)
    mapping = item.mapping
    status = _status(item)
    if status is None:
        return None
    name = item.text(mapping.name)
    if not name:
        raise Refused(f"{item.place}.{mapping.name}", "expected the name of an alert")
    labels = {"alertname": name} | item.texts(mapping.labels)
    ends_at = _end(item) if status == "resolved" else None
    return Alert(
        fingerprint=_fingerprint(item, labels),
        status=status,
        labels=labels,
        annotations=item.texts(mapping.annotations),
        starts_at=_time(item, mapping.starts_at),
        ends_at=ends_at,
        generator_url="",
    )


def _status(item: _Item) -> Literal["firing", "resolved"] | None:
    """Whether it fires; None for what is to be left out."""
    mapping = item.mapping
    found = (item.text(mapping.status) or "").lower()
    if found in (word.lower() for word in mapping.firing):
        return "firing"
    if found in (word.lower() for word in mapping.resolved):
        return "resolved"
    if found in (word.lower() for word in mapping.ignored):
        return None
    words = (*mapping.firing, *mapping.resolved, *mapping.ignored)
    raise Refused(f"{item.place}.{mapping.status}", f"expected one of {', '.join(words)}")


def _fingerprint(item: _Item, labels: Mapping[str, str]) -> str:
    found = item.text(item.mapping.fingerprint)
    if not found:
        return of_labels(labels)
    if len(found) > 64:
        return "id:" + hashlib.sha256(found.encode()).hexdigest()[:32]
    return found


def _end(item: _Item) -> int:
    path = item.mapping.ends_at
    found = item.get(path)
    if found is None or (isinstance(found, str) and found[:4] in ZERO_YEARS):
        raise Refused(f"{item.place}.{path}", "expected the end of a resolved alert")
    return _time(item, path)


def _time(item: _Item, path: str) -> int:
    """Nanoseconds of a time in RFC 3339, or of a number in the unit that the mapping gives."""
    found, place, unit = item.get(path), f"{item.place}.{path}", item.mapping.time_unit
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        raise Refused(place, "expected a time")
    number = _NUMBER.fullmatch(str(found))
    if unit is None or number is None:
        if unit is None and number is not None:
            raise Refused(place, "expected an RFC 3339 time, or time_unit in the mapping")
        return parse_time(found, place)
    scale = _UNITS[unit]
    part = int((number[2] or "").ljust(9, "0")) * scale // 10**9
    moment = int(number[1]) * scale + part
    if not OLDEST <= moment < NEWEST:
        raise Refused(place, "expected a time between the years 1970 and 2200")
    return moment


def _at(path: str, value: Any, whole: Any) -> Any:
    if path.startswith("="):
        return path[1:]
    found, keys = value, path.split(".")
    if keys[0] == "$":
        found, keys = whole, keys[1:]
    for key in keys:
        if isinstance(found, dict):
            found = found.get(key)
        elif isinstance(found, list) and key.isdecimal() and int(key) < len(found):
            found = found[int(key)]
        else:
            return None
    return found


def _text(value: object, place: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str) or len(value) > _SHORT:
        raise Refused(place, "expected short text")
    return clean(value)
