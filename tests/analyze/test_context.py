# Alerts, changes and events beside the series: what belongs to which incident, and what does not.
from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector.detect import detect
from detector.estimate import Estimate, Origin
from detector.model import Detection, Options
from detector.results import Window
from detector.series import table
from detector.users import SUCCESS, Outcome, UserAttempts
from detector.users.ladder import share
from outage_window.assess import Assessment, People, ServiceData, assess
from outage_window.batch import Analysis, Context, Request
from outage_window.batch.found import found_in
from outage_window.incident_facts import facts
from outage_window.sources.alerts import facts as alert_facts
from outage_window.sources.alerts import read as read_alerts
from outage_window.sources.events import read as read_events
from outage_window.sources.files import read as read_file
from outage_window.sources.reading import Reading
from reports.facts import AlertFact, Incident
from tests.detector.simulated import DAY, EPOCH, counts
from webhooks.model import Alert, Event
from webhooks.times import NS

HOUR = 3600.0
START, END = 100 * HOUR, 104 * HOUR


def window(start: float = START, end: float | None = END) -> Window:
    exact, none = Estimate.exact, Estimate.not_derivable
    until = 110 * HOUR if end is None else end
    return Window(
        status="ongoing" if end is None else "closed",
        kind="errors",
        pattern="continuous",
        start=exact(start, "time", "made"),
        end=none("time", "ongoing") if end is None else exact(end, "time", "made"),
        provisional_end=None,
        as_of=110 * HOUR,
        duration_seconds=exact(until - start, "seconds", "made"),
        impaired_seconds=exact(until - start, "seconds", "made"),
        attempts=exact(1000, "attempts", "made"),
        errors=exact(500, "errors", "made"),
        excess_errors=exact(480, "errors", "made"),
        error_ratio=exact(0.5, "ratio", "made"),
        baseline_error_ratio=exact(0.02, "ratio", "made"),
        peak_error_ratio=exact(0.6, "ratio", "made"),
        phases=(),
    )


def assessment(*windows: Window) -> Assessment:
    start = np.arange(90 * HOUR, 110 * HOUR, 60.0)
    start = start[(start < 99 * HOUR) | (start >= 99.5 * HOUR)]  # half an hour without data
    ones = np.ones(len(start))
    series = table(start, 60.0, ones, ones)
    found = Detection(series, windows, (), detect(series).evidence)
    return Assessment(
        service="auth",
        detection=found,
        users=tuple(share(None, one, found) for one in windows),
        rules=(None,) * len(windows),
        findings=((),) * len(windows),
        budgets=(None,) * len(windows),
        origins=(Origin("a.csv", "0" * 64, 9),),
    )


def alert(fired: float, resolved: float | None, name: str = "A", **labels: str) -> AlertFact:
    return AlertFact(name, {"service": "auth", **labels}, "", "file", fired, resolved)


def made(
    windows: list[Window], alerts: list[AlertFact] | None, events: list[Event], index: int = 0
) -> Incident:
    beside = Context({}, None if alerts is None else tuple(alerts), tuple(events), (), ())
    found = found_in(assessment(*windows), None, beside, Request([]))
    return Analysis(Request([]), (found,), beside, ()).incidents()[index]


@pytest.mark.parametrize(
    ("fired", "resolved", "joins"),
    [
        (START + 60, END, True),
        (START - 1700, START - 1700, True),
        (START - 9000, START - 1801, False),
        (START - 9000, START - 1800, True),
        (END + 1799, None, True),
        (END + 1800, None, False),
        (START - 9000, None, True),
    ],
)
def test_an_alert_joins_within_half_an_hour(
    fired: float, resolved: float | None, joins: bool
) -> None:
    assert bool(made([window()], [alert(fired, resolved)], []).alerts) is joins


def test_ties_go_to_the_largest_overlap_then_the_earliest() -> None:
    two = [window(START, START + 600), window(START + 1800, START + 9000)]
    both = alert(START + 300, START + 3600)
    between = alert(START + 700, START + 800)
    first, second = (made(two, [both, between], [], index) for index in (0, 1))
    assert first.alerts == (between,)
    assert second.alerts == (both,)


def test_whose_alert_it_is() -> None:
    inside = START + 60
    other = replace(alert(inside, END), labels={"service": "mail", "job": "auth"})
    by_job = replace(alert(inside, END, "J"), labels={"job": "auth"})
    assert [a.name for a in made([window()], [other, by_job], []).alerts] == ["J"]


def test_alerts_unknown_is_not_no_alerts() -> None:
    assert not made([window()], None, []).alerts_known
    assert made([window()], [], []).alerts_known


def event(hours: float, kind: Any, service: str = "auth") -> Event:
    return Event(round(hours * HOUR * NS), kind, service, f"{kind} at {hours}")


def test_events_near_the_window() -> None:
    near = [event(77, "change"), event(98.5, "note"), event(105.9, "escalated")]
    near += [event(77, "declared_start"), event(127, "ticket"), event(101, "note", "")]
    far = [event(75, "change"), event(107, "change"), event(97, "note"), event(129, "ticket")]
    far.append(event(101, "note", "mail"))
    found = made([window()], [], [*far, *near]).events
    assert {one.text for one in found} == {one.text for one in near}
    assert [one.time for one in found] == sorted(one.time for one in found)


def test_an_open_window_keeps_taking() -> None:
    found = made([window(end=None)], [alert(130 * HOUR, None)], [event(130, "note")])
    assert found.state == "ongoing"
    assert len(found.alerts) == len(found.events) == 1


def test_the_chart_shows_the_surroundings_and_their_gaps() -> None:
    found = made([window()], [], [])
    assert found.curve is not None
    assert found.curve.start[0] == 98 * HOUR
    assert found.curve.end[-1] == 106 * HOUR
    assert found.data_gaps == ((99 * HOUR, 99.5 * HOUR),)
    assert found.id == "auth-19700105T0400Z"


def test_every_number_names_its_own_inputs() -> None:
    series, people, beside = (Origin(n, "1" * 64) for n in ("a.csv", "users.csv", "alerts.json"))
    data = ServiceData(
        "auth", counts(1, outages=((EPOCH + DAY, EPOCH + DAY + 7200, 0.5),)), (series,)
    )
    n = 20_000
    tried = UserAttempts.single(
        EPOCH + DAY + 7200.0 * np.arange(n) / n,
        np.arange(n).astype(np.uint64),
        (np.arange(n) % 2).astype(np.uint16),
        (SUCCESS, Outcome("backend", "system")),
    )
    assessed = assess(data, People(tried, (people,)), Options())
    found = facts(
        assessed, 0, alerts=[], events=[], zone="UTC", command="x", inputs=[people, beside]
    )
    assert found.window is not None
    assert found.users is not None
    assert found.window.start.inputs == (series,)
    assert found.window.phases[0].error_ratio.inputs == (series,)
    assert found.users.affected.inputs == (people,)
    assert found.inputs == (series, people, beside)


def body(status: str, start: str, end: str, **more: Any) -> dict[str, Any]:
    labels = {"alertname": "Errors", "service": "auth"} | more.pop("labels", {})
    return {
        "status": status, "labels": labels, "annotations": {"summary": "high"},
        "startsAt": start, "endsAt": end, "generatorURL": "", "fingerprint": "f1", **more,
    }  # fmt: skip


NEVER = "0001-01-01T00:00:00Z"
ONE, TWO = "2024-01-18T12:00:00Z", "2024-01-18T13:00:00+00:00"


def delivery(*alerts: dict[str, Any], truncated: int = 0) -> dict[str, Any]:
    return {"version": "4", "receiver": "r", "groupKey": "g", "status": "firing"} | {
        "alerts": list(alerts), "truncatedAlerts": truncated,
    }  # fmt: skip


def test_webhook_bodies_on_lines_or_alone(tmp_path: Path) -> None:
    path = tmp_path / "alerts.json"
    bodies = [
        delivery(body("firing", ONE, NEVER)),
        delivery(body("resolved", ONE, TWO), truncated=3),
        delivery(body("firing", ONE, NEVER, labels={"outage_window": "self"}, fingerprint="f2")),
    ]
    path.write_text("\n".join(json.dumps(one) for one in bodies))
    [found], origin = read_alerts(read_file(str(path)))
    assert (found.name, found.summary, found.deliveries, found.truncated) == (
        "Errors",
        "high",
        2,
        3,
    )
    assert found.resolved_at == found.fired_at + 3600
    assert origin.rows == 3
    path.write_text(json.dumps(bodies[0], indent=2))
    [found], _ = read_alerts(read_file(str(path)))
    assert found.resolved_at is None


def test_a_listing_says_alive_unless_its_end_has_passed(tmp_path: Path) -> None:
    alive = body("", ONE, TWO, updatedAt=ONE) | {"status": {"state": "active"}}
    ended = body("", ONE, TWO, updatedAt=TWO, fingerprint="f2") | {"status": {"state": "active"}}
    path = tmp_path / "alerts.json"
    path.write_text(json.dumps([alive, ended]))
    found, _ = read_alerts(read_file(str(path)))
    assert [one.resolved_at is None for one in found] == [True, False]


def test_the_same_alert_again_is_one() -> None:
    first = Alert("f", "firing", {"alertname": "A"}, {}, 5 * NS, None, "")
    ended = replace(first, status="resolved", ends_at=9 * NS)
    [found] = alert_facts([(ended, 0), (first, 2), (first, 0)], "file")
    assert (found.fired_at, found.resolved_at, found.deliveries) == (5, 9, 3)
    assert found.truncated == 2


def test_changes_have_a_type_by_default(tmp_path: Path) -> None:
    path = tmp_path / "changes.csv"
    path.write_text(f"time,service,text,team\n{TWO},auth,second,web\n{ONE},,first,\n")
    found, origin = read_events(read_file(str(path)), Reading(), "change")
    assert [(e.text, e.type, e.service, e.team) for e in found] == [
        ("first", "change", "", ""),
        ("second", "change", "auth", "web"),
    ]
    assert found[1].time - found[0].time == 3600 * NS
    assert origin.rows == 2
