"""JSON at the doors: how deep and how much of it is read."""

import pytest

from webhooks.bodies import DEEPEST, MOST, load
from webhooks.model import Refused


@pytest.mark.parametrize("pair", [("[", "]"), ('{"a":', "}")])
def test_a_body_is_nested_as_deep_as_allowed_and_no_deeper(pair):
    opening, closing = pair
    inner = "0"
    assert load((opening * DEEPEST + inner + closing * DEEPEST).encode()) is not None
    for levels in (DEEPEST + 1, 500, 5000):
        with pytest.raises(Refused, match="nested"):
            load((opening * levels + inner + closing * levels).encode())


def test_depth_is_seen_wherever_it_is():
    deep = "[" * DEEPEST + "]" * DEEPEST
    for text in (f'{{"a":1,"b":[{deep}]}}', f'[1,"x",null,{{"c":{deep}}}]'):
        with pytest.raises(Refused, match="nested"):
            load(text.encode())


@pytest.mark.parametrize("text", ["1", '"a"', "null", "[]", "{}"])
def test_what_is_flat_is_read(text):
    load(text.encode())


def test_more_objects_than_allowed_are_not_read():
    body = b"[" + b",".join([b"{}"] * (MOST - 1)) + b"]"
    assert len(load(body)) == MOST - 1
    more = body[:-1] + b",{}]"
    with pytest.raises(Refused, match="objects and lists"):
        load(more)
    assert len(load(more, most=None)) == MOST
