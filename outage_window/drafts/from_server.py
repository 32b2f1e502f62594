"""Drafts of incidents that a running server knows, asked for over HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import requests

from outage_window.drafts.from_store import MOST_HOPS, Say, unknown
from outage_window.errors import InputError, without_userinfo

TIMEOUT = 30.0


class ServerDrafts:
    """What a server knows of one incident."""

    def __init__(self, session: requests.Session, base: str, document: Mapping[str, Any]) -> None:
        self._session = session
        self._document = document
        self._address = f"{base}/{quote(document['id'], safe='')}"

    @classmethod
    @contextmanager
    def open(cls, identity: str, url: str, say: Say) -> Iterator[ServerDrafts]:
        """Ask the server at `url`; `say` is told of mergers."""
        if not url.startswith(("http://", "https://")):
            raise InputError("--url", "expected a URL such as http://127.0.0.1:9195")
        base = f"{url.rstrip('/')}/api/v1/incidents"
        try:
            with requests.Session() as session:
                yield cls(session, base, _document(session, base, identity, say))
        except (requests.RequestException, ValueError) as error:
            why = type(error).__name__
            raise InputError(
                without_userinfo(url), f"expected a running `outage-window serve` ({why})"
            ) from None

    def stored(self) -> str | None:
        """The server's own copy, with what people wrote into it."""
        answer = _get(self._session, f"{self._address}/draft")
        return None if answer is None else answer.content.decode()

    def fresh(self, template: str, source: str | None) -> str:
        """The draft as one of the server's templates makes it of the facts."""
        if source is not None:
            expected = "expected the name of a template: a file needs the store (--config.file)"
            raise InputError("--template", expected)
        answer = _get(self._session, f"{self._address}/draft", {"template": template})
        if answer is None:
            state = self._document.get("state")
            raise InputError(self._document["id"], f"has no draft yet: it is {state}")
        text: str = answer.content.decode()
        return text

    def document(self) -> Any:
        """The incident as JSON."""
        return dict(self._document)

    def chart(self, identity: str, ending: str, theme: str = "light") -> bytes | None:
        """The chart, None where there is none."""
        answer = _get(self._session, f"{self._address}/chart.{ending}", {"theme": theme})
        return None if answer is None else bytes(answer.content)


def _document(session: requests.Session, base: str, identity: str, say: Say) -> Mapping[str, Any]:
    for _ in range(MOST_HOPS):
        answer = _get(session, f"{base}/{quote(identity, safe='')}")
        if answer is None:
            listed = _get(session, base)
            known = [] if listed is None else [i["id"] for i in listed.json()["incidents"]]
            raise unknown(identity, known)
        found: Mapping[str, Any] = answer.json()
        into = found.get("merged_into")
        if into is None:
            return found
        say(f"{identity} became part of {into}")
        identity = into
    raise unknown(identity, ())


def _get(
    session: requests.Session, address: str, query: Mapping[str, str] | None = None
) -> requests.Response | None:
    """The answer, or None for a 404; any other refusal is an error of the request."""
    answer = session.get(address, params=query, timeout=TIMEOUT)
    if answer.status_code == 404:
        return None
    answer.raise_for_status()
    return answer
