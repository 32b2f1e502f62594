"""Attempts: the quick road and the careful one accept, refuse and read the same."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webhooks import attempts
from webhooks.model import Refused

PLAIN = {
    "time": "2024-01-22T15:50:00Z",
    "user": "ann@example.org",
    "outcome": "failure",
    "reason": "bad_password",
    "source": "10.0.0.1",
    "service": "auth",
}
TIMES = [
    "2024-01-22T15:50:00Z",
    "2024-01-22t15:50:00z",
    "2024-01-22T15:50:00.123456789Z",
    "2024-01-22T15:50:00.1+05:30",
    "2024-02-29T23:59:59-00:00",
    "2023-02-29T00:00:00Z",
    "2100-02-29T00:00:00Z",
    "2016-12-31T23:59:60Z",
    "1970-01-01T00:00:00+00:01",
    "1969-12-31T23:59:59-01:00",
    "2199-12-31T23:59:59.999999999Z",
    "2199-12-31T23:59:59-00:01",
    "2200-01-01T00:30:00+01:00",
    "2262-04-12T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "9999-13-01T00:00:00Z",
    "2024-01-22T24:00:00Z",
    "2024-01-22T15:60:00Z",
    "2024-01-22 15:50:00Z",
    "2024-01-22T15:50:00",
    "2024-01-22T15:50:00.Z",
    "2024-01-22T15:50:00.1234567891Z",
    "2024-01-22T15:50:00+0530",
    "2024-01-22T15:50:00+24:00",
    "2024-01-22T15:50:00+23:60",
    "２024-01-22T15:50:00Z",
    "2024-01-22T15:50:0:Z",
    "2024-01-22T15:50:00/00:00",
    "",
    1705938600,
    None,
]
TEXTS = ["", "ann", "x" * 200, "x" * 201, "a:b", 'a":b', " : ", "{", "[", "\0", "\ud800", "é", "�"]
ODD = [None, True, False, 0, 1, 1.5, [], ["a"], {}, {"a": 1}, "success", "failure", *TEXTS]
RAW = [
    "",
    " ",
    "\r",
    "\x0b",
    "\u00a0",
    "{}",
    "[]",
    "1",
    "{",
    "}",
    '"',
    "\ufeff{}",
    "{},{}",
    '{"a":[{}',
    "{}]}",
    "NaN",
    '{"time":NaN}',
    "[" * 3000,
    '{"user":"a\tb"}',
]


@st.composite
def lines(draw):
    """Mostly a plain attempt with one thing changed; now and then something else altogether."""
    if draw(st.integers(0, 19)) == 0:
        return draw(st.sampled_from(RAW))
    value = dict(PLAIN)
    key = draw(st.sampled_from([*PLAIN, "extra", "time"]))
    change = draw(st.integers(0, 9))
    if change < 4:
        value[key] = draw(st.sampled_from(TIMES if key == "time" else ODD))
    elif change == 4:
        value.pop(key, None)
    elif change == 5:
        value[key] = draw(st.text(max_size=5))
    text = json.dumps(value, ensure_ascii=draw(st.booleans()))
    twist = draw(st.integers(0, 30))
    twists = {
        0: text[:-1] + ', "user": "bob"}',
        1: text[:-1] + ', "user" : "bob"}',
        2: text[:-1] + ', "n": 1, "n":2}',
        3: text[:-1] + ', "n": NaN}',
        4: text[:-1] + ', "n": ' + "9" * 5000 + "}",
        5: text[:-1] + ', "n": {"a": 1, "a": 2}}',
        6: text[:-1] + ', "\\u0075ser": "bob"}',
        7: text + "\r",
        8: "  " + text + "\t",
        9: text + text,
        10: text + ",",
        11: text[: len(text) // 2] + "\n" + text[len(text) // 2 :],
        12: text[:-1] + ', "n": 01}',
        13: text[:-1],
        14: text + "\x0b",
    }
    return twists.get(twist, text)


def outcome(parse, body):
    """Everything that can be seen of an answer."""
    try:
        found = parse(body)
    except Refused as why:
        return why.field, why.expected
    columns = (found.user, found.reason, found.source, found.service)
    read = [[column.texts[code] for code in column.codes.tolist()] for column in columns]
    assert all(list(column.texts) == list(dict.fromkeys(column.texts)) for column in columns)
    return found.time.tolist(), found.failed.tolist(), read, [column.texts for column in columns]


@settings(max_examples=600, deadline=None)
@given(st.lists(lines(), min_size=1, max_size=4), st.binary(max_size=2), st.integers(0, 9))
def test_both_roads_tell_the_same(found, noise, where):
    body = "\n".join(found).encode("utf-8", "surrogatepass")
    if where == 0:
        body += noise
    assert outcome(attempts.parse, body) == outcome(attempts.line_by_line, body)


@pytest.mark.parametrize("time", TIMES)
def test_each_time_is_read_the_same(time):
    """Beside a plain one, so that both shapes are worked through together."""
    body = "\n".join(json.dumps(PLAIN | {"time": one}) for one in (TIMES[0], time, TIMES[2]))
    plain = outcome(attempts.line_by_line, body.encode())
    assert outcome(attempts.parse, body.encode()) == plain


def test_plain_lines_take_the_quick_road():
    """Else the property would compare the careful road with itself."""
    body = "".join(
        json.dumps(PLAIN | {"time": time, "reason": reason, "note": "é: x"}) + end
        for time, reason in zip(TIMES[:5], ["a", "", None, "a", "\\b"], strict=True)
        for end in ("\n", "\r\n", "\n\n")
    ).encode()
    quick, careful = attempts.at_once(body), attempts.line_by_line(body)
    assert quick is not None
    assert np.array_equal(quick.time, careful.time)
    assert quick.reason.texts == careful.reason.texts == ("a", "", "\\b")


def test_a_line_end_cannot_hide_where_an_object_ends():
    """As many objects as lines, though no line holds exactly one."""
    one = json.dumps(PLAIN)
    for body in (
        one[:-1] + "\n" + ', "a": 1}' + "\n" + one + "," + one,
        one[:-1] + ',"a":[{}\n{}]}\n' + one + "," + one,
    ):
        with pytest.raises(Refused):
            attempts.parse(body.encode())
