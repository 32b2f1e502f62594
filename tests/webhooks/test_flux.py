# Events of Flux: what was applied is a change of a service, everything else a note.
import pytest

from webhooks import flux
from webhooks.model import Refused
from webhooks.naming import Services

from .told import changed, shown, value


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kustomization", ("15:22:31", "change", "auth",
         "Flux Kustomization apps/auth (main@sha1:731f7eaddfb6af01cb2173e18f0f75b0ba780ef1): "
         "ReconciliationSucceeded, Reconciliation finished in 1.2s, next run in 10m0s", "")),
        ("helmrelease", ("15:24:00", "change", "auth",
         "Flux HelmRelease apps/auth-chart (4.2.0): UpgradeFailed, Helm upgrade failed: timed out",
         "")),
        ("gitrepository", ("15:22:00", "note", "auth", "Flux GitRepository apps/auth: NewArtifact, "
         "stored artifact for commit 'Raise the session limit'", "")),
    ],
)  # fmt: skip
def test_each_is_an_event_of_the_service(name, expected):
    assert shown(flux.told_by(value("flux", name), Services())) == [expected]


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        ({"apps/auth": ["login"], "auth": ["no"]}, ["login"]),
        ({"auth": ["login"]}, ["login"]),
        ({"apps/auth": []}, []),
        ({"*": ["all"]}, ["all"]),
    ],
)
def test_the_settings_say_which_service_is_meant(services, expected):
    found = flux.told_by(value("flux", "kustomization"), Services(services))
    assert [event.service for event in found] == expected


def test_a_rollback_is_seen_as_one():
    from reports.findings import REVERT

    (event,) = flux.told_by(
        changed(value("flux", "helmrelease"), ("reason",), "RollbackSucceeded"), Services()
    )
    assert event.type == "change"
    assert REVERT.search(event.text)


def test_the_same_again_is_the_same_and_another_message_is_not():
    whole = value("flux", "kustomization")
    (first,), (again,) = flux.told_by(whole, Services()), flux.told_by(whole, Services())
    (other,) = flux.told_by(changed(whole, ("message",), "Deployment/apps/auth configured"),
                            Services())  # fmt: skip
    assert first.id == again.id != other.id


@pytest.mark.parametrize(
    ("path", "new", "field"),
    [
        (("involvedObject",), 1, "involvedObject"),
        (("involvedObject", "name"), None, "involvedObject.name"),
        (("timestamp",), "now", "timestamp"),
        (("metadata",), [], "metadata"),
        (("message",), ..., "message"),
        (("reason",), 5, "reason"),
    ],
)
def test_a_field_that_is_wrong_is_named(path, new, field):
    with pytest.raises(Refused) as refusal:
        flux.told_by(changed(value("flux", "kustomization"), path, new), Services())
    assert refusal.value.field == field
