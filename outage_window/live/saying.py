"""What is said of how a scan went: in the status, and each reason once in the log."""

from __future__ import annotations

import logging
import re

from outage_window.live.known import Known
from outage_window.live.status import Status

log = logging.getLogger(__name__)


def report(status: Status, service: str, known: Known, now: int, error: str, behind: str) -> None:
    """Note how the scan went: it succeeded only if data up to now were assessed."""
    not_assessed = (known.assessment and known.assessment.not_assessed) or ""
    data_until = known.until
    unjudged = not_assessed or behind or known.feed.silence(data_until, now)
    changes: dict[str, object] = {"scanned_at": now, "error": error}
    if not error:
        log_change(service, known.unjudged, unjudged)
        known.unjudged = unjudged
    if not error and not unjudged:
        changes["succeeded_at"] = now
    changes["data_until"] = data_until
    changes["not_assessed"] = unjudged
    status.service(service, failed=bool(error), **changes)


def log_change(name: str, before: str, reason: str) -> None:
    """Say once why a service is not assessed, and once that it is again."""
    if reason and not same(reason, before):
        log.warning("not assessed: %s", reason, extra={"service": name})
    elif before and not reason:
        log.info("assessed again", extra={"service": name})


def same(reason: str, before: str) -> bool:
    """Whether it is the same reason. Counts in one grow with every scan: they make no other."""
    return re.sub("[0-9]+", "0", reason) == re.sub("[0-9]+", "0", before)
