"""The OpenAPI document of all that is answered, put together from a file for each room.

A new path goes into one of the YAML files beside this one, or into another one, under `paths`;
`python -m outage_window.web.openapi` then writes docs/openapi.json anew. What any request may be
answered is added to each operation here.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

METHODS = ("get", "post", "put", "patch", "delete")
ANYWHERE = {"401": "Unauthorised", "503": "Busy"}
WRITING = {"403": "ForeignPage"}


@cache
def text() -> str:
    """The document as JSON."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def document() -> dict[str, Any]:
    """The document, base first."""
    parts = sorted(one.name for one in files(__name__).iterdir() if one.name.endswith(".yml"))
    parts.remove("base.yml")
    whole: dict[str, Any] = {}
    for name in ("base.yml", *parts):
        _merge(whole, yaml.safe_load((files(__name__) / name).read_text("utf-8")), name)
    for path in whole["paths"].values():
        for method in METHODS:
            if method in path:
                _add_answers(path[method], {} if method == "get" else WRITING)
    return whole


def _merge(into: dict[str, Any], part: dict[str, Any], name: str) -> None:
    for key, value in part.items():
        if key not in into:
            into[key] = value
        elif isinstance(value, dict) and isinstance(into[key], dict):
            _merge(into[key], value, name)
        else:
            raise ValueError(f"{name}: {key} is there already")


def _add_answers(operation: dict[str, Any], more: dict[str, str]) -> None:
    answers = operation["responses"]
    for code, name in {**ANYWHERE, **more}.items():
        answers.setdefault(code, {"$ref": f"#/components/responses/{name}"})
    operation["responses"] = dict(sorted(answers.items()))
