# The program, ready to be called.
from __future__ import annotations

import pytest

from tests.analyze.made import Program


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    return Program(monkeypatch, capsys)
