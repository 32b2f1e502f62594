# What bounds a request: time, size, pauses in all; and what .netrc and cut text cannot do.
from __future__ import annotations

import socket
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outage_window.publish import sending, text
from outage_window.publish.model import PublishFailed, Target
from outage_window.publish.sending import Call, Client
from tests.publish.conftest import Naps, publication
from tests.publish.github_server import GitHub
from tests.publish.vendor import TOKEN
from tests.publish.webhook_server import Receiver


def test_pauses_are_bounded_in_all(hub: GitHub, issues: Target, naps: Naps) -> None:
    hub.answers(429, to="GET /issues", times=4, Retry_After="60")
    hub.answers(429, to="POST /issues", times=2, Retry_After="60")
    with pytest.raises(PublishFailed, match=r"answered 429 \(after waiting 300 s\)"):
        issues.publish(publication(), None)
    assert naps.taken == [60.0] * 5
    issues.publish(publication(), None)  # the next publication has patience of its own
    assert len(hub.issues) == 1


def test_an_answer_without_end_is_not_read(
    hub: GitHub, issues: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MOST_BYTES", 1 << 20)
    hub.answers(200, ["x" * (2 << 20)])
    with pytest.raises(PublishFailed, match="the answer is larger than 1 MiB"):
        issues.publish(publication(), None)


@pytest.fixture
def dripping() -> Iterator[str]:
    """A server that sends a byte now and then, for ever."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)

        def drip() -> None:
            while not over.is_set():
                try:
                    connection, _ = listening.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                    while not over.wait(0.02):
                        try:
                            connection.sendall(b"x")
                        except OSError:
                            break

        thread = threading.Thread(target=drip)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        over.set()
        thread.join()


def test_an_answer_that_drips_is_given_up(dripping: str, naps: Naps) -> None:
    client = Client("x", dripping, None, 0.2, naps.pace)
    with pytest.raises(
        PublishFailed, match=r"x: cannot read it: no answer \(\w*Timeout\w*\) \(5 times\)"
    ):
        client.settle(lambda _: client.send(Call("GET", "/", "read it")))


def test_netrc_does_not_replace_the_token(
    receiver: Receiver,
    hook: Target,
    built: object,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ana password wrong\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    hook.publish(publication(), None)
    assert receiver.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    receiver.token = None
    built("webhook", url=receiver.url, token_file=None).publish(publication(), None)  # type: ignore[operator]
    assert "authorization" not in receiver.requests[1].headers


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://127.0.0.1:1", "ValueError"),
        ("http://[::1", "InvalidURL"),
        ("ftp://127.0.0.1", "InvalidSchema"),
    ],
)
def test_a_request_that_cannot_be_sent(naps: Naps, url: str, kind: str) -> None:
    client = Client("x", url, "s3cret\n", 1.0, naps.pace)
    with pytest.raises(PublishFailed) as caught:
        client.send(Call("GET", "/", "read it"))
    told = f"x: cannot read it: the request cannot be sent ({kind})"
    assert str(caught.value) == told
    assert "s3cret" not in "".join(traceback.format_exception(caught.value, chain=True))
    assert naps.taken == []


LINES = st.lists(
    st.sampled_from(["", "```", "````text", "~~~", "text", "  ```", "`x`", "long " * 9]),
    max_size=60,
)


@given(LINES, st.integers(200, 400))
def test_cut_text_fits_and_ends_outside_of_code(lines: list[str], room: int) -> None:
    whole = "\n".join(lines)
    shown = text.cut(whole, room, lambda missing: f"{missing} lines are missing")
    assert len(shown) <= room
    if len(whole) <= room:
        assert shown == whole
        return
    *kept, blank, note = shown.split("\n")
    assert blank == ""
    missing = int(note.split()[0])
    assert kept[: len(lines) - missing] == lines[: len(lines) - missing]
    fence = ""
    for line in kept:
        fence = text._fence_after(line, fence)
    assert fence == ""


@pytest.mark.parametrize(
    "url",
    [
        None, "", "javascript:alert(1)", "//x.example", "https://", "http://[::1", "/incidents/x",
        "https://x.example/ y", "https://x.example/\n", 'https://x.example/"', "https://é.example",
        "https://x.example/<b>", "https://x.example/|y", "data:text/html,x",
        "https://x.example/" + "x" * 2_000,
    ],
)  # fmt: skip
def test_what_is_no_address_to_link_to(url: str | None) -> None:
    assert text.web_address(url) is None


def test_what_is_one() -> None:
    url = "http://[::1]:9195/incidents/auth-20240122T1530Z?a=b&c=%20#d"
    assert text.web_address(url) == url
