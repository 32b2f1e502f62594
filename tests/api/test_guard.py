"""With users in the web configuration, no operation of the document is open to nobody."""

import re

import pytest

from outage_window.settings.models import Settings
from outage_window.settings.web_config import WebConfig
from outage_window.web import create_app
from tests.api.test_openapi import operations
from tests.security.made import HASH, PASSWORD

CONFIG = WebConfig(basic_auth_users={"ann": HASH})


@pytest.fixture(scope="module")
def client(place):
    return create_app(place.store, Settings(), web=lambda: CONFIG).test_client(use_cookies=False)


OPEN = ("/sign-in", "/sign-out", "/static/{name}")
"""For those who are not in yet; tests/security/test_sign_in.py has what is asked of them."""


@pytest.mark.parametrize(("path", "method"), sorted(o for o in operations() if o[0] not in OPEN))
def test_every_operation_asks_who_it_is(client, path, method):
    address = re.sub(r"\{\w+\}", "x", path)
    body = None if method == "get" else b"{}"
    refused = client.open(address, method=method, data=body)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"]
    assert client.open(address, method=method, data=body, auth=("ann", "x")).status_code == 401
    let_in = client.open(address, method=method, data=body, auth=("ann", PASSWORD))
    assert let_in.status_code != 401


@pytest.mark.parametrize("path", ["/no", "/api/v1/no", "/api/v1/events"])
def test_neither_does_anything_else_tell(client, path):
    assert client.get(path).status_code == 401
    assert client.options(path).status_code == 401
