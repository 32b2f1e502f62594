"""An incident as a region annotation in Grafana, moved when its times move."""

from __future__ import annotations

from html import escape

import msgspec

from outage_window.publish.model import Publication, Published, PublishFailed
from outage_window.publish.sending import GONE, Call, Client
from outage_window.publish.text import short, web_address

TAG = "outage-window"
LONGEST_TAG, LONGEST_TITLE, LONGEST_HEADLINE = 100, 300, 2_000
MOST_FOUND = 100
MARGIN_MS = 3_600_000
"""Before and after the incident, on the dashboard that the link opens."""


class Annotation(msgspec.Struct):
    """What we read of an annotation."""

    id: int
    tags: list[str] | None = None


class Added(msgspec.Struct):
    """The answer to a new annotation."""

    id: int


class Grafana:
    """One Grafana; `dashboard` and `panel` tie annotations to a place, else they are everywhere."""

    def __init__(
        self,
        client: Client,
        url: str,
        dashboard: str | None,
        panel: int | None,
        tags: tuple[str, ...],
    ) -> None:
        self.name = client.name
        self._client = client
        self._url = url
        self._dashboard = dashboard
        self._panel = panel
        self._tags = tags

    def publish(self, what: Publication, known: str | None) -> Published:
        """Create or update the annotation that carries the incident's tag.

        It is found by that tag always: the id that is `known` may be of another Grafana. Raises
        `PublishFailed` for an incident without a start.
        """
        if what.start is None:
            raise PublishFailed(self.name, "cannot annotate an incident whose start is not known")
        start = _ms(what.start)
        # A point for as long as it has not ended; 0 and null would leave a former end there.
        end = start if what.end is None else max(start, _ms(what.end))
        return self._client.settle(lambda _: self._attempt(what, start, end, known or ""))

    def _attempt(self, what: Publication, start: int, end: int, known: str) -> Published:
        found = self._find(what.incident_id)
        for annotation in sorted(found, key=lambda one: str(one.id) != known):
            if self._update(annotation, what, start, end):
                return self._published(annotation.id, what, start, end)
        return self._create(what, start, end)

    def _find(self, incident_id: str) -> list[Annotation]:
        tag = _tag("incident", incident_id)
        query = (("tags", TAG), ("tags", tag), ("type", "annotation"), ("limit", str(MOST_FOUND)))
        request = Call("GET", "/api/annotations", "look for the annotation", query=query)
        found = self._client.ask(request, list[Annotation])
        return [one for one in found if {TAG, tag} <= set(one.tags or ())]

    def _create(self, what: Publication, start: int, end: int) -> Published:
        own = (TAG, _tag("incident", what.incident_id), _tag("service", what.service))
        body: dict[str, object] = {
            "time": start,
            "timeEnd": end,
            "tags": list(dict.fromkeys((*own, *self._tags))),
            "text": _text(what),
        }
        if self._dashboard is not None:
            body["dashboardUID"] = self._dashboard
        if self._panel is not None:
            body["panelId"] = self._panel
        request = Call("POST", "/api/annotations", "add the annotation", body=body, once=True)
        added = self._client.ask(request, Added)
        return self._published(added.id, what, start, end, created=True)

    def _update(self, annotation: Annotation, what: Publication, start: int, end: int) -> bool:
        """False where it is gone. Tags stay as they are: people may have added some."""
        body = {"time": start, "timeEnd": end, "text": _text(what)}
        path, doing = f"/api/annotations/{annotation.id}", "update the annotation"
        answer = self._client.send(Call("PATCH", path, doing, body=body, expected=GONE))
        return answer.status not in GONE

    def _published(
        self, identity: int, what: Publication, start: int, end: int, *, created: bool = False
    ) -> Published:
        url = ""
        if self._dashboard is not None:
            until = "now" if what.end is None else str(end + MARGIN_MS)
            url = f"{self._url}/d/{self._dashboard}?from={start - MARGIN_MS}&to={until}"
        return Published(self.name, url, str(identity), created)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _tag(key: str, value: str) -> str:
    return short(f"{key}:{value}", LONGEST_TAG)


def _text(what: Publication) -> str:
    """HTML, as Grafana shows it: all that came from outside is escaped."""
    lines = [
        escape(short(what.title, LONGEST_TITLE)),
        escape(short(what.headline, LONGEST_HEADLINE)),
    ]
    address = web_address(what.url)
    if address:
        lines.append(f'<a href="{escape(address)}">Incident and draft</a>')
    return "<br>".join(line for line in lines if line) or escape(what.incident_id)
