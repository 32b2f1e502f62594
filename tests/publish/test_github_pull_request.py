# Drafts as pull requests: one branch an incident, edits are merged, nothing is done twice.
from __future__ import annotations

from collections.abc import Callable

import pytest

from outage_window.publish.model import PublishFailed, Target
from tests.publish.conftest import DRAFT, publication
from tests.publish.github_server import GitHub
from tests.publish.vendor import Request

BRANCH = "outage-window/auth-20240122T1530Z"
PATH = "postmortems/auth-20240122T1530Z.md"


def test_what_a_pull_request_holds(hub: GitHub, pulls: Target) -> None:
    published = pulls.publish(publication(), None)
    [pull] = hub.pulls
    assert (pull["head"]["ref"], pull["base"]["ref"]) == (BRANCH, "main")
    assert hub.text(BRANCH, PATH) == DRAFT
    assert hub.text(BRANCH, "README.md") == "# ops\n"
    assert pull["title"] == "Postmortem of auth-20240122T1530Z"
    assert "44.4 % of users mostly locked out" in pull["body"]
    assert "https://ow.example.com/incidents/auth-20240122T1530Z" in pull["body"]
    assert published.url == "https://github.com/acme/ops/pull/100"
    assert published.reference == "acme/ops#100"
    [commit] = hub.asked("PUT")
    assert commit.body["message"] == "Postmortem draft of auth-20240122T1530Z, revision 1"


def test_nothing_changed_makes_no_commit(hub: GitHub, pulls: Target) -> None:
    pulls.publish(publication(), None)
    pulls.publish(publication(), None)
    assert len(hub.asked("PUT")) == len(hub.asked("POST", "/pulls")) == 1
    assert hub.asked("PATCH") == []


def test_a_new_revision_keeps_what_people_wrote(hub: GitHub, pulls: Target) -> None:
    pulls.publish(publication(), None)
    hub.commit(BRANCH, {PATH: DRAFT + "It was DNS!\n"})
    pulls.publish(publication(revision=2, markdown="# Two\n", headline="auth: two"), None)
    assert hub.text(BRANCH, PATH) == "# Two\nIt was DNS!\n"
    assert "auth: two" in hub.pulls[0]["body"]
    pulls.publish(publication(revision=2, markdown="# Two\n", headline="auth: two"), None)
    assert len(hub.asked("PUT")) == 2
    assert len(hub.pulls) == 1


def test_a_description_that_people_edited_stays(hub: GitHub, pulls: Target) -> None:
    pulls.publish(publication(), None)
    hub.pulls[0].update(title="Ours", body=hub.pulls[0]["body"] + "\n\nReview by Ana.")
    pulls.publish(publication(revision=2, markdown="# Two\n"), None)
    assert hub.pulls[0]["title"] == "Ours"
    assert hub.pulls[0]["body"].endswith("revision 1. Edit it on this branch: later revisions keep "
        "what people wrote.\n\nIncident: <https://ow.example.com/incidents/auth-20240122T1530Z>"
        "\n\nReview by Ana.")  # fmt: skip
    assert hub.text(BRANCH, PATH) == "# Two\n"


def test_a_change_between_reading_and_writing_is_not_lost(hub: GitHub, pulls: Target) -> None:
    pulls.publish(publication(), None)

    def quick_people(request: Request) -> None:
        if "/contents/" in request.path:
            hub.commit(BRANCH, {PATH: DRAFT + "It was DNS!\n"})
            hub.then = lambda request: None

    hub.then = quick_people
    pulls.publish(publication(revision=2, markdown="# Two\n"), None)
    assert [reply.status for reply in hub.replies if reply].count(409) == 1
    assert hub.text(BRANCH, PATH) == "# Two\nIt was DNS!\n"


@pytest.mark.parametrize("delete", [True, False])
def test_after_a_merge_a_new_revision_is_a_new_pull_request(
    hub: GitHub, pulls: Target, delete: bool
) -> None:
    pulls.publish(publication(), None)
    hub.merge(hub.pulls[0], delete=delete)
    same = pulls.publish(publication(), None)
    assert (same.url, len(hub.pulls)) == (f"https://github.com/acme/ops/blob/main/{PATH}", 1)
    hub.commit("main", {PATH: DRAFT + "It was DNS!\n", "later.md": "x"})
    second = pulls.publish(publication(revision=2, markdown="# Two\n"), None)
    assert (second.created, second.reference) == (True, "acme/ops#101")
    assert hub.text(BRANCH, PATH) == "# Two\nIt was DNS!\n"
    assert hub.text(BRANCH, "later.md") == "x"
    assert pulls.publish(publication(revision=2, markdown="# Two\n"), None).created is False


def test_commits_after_a_merge_are_not_thrown_away(hub: GitHub, pulls: Target) -> None:
    pulls.publish(publication(), None)
    hub.merge(hub.pulls[0], delete=False)
    hub.commit(BRANCH, {PATH: DRAFT + "Not merged yet!\n"})
    pulls.publish(publication(revision=2, markdown="# Two\n"), None)
    assert hub.text(BRANCH, PATH) == "# Two\nNot merged yet!\n"
    assert hub.asked("PATCH", "/git/refs") == []


def test_one_that_people_closed_stays_closed(hub: GitHub, pulls: Target) -> None:
    pulls.publish(publication(), None)
    hub.pulls[0]["state"] = "closed"
    before = dict(hub.commits)
    with pytest.raises(PublishFailed, match="pull request #100 was closed: reopen it to have it"):
        pulls.publish(publication(revision=2, markdown="# Two\n"), None)
    assert hub.commits == before


def test_a_branch_that_was_made_before_a_crash_is_gone_on_from(hub: GitHub, pulls: Target) -> None:
    hub.branches[BRANCH] = hub.branches["main"]
    assert pulls.publish(publication(), None).created is True
    assert hub.asked("POST", "/git/refs") == []


def test_a_draft_that_is_in_the_base_already(hub: GitHub, pulls: Target) -> None:
    hub.commit("main", {PATH: DRAFT})
    published = pulls.publish(publication(), None)
    assert (published.reference, published.created) == ("", False)
    assert published.url.endswith(f"/blob/main/{PATH}")
    assert {r.method for r in hub.requests} == {"GET"}


@pytest.mark.parametrize("at", ["POST /git/refs", "PUT /contents/.*", "POST /pulls"])
@pytest.mark.parametrize("timeout", ["300ms"])
def test_silence_after_each_step(hub: GitHub, pulls: Target, at: str) -> None:
    hub.does_but(at)
    pulls.publish(publication(), None)
    assert (len(hub.pulls), len(hub.commits)) == (1, 2)
    assert hub.text(BRANCH, PATH) == DRAFT


def test_a_filter_that_github_ignores(hub: GitHub, pulls: Target) -> None:
    pulls.publish(publication(incident_id="other"), None)
    hub.understands_filters = False
    assert pulls.publish(publication(), None).created is True
    assert len(hub.pulls) == 2


def test_where_it_goes_can_be_set(hub: GitHub, built: Callable[..., Target]) -> None:
    hub.commit("release", {"a": "b"})
    pulls = built(
        "github_pull_request",
        repository="acme/ops",
        api_url=f"{hub.url}/",
        path="docs/{id}/draft {id}.md",
        base="release",
    )
    pulls.publish(publication(incident_id="a/b"), None)
    assert hub.pulls[0]["base"]["ref"] == "release"
    assert hub.text("outage-window/a%2Fb", "docs/a%2Fb/draft a%2Fb.md") == DRAFT
    assert pulls.publish(publication(incident_id="a/b"), None).created is False


def test_a_base_that_is_not_there(hub: GitHub, built: Callable[..., Target]) -> None:
    pulls = built("github_pull_request", repository="acme/ops", api_url=hub.url, base="gone")
    with pytest.raises(PublishFailed, match="there is no branch gone"):
        pulls.publish(publication(), None)


@pytest.mark.parametrize("content", ["x" * 1_000_001, "\udcff"])
def test_a_file_that_no_draft_can_be_merged_into(hub: GitHub, pulls: Target, content: str) -> None:
    hub.commit("main", {PATH: content})
    with pytest.raises(PublishFailed, match="expected text in UTF-8 of at most 1 MB"):
        pulls.publish(publication(), None)


@pytest.mark.parametrize(
    "id_", ["a..b", ".a", "a.", "a.lock", "a~b", "a^b", "a:b", "a b", "a@{b", "a\\b", "a\x7fb", "é"]
)
def test_branches_have_names_that_git_takes(hub: GitHub, pulls: Target, id_: str) -> None:
    pulls.publish(publication(incident_id=id_), None)
    branch = hub.pulls[0]["head"]["ref"].removeprefix("outage-window/")
    assert not set(branch) - set("abcdefghijklmnopqrstuvwxyzABCDEF0123456789.%-_")
    assert ".." not in branch
    assert not branch.startswith(".")
    assert not branch.endswith((".", ".lock"))


def test_a_headline_closes_no_issue_and_calls_nobody(hub: GitHub, pulls: Target) -> None:
    text = "fixes #1, @acme/everyone <b>[x](javascript:y)</b>\n# x"
    pulls.publish(publication(headline=text, title=text, incident_id="fixes #1"), None)
    [pull] = hub.pulls
    assert pull["title"] == "Postmortem of fixes%20%231"
    assert "fixes #<!-- -->1, @<!-- -->acme/everyone \\<b>\\[x\\](javascript:y)" in pull["body"]
    assert "#" not in hub.asked("PUT")[0].body["message"]
