# The five reference outages through real Prometheus and Alertmanager into the real `serve`.
from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from outage_window.demo import writers
from outage_window.demo.counters import SCRAPE, SYSTEM_REASON, USER_REASON, scrape
from outage_window.demo.references import ACCOUNTS, CONFIG, IDENTITY, REFERENCES, SESSIONS, TOKENS
from outage_window.demo.simulate import simulate, truth
from reports.blocks import unmarked
from tests.demo.worlds import scrape_with_newborn
from tests.real.facts import FACTS, HUMAN
from tests.real.programs import (
    alertmanager,
    fill,
    free_port,
    incidents,
    prometheus,
    routed_to,
    serve,
    wait_for,
)
from tests.reports.markdown import Parsed, parse

OUTAGE_WINDOW = Path(sys.executable).with_name("outage-window")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
pytestmark = pytest.mark.real
SEED = 11
RESTARTS = {TOKENS.id: {1: TOKENS.start + 7.0}}
BY_SERVICE = {outage.service: outage for outage in REFERENCES}
ODDITIES = {
    ACCOUNTS.id: ["No alert fired", "would have fired"],
    IDENTITY.id: ["came late: 7 h after the measured onset"],
    SESSIONS.id: ["before the declared start", "after the measured recovery"],
    CONFIG.id: ["equals the first alert's time", "intermittent"],
    TOKENS.id: ["2023-11-10T15:", "2023-11-11T02:4"],
}


def history(programs, folder, worlds):
    """Put the counters of all five, three weeks and more each, into blocks of one Prometheus.

    In the first interval of an outage a pod of one service restarts, and one of another is born.
    """
    for outage, attempts in worlds:
        file = folder / f"{outage.id}.om"
        series = scrape(outage, attempts, SEED, RESTARTS.get(outage.id))
        if outage is SESSIONS:
            last, born = outage.pods - 1, outage.start + 11.0
            series = scrape_with_newborn(outage, attempts, SEED, last, born)
        writers.write_openmetrics(series, file, attempts.begin, attempts.end)
        fill(programs, file, folder / "history")
    return folder / "history"


def settings(prometheus_url, begin, end):
    def service(outage):
        mine = f'service="{outage.service}"'
        return {
            "name": outage.service,
            "source": "pull",
            "attempts": f"auth_requests_total{{{mine}}}",
            "errors": f'auth_requests_total{{{mine},result="failure"}}',
            "zone": outage.zone,
            "reasons": {"system": [outage.reason, SYSTEM_REASON], "user": [USER_REASON]},
        }

    return {
        "prometheus": {
            "url": prometheus_url,
            "until": writers.rfc3339(end),
            "history": f"{int(end - begin)}s",
        },
        "scan_interval": "1s",
        "attempts": {"retention": f"{int(end - begin)}s"},
        "services": [service(outage) for outage in REFERENCES],
    }


def tell(manager, outage, resolved):
    """Post an outage's alerts to Alertmanager as its Prometheus did then."""
    alerts = [
        {
            "labels": writers.alert_labels(outage, alert),
            "annotations": {"summary": alert.summary},
            "startsAt": writers.rfc3339(alert.fired_at),
            **({"endsAt": writers.rfc3339(alert.resolved_at)} if resolved else {}),
        }
        for alert in outage.alerts
    ]
    answer = requests.post(f"{manager.url}/api/v2/alerts", json=alerts, timeout=10)
    assert answer.ok, answer.text


def kept(served, resolved):
    """Whether every alert that was ever fired has come to `serve`, and has ended if asked."""
    told = [one for s in BY_SERVICE for i in incidents(served, s) for one in i["alerts"]]
    wanted = sum(len(outage.alerts) for outage in REFERENCES)
    return len([a for a in told if a["resolved_at"] or not resolved]) == wanted


@pytest.fixture(scope="module")
def served(programs, running, tmp_path_factory):
    folder = tmp_path_factory.mktemp("references")
    worlds = [(outage, simulate(outage, SEED)) for outage in REFERENCES]
    source = prometheus(
        programs, folder, {"global": {"scrape_interval": "1m"}}, history(programs, folder, worlds)
    )
    running.callback(source.stop)
    begin, end = min(w.begin for _, w in worlds), max(w.end for _, w in worlds)
    port = free_port()
    manager = alertmanager(programs, folder, routed_to(f"http://127.0.0.1:{port}"))
    running.callback(manager.stop)
    told = serve(folder, port, settings(source.url, begin, end))
    running.callback(told.stop)
    for outage, attempts in worlds:
        told.post("/api/v1/events", writers.events_body(outage))
        for body in writers.attempts_ndjson(outage, attempts):
            told.post("/api/v1/attempts", body)
        if outage.alerts:
            tell(manager, outage, resolved=False)
    wait_for(lambda: kept(told, resolved=False), 120, "alerts that fire")
    for outage in REFERENCES:
        if outage.alerts:
            tell(manager, outage, resolved=True)
    wait_for(lambda: kept(told, resolved=True) and settled(told), 240, "five closed incidents")
    return told, {outage.id: truth(outage, attempts) for outage, attempts in worlds}


def settled(served):
    found = [one for service in BY_SERVICE for one in incidents(served, service)]
    return len(found) >= len(REFERENCES) and all(one["state"] == "closed" for one in found)


def seconds(estimate):
    return datetime.fromisoformat(estimate["value"]).astimezone(UTC).timestamp()


@pytest.mark.parametrize("outage", REFERENCES, ids=lambda o: o.id)
def test_one_incident_with_edges_within_a_scrape(served, outage):
    program, truths = served
    (incident,) = incidents(program, outage.service)
    assert incident["state"] == "closed"
    assert abs(seconds(incident["start"]) - outage.start) <= SCRAPE
    assert abs(seconds(incident["end"]) - outage.end) <= SCRAPE
    share = incident["affected_users"]
    assert share["value"] == pytest.approx(truths[outage.id].share, abs=0.003)
    fired = [datetime.fromisoformat(one["fired_at"]).timestamp() for one in incident["alerts"]]
    assert fired == [alert.fired_at for alert in outage.alerts]
    assert len(incident["events"]) == len(outage.events)


def test_nothing_else_is_found(served):
    program, _ = served
    found = program.get("/api/v1/incidents")["incidents"]
    assert sorted(one["service"] for one in found) == sorted(BY_SERVICE), json.dumps(found)[:2000]


@dataclass(frozen=True)
class Drafted:
    """A draft as a reader has it, and its parts as a parser does."""

    text: str
    incident: dict
    parsed: Parsed

    def table(self, *columns):
        """The rows of the first table that has these columns."""
        return next(t for t in self.parsed.tables if set(columns) <= set(t[0]))[1:]

    def section(self, name):
        """The lines below a heading, up to the next."""
        return self.text.partition(f"\n### {name}\n")[2].partition("\n#")[0]


@pytest.fixture(scope="module", params=FACTS)
def drafted(served, request):
    """The facts of an outage, and the draft that the command writes of it."""
    program, _ = served
    facts = FACTS[request.param]
    (incident,) = incidents(program, facts.service)
    command = [OUTAGE_WINDOW, "draft", incident["id"], "--url", program.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    text = unmarked(done.stdout)
    return facts, Drafted(text, incident, parse(text))


def plain_text(markdown):
    return parse(markdown).text


def moment(text):
    return datetime.fromisoformat(text).timestamp()


def test_start_and_end_stand_measured_alerted_and_declared(drafted):
    facts, draft = drafted
    local = facts.local != ("", "")
    columns = ("Start (UTC)", "End (UTC)")
    rows = {row[0]: row for row in draft.table("Fact", *columns)}
    start, end = (1, 3) if local else (1, 2)
    declared = rows["Declared by people"]
    assert (declared[start], declared[end]) == facts.declared
    measured = rows["Measured"]
    for found, true in zip((measured[start], measured[end]), facts.measured, strict=True):
        assert abs(moment(found) - moment(true)) <= SCRAPE
    if local:
        assert (declared[2], declared[4]) == facts.local
    alerts = rows["Alerts, first fired to last resolved"]
    assert alerts[start] == (facts.alert or "none")


def test_whom_it_hit_and_how(drafted):
    facts, draft = drafted
    rows = {row[0]: row[1] for row in draft.table("Quantity", "Value")}
    share = float(rows["Share of users hit"].removesuffix(" %"))
    if facts.share is not None:
        assert share == pytest.approx(100 * facts.share, abs=1.0)
    assert f"What users experienced: {facts.hit}" in draft.parsed.text
    assert f"Service: {facts.service}" in draft.parsed.text


def test_how_it_was_noticed_and_by_which_alert_first(drafted):
    facts, draft = drafted
    assert f"Noticed first by {facts.noticed}" in draft.parsed.text
    steps = {row[0].partition(" (")[0]: row[1] for row in draft.table("Step", "Since the onset")}
    assert steps.get("First alert fired") == facts.alert
    if facts.alert is None:
        assert "no alert fired" in draft.parsed.text
        assert "would have fired at" in draft.parsed.text


def test_to_whom_and_when_it_was_escalated(drafted):
    facts, draft = drafted
    said = draft.section("Escalation")
    if facts.escalated is None:
        assert "No escalation was given." in said
    else:
        assert f"- {facts.escalated[0]}: Escalated → {facts.escalated[1]}\n" in said


def test_what_ended_it_and_what_was_looked_into(drafted):
    facts, draft = drafted
    for text in facts.resolved:
        assert text in plain_text(draft.section("Resolution"))
    for text in facts.leads:
        assert text in plain_text(draft.section("Misleading paths"))


def test_the_milestones_stand_in_the_timeline(drafted):
    facts, draft = drafted
    timeline = draft.table("Kind", "What")
    kinds = {(row[-2], row[0]) for row in timeline}
    assert set(facts.milestones) <= kinds
    assert {"Onset", "Recovery", "Declared start", "Declared end"} <= {row[-2] for row in timeline}


def test_what_does_not_fit_is_named_and_asked(drafted):
    facts, draft = drafted
    named = set(re.findall("^- `([a-z-]+)`: ", draft.text, re.MULTILINE))
    assert set(facts.odd) <= named
    asked = set(re.findall(r"^- TODO\(owner\?\): ([a-z-]+): ", draft.text, re.MULTILINE))
    assert asked == named


def test_every_human_field_is_a_marked_question(drafted):
    _, draft = drafted
    questions = [line for line in draft.text.splitlines() if "TODO(owner?):" in line]
    for question in HUMAN:
        assert any(question in line for line in questions), question


def test_nothing_is_stated_that_the_inputs_do_not_support(drafted):
    """Every time of the draft is one of the document, and every quotation one of the inputs."""
    _, draft = drafted
    known = set(TIME.findall(json.dumps(draft.incident))) | {"2024"}
    drawn = {cell for row in draft.table("From (UTC)", "Attempts") for cell in row[:2]}
    for found in TIME.findall(draft.text.partition("\n### Chart\n")[0]):
        near = [one for one in known if len(one) > 4 and abs(moment(one) - moment(found)) <= 60]
        assert near or found in drawn, found
    texts = [e["text"] for e in draft.incident["events"]]
    texts += [a["name"] for a in draft.incident["alerts"]]
    for quoted in re.findall("“([^”]*)”", draft.parsed.text):
        assert quoted in texts or quoted.startswith("error ratio over"), quoted


@pytest.mark.parametrize("outage", REFERENCES, ids=lambda o: o.id)
def test_the_draft_states_the_oddity(served, outage):
    program, _ = served
    (incident,) = incidents(program, outage.service)
    url = f"{program.url}/api/v1/incidents/{incident['id']}"
    draft = requests.get(f"{url}/draft", timeout=30)
    assert draft.ok, draft.text
    for words in ODDITIES[outage.id]:
        assert words in draft.text
    chart = requests.get(f"{url}/chart.svg", timeout=30)
    assert chart.ok
    assert chart.content.startswith(b"<?xml")
