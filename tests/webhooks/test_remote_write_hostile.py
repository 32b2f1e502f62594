"""What an attacker posts as remote write: always 2xx or 4xx, soon, and with little memory."""

import json
import random
import resource
import threading

import pytest

from outage_window.store import Store
from tests.calls import calls
from tests.webhooks.sent import NOW, Receiver, bits, first, second, snappy
from webhooks.remote_write.parser import MOST_KNOWN, Parser

AUTH = {
    "name": "auth",
    "source": "remote_write",
    "attempts": '{__name__=~"auth.*"}',
    "errors": 'auth_requests_total{result="failure"}',
}
GOOD = {"__name__": "auth_requests_total", "job": "auth"}
MOST = 8 * 1024 * 1024
SOON = MOST // 4
"""Calls: one for every four bytes that may be unpacked; labels that are new take the most."""


@pytest.fixture(scope="module")
def receiver(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    made = Receiver(
        Store.open(f"sqlite:///{folder / 'ow.db'}"), AUTH, remote_write={"most_series": 100}
    )
    yield made
    made.close()


def varint(number):
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def field(number, content):
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def label(name, value):
    return field(1, field(1, name) + field(2, value))


def sample(at=NOW):
    return field(2, b"\x09" + b"12345678" + b"\x10" + varint(at))


def soon(receiver, body, version, statuses, **headers):
    answer, counted = calls(lambda: receiver.send(body, version, **headers))
    assert counted < SOON
    assert answer.status_code in statuses, answer.text
    if answer.data:
        assert set(json.loads(answer.data)) == {"error", "field"}
        assert b"\n" not in answer.data.strip()
        assert len(answer.data) < 2000
    return answer


FLOOD = b"".join(
    field(1, label(b"__name__", b"auth_%d" % i) + b"".join(
        label(b"l%02d" % j, b"%d" % (i + j)) for j in range(20)) + sample())
    for i in range(10_000)
)  # fmt: skip

BODIES = {
    "a prefix that claims 4 GiB": ("1.0", varint(2**32 - 1) + b"x" * 100, 400),
    "a prefix that claims 2^70": ("1.0", b"\xff" * 10 + b"x", 400),
    "a prefix that claims a little too much": ("1.0", varint(50) + snappy(b"x" * 49)[1:], 400),
    "100 MiB of zeros": ("1.0", snappy(b"\0" * (100 << 20)), 413),
    "9 MiB of zeros": ("2.0", snappy(b"\0" * (9 << 20)), 413),
    "8 MiB of zeros": ("1.0", snappy(b"\0" * MOST), 400),
    "8 MiB of zeros in the other version": ("2.0", snappy(b"\0" * MOST), 400),
    "a body of 5 MiB": ("1.0", random.Random(1).randbytes(5 << 20), 413),
    "millions of empty series": ("1.0", snappy(b"\x0a\x00" * (MOST // 2)), 400),
    "the same of 2.0": ("2.0", snappy(field(4, b"") + b"\x2a\x00" * 4_000_000), 400),
    "millions of empty samples": ("1.0", snappy(field(1, b"\x12\x00" * 4_000_000)), 400),
    "millions of empty labels": ("1.0", snappy(field(1, b"\x0a\x00" * 4_000_000)), 400),
    "millions of empty exemplars": ("1.0", snappy(field(1, b"\x1a\x00" * 4_000_000)), 400),
    "millions of empty symbols": ("2.0", snappy(b"\x22\x00" * 4_000_000), 400),
    "millions of references": (
        "2.0", snappy(field(4, b"") + field(5, field(1, b"\x00" * 8_000_000))), 400,
    ),
    "millions of buckets": (
        "2.0",
        snappy(
            field(4, b"") + field(4, b"__name__") + field(4, b"a")
            + field(5, b"\x0a\x02\x01\x02" + field(3, field(12, b"\x00" * 8_000_000)))
        ),
        400,
    ),
    "millions of spans of buckets": (
        "2.0",
        snappy(
            field(4, b"") + field(4, b"__name__") + field(4, b"a")
            + field(5, b"\x0a\x02\x01\x02" + field(3, b"\x5a\x00" * 4_000_000))
        ),
        400,
    ),
    "as many labels as there is room for": (
        "1.0", snappy(b"".join(field(1, b"".join(label(b"%d" % j, b"") for j in range(120)))
                               for _ in range(8_000))), 400,
    ),
    "a label of 4 MiB": ("1.0", snappy(field(1, label(b"__name__", b"a" * (4 << 20)))), 400),
    "groups a thousand deep": ("1.0", snappy(field(1, b"\x2b" * 1000 + b"\x2c" * 1000)), 400),
    "names that are no UTF-8": ("1.0", snappy(field(1, label(b"__name__", b"\xff\xfe"))), 400),
    "a lone surrogate": (
        "1.0", snappy(field(1, label(b"__name__", b"auth") + label(b"a", b"\xed\xa0\x80"))), 400,
    ),
    "a symbol that is no UTF-8": (
        "2.0",
        snappy(field(4, b"") + field(4, b"__name__") + field(4, b"\xc3\x28")
               + field(5, b"\x0a\x02\x01\x02")),
        400,
    ),
    "a number that is too long": ("1.0", snappy(field(1, b"\x12\x0b\x10" + b"\xff" * 10)), 400),
    "more series than there is room for": ("1.0", snappy(FLOOD), 400),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_it_is_refused_soon(receiver, name):
    version, body, status = BODIES[name]
    soon(receiver, body, version, {status})


def test_a_flood_of_series_costs_no_room_and_others_are_kept(receiver):
    """At most `most_series` are kept of a service; those that are known go on being kept."""
    assert receiver.send(first((GOOD, [(NOW, 1.0)]))).status_code in (204, 400)
    for at in range(3):
        answer = soon(receiver, snappy(FLOOD), "1.0", {400})
        assert "at most 100 series of the service auth" in answer.json["error"]
        assert "remote_write.most_series" in answer.json["error"]
        assert len(receiver.kept()) <= 100, at
    known = dict(next(iter(receiver.kept())))
    assert receiver.send(first((known, [(NOW + 1, 1.0)]))).status_code == 204
    before = set(receiver.kept())
    receiver.restart()
    soon(receiver, snappy(FLOOD), "1.0", {400})
    assert set(receiver.kept()) == before, "a restart makes no room"


def test_the_memory_of_labels_is_bounded():
    parser = Parser()
    for turn in range(8):
        request = first(*(({"__name__": f"a{turn}_{i}"}, [(NOW, 1.0)]) for i in range(10_000)))
        parser.parse("1.0", snappy(request.SerializeToString()), NOW * 10**6)
        parser.parse("2.0", snappy(second(({"__name__": f"a{turn}"}, [])).SerializeToString()), 0)
        sizes = [len(kept) for kept in (parser._sets, parser._heads, parser._sequences)]
        assert max(sizes) <= MOST_KNOWN + 20_000


def test_hostile_bodies_leave_no_memory_behind(receiver):
    def round_():
        for version, body, status in BODIES.values():
            assert receiver.send(body, version).status_code == status

    round_()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(2):
        round_()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 64 * 1024, f"{grown} KiB"


def test_labels_that_would_not_fit_an_index_are_refused(tmp_path):
    """A database that can never take a row would make the sender repeat it for ever."""
    receiver = Receiver(Store.open(f"sqlite:///{tmp_path / 'ow.db'}"), AUTH)
    long = GOOD | {"x": "é" * 1000}
    answer = soon(receiver, snappy(first((long, [(NOW, 1.0)])).SerializeToString()), "1.0", {400})
    assert "2000 bytes" in answer.json["error"]
    other = {"__name__": "up", "x": "é" * 1000}
    assert receiver.send(first((other, [(NOW, 1.0)]))).status_code == 204
    receiver.close()


def test_what_came_is_not_repeated_in_the_answer(receiver):
    odd = {"__name__": "auth", "<img onerror=alert(1)>": "x"}
    answer = receiver.send(first((odd, [(NOW, 1.0)])))
    assert answer.status_code == 400
    assert b"onerror" not in answer.data


def test_metrics_have_no_labels_from_what_came(receiver):
    receiver.send(first((GOOD | {"evil": "\n# x{}"}, [(NOW, 1.0)])))
    assert "evil" not in receiver.client.get("/metrics").text


@pytest.mark.parametrize("quick", [True, False])
def test_changed_bytes_are_read_or_refused(quick):
    """Every byte of a good body, changed, cut and doubled: no error but those that are meant."""
    from webhooks.model import Refused

    rng = random.Random(7)
    parser = Parser(quick)
    for version, made in (("1.0", first), ("2.0", second)):
        raw = made((GOOD, [(NOW, 1.0)]), (GOOD | {"a": "b"}, [(NOW, 2.0), (NOW, 3.0)]))
        raw = raw.SerializeToString()
        for _ in range(4000):
            body = bytearray(raw)
            for _ in range(rng.randrange(1, 4)):
                body[rng.randrange(len(body))] = rng.randrange(256)
            cut = rng.choice([len(body), rng.randrange(len(body))])
            try:
                found = parser.parse(version, snappy(bytes(body[:cut])), NOW * 10**6)
            except Refused:
                continue
            assert len(found.of) == len(found.time) == len(found.value)


def test_many_senders_at_once(tmp_path):
    """Eight threads send the same series: each (series, time) is kept once, as it was first."""
    receiver = Receiver(Store.open(f"sqlite:///{tmp_path / 'ow.db'}"), AUTH)
    answers = []

    def send(seed):
        rng = random.Random(seed)
        client = receiver.client.application.test_client()
        for _ in range(20):
            at = rng.randrange(50)
            series = [(GOOD | {"pod": f"p{i}"}, [(NOW + at, float(at))]) for i in range(5)]
            body = snappy(first(*series).SerializeToString())
            headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
            sent = client.post("/api/v1/write", data=body, headers=headers)
            answers.append(sent.status_code)

    threads = [threading.Thread(target=send, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) == {204}
    kept = receiver.kept()
    receiver.close()
    assert len(kept) == 5
    for samples in kept.values():
        assert [value for _, value in samples] == [bits(float(at - NOW)) for at, _ in samples]
        assert len({at for at, _ in samples}) == len(samples)


def test_who_posts_is_asked_before_anything_is_read(tmp_path):
    receiver = Receiver(
        Store.open(f"sqlite:///{tmp_path / 'ow.db'}"),
        AUTH,
        senders=[{"name": "prom", "kind": "prometheus", "token": "s3cret"}],
    )
    request = first((GOOD, [(NOW, 1.0)]))
    answers = [
        receiver.send(request, **headers).status_code
        for headers in (
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": "Bearer s3cret"},
            {"Authorization": "Basic cHJvbTpzM2NyZXQ="},
        )
    ]
    refused = receiver.send(b"\xff", "1.0", **{"Content-Type": "text/plain"}).status_code
    receiver.close()
    assert answers == [401, 401, 204, 204]
    assert refused == 401
