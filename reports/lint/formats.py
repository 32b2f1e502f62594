"""Findings as text for people, as JSON, and as GitHub's annotations of a pull request."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from reports.escape import plain
from reports.lint.finding import CHECKS, Finding

SCHEMA = "outage-window/lint/v1"

Findings = Mapping[str, Sequence[Finding]]
"""The findings of each file, by its name."""
Paint = Callable[[str, str], str]
"""Gives text a role (`file`, or a severity), such as a colour on a terminal."""


def as_text(files: Findings, paint: Paint = lambda text, role: text) -> str:
    """`FILE:LINE:COL: check: message` for each finding, and a line a file that counts them."""
    lines = []
    for name, findings in files.items():
        shown = plain(name)
        for one in findings:
            place = paint(f"{shown}:{one.line}:{one.column}:", "file")
            lines.append(f"{place} {paint(one.check, one.severity)}: {one.message}")
        lines.append(f"{shown}: {counted(findings)}")
    return "".join(f"{line}\n" for line in lines)


def counted(findings: Sequence[Finding]) -> str:
    """How many are open, and of what kind."""
    if not findings:
        return "nothing open"
    count = Counter(one.check for one in findings)
    kinds = ", ".join(f"{count[check]} {check}" for check in CHECKS if count[check])
    return f"{len(findings)} open ({kinds})"


def as_json(files: Findings) -> str:
    """One document, which `schema` names."""
    document = {
        "schema": SCHEMA,
        "files": [
            {"file": name, "findings": [asdict(one) for one in findings]}
            for name, findings in files.items()
        ],
        "open": sum(map(len, files.values())),
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def as_github(files: Findings) -> str:
    """A workflow command for each finding: the runner shows it beside its line."""
    return "".join(
        f"::{one.severity} file={_property(name)},line={one.line},col={one.column},"
        f"title={_property(one.check)}::{_data(one.message)}\n"
        for name, findings in files.items()
        for one in findings
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
