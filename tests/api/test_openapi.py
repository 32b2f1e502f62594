"""The OpenAPI document and the app: each says what the other does."""

import json
import re
from pathlib import Path

import pytest
from jsonschema.validators import validator_for

from outage_window.web.openapi import METHODS, document, text

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"\b(?:problem|answer|abort|_told)\(\s*([2-5]\d\d)\b")


def operations():
    paths = document()["paths"]
    return {(path, method) for path, one in paths.items() for method in METHODS if method in one}


def rules(app):
    found = set()
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        found |= {(path, method.lower()) for method in rule.methods - {"HEAD", "OPTIONS"}}
    return found


def test_every_route_is_in_the_document_and_vice_versa(place):
    assert rules(place.client.application) == operations()


def test_the_committed_document_is_the_one_that_is_answered(place):
    """After a change: python -m outage_window.web.openapi docs/openapi.json."""
    committed = (ROOT / "docs" / "openapi.json").read_text("utf-8")
    assert committed == text()
    assert place.client.get("/api/v1/openapi.json").json == json.loads(committed)


def test_every_reference_leads_somewhere():
    def references(value):
        if isinstance(value, dict):
            yield from [value["$ref"]] if "$ref" in value else []
            value = list(value.values())
        for inner in value if isinstance(value, list) else ():
            yield from references(inner)

    whole = document()
    found = list(references(whole))
    assert found
    for reference in found:
        target = whole
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
        assert target


def test_schemas_are_schemas():
    for schema in document()["components"]["schemas"].values():
        validator_for(schema).check_schema(schema)


def test_every_code_in_a_view_or_a_door_is_told_of():
    paths = document()["paths"]
    told = {code for path, method in operations() for code in paths[path][method]["responses"]}
    files = [*(ROOT / "outage_window/web").rglob("*.py"), *(ROOT / "webhooks").rglob("*.py")]
    coded = {code for file in files for code in CODE.findall(file.read_text("utf-8"))}
    assert {"200", "202", "400", "401", "404", "413", "415", "503"} <= coded
    assert coded <= told


def test_every_operation_says_what_anything_may_be_answered():
    for path, method in operations():
        answers = document()["paths"][path][method]["responses"]
        assert {"401", "503"} <= set(answers)
        assert ("403" in answers) == (method != "get")


@pytest.mark.parametrize("method", ["get", "post", "patch", "head"])
@pytest.mark.parametrize(
    "path",
    [
        "/metrics/",
        "/-/healthy/",
        "//metrics",
        "/api/v1/incidents/",
        "/api/v1/incidents/x/draft/",
        "/api/v1/events/",
        "/api/v1//events",
        "/api/v1/webhooks/alertmanager/",
        "/incidents",
        "",
    ],
)
def test_nothing_is_redirected(place, path, method):
    answer = getattr(place.client, method)(path)
    assert not 300 <= answer.status_code < 400
    assert answer.status_code in (404, 405) or path in ("", "//metrics")


def test_what_is_not_there_is_said_in_plain_words(place):
    assert place.client.get("/api/v1/nothing").json == {
        "error": "nothing is here",
        "field": "/api/v1/nothing",
    }
    refused = place.client.get("/api/v1/events")
    assert refused.status_code == 405
    assert sorted(refused.allow) == ["OPTIONS", "POST"]
    assert refused.json["error"] == "expected OPTIONS or POST"
