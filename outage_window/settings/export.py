"""Settings of how an export is read, where it does not tell by itself."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from outage_window.errors import InputError
from outage_window.settings.parts import Part, expected
from outage_window.sources.reading import Marks, Quantity, TimeUnit
from outage_window.zones import zone_of


def _zone(value: str) -> str:
    try:
        zone_of(value, "zone")
    except InputError as error:
        raise expected(error.expected) from None
    return value


ZoneText = Annotated[str, AfterValidator(_zone)]


class Export(Part):
    """As the options of `analyze` that are named alike; what is not set is told by the file."""

    time_column: str | None = None
    attempts_column: str | None = None
    errors_column: str | None = None
    ratio_column: str | None = None
    service_column: str | None = None
    time_zone: ZoneText | None = None
    time_unit: TimeUnit | None = None
    time_marks: Marks | None = None
    quantity: Quantity | None = None
