"""Signing in with a real Chromium at a real server, by a name it trusts and one it does not."""

import pytest

from benchmarks.lab.chromium import running
from tests.live.process import Process
from tests.security.made import LISTEN, PASSWORD, USERS, web_file

pytestmark = pytest.mark.browser

HOSTS = ("127.0.0.1", "ow.example")
"""Plain http to another machine is told apart: no `Sec-Fetch` header is sent there."""
POST = """async token => {
  const note = {type: 'note', time: '2024-01-22T15:30:00Z', service: 'auth', text: 'x'};
  const body = JSON.stringify(note);
  const headers = token ? {'X-CSRFToken': token} : {};
  return (await fetch('/api/v1/events', {method: 'POST', body, headers})).status;
}"""

TOKEN = """async () => {
  const form = await (await fetch('/sign-in', {method: 'POST'})).text();
  return form.match(/name="csrf_token" value="([^"]+)"/)[1];
}"""
LEAVE = """token => {
  const form = document.createElement('form');
  [form.method, form.action] = ['post', '/sign-out'];
  form.innerHTML = `<input name="csrf_token" value="${token}">`;
  document.body.append(form);
  form.submit();
}"""


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    folder = web_file(tmp_path_factory.mktemp("sign-in"), USERS)
    with Process(folder, LISTEN) as process:
        yield process


@pytest.fixture(scope="module")
def chromium():
    with running("--host-resolver-rules=MAP ow.example 127.0.0.1") as started:
        yield started


@pytest.mark.parametrize("host", HOSTS)
def test_in_and_out_again(serving, chromium, host):
    address = serving.url.replace("127.0.0.1", host)
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{address}/?x=1")
    assert page.url.startswith(f"{address}/sign-in?next=")
    token = page.locator("[name=csrf_token]").get_attribute("value")
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    assert "not right" in page.get_by_role("alert").inner_text()
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{address}/?x=1")
    assert page.evaluate(POST, None) == 403
    assert page.evaluate(POST, token) == 403  # it was of the session before
    token = page.evaluate(TOKEN)
    assert page.evaluate(POST, token) == 200
    # A link on another site leads in, too; what that site sends does not count.
    other = context.new_page()
    other.set_content(f"<a href='{address}/'>in</a><form method=post action='{address}/sign-out'>")
    other.get_by_role("link").click()
    other.wait_for_url(f"{address}/")
    other.set_content(f"<form method=post action='{address}/sign-out'></form>")
    with other.expect_navigation():
        other.evaluate("document.forms[0].submit()")
    assert "page of this server" in other.content()
    page.goto(f"{address}/")
    assert page.url == f"{address}/"
    with page.expect_navigation():
        page.evaluate(LEAVE, token)
    assert page.url == f"{address}/sign-in"
    context.close()
