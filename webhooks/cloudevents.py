"""CloudEvents 1.0 over HTTP: structured, batched or binary, as the specification has it. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from webhooks.bodies import clean, load, object_at
from webhooks.model import Refused

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
PREFIX = "ce-"
_NAME = re.compile("[a-z0-9]+")
_REQUIRED = ("id", "source", "specversion", "type")
_TEXTS = (*_REQUIRED, "datacontenttype", "dataschema", "subject", "time")
_JSON = re.compile(r"[\w.+-]+/(?:[\w.+-]+\+)?json", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """One event. `field` is where it stood, before the names of its attributes.

    `time` and `subject` are empty where not given. `data` is the value of JSON, the text of any
    other text, and None where there is none, or none that can be read.
    """

    id: str
    source: str
    type: str
    time: str
    subject: str
    data: Any
    field: str


def parse(
    body: bytes, content_type: str, attributes: Mapping[str, str]
) -> tuple[CloudEvent, ...] | None:
    """The events of a request; None where it is none of CloudEvents; `Refused` naming the field.

    `attributes` are the values of the `ce-` headers, by what follows the prefix. The media type
    decides, as the specification has it: an event in plain `application/json` is not known as one.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == STRUCTURED:
        return (_structured(load(body), ""),)
    if media_type == BATCH:
        value = load(body)
        if not isinstance(value, list):
            raise Refused("body", "expected a list of events")
        return tuple(_structured(one, f"[{i}].") for i, one in enumerate(value))
    if media_type.startswith("application/cloudevents"):
        raise Refused("Content-Type", f"expected {STRUCTURED} or {BATCH}")
    if not attributes:
        return None
    found = {_named(name, PREFIX): _decoded(name, value) for name, value in attributes.items()}
    if "data" in found or "datacontenttype" in found:
        raise Refused(f"{PREFIX}data", "expected data in the body, and its Content-Type")
    return (_event(found, _content(body, media_type), PREFIX),)


def _structured(item: object, field: str) -> CloudEvent:
    value = dict(object_at(item, field.rstrip(".") or "body"))
    # The format has null stand for an attribute that is not set.
    data, encoded = value.pop("data", None), value.pop("data_base64", None)
    found = {_named(name, field): one for name, one in value.items() if one is not None}
    if encoded is not None:
        if data is not None:
            raise Refused(f"{field}data", "expected either data or data_base64")
        media_type = found.get("datacontenttype", "application/json")
        data = _content(_unpacked(encoded, field), str(media_type).partition(";")[0].strip())
    return _event(found, data, field)


def _event(found: Mapping[str, Any], data: Any, field: str) -> CloudEvent:
    for name in _TEXTS:
        if name in found and (not isinstance(found[name], str) or not found[name]):
            raise Refused(f"{field}{name}", "expected text that is not empty")
    for name in _REQUIRED:
        if name not in found:
            raise Refused(f"{field}{name}", "expected it: CloudEvents require it")
    if found["specversion"] != "1.0":
        raise Refused(f"{field}specversion", "expected 1.0")
    return CloudEvent(
        id=clean(found["id"]),
        source=clean(found["source"]),
        type=clean(found["type"]),
        time=found.get("time", ""),
        subject=clean(found.get("subject", "")),
        data=data,
        field=field,
    )


def _named(name: str, field: str) -> str:
    if not _NAME.fullmatch(name):
        expected = "expected names of attributes in lower-case letters and digits"
        raise Refused(f"{field}{clean(name)[:60]}", expected)
    return name


def _content(body: bytes, media_type: str) -> Any:
    """Data as its type says; JSON unless it says otherwise."""
    if not body:
        return None
    if not media_type or _JSON.fullmatch(media_type):
        return load(body, "data")
    try:
        return clean(body.decode("utf-8"))
    except UnicodeDecodeError:
        return None


def _unpacked(encoded: object, field: str) -> bytes:
    try:
        if isinstance(encoded, str):
            return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        pass
    raise Refused(f"{field}data_base64", "expected Base64")


def _decoded(name: str, value: str) -> str:
    """The text of a header: quoted strings are unquoted first, then percent-encoded UTF-8."""
    text = value.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    try:
        return unquote_to_bytes(text.encode("latin-1")).decode("utf-8")
    except UnicodeError:
        raise Refused(f"{PREFIX}{name}", "expected percent-encoded UTF-8") from None
