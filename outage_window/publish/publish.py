"""One publication to all targets, each on its own."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from outage_window.publish.model import Publication, Published, PublishFailed, Target

log = logging.getLogger(__name__)


def publish(
    targets: Sequence[Target], what: Publication, known: Mapping[str, str]
) -> list[Published | PublishFailed]:
    """What came of each target, in their order; `known` has references by the target's name."""
    return [_one(target, what, known.get(target.name) or None) for target in targets]


def _one(target: Target, what: Publication, known: str | None) -> Published | PublishFailed:
    try:
        return target.publish(what, known)
    except PublishFailed as error:
        return error
    except Exception as error:
        # A mistake of ours, or in what was passed in: the other targets are no worse for it.
        log.exception("publishing to %s failed", target.name)
        return PublishFailed(target.name, f"an internal error ({type(error).__name__})")
