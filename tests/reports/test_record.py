"""The record of an incident: nothing is lost, and what it gives back drafts the same bytes."""

from __future__ import annotations

import subprocess
import sys
import zlib
from dataclasses import replace

import pytest

from reports.draft import render
from reports.facts import Correction, Incident, Related
from reports.record import decode, encode

from .incidents import ACCOUNTS, BLIND, DECLARED, IDENTITY, LEVEL, ONGOING, PHASED, SUSPECTED

CORRECTED = replace(
    ACCOUNTS,
    corrections=(Correction("title", "Locked out", "Identity team", 1.7e9, "before"),),
    related=(Related("auth-1", "auth", 1.7e9, None),),
)
ALL = (ACCOUNTS, BLIND, CORRECTED, DECLARED, IDENTITY, LEVEL, ONGOING, PHASED, SUSPECTED)


@pytest.mark.parametrize("incident", ALL, ids=lambda one: f"{one.id} {one.state}")
def test_nothing_is_lost(incident: Incident) -> None:
    again = decode(encode(incident))
    assert again == incident
    assert decode(encode(again)) == again
    assert encode(decode(encode(again))) == encode(again)
    assert render(again) == render(incident)


@pytest.mark.parametrize("record", [b"", b"{}", zlib.compress(b"{}"), zlib.compress(b"[")])
def test_what_is_no_record_is_said_to_be_none(record: bytes) -> None:
    with pytest.raises(ValueError, match="no facts of an incident"):
        decode(record)


def test_a_draft_needs_no_numpy() -> None:
    heavy = "[m for m in ('numpy', 'pandas', 'matplotlib', 'sqlalchemy') if m in sys.modules]"
    said = f"sys.exit(str(found) if (found := {heavy}) else 0)"
    code = f"import sys, reports.draft, reports.record; {said}"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.stderr == ""
    assert found.returncode == 0
