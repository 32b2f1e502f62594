"""The door of Prometheus: remote write 1.0 and 2.0."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, after_this_request, request

from webhooks.credentials import Credentials
from webhooks.doors.door import TooLarge, body, problem, sender
from webhooks.keeping import Keepers
from webhooks.remote_write.body import (
    MOST_COMPRESSED,
    SECOND,
    Oversize,
    Unsupported,
    version_of,
)
from webhooks.remote_write.model import Fault, Written, together
from webhooks.remote_write.parser import Parser

KINDS = ("samples", "histograms", "exemplars")
MOST_REASONS = 5


def open_doors(doors: Blueprint, keep: Keepers, keys: Credentials) -> None:
    """`/write`."""
    parser = Parser()

    @doors.post("/write")
    def _write() -> Response:
        sender(keys, "prometheus")
        headers = request.headers
        version = version_of(headers.get("Content-Type", ""), headers.get("Content-Encoding", ""))
        done = _told(version)
        try:
            found = parser.parse(version, body(MOST_COMPRESSED, "snappy"), keep.now())
        except Oversize:
            raise TooLarge from None
        written = keep.samples(version, found)
        done.update({kind: getattr(written, kind) for kind in KINDS})
        faults = together([*found.faults, *written.faults])
        return _partly(written, faults) if faults else Response(status=204)

    @doors.errorhandler(Unsupported)
    def _unsupported(why: Unsupported) -> Response:
        keep.refused("invalid")
        return problem(415, why.expected, why.field)


def _told(version: str) -> dict[str, int]:
    """How much was written so far: the answer tells, whatever it will be.

    Version 1.0 has no such headers; without them its senders go by the status alone.
    """
    done = dict.fromkeys(KINDS, 0)
    if version == SECOND:

        @after_this_request
        def _tell(response: Response) -> Response:
            for kind, count in done.items():
                name = f"X-Prometheus-Remote-Write-{kind.capitalize()}-Written"
                response.headers[name] = str(count)
            return response

    return done


def _partly(written: Written, faults: Sequence[Fault]) -> Response:
    """400: what is refused now would be refused again. The good part is kept all the same."""
    parts = []
    for kind in KINDS:
        refused = sum(getattr(fault, kind) for fault in faults)
        if refused:
            parts.append(f"{refused} of {refused + getattr(written, kind)} {kind}")
    reasons = [f"{fault.field}: {fault.expected}" for fault in faults]
    more = [f"and {len(reasons) - MOST_REASONS} other reasons"] if reasons[MOST_REASONS:] else []
    refused_ = " and ".join(parts) or "a series without samples"
    text = f"refused {refused_}, the rest is kept; {'; '.join(reasons[:MOST_REASONS] + more)}"
    return problem(400, text, faults[0].field)
