# PromQL-style selectors: what they select, and what is refused.
from __future__ import annotations

import pytest

from outage_window.errors import InputError
from outage_window.sources.selectors import parse

LABELS = {"__name__": "auth_requests_total", "service": "auth", "result": "failure", "code": "503"}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("auth_requests_total", True),
        ("auth_requests", False),
        ('auth_requests_total{service="auth",result="failure"}', True),
        (' auth_requests_total { service = "auth" , } ', True),
        ("auth_requests_total{}", True),
        ("{result='failure'}", True),
        ('{result!="failure"}', False),
        ('{code=~"5.."}', True),
        ('{code=~"5"}', False),  # anchored at both ends
        ('{code=~"03|503"}', True),
        ('{code!~"5.."}', False),
        ('{code!~"4.."}', True),
        ('{absent=""}', True),
        ('{absent!=""}', False),
        ('{absent=~".+"}', False),
        ('{__name__=~"auth_.*_total"}', True),
        ('{service="auth",service!="mail"}', True),
    ],
)
def test_matches(text: str, matches: bool) -> None:
    assert parse(text, "test").matches(LABELS) is matches


def test_escapes_and_punctuation_in_values() -> None:
    selector = parse(r'{path="a\"},{\\b\n",code=~"\\d+"}', "test")
    assert selector.matches({"path": 'a"},{\\b\n', "code": "200"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "rate(x[5m])",
        "x[5m]",
        "x{a}",
        "x{a=b}",
        'x{a="b"',
        'x{a="b" c="d"}',
        'x{a=="b"}',
        'x{a=~"("}',
        'x{a="b"} or y',
        'x{,a="b"}',
    ],
)
def test_refused_with_the_place(text: str) -> None:
    with pytest.raises(InputError) as error:
        parse(text, "--errors-selector")
    assert error.value.where == "--errors-selector"
    assert "\n" not in str(error.value)
