# GitHub's webhooks: what becomes a change of which service, and what is nothing of ours.
import json
from urllib.parse import urlencode

import pytest

from webhooks import github
from webhooks.model import Refused
from webhooks.naming import Services

from .told import body, changed, shown, value

NONE = Services()


def parse(event, whole, services=NONE):
    return github.parse(event, json.dumps(whole).encode(), "application/json", services)


@pytest.mark.parametrize(
    ("event", "name", "time", "text"),
    [
        ("deployment", "deployment", "15:21:53",
         "deployment of main (f95f852) to production requested"),
        ("deployment_status", "deployment_status", "15:22:10",
         "deployment of main (f95f852) to production started"),
        ("deployment_status", "deployment_status.success", "15:26:40",
         "deployment of main (f95f852) to production finished"),
        ("push", "push", "15:20:45", "2 commits pushed to main (f95f852): Raise the session limit"),
        ("release", "release", "15:19:30", "release v4.2.0 published: Session limits"),
    ],
)  # fmt: skip
def test_each_is_one_change_of_the_repository_as_a_service(event, name, time, text):
    assert shown(parse(event, value("github", name))) == [
        (time, "change", "auth", f"GitHub acme/auth: {text}", "")
    ]


@pytest.mark.parametrize(
    ("event", "name", "path", "new"),
    [
        ("deployment_status", "deployment_status", ("deployment_status", "state"), "queued"),
        ("deployment_status", "deployment_status", ("deployment_status", "state"), "waiting"),
        ("deployment_status", "deployment_status", ("deployment_status", "state"), "inactive"),
        ("deployment_status", "deployment_status", ("deployment", "transient_environment"), True),
        ("push", "push", ("ref",), "refs/heads/feature"),
        ("push", "push", ("ref",), "refs/tags/main"),
        ("push", "push", ("deleted",), True),
        ("release", "release", ("action",), "released"),
        ("issues", "issues", ("action",), "closed"),
        ("ping", "ping", ("zen",), "Design for failure."),
    ],
)
def test_what_changes_nothing_is_ignored(event, name, path, new):
    assert parse(event, changed(value("github", name), path, new)) == ()


@pytest.mark.parametrize("state", ["failure", "error"])
def test_a_failed_deployment_changed_something_too(state):
    whole = value("github", "deployment_status")
    whole["deployment_status"] |= {"state": state, "description": "Rollout timed out\nmore"}
    (event,) = parse("deployment_status", whole)
    assert event.text.endswith("to production failed: Rollout timed out")


def test_a_task_of_another_name_is_named():
    whole = changed(value("github", "deployment_status"), ("deployment", "task"), "rollback")
    (event,) = parse("deployment_status", whole)
    assert "rollback of main (f95f852) to production started" in event.text


def test_a_commit_that_was_asked_for_by_its_hash_is_named_once():
    whole = value("github", "deployment_status")
    whole["deployment"]["ref"] = whole["deployment"]["sha"]
    (event,) = parse("deployment_status", whole)
    assert "deployment of f95f852 to production" in event.text


@pytest.mark.parametrize(
    ("services", "pushed", "deployed", "staged"),
    [
        ({}, ["auth"], ["auth"], ["auth"]),
        ({"Acme/Auth": ["login", "vpn"]}, ["login", "vpn"], ["login", "vpn"], ["login", "vpn"]),
        ({"acme/auth:production": ["login"]}, [], ["login"], []),
        ({"acme/auth:production": ["login"], "*": ["vpn"]}, [], ["login"], []),
        ({"acme/auth": ["login"], "acme/auth:staging": []}, ["login"], ["login"], []),
        ({"*": ["vpn"]}, ["vpn"], ["vpn"], ["vpn"]),
        ({"acme/other:production": ["login"]}, ["auth"], ["auth"], ["auth"]),
        ({"acme/auth": []}, [], [], []),
    ],
)
def test_the_settings_say_which_service_is_meant(services, pushed, deployed, staged):
    meant = Services(services)
    status = value("github", "deployment_status")
    there = changed(status, ("deployment_status", "environment"), "staging")

    def of(event, whole):
        return [one.service for one in parse(event, whole, meant)]

    assert of("push", value("github", "push")) == pushed
    assert of("deployment_status", status) == deployed
    assert of("deployment_status", there) == staged


def test_an_event_of_several_services_has_an_identity_for_each():
    both = parse("push", value("github", "push"), Services({"*": ["a", "b"]}))
    assert len({event.id for event in both}) == 2


def test_what_is_pushed_again_later_is_another_change():
    whole = value("github", "push")
    (first,), (again,) = parse("push", whole), parse("push", whole)
    assert first.id == again.id
    (later,) = parse("push", changed(whole, ("repository", "pushed_at"), 1705940000))
    assert later.id != first.id


def test_without_a_time_of_the_push_the_newest_commit_tells_it():
    whole = changed(value("github", "push"), ("repository", "pushed_at"), ...)
    assert shown(parse("push", whole))[0][0] == "15:18:00"


def test_a_form_holds_the_same_as_plain_json():
    text = json.dumps(changed(value("github", "push"), ("head_commit", "message"), "é & ü = +%"))
    form = urlencode({"payload": text}).encode()
    found = github.parse("push", form, github.FORM, NONE)
    assert found == github.parse("push", text.encode(), "application/json", NONE)
    assert found[0].text.endswith("é & ü = +%")


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (b"", "body"),
        (b"other=1", "body"),
        (b"payload={}&payload={}", "body"),
        (b"payload", "body"),
        (b"\xff=1", "body"),
        (b"a=1&" * 20, "body"),
        (b"payload=[", "payload"),
    ],
)
def test_a_form_that_is_none_is_refused(form, field):
    with pytest.raises(Refused) as refusal:
        github.parse("push", form, github.FORM, NONE)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("event", "name", "path", "new", "field"),
    [
        ("push", "push", ("repository",), None, "repository"),
        ("push", "push", ("ref",), 5, "ref"),
        ("push", "push", ("commits",), {}, "commits"),
        ("push", "push", ("repository", "pushed_at"), 10**12, "repository.pushed_at"),
        ("push", "push", ("repository", "pushed_at"), "then", "repository.pushed_at"),
        ("push", "push", ("repository", "pushed_at"), True, "repository.pushed_at"),
        ("release", "release", ("release", "published_at"), None, "release.published_at"),
        ("release", "release", ("release", "id"), "x", "release.id"),
        ("deployment_status", "deployment_status", ("deployment_status", "state"), ...,
         "deployment_status.state"),
        ("deployment_status", "deployment_status", ("deployment",), [], "deployment"),
        ("deployment", "deployment", ("deployment", "created_at"), ..., "deployment.created_at"),
    ],
)  # fmt: skip
def test_a_field_that_is_wrong_is_named(event, name, path, new, field):
    with pytest.raises(Refused) as refusal:
        parse(event, changed(value("github", name), path, new))
    assert refusal.value.field == field


def test_no_person_is_named():
    for event, name in (("push", "push"), ("deployment_status", "deployment_status")):
        (found,) = github.parse(event, body("github", name), "application/json", NONE)
        assert "octo" not in (found.text + found.team).lower()
