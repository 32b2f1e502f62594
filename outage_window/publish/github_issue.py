"""A draft as an issue on GitHub. What people wrote into it is never overwritten."""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from outage_window.publish.github import LONGEST_TITLE, Mark, body_of, call, digest, mark_in
from outage_window.publish.model import Publication, Published
from outage_window.publish.sending import Call, Client
from outage_window.publish.text import short

log = logging.getLogger(__name__)

LABEL = "outage-window"
ISSUES_A_PAGE, MOST_ISSUE_PAGES = 50, 20
COMMENTS_A_PAGE, MOST_COMMENT_PAGES = 50, 20


class User(msgspec.Struct):
    """Who wrote something."""

    id: int


class Label(msgspec.Struct):
    """A label of an issue."""

    name: str | None = None


class Issue(msgspec.Struct):
    """What we read of an issue."""

    number: int
    html_url: str
    title: str
    body: str | None = None
    user: User | None = None
    labels: list[str | Label] = []
    pull_request: Any = None


class Comment(msgspec.Struct):
    """What we read of a comment on an issue."""

    id: int
    html_url: str
    body: str | None = None
    user: User | None = None


class GithubIssue:
    """The issues of one repository."""

    def __init__(self, client: Client, repository: str) -> None:
        self.name = client.name
        self._client = client
        self._repository = repository

    def publish(self, what: Publication, known: str | None) -> Published:
        """Create or update the issue; `known` is `OWNER/NAME#ISSUE`, or that and `:COMMENT`."""
        return self._client.settle(lambda _: self._attempt(what, known or ""))

    def _attempt(self, what: Publication, known: str) -> Published:
        # The number of an issue of another repository is that of somebody else's issue here.
        repository, _, numbers = known.partition("#")
        number, _, comment = numbers.partition(":") if repository == self._repository else ("",) * 3
        issue = self._by_number(number) or self._by_mark(what.incident_id)
        if issue is None:
            return self._create(what)
        found = mark_in(issue.body, what.incident_id)
        if found is None or found.is_edited(issue.body or ""):
            return self._comment(issue, comment, what)
        return self._update(issue, found, what)

    def _by_number(self, number: str) -> Issue | None:
        if not number.isdecimal():
            return None
        request = self._call("GET", f"/issues/{number}", f"read issue #{number}")
        return self._client.find(request, Issue)

    def _by_mark(self, incident_id: str) -> Issue | None:
        # Not by GitHub's search: it lags, and what was made a second ago has to be found.
        query = (
            ("labels", LABEL),
            ("state", "all"),
            ("sort", "created"),
            ("direction", "desc"),
            ("per_page", str(ISSUES_A_PAGE)),
        )
        for page in range(1, MOST_ISSUE_PAGES + 1):
            request = self._call(
                "GET", "/issues", "list the issues", query=(*query, ("page", str(page)))
            )
            issues = self._client.ask(request, list[Issue])
            for issue in issues:
                if issue.pull_request is None and mark_in(issue.body, incident_id) is not None:
                    return issue
            if len(issues) < ISSUES_A_PAGE:
                break
        return None

    def _create(self, what: Publication) -> Published:
        title = _title(what)
        body = {"title": title, "body": body_of(what, title, ""), "labels": [LABEL]}
        request = self._call("POST", "/issues", "create the issue", body=body, once=True)
        issue = self._client.ask(request, Issue)
        if not any(LABEL in (label, getattr(label, "name", None)) for label in issue.labels):
            # GitHub drops labels silently where the token's user may not push.
            log.warning("%s: issue #%d got no label %s", self.name, issue.number, LABEL)
        return self._published(issue.html_url, issue, created=True)

    def _update(self, issue: Issue, found: Mark, what: Publication) -> Published:
        title = _title(what)
        body = body_of(what, title, "")
        changed = {}
        if title != issue.title and digest(issue.title) == found.title:
            changed["title"] = title
        if digest(body) != digest(issue.body or ""):
            changed["body"] = body
        if changed:
            doing = f"update issue #{issue.number}"
            self._client.send(self._call("PATCH", f"/issues/{issue.number}", doing, body=changed))
        return self._published(issue.html_url, issue)

    def _comment(self, issue: Issue, known: str, what: Publication) -> Published:
        """The draft as a comment of ours: the one that is there, unless people edited that too."""
        lead = (
            "The description above was edited, so it stays as it is. "
            f"This is the draft of revision {what.revision}:\n\n"
        )
        body = body_of(what, "", lead)
        comment = self._own_comment(issue, known, what.incident_id)
        if comment is None:
            doing = f"comment on issue #{issue.number}"
            below = f"/issues/{issue.number}/comments"
            request = self._call("POST", below, doing, body={"body": body}, once=True)
            comment = self._client.ask(request, Comment)
        elif digest(body) != digest(comment.body or ""):
            doing = f"update the comment on issue #{issue.number}"
            below = f"/issues/comments/{comment.id}"
            self._client.send(self._call("PATCH", below, doing, body={"body": body}))
        return self._published(comment.html_url, issue, f":{comment.id}")

    def _own_comment(self, issue: Issue, known: str, incident_id: str) -> Comment | None:
        """The last comment that we wrote and nobody edited."""
        own = None
        for page in range(1, MOST_COMMENT_PAGES + 1):
            query = (("per_page", str(COMMENTS_A_PAGE)), ("page", str(page)))
            below, doing = f"/issues/{issue.number}/comments", f"read issue #{issue.number}"
            comments = self._client.ask(self._call("GET", below, doing, query=query), list[Comment])
            for comment in comments:
                found = mark_in(comment.body, incident_id)
                # Anybody can write a mark; the issue is ours, so we wrote what its author did.
                ours = str(comment.id) == known or comment.user == issue.user
                if found and ours and not found.is_edited(comment.body or ""):
                    own = comment
            if len(comments) < COMMENTS_A_PAGE:
                break
        return own

    def _published(
        self, url: str, issue: Issue, comment: str = "", *, created: bool = False
    ) -> Published:
        reference = f"{self._repository}#{issue.number}{comment}"
        return Published(self.name, url, reference, created)

    def _call(self, method: str, below: str, doing: str, **more: Any) -> Call:
        return call(self._repository, method, below, doing, **more)


def _title(what: Publication) -> str:
    return short(what.title, LONGEST_TITLE) or what.incident_id
