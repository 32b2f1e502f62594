"""Who looks at a page, as far as the page needs to know: what to offer, and what to hide."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, g


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever asks. `name` is a user's; there is none without users, or before signing in.

    `signed_in`: by a session, which can be ended. `can_sign_in`: nobody is known yet, and there is
    something to sign in with.
    """

    name: str | None = None
    may_change: bool = False
    signed_in: bool = False
    can_sign_in: bool = False


def viewer() -> Viewer:
    """The viewer of the request at hand."""
    found: Viewer = g.get("viewer") or Viewer()
    return found


def show_viewer(app: Flask) -> None:
    """Let every template know the `viewer`."""
    app.context_processor(lambda: {"viewer": viewer()})
