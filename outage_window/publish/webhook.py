"""A draft and its incident as JSON to a program of the user's own."""

from __future__ import annotations

from urllib.parse import quote

from outage_window.publish.model import Publication, Published
from outage_window.publish.sending import Call, Client

SCHEMA = "outage-window/publication/v1"


class Webhook:
    """One URL. Sending twice is told by the key, so that the receiver can do it once."""

    def __init__(self, client: Client) -> None:
        self.name = client.name
        self._client = client

    def publish(self, what: Publication, known: str | None) -> Published:
        """Post the revision; the receiver knows the incident by its id."""
        identity = quote(what.incident_id.encode(errors="surrogatepass"), safe="")
        key = f"{identity}.r{what.revision}"
        request = Call(
            "POST",
            "",
            "post the draft",
            body={
                "schema": SCHEMA,
                "incident_id": what.incident_id,
                "revision": what.revision,
                "title": what.title,
                "headline": what.headline,
                "url": what.url,
                "markdown": what.markdown,
                "document": dict(what.document),
            },
            headers={"Idempotency-Key": key, "X-Outage-Window-Incident": identity},
        )
        self._client.settle(lambda _: self._client.send(request))
        return Published(self.name, "", key, created=known is None)
