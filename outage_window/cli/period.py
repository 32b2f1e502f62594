"""A stretch of time on the command line, and the file that output goes to."""

from __future__ import annotations

from outage_window.errors import InputError


def moment(text: str, option: str) -> int:
    """A time with its zone, in nanoseconds; `InputError` names the option."""
    from webhooks.model import Refused
    from webhooks.times import parse_time

    try:
        return parse_time(text, option)
    except Refused as why:
        raise InputError(option, why.expected) from None
