"""What issues and pull requests of GitHub have in common: calls, marks, and text that is safe."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from outage_window.publish.model import Publication
from outage_window.publish.sending import Call
from outage_window.publish.text import cut, defused, web_address

HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
LONGEST_BODY = 65_536
LONGEST_TITLE = 256

_MARK = re.compile(
    r"<!-- outage-window incident (?P<id>\S+)(?: title:(?P<title>\w+) body:(?P<body>\w+))? -->"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """The comment in a body of ours: the incident that it is of, and what title and text were.

    GitHub does not show it. By the two hashes we know whether people have edited what we wrote.
    """

    text: str
    incident: str
    title: str | None
    body: str | None

    def is_edited(self, body: str) -> bool:
        """Whether people changed the text of the body since it was written."""
        return digest(body.replace(self.text, "", 1)) != self.body


def mark_in(body: str | None, incident_id: str) -> Mark | None:
    """The mark of a body that was written for the incident; None in any other."""
    found = _MARK.search(body or "")
    if found is None or found["id"] != safe(incident_id):
        return None
    return Mark(found[0], found["id"], found["title"], found["body"])


def marked(incident_id: str, title: str, text: str) -> str:
    """The text as a body of ours."""
    hashes = f"title:{digest(title)} body:{digest(text)}"
    return f"<!-- outage-window incident {safe(incident_id)} {hashes} -->\n{text}"


def digest(text: str) -> str:
    """A short hash of a text. Line ends do not count: GitHub's own editor makes them CRLF."""
    same = text.replace("\r\n", "\n").strip()
    return hashlib.sha256(same.encode(errors="surrogatepass")).hexdigest()[:16]


def safe(incident_id: str) -> str:
    """The id as branch, file and comment can carry it; ids that we give stay as they are."""
    dotted = re.sub(r"(?<=[A-Za-z0-9_-])\.(?=[A-Za-z0-9_-])(?!lock$)", "\0", incident_id)
    quoted = quote(dotted.encode(errors="surrogatepass"), safe="\0")
    return quoted.replace(".", "%2E").replace("~", "%7E").replace("\0", ".")


def call(repository: str, method: str, below: str, doing: str, **more: Any) -> Call:
    """A request about a repository; `below` is the path from there."""
    path = f"/repos/{repository}{quote(below)}"
    return Call(method, path, f"{doing} in {repository}", headers=HEADERS, **more)


def body_of(what: Publication, title: str, lead: str) -> str:
    """The draft as a body of ours, behind a lead, as far as GitHub takes it."""
    room = LONGEST_BODY - len(marked(what.incident_id, title, lead))
    draft = cut(defused(what.markdown).strip(), room, lambda missing: _missing(what, missing))
    return marked(what.incident_id, title, f"{lead}{draft}")


def _missing(what: Publication, lines: int) -> str:
    address = web_address(what.url)
    where = f" All of it: <{address}>" if address else ""
    return f"**The draft is too long for GitHub: its last {lines} lines are missing here.**{where}"
