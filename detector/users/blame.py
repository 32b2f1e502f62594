"""Whose doing failures are that nobody classified: told by how many more of them there are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.estimate import Z
from detector.series import Bool
from detector.users.edges import Stretch
from detector.users.model import Blame, UserAttempts

MOSTLY_EXCESS = 0.5
"""A reason of whose failures more than this share is beyond the usual is taken for the system's."""
NO_NAME = "failures without a reason"

Blames = tuple[Blame, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """Whose doing each outcome is: most likely, and with all doubt against and for the system.

    `names` are the reasons that nobody classified, in words with what was made of each; `open` is
    whether for want of normal running nothing could be made of them.
    """

    likely: Blames
    least: Blames
    most: Blames
    names: tuple[str, ...] = ()
    open: bool = False

    @property
    def doubt(self) -> str:
        """What to add to the method of whatever rests on this."""
        return f"; nobody classified {', '.join(self.names)}" if self.names else ""

    def marks(self, blames: Blames, attempts: UserAttempts) -> Bool:
        """Which records (n,) are failures of the system by one of these readings."""
        found: Bool = np.array([blame == "system" for blame in blames], bool)[attempts.outcome]
        return found


def told(near: UserAttempts, window: Stretch, usual: UserAttempts) -> Told:
    """Tell the outcomes of `near`, the attempts around a window, with `usual`, normal running.

    A classified reason is what it is. An unclassified one is the system's if most of its failures
    in the window are beyond what normal running makes expect, else the users' own; where the
    interval of that share holds one half, it counts as either.
    """
    present = np.bincount(near.outcome, minlength=len(near.outcomes)) > 0
    blind = len(usual.user) == 0
    readings: list[tuple[Blame, Blame, Blame]] = []
    names: list[str] = []
    for index, outcome in enumerate(near.outcomes):
        if outcome.blame != "unclassified" or not present[index]:
            readings.append((outcome.blame, outcome.blame, outcome.blame))
            continue
        shares = (0.0, 1.0, 1.0) if blind else _excess(near, window, usual, index)
        low, point, high = (_blamed(share) for share in shares)
        readings.append((point, low, high))
        made = "cannot be told for want of normal running" if blind else _words(low, point, high)
        names.append(f"{outcome.reason or NO_NAME} ({made})")
    likely, least, most = (tuple(reading[i] for reading in readings) for i in range(3))
    return Told(likely, least, most, tuple(names), blind and bool(names))


def _blamed(share: float) -> Blame:
    return "system" if share > MOSTLY_EXCESS else "user"


def _words(low: Blame, point: Blame, high: Blame) -> str:
    sure = "" if low == high else "perhaps "
    return f"{sure}{'the system' if point == 'system' else 'the users'}, by its excess"


def _excess(
    near: UserAttempts, window: Stretch, usual: UserAttempts, index: int
) -> tuple[float, float, float]:
    """The share of a reason's failures in the window beyond their usual number: low, point, high.

    Usual is their number for each success of normal running, which retries do not blow up; counts
    are Poisson.
    """
    inside = near.between(*window)
    seen = float(near.attempts[inside & (near.outcome == index)].sum())
    served = float(near.attempts[inside & near.blamed("success")].sum())
    before = float(usual.attempts[usual.outcome == index].sum())
    normal = float(usual.attempts[usual.blamed("success")].sum())
    if seen == 0 or normal == 0:
        return 0.0, 1.0 if seen else 0.0, 1.0
    scale = served / normal
    reach = Z * float(np.sqrt((before + 1) * scale**2 + seen))
    low, point, high = ((seen - before * scale + side * reach) / seen for side in (-1, 0, 1))
    return low, point, high
