"""What the log is told of a service: each reason once, until it is another one."""

from __future__ import annotations

import logging
import re

log = logging.getLogger(__name__)


def log_change(name: str, before: str, reason: str) -> None:
    """Say once why a service is not assessed, and once that it is again."""
    if reason and not same(reason, before):
        log.warning("not assessed: %s", reason, extra={"service": name})
    elif before and not reason:
        log.info("assessed again", extra={"service": name})


def same(reason: str, before: str) -> bool:
    """Whether it is the same reason. Counts in one grow with every scan: they make no other."""
    return re.sub("[0-9]+", "0", reason) == re.sub("[0-9]+", "0", before)
