"""Requests made up from the OpenAPI document: no failure of ours, and answers as documented."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from outage_window.live import listener
from tests.api.test_openapi import operations

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]


@schemathesis.serializer("application/x-ndjson", "application/x-protobuf")
def _as_it_is(_context, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@pytest.fixture(scope="session")
def described(place):
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", place.client.application)


FIXED = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("path", "method"), sorted(operations()))
def test_answers_are_as_documented(described, place, path, method, mode, monkeypatch):
    monkeypatch.setattr(listener, "PATIENCE", 0.0)  # a stream is read to its end here
    operation = described[path][method.upper()]
    if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query):
        return  # there is nothing that could be wrong
    known = [one["id"] for one in place.incidents()]

    @FIXED
    @given(case=operation.as_strategy(generation_mode=mode))
    def answers(case):
        given_id = str((case.path_parameters or {}).get("identity", ""))
        if len(given_id) % 2:  # else nobody would guess the id of an incident that is there
            case.path_parameters["identity"] = known[len(given_id) % len(known)]
        case.call_and_validate(checks=CHECKS)

    answers()
