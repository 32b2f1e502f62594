"""Settings that a running process cannot change: they stay, and the log says so."""

from __future__ import annotations

import logging

from outage_window.errors import InputError
from outage_window.settings.load import guards, web_config_of
from outage_window.settings.models import Settings
from outage_window.settings.rules import guarded

log = logging.getLogger(__name__)

FIXED = (
    "web.listen",
    "web.config_file",
    "storage.url",
    "storage.password",
    "attempts.user_key_file",
)


def with_fixed(running: Settings, new: Settings) -> Settings:
    """The new settings with what needs a restart as it is now.

    `InputError` where the two together would let anybody post: a token may only go along with an
    address that others reach.
    """
    kept = new
    for key in FIXED:
        part, name = key.split(".")
        now, wanted = (getattr(getattr(one, part), name) for one in (running, new))
        if now != wanted:
            log.warning("reload: %s stays %s until a restart", key, now)
            changed = getattr(kept, part).model_copy(update={name: now})
            kept = kept.model_copy(update={part: changed})
    if not guarded(kept, guards(web_config_of(kept)[0])):
        raise InputError(
            f"web.listen: stays {kept.web.listen} until a restart", "expected web.token with it"
        )
    return kept
