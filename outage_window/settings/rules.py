"""Rules between settings of what is asked of other servers, and of maintenance."""

from __future__ import annotations

from outage_window.settings.models import Settings
from outage_window.settings.source import Key


def asked_rules(settings: Settings) -> list[tuple[Key, str]]:
    """(Key, what was expected) of what is wrong with what is asked, and with maintenance."""
    found = [(key, "expected ASCII without line ends") for key in _unsendable(settings)]
    asked, names = settings.alertmanager, [one.name for one in settings.services]
    if asked is not None and asked.receiver is None and not names:
        found.append((("alertmanager", "receiver"), "expected a receiver, or services"))
    for i, planned in enumerate(settings.maintenance):
        if planned.end <= planned.start:
            found.append((("maintenance", i, "end"), "expected a time after start"))
        if planned.service not in names:
            found.append((("maintenance", i, "service"), "expected the name of a service"))
    return found


def _unsendable(settings: Settings) -> list[Key]:
    """What no request can carry: it would fail each time, with less to go by."""
    texts: dict[Key, str] = {}
    for part, asked in (
        ("prometheus", settings.prometheus),
        ("alertmanager", settings.alertmanager),
    ):
        if asked is not None:
            for name, value in asked.headers.items():
                texts[part, "headers", name] = name + value.get_secret_value()
            if asked.token is not None:
                texts[part, "token"] = asked.token.get_secret_value()
    return [key for key, text in texts.items() if not (text.isascii() and text.isprintable())]
