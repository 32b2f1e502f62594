"""What every part of the settings is built of: refuses unknown keys, says what was expected."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from outage_window.settings.durations import parse_duration


def expected(text: str) -> PydanticCustomError:
    """An error whose message is this text, which begins with "expected"."""
    # Braces are placeholders to pydantic, and selectors are full of them.
    return PydanticCustomError("expected", "{text}", {"text": text})


def _duration(value: object) -> float:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise expected(str(error)) from None


Seconds = Annotated[float, BeforeValidator(_duration)]


class Part(BaseModel):
    """A part of the settings."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=False)
