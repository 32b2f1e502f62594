# Drafts as GitHub issues: found by their mark, people's words are kept, nobody is called.
from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from outage_window.publish.model import PublishFailed, Target
from tests.publish.conftest import DRAFT, Naps, publication
from tests.publish.github_server import LONGEST, GitHub

MARK = re.compile(r"<!-- outage-window incident (\S+) title:[0-9a-f]{16} body:[0-9a-f]{16} -->\n")


def test_what_an_issue_holds(hub: GitHub, issues: Target) -> None:
    published = issues.publish(publication(), None)
    [issue] = hub.issues
    assert issue["title"] == "auth, 2024-01-22"
    assert [label["name"] for label in issue["labels"]] == ["outage-window"]
    mark = MARK.match(issue["body"])
    assert mark is not None
    assert mark[1] == "auth-20240122T1530Z"
    assert issue["body"][mark.end() :] == DRAFT.strip()
    assert published.url == "https://github.com/acme/ops/issues/1"
    assert published.reference == "acme/ops#1"


def test_an_update_changes_what_changed_and_no_more(hub: GitHub, issues: Target) -> None:
    first = issues.publish(publication(), None)
    issues.publish(publication(), first.reference)
    assert hub.asked("PATCH") == []
    issues.publish(publication(markdown="# New\n"), first.reference)
    issues.publish(publication(markdown="# New\n", title="auth: named by people"), None)
    first_change, second_change = (request.body for request in hub.asked("PATCH"))
    assert set(first_change) == {"body"}
    assert set(second_change) == {"title", "body"}
    assert hub.issues[0]["body"].endswith("-->\n# New")
    assert hub.comments == []


@pytest.mark.parametrize("with_known", [True, False])
def test_a_body_that_people_edited_gets_one_comment(
    hub: GitHub, issues: Target, with_known: bool
) -> None:
    first = issues.publish(publication(), None)
    hub.issues[0]["body"] += "\r\n\r\nIt was DNS."
    edited = dict(hub.issues[0])
    known = first.reference if with_known else None
    second = issues.publish(publication(revision=2, markdown="# Two\n"), known)
    known = second.reference if with_known else None
    third = issues.publish(publication(revision=3, markdown="# Three\n"), known)
    issues.publish(publication(revision=3, markdown="# Three\n"), known)
    assert hub.issues == [edited]
    [comment] = hub.comments
    assert comment["body"].endswith("This is the draft of revision 3:\n\n# Three")
    assert len(hub.asked("PATCH", "/comments/")) == 1
    assert second.url == third.url == comment["html_url"]
    assert third.reference == "acme/ops#1:900"


def test_a_comment_that_people_edited_stays_too(hub: GitHub, issues: Target) -> None:
    known = issues.publish(publication(), None).reference
    hub.issues[0]["body"] = "All rewritten, the mark is gone."
    known = issues.publish(publication(revision=2), known).reference
    hub.comments[0]["body"] += " (checked, Ana)"
    for revision in (3, 4):
        known = issues.publish(publication(revision=revision), known).reference
    assert hub.issues[0]["body"] == "All rewritten, the mark is gone."
    assert hub.comments[0]["body"].endswith(" (checked, Ana)")
    assert len(hub.comments) == 2
    assert "revision 4" in hub.comments[1]["body"]


def test_a_title_that_people_gave_stays(hub: GitHub, issues: Target) -> None:
    issues.publish(publication(), None)
    hub.issues[0]["title"] = "The great lock-out"
    issues.publish(publication(markdown="# New\n", title="auth, 2024-01-23"), None)
    issues.publish(publication(markdown="# Newer\n", title="auth, 2024-01-24"), None)
    assert hub.issues[0]["title"] == "The great lock-out"
    assert hub.issues[0]["body"].endswith("# Newer")


def test_an_editor_that_changes_line_ends_has_edited_nothing(hub: GitHub, issues: Target) -> None:
    issues.publish(publication(), None)
    hub.issues[0]["body"] = hub.issues[0]["body"].replace("\n", "\r\n") + "\r\n"
    issues.publish(publication(markdown="# New\n"), None)
    assert hub.issues[0]["body"].endswith("# New")
    assert hub.comments == []


def test_a_comment_of_somebody_else_is_not_ours(hub: GitHub, issues: Target) -> None:
    issues.publish(publication(), None)
    hub.issues[0]["body"] += " edited"
    issues.publish(publication(), None)
    hub.comments[0]["user"] = {"id": 666, "login": "somebody"}
    issues.publish(publication(revision=2), None)
    assert len(hub.comments) == 2
    assert "revision 1" in hub.comments[0]["body"]


def test_an_issue_that_was_deleted_is_made_anew(hub: GitHub, issues: Target) -> None:
    known = issues.publish(publication(), None).reference
    hub.issues.clear()
    assert issues.publish(publication(), known).created is True
    assert issues.publish(publication(), "acme/ops#77").created is False


def test_a_number_of_another_repository_is_not_used(hub: GitHub, issues: Target) -> None:
    issues.publish(publication(incident_id="other"), None)
    theirs = dict(hub.issues[0])
    for known in ("acme/website#1", "1", "#1", "acme/ops#", "acme/ops#x"):
        issues.publish(publication(), known)
    assert hub.issues[0] == theirs
    assert len(hub.issues) == 2
    assert hub.comments == []


def test_it_is_found_behind_many_others(hub: GitHub, issues: Target) -> None:
    first = issues.publish(publication(), None)
    hub.issues += [
        {**hub.issues[0], "number": n, "body": None if n % 2 else f"about {n}"}
        for n in range(2, 140)
    ]
    hub.issues[5]["body"] = hub.issues[0]["body"]
    hub.issues[5]["pull_request"] = {"url": "…"}
    assert issues.publish(publication(), None).reference == first.reference
    assert {r.query["state"][0] for r in hub.asked("GET", "/issues") if r.query} == {"all"}


def test_the_search_has_an_end(hub: GitHub, issues: Target) -> None:
    issue = {"number": 0, "html_url": "", "title": "", "labels": [{"name": "outage-window"}]}
    hub.issues += [{**issue, "number": n} for n in range(1, 1_200)]
    assert issues.publish(publication(), None).created is True
    assert len(hub.asked("GET", "/issues")) == 20


@pytest.mark.parametrize("fence", ["", "```text\n", "`````\n", "~~~\n"])
def test_a_draft_that_is_too_long_is_cut_at_a_line_end(
    hub: GitHub, issues: Target, fence: str
) -> None:
    lines = [f"line {n} @ana ü" for n in range(9_000)]
    issues.publish(publication(markdown="# Long\n\n" + fence + "\n".join(lines)), None)
    body = hub.issues[0]["body"]
    assert LONGEST - 500 < len(body) <= LONGEST
    *kept, before, last = body.split("\n")
    assert before == ""
    missing = re.fullmatch(
        r"\*\*The draft is too long for GitHub: its last (\d+) lines are missing here\.\*\* "
        r"All of it: <https://ow\.example\.com/incidents/auth-20240122T1530Z>",
        last,
    )
    assert missing is not None
    if fence:
        assert kept.pop() == fence.strip().removesuffix("text")
    name = "@ana" if fence else "@<!-- -->ana"
    assert kept[-1] == f"line {9_000 - int(missing[1]) - 1} {name} ü"
    issues.publish(publication(markdown="# Long\n\n" + fence + "\n".join(lines)), None)
    assert hub.asked("PATCH") == []


def test_one_line_that_is_too_long(hub: GitHub, issues: Target) -> None:
    issues.publish(publication(markdown="x" * 70_000, url=None), None)
    assert hub.issues[0]["body"].endswith("its last 1 lines are missing here.**")


def test_nobody_is_called_and_no_issue_is_referred_to(hub: GitHub, issues: Target) -> None:
    draft = "\n".join(
        [
            "# 1. Heading of @acme/everyone",
            "See #12 and (#13), GH-14. Mail a@b.example. `@code #15` \\`@tick\\`",
            "[link](https://x.example/#16) &#39; ##",
            "```text",
            "@fenced #17",
            "```",
            "@after",
        ]
    )
    issues.publish(publication(markdown=draft), None)
    assert hub.issues[0]["body"].split("\n")[1:] == [
        "# 1. Heading of @<!-- -->acme/everyone",
        "See #<!-- -->12 and (#<!-- -->13), GH-<!-- -->14. Mail a@b.example. "
        "`@code #15` \\`@<!-- -->tick\\`",
        "[link](https://x.example/#16) &#39; ##",
        "```text",
        "@fenced #17",
        "```",
        "@<!-- -->after",
    ]


def test_an_id_cannot_end_the_mark(hub: GitHub, issues: Target) -> None:
    issues.publish(publication(incident_id="a --> b", title="x --> y\nz"), None)
    [issue] = hub.issues
    mark, _, draft = issue["body"].partition("\n")
    assert (mark.count("-->"), mark.count("<!--")) == (1, 1)
    assert draft == DRAFT.strip()
    assert issue["title"] == "x --> y z"
    assert issues.publish(publication(incident_id="a --> b"), None).created is False


def test_a_mark_inside_a_draft_is_not_the_issues(hub: GitHub, issues: Target) -> None:
    theirs = "<!-- outage-window incident b title:0 body:0 -->\n"
    issues.publish(publication(incident_id="a", markdown=theirs), None)
    assert issues.publish(publication(incident_id="b"), None).created is True


def test_a_label_that_github_dropped_is_warned_of(
    hub: GitHub, issues: Target, caplog: pytest.LogCaptureFixture
) -> None:
    hub.may_label = False
    known = issues.publish(publication(), None).reference
    assert "github_issue: issue #1 got no label outage-window" in caplog.text
    assert issues.publish(publication(), known).created is False


@pytest.mark.parametrize("status", [403, 429])
def test_githubs_limits(hub: GitHub, issues: Target, naps: Naps, status: int) -> None:
    secondary = {"message": "You have exceeded a secondary rate limit. Please wait."}
    hub.answers(status, secondary)
    hub.answers(status, secondary, Retry_After="3")
    issues.publish(publication(), None)
    assert naps.taken == [60.0, 3.0]


def test_a_used_up_limit_is_not_tried_at(hub: GitHub, issues: Target, naps: Naps) -> None:
    headers = {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "1706000000"}
    hub.answers(429, {"message": "API rate limit exceeded"}, **headers)
    with pytest.raises(PublishFailed, match="the limit of requests is used up"):
        issues.publish(publication(), None)
    assert naps.taken == []


def test_the_line_of_a_failure(hub: GitHub, built: Callable[..., Any]) -> None:
    hub.answers(410, {"message": "Issues are disabled for this repo"}, to="POST /issues")
    issues = built("github_issue", repository="acme/ops", api_url=hub.url, name="ops")
    with pytest.raises(PublishFailed) as caught:
        issues.publish(publication(), None)
    told = (
        "ops: cannot create the issue in acme/ops: answered 410: Issues are disabled for this repo"
    )
    assert str(caught.value) == told
