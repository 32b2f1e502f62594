"""What people say of an incident: declared, corrected, dismissed, merged, or in its draft."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from sqlalchemy import Connection

from outage_window.ids import new_id
from outage_window.kept import StoredIncident
from outage_window.live.declared_times import TIMES, check_corrected, check_declared
from outage_window.live.drafting import draft as rendered
from outage_window.live.drafting import put
from outage_window.live.rows import row, template_of
from outage_window.live.scene import Scene, declared
from outage_window.settings.models import Settings
from outage_window.store import Store, corrections, incidents
from reports import moments
from reports.blocks import said_by_people
from reports.facts import Correction, CorrectionField, Incident, Related
from reports.record import decode
from reports.redraft import redraft
from webhooks.incidents import Change, Declared
from webhooks.keeping import Conflict, Unknown
from webhooks.model import Refused

NS = 10**9
TRIES = 5
"""Times that a change is made anew on top of another that came in between."""
CARRIED: tuple[CorrectionField, ...] = (*TIMES, "title", "impact")


class Corrector:
    """Takes in what people say; every answer is given after the commit."""

    def __init__(self, store: Store, settings: Settings, config_file: str | None = None) -> None:
        self._store = store
        self._settings = settings
        self._config_file = config_file

    def declare(self, said: Declared, now: int) -> dict[str, object]:
        """Open a declared incident; where one of the service is known of that time, correct it."""
        check_declared(said, now)
        fields = _said(said)
        known = self._known(said, now)
        if known is not None:
            self._correct(known, fields, said.by, now)
            return {"id": known, "created": False}

        def work(connection: Connection) -> str:
            first = new_id(said.service, said.start / NS)
            identity = new_id(said.service, said.start / NS, incidents.ids_like(connection, first))
            corrections.keep(connection, identity, fields, said.by, now)
            incident = replace(
                self._declared(said, identity, now),
                corrections=corrections.of(connection, identity),
                related=incidents.beside(connection, identity, said.service, said.start, said.end),
            )
            incidents.save(connection, row(incident, None, now, (said.start, said.end)))
            return identity

        return {"id": self._store.write(work), "created": True}

    def change(
        self, identity: str, change: Change, etag: str | None, now: int
    ) -> dict[str, object]:
        """Put people's text in place of an incident's draft, and correct the incident."""
        found = self._get(identity)
        fields = cast(Mapping[CorrectionField, str], change.fields)
        self._check_merge(found, fields)
        with self._store.read() as connection:
            known = {one.field: one.value for one in corrections.of(connection, found.id)}
        check_corrected(found, known, fields, now)
        if change.draft is not None:
            self._edit(found.id, change.draft, etag, now)
        if fields:
            self._correct(found.id, fields, change.by, now)
        now_is = self._get(identity)
        etag_now = None if now_is.draft is None else etag_of(now_is.draft)
        return {"id": found.id, "revision": now_is.revision, "etag": etag_now}

    def carry(self, absorbed: str, into: str, now: int) -> None:
        """What people said of an incident that becomes part of another is said of that one."""
        with self._store.read() as connection:
            said = corrections.of(connection, absorbed)
            known = {one.field for one in corrections.of(connection, into)}
        new = [one for one in said if one.field in CARRIED and one.field not in known and one.value]
        for by in dict.fromkeys(one.by for one in new):
            self._correct(into, {one.field: one.value for one in new if one.by == by}, by, now)

    def _get(self, identity: str) -> StoredIncident:
        with self._store.read() as connection:
            found = incidents.get(connection, identity)
        if found is None:
            raise Unknown
        return found

    def _known(self, said: Declared, now: int) -> str | None:
        """The incident of the service that a declared one is: what overlaps it, the earliest."""
        end = max(said.start + 1, now if said.end is None else said.end)
        with self._store.read() as connection:
            found = incidents.of_service(connection, said.service, said.start)
        near = [
            one
            for one in found
            if one.start < end and one.reach >= said.start and one.merged_into is None
        ]
        return near[0].id if near else None

    def _declared(self, said: Declared, identity: str, now: int) -> Incident:
        service = self._settings.service(said.service)
        blind = "no metrics of this service are configured" if service is None else ""
        zone = service.zone if service else "UTC"
        scene = Scene(said.service, zone, now, 0, None, blind, None, (), (), (), {})
        named = () if self._config_file is None else ("--config.file", self._config_file)
        command = shlex.join(("outage-window", "draft", identity, *named))
        return declared(scene, identity, (said.start, said.end), command)

    def _correct(
        self, identity: str, fields: Mapping[CorrectionField, str], by: str, now: int
    ) -> None:
        """Keep corrections and derive the incident anew with them, both or neither."""
        for _ in range(TRIES):
            found = self._get(identity)
            if found.record is None:
                raise Conflict("an earlier version closed it, without its facts: it stays as it is")
            with self._store.read() as connection:
                before = corrections.of(connection, identity)
                after = _with(before, fields, by, now / NS)
                edges = _edges(found, replace(decode(found.record), corrections=after))
                beside = incidents.beside(connection, identity, found.service, *edges)
            if after == before:
                return
            new = _corrected(found, after, beside, now)
            if self._store.write(lambda c: _save(c, found, new, fields, by, now)):  # noqa: B023
                self._put(found.id)
                return
        raise Conflict("it is being changed by others; try again")

    def _check_merge(self, found: StoredIncident, fields: Mapping[CorrectionField, str]) -> None:
        into = fields.get("merged_into")
        if not into:
            return
        try:
            target = self._get(into)
        except Unknown:
            raise Refused("merged_into", f"expected the id of an incident: {into}") from None
        if target.id == found.id or target.merged_into is not None:
            raise Conflict(f"{into} is this incident, or part of another itself")

    def _edit(self, identity: str, text: str, etag: str | None, now: int) -> None:
        """Take people's draft, unless others wrote in it since they fetched it.

        What the program brought up to date since is brought up to date in theirs, too.
        """
        for _ in range(TRIES):
            found = self._get(identity)
            if found.draft is None:
                raise Conflict("it has no draft yet")
            if etag not in (etag_of(found.draft), "*"):
                raise Conflict("others have written in the draft since: fetch it again")
            new = _now(found, text)
            if self._store.write(lambda c: incidents.edit(c, identity, new, found.draft, now)):  # noqa: B023
                return
        raise Conflict("it is being changed by others; try again")

    def _put(self, identity: str) -> None:
        """Bring the draft's file up to date, where the settings ask for files."""
        row = self._get(identity)
        if row.record is not None:
            put(self._settings.drafts.dir, decode(row.record), row)


def etag_of(draft: str) -> str:
    """The ETag of a draft, quotes included: another one when people wrote in it.

    Blocks that the program alone brings up to date make no difference, else nobody could edit the
    draft of an incident that goes on.
    """
    return f'"{said_by_people(draft)}"'


def _now(found: StoredIncident, text: str) -> str:
    """People's text with the program's blocks as they are now."""
    if found.record is None:
        return text
    return redraft(text, rendered(decode(found.record), template_of(found)))


def _said(said: Declared) -> dict[CorrectionField, str]:
    from reports.times import utc

    found: dict[CorrectionField, str] = {"declared_start": utc(said.start / NS)}
    if said.end is not None:
        found["declared_end"] = utc(said.end / NS)
    if said.title:
        found["title"] = said.title
    if said.impact:
        found["impact"] = said.impact
    return found


def _with(
    before: tuple[Correction, ...], fields: Mapping[CorrectionField, str], by: str, at: float
) -> tuple[Correction, ...]:
    """The corrections as they will be known once these are kept."""
    found = {one.field: one for one in before}
    for field, value in fields.items():
        known = found[field].value if field in found else ""
        if known != value:
            found[field] = Correction(field, value, by, at, known)
    return tuple(sorted(found.values(), key=lambda one: (one.at, one.field)))


def _corrected(
    found: StoredIncident, after: tuple[Correction, ...], beside: tuple[Related, ...], now: int
) -> StoredIncident:
    """The incident with its corrections; a closed one as a revision that says what they changed."""
    assert found.record is not None
    incident = decode(found.record)
    closed = found.closed_at is not None
    revision = found.revision + 1 if closed else found.revision
    words = _words(incident.corrections, after) if closed else ""
    incident = replace(incident, corrections=after, related=beside, revision=revision)
    new = row(incident, found, now, _edges(found, incident), words)
    merged = next((one.value for one in after if one.field == "merged_into"), None)
    if merged is not None:  # else the data may have merged it
        new = replace(new, merged_into=merged or None, merged_by="people" if merged else None)
    return new


def _edges(found: StoredIncident, incident: Incident) -> tuple[int, int | None]:
    """What the incident is matched by: for one that people declared, what they declare now."""
    if found.state != "declared":
        return found.start, found.end
    start, end = moments.declared_start(incident), moments.declared_end(incident)
    return (
        found.start if start is None else round(start.time * NS),
        None if end is None else round(end.time * NS),
    )


def _words(before: tuple[Correction, ...], after: tuple[Correction, ...]) -> str:
    """What a revision changed, such as `corrected: title none → Locked out`."""
    known = {one.field: one.value for one in before}
    changes = [
        f"{one.field.replace('_', ' ')} {known.get(one.field) or 'none'} → {one.value or 'none'}"
        for one in after
        if known.get(one.field, "") != one.value
    ]
    return "corrected: " + "; ".join(changes)


def _save(
    connection: Connection,
    found: StoredIncident,
    new: StoredIncident,
    fields: Mapping[CorrectionField, str],
    by: str,
    now: int,
) -> bool:
    """False when the incident has moved on since it was read: then nothing is written."""
    stored = incidents.get(connection, found.id)
    if stored is None or (stored.updated_at, stored.revision) != (found.updated_at, found.revision):
        return False
    corrections.keep(connection, found.id, fields, by, now)
    incidents.save(connection, new)
    return True
