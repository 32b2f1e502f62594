"""Secrets stay out of the log, the pages and the answers, whatever goes wrong."""

import json
import signal

import bcrypt
import pytest

from outage_window.settings.load import SettingsError, load
from tests.hostile.wire import ALERTS, exchange, head
from tests.live.made import FIRING
from tests.live.process import Process

SECRETS = {
    name: f"s3cret-{name}"
    for name in (
        "token", "sender", "signing", "prometheus", "header", "userinfo", "github", "slack",
        "path", "password",
    )
}  # fmt: skip
SETTINGS = """
web: {listen: '127.0.0.1:0', token: %(token)s, config_file: web.yml}
scan_interval: 1s
prometheus:
  url: http://someone:%(userinfo)s@127.0.0.1:9
  token: %(prometheus)s
  timeout: 1s
  headers: {X-Key: %(header)s}
senders:
- {name: am, kind: alertmanager, token: %(sender)s}
- {name: gh, kind: github, secret: %(signing)s}
publish:
- {kind: github_issue, repository: a/b, token: %(github)s, api_url: 'http://127.0.0.1:9'}
- {kind: slack, channel: C0123456789, token: %(slack)s, api_url: 'http://127.0.0.1:9'}
- {kind: webhook, url: 'http://127.0.0.1:9/%(path)s'}
services:
- {name: auth, source: pull, attempts: a, errors: b}
"""


def test_nothing_tells_a_secret(tmp_path):
    hashed = bcrypt.hashpw(SECRETS["password"].encode(), bcrypt.gensalt(4)).decode()
    (tmp_path / "web.yml").write_text(f"basic_auth_users: {{ann: {hashed}}}")
    shown = ""
    with Process(tmp_path, SETTINGS % SECRETS) as process:
        session = process.session
        session.auth = ("ann", SECRETS["password"])
        body = json.dumps(FIRING)
        for sent in (None, f"Bearer {SECRETS['sender']}", f"Bearer {SECRETS['token']}x"):
            headers = {} if sent is None else {"Authorization": sent}
            answer = session.post(process.url + ALERTS, body, headers=headers, timeout=5)
            shown += answer.text + str(answer.headers)
        secret = SECRETS["token"]
        for path in (f"/?token={secret}", f"/no/{secret}", f"/api/v1/incidents/{secret}"):
            session.get(process.url + path, timeout=5)
        exchange(process, f"GET /{secret} HTTP/1.1\r\nBad header {secret}\r\n\r\n".encode())
        exchange(process, head(f"Authorization: Bearer {secret}", "Content-Length: 9e9"))
        for _ in range(2):
            for path in ("/", "/metrics", "/api/v1/incidents", "/api/v1/openapi.json"):
                shown += session.get(process.url + path, timeout=5).text
        process.process.send_signal(signal.SIGTERM)
        process.process.wait(60)
    log = process.log
    assert "cannot be reached" in log  # the pull failed, with all its secrets at hand
    for place in (log, shown):
        for secret in (*SECRETS.values(), hashed):
            assert secret not in place


@pytest.mark.parametrize("wrong", ["", "services: [{nme: x}]", "web: 5", "x: [", "a: &a [*a]"])
def test_no_error_line_tells_a_secret(tmp_path, wrong):
    """Settings that are wrong beside the secrets that are right; `serve` shows the first line."""
    file = tmp_path / "s.yml"
    (tmp_path / "web.yml").write_text(f"basic_auth_users: {{ann: {SECRETS['password']}}}")
    file.write_text(SETTINGS % SECRETS + wrong + "\n")
    with pytest.raises(SettingsError) as error:
        load(str(file), {})
    assert error.value.lines
    for secret in SECRETS.values():
        assert secret not in str([error.value, error.value.lines, error.value.problems])
