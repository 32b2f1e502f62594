# Grafana's annotations API as far as we use it: grafana.com/docs, HTTP API, annotations.
from __future__ import annotations

from typing import Any

from tests.publish.vendor import (
    NOTHING,
    NUMBER_TEXT,
    Reply,
    Request,
    Route,
    Vendor,
    parameters,
    shape,
)

MS = {"type": "integer", "minimum": 1_000_000_000_000, "maximum": 9_999_999_999_999}
TAGS = {
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": 100},
    "uniqueItems": True,
}
ANNOTATION = {"time": MS, "timeEnd": MS, "text": {"type": "string", "minLength": 1}}
NEW = shape(
    "time timeEnd tags text",
    **ANNOTATION,
    tags=TAGS,
    dashboardUID={"type": "string", "minLength": 1},
    panelId={"type": "integer"},
)
CHANGED = {**shape(**ANNOTATION), "minProperties": 1}
SEARCH = parameters(
    "tags",
    tags={"type": "array", "items": {"type": "string"}, "minItems": 1},
    type={"enum": ["alert", "annotation"]},
    limit=NUMBER_TEXT,
)


class GrafanaServer(Vendor):
    def __init__(self) -> None:
        super().__init__()
        self.annotations: list[dict[str, Any]] = []

    def unauthorized(self) -> Reply:
        return Reply(401, {"message": "Invalid API key", "messageId": "auth.unauthorized"})


def search(grafana: GrafanaServer, request: Request) -> Reply:
    wanted = set(request.query["tags"])
    return Reply(200, [a for a in grafana.annotations if wanted <= set(a["tags"])])


def add(grafana: GrafanaServer, request: Request) -> Reply:
    identity = 1000 + len(grafana.annotations)
    grafana.annotations.append({"id": identity, **request.body})
    return Reply(200, {"message": "Annotation added", "id": identity})


def patch(grafana: GrafanaServer, request: Request, identity: str) -> Reply:
    found = [a for a in grafana.annotations if a["id"] == int(identity)]
    if not found:
        return Reply(404, {"message": "Annotation not found"})
    found[0].update(request.body)
    return Reply(200, {"message": "Annotation patched"})


GrafanaServer.routes = (
    Route("GET", "/api/annotations", SEARCH, None, search),
    Route("POST", "/api/annotations", NOTHING, NEW, add),
    Route("PATCH", r"/api/annotations/(\d+)", NOTHING, CHANGED, patch),
)
