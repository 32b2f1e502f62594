"""Lies about lengths and encodings, and headers that are none, at the socket."""

import json

import pytest

from tests.hostile.wire import ALERTS, exchange, head, memory, well
from tests.live.made import FIRING

BODY = json.dumps(FIRING).encode()
LENGTH = f"Content-Length: {len(BODY)}"
CHUNKED = "Transfer-Encoding: chunked"


def test_an_honest_request_is_answered(serving):
    assert exchange(serving, head(LENGTH) + BODY) == 200
    assert exchange(serving, head(CHUNKED) + b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n") == 200


@pytest.mark.parametrize(
    ("lines", "body", "statuses"),
    [
        ((LENGTH, LENGTH), BODY, {400}),
        (("Content-Length: 0", LENGTH), BODY, {400}),
        ((LENGTH, CHUNKED), b"0\r\n\r\n", {400}),
        ((CHUNKED, LENGTH), b"0\r\n\r\n", {400}),
        (("Content-Length: -1",), BODY, {400}),
        (("Content-Length: +5",), BODY, {400}),
        (("Content-Length: 0x10",), BODY, {400}),
        (("Content-Length: 5_0",), BODY, {400}),
        (("Content-Length: 1e3",), BODY, {400}),
        (("Content-Length: ",), BODY, {400}),
        (("Content-Length: " + "9" * 5000,), BODY, {400, 413}),
        (("Content-Length: " + "0" * 5000 + "5",), BODY, {400}),
        ((f"Content-Length: {2**64}",), BODY, {413}),
        (("Transfer-Encoding: gzip",), BODY, {501}),
        (("Transfer-Encoding: chunked, gzip",), BODY, {501}),
        (("Transfer-Encoding: chunked", "Transfer-Encoding: identity"), BODY, {501}),
        (("Transfer-Encoding: \x0bchunked",), b"0\r\n\r\n", {400, 501}),
        ((CHUNKED,), b"zz\r\n", {400}),
        ((CHUNKED,), b"-1\r\nx\r\n0\r\n\r\n", {400}),
        ((CHUNKED,), b"5\r\nabcdefgh\r\n0\r\n\r\n", {400}),
        ((CHUNKED,), b"1;" + b"x" * 90_000, {400}),
        ((CHUNKED,), b"0" * 90_000, {400}),
        ((CHUNKED,), b"0\r\nA: " + b"x" * 90_000, {400}),
        ((CHUNKED,), b"1\r\nx\r\n" * 20_000, {400}),
        ((CHUNKED,), b"\r\n" * 50_000, {400}),
        ((": x",), b"", {400}),
        (("A b: x",), b"", {400}),
        ((" folded: x",), b"", {400, 202}),
        (("A: \x00",), b"", {400}),
        (("A: " + "x" * 40_000,), b"", {431}),
        (tuple(f"A{i}: x" for i in range(5000)), b"", {431}),
    ],
)
def test_lies_in_the_header(serving, lines, body, statuses):
    assert exchange(serving, head(*lines) + body) in statuses
    well(serving)


def test_chunked_in_the_old_version_is_refused(serving):
    assert exchange(serving, head(CHUNKED, version="1.0") + b"0\r\n\r\n") == 400


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\n\r\n",
        b"GET /%00%ff%2e%2e%2f HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
        b"get / http/1.1\nhost: x\n\n",
        bytes(range(256)) + b"\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    ],
)
def test_what_is_hardly_a_request(serving, raw):
    try:
        status = exchange(serving, raw)
    except TimeoutError:  # it waits for the rest, which costs it a place in a list
        status = None
    assert status is None or status < 500 or status in (501, 505)
    well(serving)


def test_a_host_of_others_is_not_sent_to(serving):
    """No answer leads to where the sender says that this server is."""
    answer = serving.session.get(serving.url + "/", headers={"Host": "evil.example"}, timeout=5)
    assert "Location" not in answer.headers


@pytest.mark.parametrize("path", [ALERTS, "/api/v1/events", "/api/v1/incidents"])
def test_too_large_in_pieces(serving, path):
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    assert exchange(serving, head(CHUNKED, path=path) + piece * 65 + b"0\r\n\r\n") == 413
    well(serving)


def test_a_chunk_that_claims_to_be_huge_costs_nothing(serving):
    before = memory(serving)
    with pytest.raises(TimeoutError):  # it waits for it
        exchange(serving, head(CHUNKED) + b"7fffffffffffffff\r\n" + b"x" * 1000)
    with pytest.raises(TimeoutError):
        exchange(serving, head("Content-Length: 60000000", path="/api/v1/attempts") + b"x" * 1000)
    assert memory(serving) - before < 8 * 1024 * 1024


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "snappy", "zstd", "gzip, identity"])
def test_compressed_bodies_are_not_unpacked(serving, encoding):
    for path in (ALERTS, "/api/v1/events", "/api/v1/attempts", "/api/v1/incidents"):
        before = memory(serving)
        lines = ("Content-Length: 100", f"Content-Encoding: {encoding}")
        assert exchange(serving, head(*lines, path=path) + b"\x1f\x8b" * 50) == 415
        assert memory(serving) - before < 8 * 1024 * 1024


@pytest.mark.parametrize(
    "lines",
    [
        ("Authorization: Bearer a", "Authorization: Bearer b"),
        ("Authorization: Bearer \xff\xfe",),
        ("Authorization: Basic " + "A" * 30_000,),
        ("Authorization:",),
        ("Authorization: " + "x" * 100,),
    ],
)
def test_an_authorization_that_nobody_asked_for(serving, lines):
    assert exchange(serving, head(LENGTH, *lines) + BODY) == 200


def test_requests_behind_each_other_are_all_answered(serving):
    raw = head(method="GET", path="/-/healthy") * 100
    assert exchange(serving, raw) == 200
    well(serving)
