# Stops every program that a test started, as the tests of whole programs do.
from __future__ import annotations

from tests.real.conftest import running

__all__ = ["running"]
