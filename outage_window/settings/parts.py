"""What every part of the settings is built of: refuses unknown keys, says what was expected."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, SecretStr
from pydantic_core import PydanticCustomError

from outage_window.settings.durations import parse_duration

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


def expected(text: str) -> PydanticCustomError:
    """An error whose message is this text, which begins with "expected"."""
    # Braces are placeholders to pydantic, and selectors are full of them.
    return PydanticCustomError("expected", "{text}", {"text": text})


def duration(value: object) -> float:
    """The seconds of a duration as Prometheus users write it."""
    try:
        return parse_duration(value)
    except ValueError as error:
        raise expected(str(error)) from None


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise expected("expected a name of letters, digits, '_', '-' and '.', at most 63")
    return value


def _secret(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text.strip():
        raise expected("expected a secret; it is empty")
    if not text.isascii():
        raise expected("expected a secret of ASCII characters")
    return value


def _moment(value: object) -> object:
    found = value
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            found = None
    if not isinstance(found, datetime) or found.tzinfo is None:
        raise expected("expected a time with its zone, such as 2024-01-22T15:30:00Z")
    return found


Seconds = Annotated[float, BeforeValidator(duration)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Name = Annotated[str, AfterValidator(_name)]
"""What services, senders and targets are called."""
Secret = Annotated[SecretStr, AfterValidator(_secret)]
"""A token or signing secret: an empty one, as of a variable that was not set, would let all in."""


class Part(BaseModel):
    """A part of the settings."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=False)
