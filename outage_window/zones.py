"""Time zones as people name them: an IANA name, or a fixed offset."""

from __future__ import annotations

import re
from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from outage_window.errors import InputError

_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")


def zone_of(text: str, where: str) -> tzinfo:
    """The zone of an IANA name or of an offset such as `-05:00`.

    `where` names the option or setting in an `InputError`.
    """
    offset = _OFFSET.fullmatch(text)
    if offset and int(offset[2]) < 24 and int(offset[3]) < 60:
        span = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(-span if offset[1] == "-" else span)
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        expected = f"expected a zone such as America/Bogota, or -05:00; there is no {text[:40]!r}"
        raise InputError(where, expected) from None
