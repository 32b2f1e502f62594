"""The JSON of an incident: valid by the published schema, every footnote's field in it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from outage_window.live.describing import document
from reports.draft import render
from reports.facts import Incident
from reports.record import decode, encode

from .incidents import BLIND, DECLARED, LEVEL, ONGOING, PHASED, RATIO_ONLY, REFERENCES, SUSPECTED
from .test_record import CORRECTED

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "incident.schema.json").read_text("utf-8")
)
VALIDATOR = Draft202012Validator(SCHEMA)
ALL = [*REFERENCES.values(), BLIND, CORRECTED, DECLARED, LEVEL, ONGOING, PHASED, RATIO_ONLY]
EVERY = [*ALL, SUSPECTED]


def name(incident: Incident) -> str:
    return f"{incident.id} {incident.state}"


@pytest.mark.parametrize("incident", EVERY, ids=name)
def test_the_document_is_valid_and_the_same_from_the_record(incident: Incident) -> None:
    found = document(incident)
    assert [e.message for e in VALIDATOR.iter_errors(found)] == []
    assert json.dumps(document(decode(encode(incident)))) == json.dumps(found)


def test_the_schema_is_one_and_can_fail() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    for change in ({"state": "over"}, {"start": 3}, {"headline": None}):
        assert not VALIDATOR.is_valid(document(ONGOING) | change)
    known = set(SCHEMA["properties"])
    for incident in EVERY:
        assert set(document(incident)) <= known


@pytest.mark.parametrize("incident", EVERY, ids=name)
def test_every_footnote_names_a_field_that_is_there(incident: Incident) -> None:
    found = document(incident)
    for path in re.findall(r", field `([a-z_.]+)`$", render(incident), re.MULTILINE):
        value = found
        for part in path.split("."):
            value = value[part]
        assert value is not None
