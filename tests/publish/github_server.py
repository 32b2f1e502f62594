# GitHub's REST API as far as we use it, with a repository that keeps what it is sent.
# Operations, parameters and limits: docs.github.com/en/rest (issues, issue comments, pull requests,
# repository contents, Git references), version 2022-11-28.
from __future__ import annotations

import base64
import hashlib
from typing import Any, ClassVar

from tests.publish.vendor import (
    NOTHING,
    NUMBER_TEXT,
    TEXT,
    Reply,
    Request,
    Route,
    Vendor,
    parameters,
    shape,
)

REPO = "/repos/acme/ops"
SHA = {"type": "string", "pattern": "^[0-9a-f]{40}$"}
BODY_TEXT = {"type": "string", "minLength": 1}
PAGING = {"per_page": NUMBER_TEXT, "page": NUMBER_TEXT}
LISTING = {
    "state": {"enum": ["open", "closed", "all"]},
    "sort": {"enum": ["created", "updated", "comments"]},
    "direction": {"enum": ["asc", "desc"]},
    **PAGING,
}
LONGEST = 65_536


class GitHub(Vendor):
    headers: ClassVar[dict[str, Any]] = {
        "properties": {
            "accept": {"const": "application/vnd.github+json"},
            "x-github-api-version": {"const": "2022-11-28"},
            "user-agent": {"type": "string", "minLength": 1},
        },
        "required": ["accept", "x-github-api-version", "user-agent"],
    }

    def __init__(self) -> None:
        super().__init__()
        self.issues: list[dict[str, Any]] = []
        self.comments: list[dict[str, Any]] = []
        self.pulls: list[dict[str, Any]] = []
        self.me = 7
        self.may_label = True
        self.understands_filters = True
        self.commits: dict[str, dict[str, str]] = {}
        self.branches: dict[str, str] = {}
        self.commit("main", {"README.md": "# ops\n"})

    # What people do there.

    def commit(self, branch: str, files: dict[str, str]) -> str:
        before = self.commits.get(self.branches.get(branch, ""), {})
        sha = hashlib.sha1(f"{len(self.commits)}{branch}".encode()).hexdigest()
        self.commits[sha] = {**before, **files}
        self.branches[branch] = sha
        return sha

    def text(self, branch: str, path: str) -> str:
        return self.commits[self.branches[branch]][path]

    def merge(self, pull: dict[str, Any], *, delete: bool) -> None:
        self.commit("main", self.commits[self.branches[pull["head"]["ref"]]])
        pull.update(state="closed", merged_at="2024-01-23T10:00:00Z")
        if delete:
            del self.branches[pull["head"]["ref"]]


def refused(message: str, **error: str) -> Reply:
    errors = [{"code": "custom", **error}] if error else []
    return Reply(422, {"message": message, "errors": errors})


def too_long(resource: str) -> Reply:
    message = f"body is too long (maximum is {LONGEST} characters)"
    return refused("Validation Failed", resource=resource, field="body", message=message)


def not_found() -> Reply:
    return Reply(404, {"message": "Not Found", "status": "404"})


def page(request: Request, items: list[Any]) -> Reply:
    size = int(request.query.get("per_page", ["30"])[0])
    start = (int(request.query.get("page", ["1"])[0]) - 1) * size
    return Reply(200, items[start : start + size])


def repository(hub: GitHub, request: Request) -> Reply:
    return Reply(200, {"id": 1, "owner": {"login": "acme", "id": 2}, "default_branch": "main"})


def list_issues(hub: GitHub, request: Request) -> Reply:
    wanted = set(request.query.get("labels", [""])[0].split(","))
    found = [i for i in hub.issues if wanted <= {label["name"] for label in i["labels"]}]
    return page(request, found[::-1])


def create_issue(hub: GitHub, request: Request) -> Reply:
    if len(request.body["body"]) > LONGEST:
        return too_long("Issue")
    number = len(hub.issues) + 1
    issue = {
        "number": number,
        "html_url": f"https://github.com/acme/ops/issues/{number}",
        "title": request.body["title"],
        "body": request.body["body"],
        "user": {"id": hub.me, "login": "bot"},
        "labels": [{"name": name} for name in request.body["labels"]] if hub.may_label else [],
        "state": "open",
    }
    hub.issues.append(issue)
    return Reply(201, issue)


def issue_of(hub: GitHub, number: str) -> dict[str, Any] | None:
    return next((i for i in hub.issues if i["number"] == int(number)), None)


def get_issue(hub: GitHub, request: Request, number: str) -> Reply:
    issue = issue_of(hub, number)
    return not_found() if issue is None else Reply(200, issue)


def update_issue(hub: GitHub, request: Request, number: str) -> Reply:
    issue = issue_of(hub, number)
    if issue is None:
        return not_found()
    if len(request.body.get("body", "")) > LONGEST:
        return too_long("Issue")
    issue.update(request.body)
    return Reply(200, issue)


def list_comments(hub: GitHub, request: Request, number: str) -> Reply:
    return page(request, [c for c in hub.comments if c["issue"] == int(number)])


def create_comment(hub: GitHub, request: Request, number: str) -> Reply:
    if len(request.body["body"]) > LONGEST:
        return too_long("IssueComment")
    comment = {
        "id": 900 + len(hub.comments),
        "html_url": f"https://github.com/acme/ops/issues/{number}#issuecomment-{len(hub.comments)}",
        "body": request.body["body"],
        "user": {"id": hub.me, "login": "bot"},
        "issue": int(number),
    }
    hub.comments.append(comment)
    return Reply(201, comment)


def update_comment(hub: GitHub, request: Request, identity: str) -> Reply:
    comment = next(c for c in hub.comments if c["id"] == int(identity))
    comment.update(request.body)
    return Reply(200, comment)


def get_ref(hub: GitHub, request: Request, branch: str) -> Reply:
    sha = hub.branches.get(branch)
    if sha is None:
        return not_found()
    return Reply(200, {"ref": f"refs/heads/{branch}", "object": {"type": "commit", "sha": sha}})


def create_ref(hub: GitHub, request: Request) -> Reply:
    branch = request.body["ref"].removeprefix("refs/heads/")
    if branch in hub.branches:
        return refused("Reference already exists")
    if request.body["sha"] not in hub.commits:
        return refused("Object does not exist")
    hub.branches[branch] = request.body["sha"]
    return Reply(201, {"ref": request.body["ref"], "object": {"sha": request.body["sha"]}})


def update_ref(hub: GitHub, request: Request, branch: str) -> Reply:
    if branch not in hub.branches:
        return refused("Reference does not exist")
    hub.branches[branch] = request.body["sha"]
    return Reply(200, {"ref": f"refs/heads/{branch}", "object": {"sha": request.body["sha"]}})


def blob(text: str) -> str:
    return hashlib.sha1(data(text)).hexdigest()


def data(text: str) -> bytes:
    """The bytes of a file; with surrogates for those that are not UTF-8."""
    return text.encode(errors="surrogateescape")


def get_contents(hub: GitHub, request: Request, path: str) -> Reply:
    branch = request.query["ref"][0]
    text = hub.commits.get(hub.branches.get(branch, ""), {}).get(path)
    if text is None:
        return not_found()
    found = {
        "type": "file",
        "encoding": "base64",
        "content": base64.encodebytes(data(text)).decode(),
        "sha": blob(text),
        "path": path,
        "html_url": f"https://github.com/acme/ops/blob/{branch}/{path}",
    }
    if len(text) > 1_000_000:
        found.update(encoding="none", content="")
    return Reply(200, found)


def put_contents(hub: GitHub, request: Request, path: str) -> Reply:
    branch = request.body["branch"]
    old = hub.commits[hub.branches[branch]].get(path)
    if old is not None and "sha" not in request.body:
        return refused('Invalid request.\n\n"sha" wasn\'t supplied.')
    if old is not None and request.body["sha"] != blob(old):
        return Reply(409, {"message": f"{path} does not match {request.body['sha']}"})
    text = base64.b64decode(request.body["content"], validate=True).decode()
    sha = hub.commit(branch, {path: text})
    for pull in hub.pulls:
        if pull["head"]["ref"] == branch and pull["state"] == "open":
            pull["head"]["sha"] = sha
    return Reply(200 if old is not None else 201, {"content": {"path": path}, "commit": {}})


def list_pulls(hub: GitHub, request: Request) -> Reply:
    owner, _, ref = request.query["head"][0].partition(":")
    found = hub.pulls
    if hub.understands_filters:
        found = [p for p in hub.pulls if p["head"]["ref"] == ref and owner == "acme"]
    return page(request, found[::-1])


def create_pull(hub: GitHub, request: Request) -> Reply:
    head, base = request.body["head"], request.body["base"]
    if any(p["head"]["ref"] == head and p["state"] == "open" for p in hub.pulls):
        message = f"A pull request already exists for acme:{head}."
        return refused("Validation Failed", resource="PullRequest", message=message)
    if hub.branches[head] == hub.branches[base]:
        message = f"No commits between {base} and {head}"
        return refused("Validation Failed", resource="PullRequest", message=message)
    number = 100 + len(hub.pulls)
    pull = {
        "number": number,
        "html_url": f"https://github.com/acme/ops/pull/{number}",
        "state": "open",
        "title": request.body["title"],
        "body": request.body["body"],
        "head": {"ref": head, "sha": hub.branches[head]},
        "base": {"ref": base},
        "merged_at": None,
    }
    hub.pulls.append(pull)
    return Reply(201, pull)


def update_pull(hub: GitHub, request: Request, number: str) -> Reply:
    pull = next(p for p in hub.pulls if p["number"] == int(number))
    pull.update(request.body)
    return Reply(200, pull)


BODY = shape("body", body=BODY_TEXT)
TITLE = {"type": "string", "minLength": 1, "maxLength": 256}
BRANCH = {"type": "string", "pattern": r"^[A-Za-z0-9._/%-]+$"}
NEW_ISSUE = shape(
    "title body labels",
    title=TITLE,
    body=BODY_TEXT,
    labels={"type": "array", "items": {"type": "string", "maxLength": 50}},
)
CHANGED_ISSUE = {**shape(title=TITLE, body=BODY_TEXT), "minProperties": 1}
NEW_REF = shape("ref sha", ref={"type": "string", "pattern": "^refs/heads/."}, sha=SHA)
NEW_CONTENT = shape(
    "message content branch", message=BODY_TEXT, content=TEXT, branch=BRANCH, sha=SHA
)
NEW_PULL = shape("title head base body", title=TITLE, head=BRANCH, base=BRANCH, body=BODY_TEXT)
ISSUES, PULLS = f"{REPO}/issues", f"{REPO}/pulls"

GitHub.routes = (
    Route("GET", REPO, NOTHING, None, repository),
    Route("GET", ISSUES, parameters(labels=TEXT, **LISTING), None, list_issues),
    Route("POST", ISSUES, NOTHING, NEW_ISSUE, create_issue),
    Route("GET", rf"{ISSUES}/(\d+)", NOTHING, None, get_issue),
    Route("PATCH", rf"{ISSUES}/(\d+)", NOTHING, CHANGED_ISSUE, update_issue),
    Route("GET", rf"{ISSUES}/(\d+)/comments", parameters(**PAGING), None, list_comments),
    Route("POST", rf"{ISSUES}/(\d+)/comments", NOTHING, BODY, create_comment),
    Route("PATCH", rf"{ISSUES}/comments/(\d+)", NOTHING, BODY, update_comment),
    Route("GET", f"{REPO}/git/ref/heads/(.+)", NOTHING, None, get_ref),
    Route("POST", f"{REPO}/git/refs", NOTHING, NEW_REF, create_ref),
    Route(
        "PATCH",
        f"{REPO}/git/refs/heads/(.+)",
        NOTHING,
        shape("sha", sha=SHA, force={"type": "boolean"}),
        update_ref,
    ),
    Route("GET", f"{REPO}/contents/(.+)", parameters("ref", ref=BRANCH), None, get_contents),
    Route("PUT", f"{REPO}/contents/(.+)", NOTHING, NEW_CONTENT, put_contents),
    Route("GET", PULLS, parameters("head", head=TEXT, **LISTING), None, list_pulls),
    Route("POST", PULLS, NOTHING, NEW_PULL, create_pull),
    Route("PATCH", rf"{PULLS}/(\d+)", NOTHING, BODY, update_pull),
)
