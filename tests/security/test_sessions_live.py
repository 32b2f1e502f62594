"""A session at a real `serve`: it outlives a reload and a restart, and not the password."""

import signal
import time

import bcrypt
import requests

from tests.live.process import Process
from tests.security.browsing import FIELD
from tests.security.made import LISTEN, PASSWORD, USERS, web_file

EVENT = b'{"type": "note", "time": "2024-01-22T15:30:00Z", "service": "auth", "text": "x"}'


def wait_for(what):
    deadline = time.monotonic() + 15
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def signed_in(process):
    session = requests.Session()
    form = session.get(f"{process.url}/sign-in", timeout=30).text
    fields = {"csrf_token": FIELD.search(form)[1], "name": "ann", "password": PASSWORD}
    done = session.post(f"{process.url}/sign-in", fields, allow_redirects=False, timeout=30)
    assert done.status_code == 303
    # A form that is refused has the token of the session that there is now.
    form = session.post(f"{process.url}/sign-in", timeout=30).text
    session.headers["X-CSRFToken"] = FIELD.search(form)[1]
    return session


def test_reload_restart_and_another_password(tmp_path):
    web_file(tmp_path, USERS)
    process = Process(tmp_path, LISTEN)
    read = lambda: session.get(f"{process.url}/api/v1/incidents", timeout=30).status_code  # noqa: E731
    post = lambda: session.post(f"{process.url}/api/v1/events", EVENT, timeout=30).status_code  # noqa: E731
    with process:
        session = signed_in(process)
        assert (read(), post()) == (200, 200)
        process.file.write_text(
            process.file.read_text().replace("web.yml}", "web.yml, readers: [ann]}")
        )
        process.process.send_signal(signal.SIGHUP)
        wait_for(lambda: post() == 403)
        assert read() == 200
        process.file.write_text(process.file.read_text().replace("[ann]", "[nobody]"))
        process.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "web.readers[0]: expected a user" in process.log)
        assert (read(), post()) == (200, 403)
        process.file.write_text(process.file.read_text().replace("[nobody]", "[]"))
    with process:
        assert (read(), post()) == (200, 200)
        new = bcrypt.hashpw(b"new", bcrypt.gensalt(4)).decode()
        web_file(tmp_path, f"basic_auth_users: {{ann: {new}}}")
        wait_for(lambda: read() == 401)
        assert post() == 401
        assert PASSWORD not in process.log
        assert session.cookies.values()[0] not in process.log
