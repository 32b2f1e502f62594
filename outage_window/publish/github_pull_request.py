"""A draft as a pull request on GitHub: a file on a branch of the incident's own."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from outage_window.publish.github import call, digest, mark_in, marked, safe
from outage_window.publish.model import Publication, Published
from outage_window.publish.sending import Call, Client, Unsure
from outage_window.publish.text import defused, short, web_address
from reports.escape import markdown

PULLS_A_PAGE = 50
LONGEST_HEADLINE = 1_000
CONFLICT = 409

Merge = Callable[[str, str], str]
"""The text as people left it, and the draft of now, to a text that keeps people's edits."""


class Owner(msgspec.Struct):
    """Whose a repository is."""

    login: str


class Repository(msgspec.Struct):
    """What we read of a repository."""

    owner: Owner
    default_branch: str


class Tip(msgspec.Struct):
    """The commit that a reference points to."""

    sha: str


class Reference(msgspec.Struct):
    """A branch."""

    object: Tip


class File(msgspec.Struct):
    """A file of up to 1 MB as the contents API gives it; a larger one has no encoding."""

    sha: str
    html_url: str
    type: str
    encoding: str | None = None
    content: str | None = None


class Head(msgspec.Struct):
    """The branch of a pull request, and the commit that it ends with, or ended with."""

    ref: str
    sha: str


class Pull(msgspec.Struct):
    """What we read of a pull request."""

    number: int
    html_url: str
    state: str
    head: Head
    body: str | None = None
    merged_at: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a draft goes to."""

    owner: str
    base: str
    branch: str
    path: str


class GithubPullRequest:
    """The pull requests of one repository."""

    def __init__(
        self, client: Client, repository: str, path: str, base: str | None, merge: Merge
    ) -> None:
        self.name = client.name
        self._client = client
        self._repository = repository
        self._path = path
        self._base = base
        self._merge = merge

    def publish(self, what: Publication, known: str | None) -> Published:
        """Create or update; the branch's name tells the incident, so `known` is not needed."""
        return self._client.settle(lambda _: self._attempt(what))

    def _attempt(self, what: Publication) -> Published:
        place = self._place(what.incident_id)
        pull = self._pull(place)
        if pull is None or pull.state != "open":
            there = self._file(place, place.base)
            if there is not None and self._merged(there, what) == self._text(there):
                return self._published(there.html_url, pull)
            self._prepare(place, pull)
        self._write(place, what)
        if pull is None or pull.state != "open":
            return self._open(place, what)
        self._describe(pull, place, what)
        return self._published(pull.html_url, pull)

    def _place(self, incident_id: str) -> Place:
        found = self._client.ask(self._call("GET", "", "find the default branch"), Repository)
        name = safe(incident_id)
        return Place(
            owner=found.owner.login,
            base=self._base or found.default_branch,
            branch=f"outage-window/{name}",
            path=self._path.replace("{id}", name),
        )

    def _pull(self, place: Place) -> Pull | None:
        """The pull request of the branch: the open one, else the latest."""
        query = (
            ("head", f"{place.owner}:{place.branch}"),
            ("state", "all"),
            ("sort", "created"),
            ("direction", "desc"),
            ("per_page", str(PULLS_A_PAGE)),
        )
        request = self._call("GET", "/pulls", "list the pull requests", query=query)
        # A filter that GitHub does not understand is ignored, and all are listed.
        found = [p for p in self._client.ask(request, list[Pull]) if p.head.ref == place.branch]
        return next((p for p in found if p.state == "open"), found[0] if found else None)

    def _prepare(self, place: Place, pull: Pull | None) -> None:
        """See that the branch is there, and holds nothing that was merged before."""
        doing = f"make the branch {place.branch}"
        if pull is not None and pull.merged_at is None:
            request = self._call("POST", "/pulls", "publish")
            reason = f"pull request #{pull.number} was closed: reopen it to have it updated"
            raise self._client.failed(request, reason)
        tip = self._tip(place.branch)
        if tip is not None and (pull is None or tip != pull.head.sha):
            return
        base = self._tip(place.base)
        if base is None:
            request = self._call("GET", "", doing)
            raise self._client.failed(request, f"there is no branch {place.base}")
        if tip is None:
            body: dict[str, object] = {"ref": f"refs/heads/{place.branch}", "sha": base}
            self._client.send(self._call("POST", "/git/refs", doing, body=body, once=True))
        else:
            # All of it was merged, perhaps as another commit: going on from it would conflict.
            body = {"sha": base, "force": True}
            below = f"/git/refs/heads/{place.branch}"
            self._client.send(self._call("PATCH", below, doing, body=body))

    def _tip(self, branch: str) -> str | None:
        request = self._call("GET", f"/git/ref/heads/{branch}", f"read the branch {branch}")
        found = self._client.find(request, Reference)
        return None if found is None else found.object.sha

    def _file(self, place: Place, branch: str) -> File | None:
        request = self._contents("GET", place, "read", query=(("ref", branch),))
        return self._client.find(request, File)

    def _text(self, file: File) -> str:
        try:
            if file.type == "file" and file.encoding == "base64":
                return base64.b64decode(file.content or "").decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            pass
        request = self._call("GET", "", "merge the draft into the file that is there")
        raise self._client.failed(request, "expected text in UTF-8 of at most 1 MB")

    def _merged(self, file: File, what: Publication) -> str:
        old = self._text(file)
        return old if old == what.markdown else self._merge(old, what.markdown)

    def _write(self, place: Place, what: Publication) -> None:
        there = self._file(place, place.branch)
        text = what.markdown if there is None else self._merged(there, what)
        if there is not None and text == self._text(there):
            return
        body: dict[str, object] = {
            "message": f"Postmortem draft of {safe(what.incident_id)}, revision {what.revision}",
            "content": base64.b64encode(text.encode()).decode(),
            "branch": place.branch,
        }
        if there is not None:
            body["sha"] = there.sha
        request = self._contents("PUT", place, "write", body=body, once=True, expected=(CONFLICT,))
        if self._client.send(request).status == CONFLICT:
            raise Unsure(f"cannot {request.doing}: it was changed meanwhile", made=False)

    def _open(self, place: Place, what: Publication) -> Published:
        body = {
            "title": _title(what),
            "head": place.branch,
            "base": place.base,
            "body": _body(place, what),
        }
        request = self._call("POST", "/pulls", "open the pull request", body=body, once=True)
        pull = self._client.ask(request, Pull)
        return self._published(pull.html_url, pull, created=True)

    def _describe(self, pull: Pull, place: Place, what: Publication) -> None:
        """Bring the description up to date, unless people edited it."""
        found, body = mark_in(pull.body, what.incident_id), _body(place, what)
        if (
            found is None
            or found.is_edited(pull.body or "")
            or digest(body) == digest(pull.body or "")
        ):
            return
        doing = f"update pull request #{pull.number}"
        self._client.send(self._call("PATCH", f"/pulls/{pull.number}", doing, body={"body": body}))

    def _published(self, url: str, pull: Pull | None, *, created: bool = False) -> Published:
        reference = "" if pull is None else f"{self._repository}#{pull.number}"
        return Published(self.name, url, reference, created)

    def _contents(self, method: str, place: Place, doing: str, **more: Any) -> Call:
        return self._call(method, f"/contents/{place.path}", f"{doing} {place.path}", **more)

    def _call(self, method: str, below: str, doing: str, **more: Any) -> Call:
        return call(self._repository, method, below, doing, **more)


def _title(what: Publication) -> str:
    # A squashed merge makes it a commit's message, where "fixes #1" would close an issue.
    return f"Postmortem of {safe(what.incident_id)}"


def _body(place: Place, what: Publication) -> str:
    address = web_address(what.url)
    lines = [
        defused(markdown(short(what.headline, LONGEST_HEADLINE))),
        "",
        f"The draft is `{place.path}`, as of revision {what.revision}. "
        "Edit it on this branch: later revisions keep what people wrote.",
    ]
    if address:
        lines += ["", f"Incident: <{address}>"]
    return marked(what.incident_id, _title(what), "\n".join(lines))
