"""From headers to the message's version, and from a compressed body to the message's bytes."""

from __future__ import annotations

import cramjam
from werkzeug.http import parse_options_header

from webhooks.model import Refused

FIRST, SECOND = "1.0", "2.0"
MEDIA_TYPE = "application/x-protobuf"
_PROTO = {
    "": FIRST,
    "prometheus.WriteRequest": FIRST,
    "io.prometheus.write.v2.Request": SECOND,
}
MOST_COMPRESSED = 4 * 1024 * 1024
MOST_BYTES = 8 * 1024 * 1024
"""Of a message that is no longer compressed. The usual 2,000 samples are a few 100 KiB."""
_MOST_TIMES = 22
"""Three bytes of snappy stand for 64 at most."""


class Unsupported(Exception):
    """A type or encoding that is not read: the sender is told 415. `field` is the header."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(expected)
        self.field = field
        self.expected = expected


class Oversize(Exception):
    """The message would be too large: the sender is told 413."""


def version_of(content_type: str, content_encoding: str) -> str:
    """`1.0` or `2.0`, by the headers alone; `Unsupported` for all else."""
    media, options = parse_options_header(content_type)
    version = _PROTO.get(options.get("proto", ""))
    if media.lower() != MEDIA_TYPE or version is None:
        known = " or ".join(name for name in _PROTO if name)
        raise Unsupported("Content-Type", f"expected {MEDIA_TYPE}, of the message {known}")
    if content_encoding.strip().lower() != "snappy":
        raise Unsupported("Content-Encoding", "expected snappy, in its block format")
    return version


def decompressed(body: bytes) -> bytes:
    """The message; `Refused` for no snappy block, `Oversize` before it is made."""
    expected = "expected a snappy block"
    try:
        size = cramjam.snappy.decompress_raw_len(body)
    except cramjam.DecompressionError:
        raise Refused("body", expected) from None
    if not body or size > _MOST_TIMES * len(body):  # it claims more than can be in it
        raise Refused("body", expected)
    if size > MOST_BYTES:
        raise Oversize
    try:
        return bytes(cramjam.snappy.decompress_raw(body))
    except cramjam.DecompressionError:
        raise Refused("body", expected) from None
