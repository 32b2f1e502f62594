"""GitHub's webhooks: deployments, pushes to the default branch and releases are changes. Pure."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from webhooks.bodies import load, object_at, text_at
from webhooks.model import Event, Refused
from webhooks.naming import Services, first_line, identity, told
from webhooks.times import NEWEST, NS, parse_time

SIGNATURE = "sha256="
FORM = "application/x-www-form-urlencoded"
STATES = {"in_progress": "started", "success": "finished", "failure": "failed", "error": "failed"}
"""The states of a deployment in which something changes. Queued, waiting, inactive: nothing."""


def signatures(header: str) -> list[str]:
    """The signature (hex) in X-Hub-Signature-256."""
    return [header.removeprefix(SIGNATURE)] if header.startswith(SIGNATURE) else []


def parse(event: str, body: bytes, media_type: str, services: Services) -> tuple[Event, ...]:
    """The changes that a delivery tells of; none where it is of something else.

    `event` is its X-GitHub-Event. Raises `Refused` naming the field. The identity of a change is
    what is signed, and not the id of the delivery: several hooks, and redelivery, tell of it once.
    """
    value = object_at(_payload(body, media_type), "payload")
    if event not in _READ:
        return ()
    repository = object_at(value.get("repository"), "repository")
    return _READ[event](value, repository, services)


def _payload(body: bytes, media_type: str) -> Any:
    """The JSON; a hook may also be set to send it as the field of a form."""
    if media_type != FORM:
        return load(body)
    try:
        fields = parse_qsl(body.decode("ascii"), strict_parsing=True, max_num_fields=10)
    except ValueError:
        raise Refused("body", "expected a form with one field, payload") from None
    found = [text for name, text in fields if name == "payload"]
    if len(found) != 1:
        raise Refused("body", "expected a form with one field, payload")
    return load(found[0].encode(), "payload")


def _deployment(
    value: dict[str, Any], repository: dict[str, Any], services: Services
) -> tuple[Event, ...]:
    deployment = object_at(value.get("deployment"), "deployment")
    if value.get("action", "created") != "created":
        return ()
    return _deployed(deployment, deployment, "deployment", "requested", repository, services)


def _deployment_status(
    value: dict[str, Any], repository: dict[str, Any], services: Services
) -> tuple[Event, ...]:
    status = object_at(value.get("deployment_status"), "deployment_status")
    deployment = object_at(value.get("deployment"), "deployment")
    word = STATES.get(text_at(status, "state", "deployment_status."))
    if word is None or value.get("action", "created") != "created":
        return ()
    return _deployed(deployment, status, "deployment_status", word, repository, services)


def _deployed(
    deployment: dict[str, Any],
    said: dict[str, Any],
    name: str,
    word: str,
    repository: dict[str, Any],
    services: Services,
) -> tuple[Event, ...]:
    """What became of a deployment; `said`, the field `name`, tells where and when."""
    if deployment.get("transient_environment") is True:  # such as the preview of a pull request
        return ()
    where = text_at(said, "environment", f"{name}.", "") or text_at(
        deployment, "environment", "deployment."
    )
    repo = text_at(repository, "full_name", "repository.")
    meant = services.of_part(repo, where, _own(repository))
    task = text_at(deployment, "task", "deployment.", "deploy")
    what = "deployment" if task.startswith("deploy") else task
    of = _revision(deployment)
    more = _optional(said, "description", f"{name}.")
    text = f"GitHub {repo}: {what} of {of} to {where} {word}" + (f": {more}" if more else "")
    time = parse_time(said.get("created_at"), f"{name}.created_at")
    known_as = identity("github", repo, name, str(_number(said, "id", f"{name}.")))
    return told(meant, time, "change", text, known_as)


def _push(
    value: dict[str, Any], repository: dict[str, Any], services: Services
) -> tuple[Event, ...]:
    """Only what moves the default branch: it is what is deployed from, more often than not."""
    ref, branch = text_at(value, "ref", ""), text_at(repository, "default_branch", "repository.")
    if ref != f"refs/heads/{branch}" or value.get("deleted") is True:
        return ()
    commits = value.get("commits", [])
    if not isinstance(commits, list):
        raise Refused("commits", "expected a list")
    head = value.get("head_commit") or {}
    title = first_line(text_at(object_at(head, "head_commit"), "message", "head_commit.", ""))
    time = _pushed_at(repository, head)
    repo, after = text_at(repository, "full_name", "repository."), text_at(value, "after", "")
    count = "1 commit" if len(commits) == 1 else f"{len(commits)} commits"
    how = "force-pushed" if value.get("forced") is True else "pushed"
    text = f"GitHub {repo}: {count} {how} to {branch} ({after[:7]})" + (title and f": {title}")
    known_as = identity("github", repo, "push", ref, after, str(time))
    return told(_whole(repository, services), time, "change", text, known_as)


def _release(
    value: dict[str, Any], repository: dict[str, Any], services: Services
) -> tuple[Event, ...]:
    """Only when it is published: `released`, `created` and others come for the same one too."""
    if value.get("action") != "published":
        return ()
    release = object_at(value.get("release"), "release")
    repo = text_at(repository, "full_name", "repository.")
    tag = text_at(release, "tag_name", "release.")
    name = _optional(release, "name", "release.")
    what = "pre-release" if release.get("prerelease") is True else "release"
    text = f"GitHub {repo}: {what} {tag} published" + (f": {name}" if name not in ("", tag) else "")
    time = parse_time(release.get("published_at"), "release.published_at")
    known_as = identity("github", repo, "release", str(_number(release, "id", "release.")))
    return told(_whole(repository, services), time, "change", text, known_as)


_READ = {
    "deployment": _deployment,
    "deployment_status": _deployment_status,
    "push": _push,
    "release": _release,
}


def _whole(repository: dict[str, Any], services: Services) -> tuple[str, ...]:
    """The services of a repository as such; none where its environments are listed instead."""
    repo = text_at(repository, "full_name", "repository.")
    return services.of_part(repo, "", _own(repository))


def _own(repository: dict[str, Any]) -> str:
    return text_at(repository, "name", "repository.")


def _revision(deployment: dict[str, Any]) -> str:
    """`v1.2 (f95f852)`, or the commit alone where nothing else was asked for."""
    ref, sha = text_at(deployment, "ref", "deployment."), text_at(deployment, "sha", "deployment.")
    return sha[:7] if ref == sha else f"{ref} ({sha[:7]})"


def _optional(value: dict[str, Any], key: str, field: str) -> str:
    return "" if value.get(key) is None else first_line(text_at(value, key, field))


def _number(value: dict[str, Any], key: str, field: str) -> int:
    found = value.get(key)
    if not isinstance(found, int) or isinstance(found, bool):
        raise Refused(f"{field}{key}", "expected a whole number")
    return found


def _pushed_at(repository: dict[str, Any], head: dict[str, Any]) -> int:
    """When GitHub took the push, in seconds since the epoch; a commit may be much older."""
    found = repository.get("pushed_at")
    if isinstance(found, int) and not isinstance(found, bool):
        if not 0 <= found < NEWEST // NS:
            raise Refused("repository.pushed_at", "expected a time between 1970 and 2200")
        return found * NS
    if found is not None:
        return parse_time(found, "repository.pushed_at")
    return parse_time(head.get("timestamp"), "head_commit.timestamp")
