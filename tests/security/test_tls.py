"""TLS and client certificates at a real `serve`: who is let in, who is not, and what is renewed."""

import json
import signal
import socket
import ssl
import threading
import time
from contextlib import ExitStack, suppress

import pytest
import requests
import trustme

from tests.live.listening import STREAM, Listening
from tests.live.made import FIRING
from tests.live.process import Process, command
from tests.live.test_streams import INCIDENTS, declare
from tests.security.made import ALERTS, LISTEN, MUTUAL, SERVER, Authority, web_file

REFUSED = (requests.exceptions.SSLError, requests.ConnectionError)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def over_tls(authority):
    web_file(authority.folder, SERVER)
    with Process(authority.folder, LISTEN, verify=str(authority.file)) as process:
        yield process


def address(process):
    host, _, port = process.url.rpartition("/")[2].rpartition(":")
    return host, int(port)


def test_it_says_and_speaks_https(over_tls):
    assert over_tls.url.startswith("https://127.0.0.1:")
    assert over_tls.post(ALERTS, json.dumps(FIRING)).status_code == 200
    page = over_tls.get("/")
    assert page.status_code == 200
    assert "Strict-Transport-Security" not in page.headers


def test_large_bodies_and_answers_pass_whole(over_tls):
    body = json.dumps(FIRING | {"unknown": "x" * 3_000_000})
    for _ in range(3):
        assert over_tls.post(ALERTS, body).status_code == 200
    assert over_tls.post(ALERTS, b" " * (4 * 1024 * 1024 + 1)).status_code == 413
    assert over_tls.post("/api/v1/events", iter([b" " * (4 * 1024 * 1024 + 1)])).status_code == 413


def test_many_at_once(over_tls, authority):
    answers = []

    def ask():
        with requests.Session() as session:
            session.trust_env, session.verify = False, str(authority.file)
            answers.extend(session.get(over_tls.url + "/metrics").status_code for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 320


def test_plain_http_and_noise_are_turned_away(over_tls):
    for noise in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\0" * 400, b"\0" * 999):
        with socket.create_connection(address(over_tls), timeout=5) as raw:
            raw.sendall(noise)
            with suppress(ConnectionResetError):  # which ends it, too; a time-out would not
                while raw.recv(1000):
                    pass
    assert over_tls.get("/-/healthy").status_code == 200


def test_old_versions_are_refused(over_tls, authority):
    context = authority.context()
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(address(over_tls)) as raw, pytest.raises(ssl.SSLError):
        context.wrap_socket(raw, server_hostname="127.0.0.1")


def test_slow_handshakes_and_slow_bodies_hold_nobody_up(over_tls, authority):
    held = [socket.create_connection(address(over_tls)) for _ in range(40)]
    for one in held:
        one.sendall(b"\x16\x03")
    for _ in range(20):
        raw = socket.create_connection(address(over_tls))
        slow = authority.context().wrap_socket(raw, server_hostname="127.0.0.1")
        slow.sendall(f"POST {ALERTS} HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{{".encode())
        held.append(slow)
    began = time.monotonic()
    assert requests.get(over_tls.url + "/", verify=str(authority.file)).status_code == 200
    assert time.monotonic() - began < 2
    held[0].settimeout(15)
    assert held[0].recv(10) == b""  # a handshake has ten seconds
    for one in held:
        one.close()


def test_a_renewed_certificate_is_shown_without_a_restart(authority, tmp_path):
    own = Authority(tmp_path)
    web_file(tmp_path, SERVER)
    with Process(tmp_path, LISTEN, verify=str(own.file)) as process:
        first = ssl.get_server_certificate(address(process))
        own.renew()
        deadline = time.monotonic() + 10
        while ssl.get_server_certificate(address(process)) == first:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        (tmp_path / "server.pem").write_text("no certificate")
        while "stays as it was" not in process.log:
            assert requests.get(process.url, verify=str(own.file)).status_code == 200
            assert time.monotonic() < deadline + 10
            time.sleep(0.2)
    assert "expected a certificate and its key in PEM" in process.log


def test_streams_are_told_over_tls_and_end_when_it_stops(tmp_path):
    own = Authority(tmp_path)
    web_file(tmp_path, SERVER)
    wrap = lambda raw: own.context().wrap_socket(raw, server_hostname="127.0.0.1")  # noqa: E731
    with Process(tmp_path, LISTEN, verify=str(own.file)) as process, ExitStack() as stack:
        held = [
            stack.enter_context(Listening(process.url, f"{STREAM}?incident={incident}", wrap))
            for incident in [declare(process, "vpn")] * 30
        ]
        before = [one.event()[1]["changed_at"] for one in held]
        said = json.dumps({"title": "VPN"})
        changed = process.session.patch(f"{process.url}{INCIDENTS}/{declare(process)}", data=said)
        assert changed.status_code == 200
        for one, at in zip(held, before, strict=True):
            assert int(one.event(5)[1]["changed_at"]) > int(at)
        began = time.monotonic()
        assert process.stop(signal.SIGTERM) == 0
        assert time.monotonic() - began < 5
        for one in held:
            assert one.event(5) is None
    assert "Traceback" not in process.log


def test_it_drains_over_tls(tmp_path):
    own = Authority(tmp_path)
    web_file(tmp_path, SERVER)
    with Process(tmp_path, LISTEN, verify=str(own.file)) as process:
        assert process.post(ALERTS, json.dumps(FIRING)).status_code == 200
        assert process.stop(signal.SIGTERM) == 0
    assert "all is stored" in process.log
    assert "Traceback" not in process.log


@pytest.fixture(scope="module")
def mutual(tmp_path_factory):
    own = Authority(tmp_path_factory.mktemp("mutual"))
    text = (
        f"{MUTUAL}  client_allowed_sans: [am.example, 10.0.0.7, 'spiffe://x/am', am@example.com]\n"
    )
    web_file(own.folder, text)
    with Process(own.folder, LISTEN, verify=str(own.file)) as process:
        yield process, own


def asked(mutual, cert):
    process, own = mutual
    return requests.get(process.url + "/", verify=str(own.file), cert=cert, timeout=10)


@pytest.mark.parametrize("name", ["am.example", "10.0.0.7", "am@example.com"])
def test_a_client_with_an_allowed_name_is_let_in(mutual, name):
    assert asked(mutual, mutual[1].client(name)).status_code == 200


def test_a_client_without_a_certificate_is_not(mutual):
    with pytest.raises(REFUSED):
        asked(mutual, None)


def test_a_client_of_another_authority_is_not(mutual):
    with pytest.raises(REFUSED):
        asked(mutual, mutual[1].client("am.example", name="foreign", ca=trustme.CA()))


@pytest.mark.parametrize("name", ["other.example", "10.0.0.8", "*.am.example"])
def test_a_client_of_another_name_is_not(mutual, name):
    with pytest.raises(REFUSED):
        asked(mutual, mutual[1].client(name, name="other"))
    assert asked(mutual, mutual[1].client("x.example", "am.example")).status_code == 200


def test_client_certificates_are_credentials(tmp_path):
    Authority(tmp_path)
    settings = tmp_path / "s.yml"
    settings.write_text("web: {listen: '0.0.0.0:0', config_file: web.yml}\n")
    web_file(tmp_path, SERVER)
    assert command("check-config", str(settings)).returncode == 2
    web_file(tmp_path, MUTUAL)
    done = command("check-config", str(settings))
    assert done.returncode == 0
    assert "0.0.0.0:0, with credentials\n" in done.stdout
    assert "https, client certificates (RequireAndVerifyClientCert)\n" in done.stdout
