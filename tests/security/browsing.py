"""An app in one process, and a browser before it that does what a real one would send."""

import re

from flask_wtf.csrf import generate_csrf

from outage_window.settings.models import Settings
from outage_window.settings.web_config import WebConfig
from outage_window.web import create_app
from tests.security.made import PASSWORD

HOST = "http://localhost"
FIELD = re.compile(r'name="csrf_token" value="([^"]+)"')
NAVIGATING = {
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "same-origin",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
}
SCRIPT = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin", "Accept": "*/*"}


def app_of(store, users=None, clock=None, **settings):
    """`users` are name to hash; they may be changed while it runs."""
    users = {} if users is None else users
    web = lambda: WebConfig(basic_auth_users=users)  # noqa: E731
    more = {} if clock is None else {"clock": clock}
    app = create_app(store, Settings.model_validate(settings), web=web, **more)
    # What a page has in its head.
    app.add_url_rule("/token", "tests.static", lambda: generate_csrf())
    return app


class Browser:
    def __init__(self, app, base=HOST):
        self.client, self.base = app.test_client(), base

    def go(self, path, **headers):
        return self.client.get(path, headers=NAVIGATING | headers, base_url=self.base)

    def submit(self, path, fields, **headers):
        sent = NAVIGATING | {"Origin": self.base} | headers
        return self.client.post(path, data=fields, headers=sent, base_url=self.base)

    def sign_in(self, name="ann", password=PASSWORD, **fields):
        found = FIELD.search(self.go("/sign-in").text)
        fields = {"csrf_token": found[1], "name": name, "password": password} | fields
        return self.submit("/sign-in", fields)

    def token(self):
        return self.go("/token").text

    def fetch(self, path, method="GET", token=None, **more):
        sent = SCRIPT | ({} if method == "GET" else {"Origin": self.base})
        sent |= {} if token is None else {"X-CSRFToken": token}
        return self.client.open(path, method=method, headers=sent, base_url=self.base, **more)

    @property
    def cookies(self):
        return self.client._cookies

    def is_in(self):
        return self.fetch("/api/v1/incidents").status_code == 200
