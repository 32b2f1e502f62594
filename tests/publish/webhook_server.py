# A receiver of publications: our own format, as docs/publishing.md has it.
from __future__ import annotations

from typing import Any, ClassVar

from tests.publish.vendor import NOTHING, TEXT, Reply, Request, Route, Vendor, shape

PUBLICATION = shape(
    "schema incident_id revision title headline url markdown document",
    schema={"const": "outage-window/publication/v1"},
    incident_id=TEXT,
    revision={"type": "integer", "minimum": 1},
    title=TEXT,
    headline=TEXT,
    url={"type": ["string", "null"]},
    markdown=TEXT,
    document={"type": "object"},
)
VISIBLE = {"type": "string", "pattern": "^[!-~]+$"}


class Receiver(Vendor):
    headers: ClassVar[dict[str, Any]] = {
        "properties": {"idempotency-key": VISIBLE, "x-outage-window-incident": VISIBLE},
        "required": ["idempotency-key", "x-outage-window-incident"],
    }

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, Request] = {}

    @property
    def url(self) -> str:
        return f"{super().url}/hooks/s3cret-path?to=ops"


def keep(receiver: Receiver, request: Request) -> Reply:
    receiver.kept[request.headers["idempotency-key"]] = request
    return Reply(204)


def elsewhere(receiver: Receiver, request: Request) -> Reply:
    return Reply(200)


ANY = {"type": "object"}
Receiver.routes = (
    Route("POST", "/hooks/s3cret-path", shape(to=ANY | {"type": "array"}), PUBLICATION, keep),
    Route("POST", "/elsewhere", NOTHING, PUBLICATION, elsewhere),
)
