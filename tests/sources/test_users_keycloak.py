# Keycloak's events as its admin API gives them: logins kept, the rest counted, the odd refused.
from __future__ import annotations

import json

import pytest

from detector.users import Outcome
from outage_window.errors import InputError
from outage_window.pseudonyms import Pseudonyms
from outage_window.reasons import KEYCLOAK, Reasons
from outage_window.sources.reading import Reading
from outage_window.sources.users import load

HASHES = Pseudonyms(b"a secret")
ANN = "adb08a13-6f65-4751-9096-f51efce55662"


def event(time: int, kind: str, **more: object) -> dict:
    """An EventRepresentation, null fields and all."""
    return {
        "id": f"event-{time}",
        "time": time,
        "type": kind,
        "realmId": "4a31b970-d8d3-4fb1-b20f-b8b7781c3914",
        "clientId": "account-console",
        "userId": None,
        "sessionId": None,
        "ipAddress": "172.24.0.1",
        "error": None,
        "details": {"auth_method": "openid-connect", "auth_type": "code", "username": "ann"},
    } | more


EVENTS = [
    event(1672831989826, "LOGIN", userId=ANN),
    event(1672831989000, "LOGIN_ERROR", userId=ANN, error="invalid_user_credentials"),
    event(1672831988000, "LOGIN_ERROR", error="user_not_found", details={"username": "bob"}),
    event(1672831987000, "LOGIN_ERROR", userId=ANN, error="invalid_signature", ipAddress=None),
    event(1672831986000, "CODE_TO_TOKEN", userId=ANN),
    event(1672831985000, "CLIENT_LOGIN_ERROR", error="client_not_found", details=None),
    event(1672831984000, "LOGIN_ERROR", error="cookie_not_found", details=None),
]


@pytest.mark.parametrize("form", ["list", "pretty", "lines"])
def test_events(tmp_path, form):
    path = tmp_path / "keycloak.json"
    if form == "lines":
        path.write_text("\n".join(json.dumps(one) for one in EVENTS))
    else:
        path.write_text(json.dumps(EVENTS, indent=2 if form == "pretty" else None))
    known = Reasons(system=frozenset({"user_not_found"}))
    found = load([str(path)], Reading(service="sso"), known, HASHES)
    attempts = found.attempts["sso"]
    assert attempts.first.tolist() == [1672831989.826, 1672831989.0, 1672831988.0, 1672831987.0]
    assert [attempts.outcomes[code] for code in attempts.outcome] == [
        Outcome("", "success"),
        Outcome("invalid_user_credentials", "unclassified"),
        Outcome("user_not_found", "system"),  # what the operator says goes before the shipped map
        Outcome("invalid_signature", "system"),
    ]
    assert attempts.user.tolist() == HASHES.users([ANN, ANN, "bob", ANN]).tolist()
    assert attempts.source.tolist() == HASHES.sources(["172.24.0.1"] * 3 + [""]).tolist()
    assert found.origins[0].rows == 7
    assert found.notes == (
        f"{path}: 2 events of other types than LOGIN and LOGIN_ERROR left out",
        f"{path}: 1 LOGIN_ERROR events without a user left out",
    )
    some = load([str(path)], Reading(), known, HASHES, [(1672831988, 1672831989)])
    assert some.attempts["unassigned"].first.tolist() == [1672831988.0]


def test_no_login_at_all(tmp_path):
    path = tmp_path / "keycloak.json"
    path.write_text(json.dumps([event(1672831989826, "LOGOUT", userId=ANN)]))
    found = load([str(path)], Reading(), Reasons(), HASHES)
    assert found.attempts == {}
    assert len(found.notes) == 1


def test_the_shipped_map_blames_nobody_twice():
    assert not KEYCLOAK.system & KEYCLOAK.user


BAD = [
    (event(1672831989826, "LOGIN", details=None), "event 2, user: expected an id, found none"),
    (event(-5, "LOGIN", userId=ANN), "event 2, time: expected milliseconds"),
    (event(10**400, "LOGIN", userId=ANN), "event 2, time: expected milliseconds"),
    (event("now", "LOGIN", userId=ANN), "event 2, time: expected milliseconds"),
    (event(True, "LOGIN", userId=ANN), "event 2, time: expected milliseconds"),
    (event(1672831989826, None), "event 2, type: expected text"),
    (event(1672831989826, "LOGIN", userId=7), "event 2, userId: expected text"),
    (event(1672831989826, "LOGIN", details=[]), "event 2, details: expected an object"),
    (7, "event 2: expected an event of Keycloak's"),
]


@pytest.mark.parametrize(("bad", "says"), BAD)
def test_odd_events_are_named(tmp_path, bad, says):
    path = tmp_path / "keycloak.json"
    path.write_text(json.dumps([EVENTS[0], bad]))
    with pytest.raises(InputError) as caught:
        load([str(path)], Reading(), Reasons(), HASHES)
    assert says in str(caught.value)
    path.write_text("\n".join(map(json.dumps, [EVENTS[0], bad])))
    with pytest.raises(InputError) as caught:
        load([str(path)], Reading(), Reasons(), HASHES)
    assert says.replace("event 2", "line 2") in str(caught.value)


def test_a_list_that_breaks_off(tmp_path):
    path = tmp_path / "keycloak.json"
    path.write_text(json.dumps(EVENTS, indent=1)[:-30])
    with pytest.raises(InputError, match="expected JSON: line"):
        load([str(path)], Reading(), Reasons(), HASHES)
