"""Declared maintenance: taken whole, or refused by name."""

import json

import pytest

from webhooks import maintenance
from webhooks.model import Refused

SAID = {
    "service": "auth",
    "start": "2024-01-22T22:00:00Z",
    "end": "2024-01-23T00:00:00+01:00",
    "reason": "database upgrade",
    "by": "Identity team",
}


def parsed(**changes):
    return maintenance.parse(json.dumps(SAID | changes).encode())


def test_service_and_times_are_the_identity_unless_one_is_given():
    said = parsed()
    assert (said.end - said.start) == 3600 * 10**9
    assert said.id == parsed(reason="another").id
    assert said.id != parsed(service="vpn").id
    assert parsed(id="CHG-1").id == "CHG-1"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"service": " "}, "service"),
        ({"start": None}, "start"),
        ({"end": "2024-01-22T22:00:00Z"}, "end"),
        ({"reasons": "x"}, "reasons"),
        ({"reason": 5}, "reason"),
        ({"reason": "x" * 1001}, "reason"),
        ({"id": "a/b"}, "id"),
    ],
)
def test_it_is_refused_by_field(changes, field):
    with pytest.raises(Refused) as refusal:
        parsed(**changes)
    assert refusal.value.field == field
