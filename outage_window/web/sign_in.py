"""The form for signing in, and the way out again."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, make_response, render_template, request
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError

from outage_window.live.status import Status
from outage_window.web.browsers import SIGN_IN, SIGN_OUT, local, sent_on
from outage_window.web.login import Login
from outage_window.web.passwords import Guessing
from outage_window.web.sessions import Sessions
from outage_window.web.viewer import viewer

log = logging.getLogger(__name__)

LONGEST_FORM = 16 * 1024
TOO_OLD = "This form is too old, or the browser takes no cookies. Try again."
WRONG_PASSWORD = "The name or the password is not right."  # noqa: S105 (no password)
WRONG_TOKEN = "The token is not right."  # noqa: S105 (no token)
BUSY = "Too many passwords are checked now. Try again in a moment."


def sign_in(login: Login, sessions: Sessions, csrf: CSRFProtect, status: Status) -> Blueprint:
    """`/sign-in` and `/sign-out`."""
    views = Blueprint("sign_in", __name__)

    @views.get(SIGN_IN)
    def _form() -> Response:
        if viewer().can_sign_in:
            return _shown(login)
        return sent_on(local(request.args.get("next")))

    @views.post(SIGN_IN)
    def _enter() -> Response:
        request.max_content_length = LONGEST_FORM
        if not login.possible():
            return sent_on(local(request.form.get("next")))
        try:
            csrf.protect()  # else another site could sign somebody in as somebody else
        except CSRFError:
            return _shown(login, 403, TOO_OLD)
        try:
            name = login.sign_in(request.form.get("name", ""), request.form.get("password", ""))
        except Guessing:
            return _shown(login, 503, BUSY)
        where = {"address": request.remote_addr}
        if name is None:
            status.count("refused", "unauthorised")
            log.warning("a sign-in failed", extra=where)  # the name might be a password
            return _shown(login, 403, WRONG_PASSWORD if login.needed() else WRONG_TOKEN)
        log.info("signed in", extra={"user": name or "-", **where})
        return sent_on(local(request.form.get("next")))

    @views.post(SIGN_OUT)
    def _leave() -> Response:
        sessions.end()
        return sent_on("/")

    return views


def _shown(login: Login, code: int = 200, wrong: str | None = None) -> Response:
    """The form, with what was wrong when it was last sent."""
    there = local(request.values.get("next"))
    page = render_template("sign_in.html", users=login.needed(), next=there, wrong=wrong)
    return make_response(page, code)
