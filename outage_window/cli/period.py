"""Times on the command line: RFC 3339 with a zone, or one line that names the option."""

from __future__ import annotations

from outage_window.errors import InputError


def moment(text: object, option: str) -> int:
    """A time with its zone, in nanoseconds; `InputError` names the option."""
    from webhooks.model import Refused
    from webhooks.times import parse_time

    try:
        return parse_time(text, option)
    except Refused as why:
        raise InputError(option, why.expected) from None
