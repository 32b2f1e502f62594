"""Bodies that mean harm, by what is wrong with them."""

import gzip
import json

from tests.live.made import FIRING

MIB = 1024 * 1024
ALERT = FIRING["alerts"][0]
EVENT = {"time": "2024-01-22T15:50:00Z", "type": "note", "service": "a", "text": "t"}
ATTEMPT = {"time": "2024-01-22T15:50:00Z", "user": "u", "outcome": "success", "service": "a"}


def alerts(**changes):
    return json.dumps(FIRING | {"alerts": [ALERT | changes]}).encode()


def lines(row, count):
    return b"\n".join([json.dumps(row).encode()] * count)


SHAPES = {
    "nothing": b"",
    "blank": b" " * 100_000,
    "nul": b"\0" * 1000,
    "not UTF-8": b'{"a":"\xff\xfe"}',
    "UTF-16": json.dumps(EVENT).encode("utf-16"),
    "a BOM": b"\xef\xbb\xbf{}",
    "half": alerts()[:-9],
    "two values": b"{}{}",
    "100000 lists": b"[" * 100_000,
    "100000 objects": b'{"a":' * 100_000,
    "100000 closed lists": b"[" * 100_000 + b"]" * 100_000,
    "4 MiB of lists": b"[" * (4 * MIB - 10),
    "4 MiB of closed lists": b"[" * (2 * MIB - 10) + b"]" * (2 * MIB - 10),
    "65 lists": b"[" * 65 + b"]" * 65,
    "lists in labels": b'{"version":"4","alerts":[{"labels":' + b"[" * 9000 + b"]" * 9000 + b"}]}",
    "many empty objects": b"[" + b"{}," * MIB + b"{}]",
    "many keys": json.dumps({f"k{i}": 0 for i in range(200_000)}).encode(),
    "a key many times": b'{"a":0' + b',"a":0' * 200_000 + b"}",
    "5000 digits": b'{"version":"4","alerts":[],"truncatedAlerts":' + b"9" * 5000 + b"}",
    "million digits": b"9" * MIB,
    "NaN": b'{"version":"4","alerts":[],"truncatedAlerts":NaN}',
    "1e999": b'{"version":"4","alerts":[],"truncatedAlerts":1e999}',
    "-0.0e-999": b'{"version":"4","alerts":[],"truncatedAlerts":-0.0e-999}',
    "a key twice": b'{"version":"4","version":"4","alerts":[]}',
    "escapes": b'"' + b"\\u0000\\ud800" * 100_000 + b'"',
    "a text without end": b'"' + b"a" * MIB,
    "YAML": b"!!python/object/apply:os.system ['true']",
    "XML": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "gzip": gzip.compress(b"\0" * (100 * MIB), 9),
    "a snappy prefix of 4 GiB": b"\xff\xff\xff\xff\x0f" + b"\0" * 100,
    "pickle": b"\x80\x04\x95\x00",
}

ODD_ALERTS = {
    "lone surrogates": alerts(labels={"alertname": "\ud800", "\udfff": "\ud800"}),
    "NUL": alerts(labels={"alertname": "a\0b", "c\0": "d"}, fingerprint="\0"),
    "no labels": alerts(labels={}),
    "many labels": alerts(labels={f"l{i}": "x" for i in range(10_000)}),
    "long label": alerts(labels={"alertname": "x" * MIB}),
    "proto": alerts(labels={"__proto__": "x", "constructor": "y", "__class__": "z"}),
    "year 1": alerts(startsAt="0001-01-01T00:00:00Z"),
    "year 9999": alerts(startsAt="9999-12-31T23:59:59.999999999-23:59"),
    "leap second": alerts(startsAt="2016-12-31T23:59:60Z"),
    "times the wrong way": alerts(
        status="resolved", startsAt="2024-01-02T00:00:00Z", endsAt="2024-01-01T00:00:00Z"
    ),
    "many alerts": json.dumps(
        FIRING | {"alerts": [ALERT | {"fingerprint": f"f{i}"} for i in range(300)]}
    ).encode(),
}

ODD_ATTEMPTS = {
    "blank lines": b"\n" * (8 * MIB),
    "empty objects": b"{}\n" * MIB,
    "a line of 8 MiB": b'{"a":"' + b"x" * (8 * MIB) + b'"}',
    "line ends of all kinds": b"{}\r{}\r\n{}\x0b{}\x0c{}\xe2\x80\xa8{}",
    "many lines, the last one wrong": lines(ATTEMPT, 20_000) + b"\n{",
    "deep in a line": lines(ATTEMPT, 5) + b'\n{"a":' + b"[" * 100_000,
}
