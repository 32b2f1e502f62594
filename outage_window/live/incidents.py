"""Keeps a service's incidents up to date: derives each from what is stored, saves the change."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from detector.cells import Cells
from detector.results import Window
from outage_window.ids import new_id
from outage_window.incident_facts import facts, nearby
from outage_window.joining import FOREVER, join, until
from outage_window.kept import StoredIncident
from outage_window.live.announcing import Announcements
from outage_window.live.correcting import Corrector
from outage_window.live.describing import facts_of, moved
from outage_window.live.drafting import put
from outage_window.live.joining import clusters as clusters_of
from outage_window.live.matching import Match, match_alerts, match_windows, span
from outage_window.live.rows import row as row_of
from outage_window.live.rows import told_by
from outage_window.live.scene import Scene, declared, why, windowless
from outage_window.settings.models import Settings
from outage_window.store import Store, cells, corrections, incidents
from reports.facts import AlertFact, Incident, Related, State

log = logging.getLogger(__name__)

NS = 10**9
REVISABLE = 7 * 86400 * NS
"""A closed incident is revised for so long; later, history falls off and edges would drift."""


class Keeper:
    """Derives incidents and saves them.

    `config_file` is the path of the settings that drafts name in their command; None names none.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        config_file: str | None = None,
    ) -> None:
        self._settings = settings
        self._config_file = config_file
        self._store = store
        self._corrector = Corrector(store, settings, config_file)
        self.announced = Announcements(settings, store)

    def update(self, scene: Scene) -> None:
        """Bring the incidents of a scene's service up to date."""
        scene = replace(scene, planned=self.announced.planned(scene.service, scene.horizon))
        detection = scene.assessment.detection if scene.assessment else None
        if detection is not None and detection.not_assessed is not None:
            detection = None  # "could not assess" takes back no window that was seen
        windows = detection.windows if detection else ()
        joined, alone = join(scene.alerts, windows)
        matches, left = match_windows(windows, scene.stored if detection else ())
        if detection is None:
            left = list(scene.stored)
        for index, match in enumerate(matches):
            self._window(scene, index, windows[index], joined[index], match)
        groups = clusters_of(self._without_incident(scene, alone, left))
        met = match_alerts(groups, left)
        for group, match in zip(groups, met, strict=True):
            self._alerts(scene, group, match)
        if detection is not None:
            for incident in left:
                self._vanished(scene, incident)
        matched = {match.keeps.id for match in met if match.keeps is not None}
        for incident in left:
            if incident.state == "declared" and incident.id not in matched:
                self._declared(scene, incident)

    def _without_incident(
        self, scene: Scene, alone: Sequence[AlertFact], left: Sequence[StoredIncident]
    ) -> list[AlertFact]:
        """Leave out alerts of incidents whose window is stored but cannot be derived any more."""
        known = [
            (i.start / NS - 1800, FOREVER if i.end is None else i.end / NS + 1800)
            for i in left
            if i.has_window
        ]
        return [a for a in alone if not any(s <= a.fired_at < e for s, e in known)]

    def _window(
        self, scene: Scene, index: int, window: Window, alerts: Sequence[AlertFact], match: Match
    ) -> None:
        stored = match.keeps
        if stored is not None and (stored.merged_into or _beyond_revision(stored, scene)):
            return  # what people merged stays so, whatever the data find there again
        if stored is None and _forgotten(window, scene):
            return
        identity = stored.id if stored else self._new_id(scene.service, window.onset)
        final = _final(window, scene.data_until, self._settings.detection.join_gap)
        assert scene.assessment is not None  # the window was found in it
        near = nearby(scene.assessment.judged, window)
        incident = facts(
            scene.assessment,
            index,
            alerts=alerts,
            events=scene.events,
            zone=scene.zone,
            command=self._command(identity),
            incident_id=identity,
            state="closed" if final else "ongoing",
            near=near,
        )
        end = None if window.end.value is None else round(window.end.value * NS)
        kept = near.cells if final else None
        self._save(scene, incident, stored, round(window.onset * NS), end, kept)
        self._merge(scene, identity, match)

    def _alerts(self, scene: Scene, group: Sequence[AlertFact], match: Match) -> None:
        if match.keeps is not None and match.keeps.merged_into:
            return
        start, end = span(group)
        firing = end == FOREVER
        if not firing and match.keeps is not None and match.keeps.start < scene.horizon:
            return  # its first alerts are no longer looked at: what they told stays
        state: State = "suspected" if firing else "unconfirmed"
        if match.keeps is not None and match.keeps.state == "declared":
            state, start = "declared", min(start, match.keeps.start / NS)
            end = FOREVER if match.keeps.end is None else max(end, match.keeps.end / NS)
            firing = end == FOREVER
        identity = match.keeps.id if match.keeps else self._new_id(scene.service, start)
        incident = windowless(
            scene, identity, state, why(scene, start), group, self._command(identity)
        )
        ended = None if firing else round(end * NS)
        self._save(scene, incident, match.keeps, round(start * NS), ended)
        self._merge(scene, identity, match)

    def _declared(self, scene: Scene, stored: StoredIncident) -> None:
        """What people declared, and neither metrics nor alerts tell of: events still come in."""
        if stored.merged_into is None:
            incident = declared(
                scene, stored.id, (stored.start, stored.end), self._command(stored.id)
            )
            self._save(scene, incident, stored, stored.start, stored.end)

    def _vanished(self, scene: Scene, stored: StoredIncident) -> None:
        """An open window that later data no longer support: said, not dropped."""
        if stored.state != "ongoing" or stored.start < scene.horizon:
            return
        because = "a window was open, and later data no longer support it"
        incident = windowless(
            scene, stored.id, "unconfirmed", because, [], self._command(stored.id)
        )
        end = scene.now if stored.end is None else stored.end
        self._save(scene, incident, stored, stored.start, end)

    def _save(
        self,
        scene: Scene,
        incident: Incident,
        stored: StoredIncident | None,
        start: int,
        end: int | None,
        kept: Cells | None = None,
    ) -> None:
        """Write an incident that is not as it is stored, with the cells that are kept of it."""
        announced = self.announced.around(scene.service, start, end)
        incident = replace(incident, announced=announced)
        after = facts_of(incident)
        revision, change = stored.revision if stored else 1, ""
        if stored is not None and stored.closed_at is not None and stored.draft is not None:
            change = moved(stored.facts, after)
            if not change:
                return
            revision += 1
        if stored is not None and _still_so(stored, incident, after):
            return
        incident = replace(
            incident,
            revision=revision,
            told_by=told_by(incident),
            corrections=scene.corrections.get(incident.id, ()),
            related=self._beside(incident, start, end),
        )
        row = row_of(incident, stored, scene.now, (start, end), change)
        same = stored is not None and replace(
            stored, updated_at=row.updated_at, draft=row.draft
        )  # with what people wrote in it the stored draft differs for good
        if same == row:
            return
        # Packed here: the one writer only puts rows down.
        packed = None if kept is None else (len(kept.start), cells.pack(kept))
        if self._store.write(lambda c: _unless_corrected(c, incident, row, packed)):
            self._told(incident, stored, row)

    def _beside(self, incident: Incident, start: int, end: int | None) -> tuple[Related, ...]:
        with self._store.read() as connection:
            return incidents.beside(connection, incident.id, incident.service, start, end)

    def _told(self, incident: Incident, stored: StoredIncident | None, row: StoredIncident) -> None:
        put(self._settings.drafts.dir, incident, row)
        if stored is None or stored.state != row.state or row.moved:
            where = {"service": row.service, "incident": row.id}
            moved = row.moved and f": {row.moved}"
            log.info("incident %s is %s%s", row.id, row.state, moved, extra=where)

    def _merge(self, scene: Scene, into: str, match: Match) -> None:
        for absorbed in match.absorbed:
            self._corrector.carry(absorbed.id, into, scene.now)
            self._store.write(
                lambda c, one=absorbed.id: incidents.merge(c, one, into, scene.now)  # type: ignore[misc]
            )
            where = {"service": scene.service, "incident": into}
            log.info("incident %s became part of %s", absorbed.id, into, extra=where)

    def _command(self, identity: str) -> str:
        named = () if self._config_file is None else ("--config.file", self._config_file)
        return shlex.join(("outage-window", "draft", identity, *named))

    def _new_id(self, service: str, start: float) -> str:
        first = new_id(service, start)
        with self._store.read() as connection:
            return new_id(service, start, incidents.ids_like(connection, first))


def _unless_corrected(
    connection: Connection,
    incident: Incident,
    row: StoredIncident,
    packed: tuple[int, bytes] | None,
) -> bool:
    """Save it, but for corrections that came since the pass began: the next one takes them in."""
    if corrections.of(connection, incident.id) != incident.corrections:
        return False
    incidents.save(connection, row)
    if packed is not None:
        cells.keep(connection, incident.id, *packed)
    return True


def _still_so(stored: StoredIncident, incident: Incident, after: Mapping[str, object]) -> bool:
    """Whether nothing but the time of asking differs: then there is nothing to write each pass."""
    settled = incident.state in ("unconfirmed", "declared") and stored.draft is not None
    same = settled and stored.state == incident.state
    reason = stored.document.get("no_window_because")
    return same and reason == incident.no_window_because and stored.facts == after


def _final(window: Window, data_until: float | None, join_gap: float) -> bool:
    """Ended, and data went on for so long after it that nothing can be joined to it any more."""
    if window.status != "closed" or data_until is None:
        return False
    return data_until >= window.until + join_gap


def _forgotten(window: Window, scene: Scene) -> bool:
    """Whether it was over so long ago that what is stored of that time was not asked for.

    Where no new data came for weeks, the last assessment still has it.
    """
    return until(window) * NS < scene.horizon + 3600 * NS


def _beyond_revision(stored: StoredIncident, scene: Scene) -> bool:
    if stored.closed_at is None:
        return False
    if stored.from_files:
        return True  # what other data say of that time is not what it was kept for
    # What is compared with reaches a day back; less where no more than hours are looked at.
    margin = min(86400 * NS, (scene.now - scene.horizon) / 4)
    return scene.now - stored.closed_at > REVISABLE or stored.start < scene.horizon + margin
