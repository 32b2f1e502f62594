"""Which series of values are attempts and which are errors: by selectors, or by their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from outage_window.errors import InputError
from outage_window.sources import columns
from outage_window.sources.reading import Quantity, Reading
from outage_window.sources.sampled import Sampled
from outage_window.sources.selectors import Matcher, Selector

WANTED = "--attempts-selector and --errors-selector say which series are which"


@dataclass(frozen=True, slots=True)
class Roles:
    """Selectors of attempts (if any) and of errors, a ratio or a level; `value` None is any series.

    `quantity` is what the name of a role says, None where it says nothing; `note` tells what was
    taken without a selector.
    """

    attempts: Selector | None = None
    value: Selector | None = None
    quantity: Quantity | None = None
    note: str | None = None


def roles_of(series: Sequence[Sampled], reading: Reading, where: str) -> Roles:
    """Tell the roles: by the selectors given, the columns given, or the usual names of columns.

    Names are told by what a series' source calls it (`Told.called`), upper and lower case alike.
    """
    if reading.attempts_selector is not None and reading.errors_selector is None:
        raise InputError(where, f"one selector without the other; {WANTED}")
    if reading.errors_selector is not None:
        return Roles(reading.attempts_selector, reading.errors_selector)
    names = {
        one.labels[one.told.called]: one.told.called
        for one in series
        if one.told.called is not None and one.told.called in one.labels
    }

    def find(role: str, named: str | None = None) -> str | None:
        asked = named if named and named.casefold() in map(str.casefold, names) else None
        return columns.find(list(names), role, asked, where)

    attempts = find("attempts", reading.attempts_column)
    errors = find("errors", reading.errors_column)
    ratio = find("ratio", reading.ratio_column)
    if reading.ratio_column is not None and reading.errors_column is None:
        errors = None
    if errors is None and ratio is not None:
        return _roles(names, None, ratio, "ratio")
    return _roles(names, attempts, errors, None) if errors is not None else Roles()


def _roles(
    names: dict[str, str], attempts: str | None, value: str, quantity: Quantity | None
) -> Roles:
    tried = None if attempts is None else _selector(names[attempts], attempts)
    found = _selector(names[value], value)
    what = "error ratios" if quantity == "ratio" else "errors"
    said = "" if tried is None else f"attempts are {tried.text}, "
    return Roles(tried, found, quantity, f"{said}{what} are {found.text}, as their names say")


def _selector(label: str, value: str) -> Selector:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return Selector(f'{{{label}="{quoted}"}}', (Matcher(label, "=", value),))


def listed(series: Sequence[Sampled]) -> str:
    """How series are called, the first few: by their name, else by their labels."""
    return ", ".join(list(dict.fromkeys(_shown(one)[:80] for one in series))[:3])


def _shown(one: Sampled) -> str:
    name = one.labels.get(one.told.called or "")
    if name is None:
        return "{" + ", ".join(f'{label}="{value}"' for label, value in one.labels.items()) + "}"
    return name if name.startswith("{") else _selector(one.told.called or "", name).text
