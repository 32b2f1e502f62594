"""Which column of a table is which: by its usual name, or by the option that names it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from outage_window.errors import InputError
from outage_window.sources.arrow import Cell
from outage_window.sources.reading import Reading

USUAL: Mapping[str, tuple[str, ...]] = {
    "time": ("time", "timestamp", "ts"),
    "attempts": ("attempts", "total", "requests"),
    "errors": ("errors", "failures", "failed"),
    "ratio": ("error_ratio",),
    "level": ("error_rate",),
    "service": ("service", "job"),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns' names in the file. Either `errors`, `ratio` or `level` is there."""

    time: str
    attempts: str | None
    errors: str | None
    ratio: str | None
    level: str | None
    service: str | None

    def wanted(self) -> dict[str, Cell]:
        """The names to read with what each should hold, without those that are not there."""
        found: dict[str, Cell] = {} if self.service is None else {self.service: "word"}
        for name in (self.attempts, self.errors, self.ratio, self.level):
            if name is not None:
                found[name] = "number"
        return found | {self.time: "time"}


def recognise(names: Sequence[str], reading: Reading, where: str) -> Columns:
    """Tell the columns of a table; whatever is ambiguous is an `InputError` naming the option.

    Upper and lower case are the same. Attempts count only together with errors or a ratio.
    """
    time = find(names, "time", reading.time_column, where)
    attempts = find(names, "attempts", reading.attempts_column, where)
    errors = find(names, "errors", reading.errors_column, where)
    ratio = find(names, "ratio", reading.ratio_column, where)
    level = find(names, "level", None, where)
    service = find(names, "service", reading.service_column, where)
    if reading.ratio_column is not None and reading.errors_column is None:
        errors = None
    if time is None:
        raise InputError(where, f"no time column among {_listed(names)}; {_hint('time')}")
    if errors is None and ratio is None and level is None:
        raise InputError(
            where,
            f"no errors among the columns {_listed(names)}; expected attempts and errors, or"
            " error_ratio, or error_rate, or --errors-column or --ratio-column",
        )
    if errors is not None:
        return Columns(time, attempts, errors, None, None, service)
    if ratio is not None:
        return Columns(time, attempts, None, ratio, None, service)
    return Columns(time, None, None, None, level, service)


def find(
    names: Sequence[str], role: str, named: str | None, where: str, option: bool = True
) -> str | None:
    """The column of one role: the named one, else the only one with a usual name, else None.

    `service` comes before `job`; two columns of any other role are refused.
    """
    folded = [name.casefold() for name in names]
    if named is not None:
        return _named(names, folded, role, named, where)
    usual = USUAL.get(role, (role,))
    found = [name for name, low in zip(names, folded, strict=True) if low in usual]
    if role == "service":
        found.sort(key=lambda name: usual.index(name.casefold()))
        if len(found) == 2 and found[0].casefold() != found[1].casefold():
            return found[0]
    if len(found) > 1:
        settles = f"; --{role}-column settles it" if option and role != "level" else ""
        raise InputError(where, f"expected one column of {role}, found {_listed(found)}{settles}")
    return found[0] if found else None


def _named(names: Sequence[str], folded: Sequence[str], role: str, named: str, where: str) -> str:
    exact = [name for name in names if name == named]
    found = exact or [n for n, low in zip(names, folded, strict=True) if low == named.casefold()]
    if len(found) != 1:
        count = "no" if not found else "more than one"
        raise InputError(
            f"{where}, --{role}-column", f"{count} column {named!r} among {_listed(names)}"
        )
    return found[0]


def _hint(role: str) -> str:
    return f"expected {', '.join(USUAL[role][:-1])} or {USUAL[role][-1]}, or --{role}-column"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown or "none"
