"""The share of users that a window hit: counted, corrected, bounded or refused, never guessed."""

from detector.users.model import SUCCESS, Blame, Outcome, UserAttempts

__all__ = ["SUCCESS", "Blame", "Outcome", "UserAttempts"]
