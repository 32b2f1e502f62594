# A store with outages, alerts and gaps whose times tests give in minutes from a begin.
from __future__ import annotations

import numpy as np
from sqlalchemy import Connection

from outage_window.document.values import time_text
from outage_window.kept import StoredIncident
from outage_window.reconciling.gathering import Asked
from outage_window.reconciling.reconcile import reconcile
from outage_window.settings.models import Settings
from outage_window.store import (
    alerts,
    backfilled,
    covered,
    deliveries,
    incidents,
    muted,
    samples,
    silences,
)
from outage_window.store.backfilled import Fetched
from outage_window.store.muted import Muted
from outage_window.store.samples import Progress, Samples
from outage_window.store.silences import Matcher, Silence
from webhooks.model import Alert, AlertDelivery

NS = 10**9
BORN = 1_700_006_400
"""Midnight of 2023-11-15, UTC."""
DAY = 1440
NOW = 3 * DAY
SETTINGS = {
    "alertmanager": {"url": "http://127.0.0.1:9"},
    "prometheus": {"url": "http://127.0.0.1:9"},
    "services": [
        {"name": "auth", "source": "pull", "attempts": "a_total", "errors": "e_total"},
        {"name": "sso", "source": "pull", "attempts": "a_total", "errors": "e_total"},
    ],
}


def at(minutes: float) -> int:
    return round((BORN + 60 * minutes) * NS)


def shown(minutes: float) -> str:
    return time_text(BORN + 60 * minutes)


def named(name: str, service: str, **more: str) -> dict[str, str]:
    return {"alertname": name, "service": service, **more}


class Past:
    """What happened; each word takes minutes since `BORN`."""

    def __init__(self, store, settings=SETTINGS):
        self.store = store
        self.settings = Settings.model_validate(settings)

    def outage(self, identity, start, end, service="auth", state="closed", **more):
        known = more.pop("alerts_known", True)
        document = {"kind": None if state == "declared" else "errors", "alerts_known": known}
        onset = {"unit": "time", "status": "estimated", "method": "made"}
        document["start"] = onset | {
            "value": shown(start),
            "low": shown(start - 1),
            "high": shown(start + 1),
        }
        ends = None if end is None else at(end)
        times = {"opened_at": at(start), "updated_at": at(start)}
        more = {"alerted": False, "facts": {}, **times, **more}
        found = StoredIncident(
            identity,
            service,
            state,
            at(start),
            ends,
            state != "declared",
            document=document,
            **more,
        )
        self.store.write(lambda c: incidents.save(c, found))

    def delivered(
        self, name, start, end, service="auth", sender="alertmanager", truncated=0, **more
    ):
        labels = named(name, service, **more)
        status = "firing" if end is None else "resolved"
        ends = None if end is None else at(end)
        alert = Alert("|".join(labels.values()), status, labels, {}, at(start), ends, "")
        delivery = AlertDelivery("r", "{}", truncated, (alert,))
        rows = alerts.rows(sender, delivery, [service], at(start) + 30 * NS)
        self.store.write(lambda c: alerts.keep(c, rows))

    def told(self, source, name, start, end, service="auth", **more):
        labels = named(name, service, **more)
        ends = None if end is None else at(end)
        step = 0 if source == "alertmanager" else 15 * NS
        found = Fetched(
            "|".join(labels.values()), at(start), ends, labels, {}, at(start), step, frozenset()
        )
        self.store.write(lambda c: backfilled.keep_backfilled(c, source, source, [found], at(NOW)))

    def asked(self, name, start, end):
        self.store.write(lambda c: covered.cover(c, name, at(start), at(end)))

    def muted(self, how, name, first, last, by=(), service="auth", **more):
        labels = named(name, service, **more)
        one = Muted("|".join(labels.values()), at(first), how, labels, tuple(by))

        def work(connection: Connection) -> None:
            for seen in (first, last):
                muted.keep(connection, [one], at(seen))

        self.store.write(work)

    def silence(self, identity, start, end, comment="", **equal):
        matchers = tuple(Matcher(name, value, False, True) for name, value in equal.items())
        one = Silence(identity, at(start), at(end), matchers, comment, False)
        self.store.write(lambda c: silences.keep(c, [one]))

    def scraped(self, service, *missing, first=0, last=NOW):
        time = np.arange(60 * first, 60 * last, 60)
        for a, b in missing:
            time = time[(time < 60 * a) | (time >= 60 * b)]
        found = Samples("attempts", {}, (time + BORN) * NS, np.ones(len(time)))
        done = Progress(at(last), "x")
        self.store.write(lambda c: samples.keep(c, service, [found], done))

    def unread(self, body, reason, when):
        row = deliveries.row("alertmanager", body, at(when), reason)
        self.store.write(lambda c: deliveries.keep(c, [deliveries.Received(row)]))

    def reconciled(self, start=0, end=NOW, services=(), now=NOW):
        asked = Asked(at(start), at(min(end, now)), at(now), services)
        with self.store.read() as connection:
            return reconcile(connection, self.settings, asked)


def lived_through(store) -> Past:
    """A past that has some of everything."""
    past = Past(store)
    past.scraped("auth", (2000, 2030))
    past.scraped("sso", first=1000)
    past.asked("receiving", 0, 700)
    past.asked("receiving", 730, NOW)
    past.asked("alertmanager", 500, NOW)
    past.asked("prometheus", 690, 800)
    past.outage("auth-told", 100, 130)
    past.delivered("AuthErrors", 103, 131)
    past.outage("auth-untold", 400, 460)
    past.outage("auth-lost", 705, 725)
    past.told("prometheus", "AuthErrors", 708, 727)
    past.outage("auth-hushed", 1500, 1530)
    past.silence("s1", 1490, 1600, "known since Monday", alertname="AuthErrors")
    past.muted("silenced", "AuthErrors", 1505, 1530, ["s1"])
    past.outage("auth-dismissed", 3000, 3010, dismissed=True)
    past.outage("sso-unknown", 3100, 3110, service="sso", alerts_known=False)
    for n in range(40):
        past.delivered("Flapping", 2500 + 5 * n, 2502 + 5 * n)
    past.delivered("AuthErrors", 2010, 2015)
    past.delivered("DiskFull", 3200, None, service="disk")
    past.delivered("Cut", 402 + DAY, 403 + DAY, truncated=7)
    past.delivered("Alien", 770, 780)
    past.muted("inhibited", "SsoSlow", 3300, 3320, ["DiskFull|disk"], service="sso")
    past.unread(b"[[[", "body: expected an object", 3400)
    return past
