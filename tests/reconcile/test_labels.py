# Incidents as labels: what a tool reads is what the store has, in every format, and harmless.
from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from outage_window.cli.main import cli
from outage_window.errors import InputError
from outage_window.labels.record import record
from outage_window.labels.writing import FORMATS, HEADER
from outage_window.live.describing import document as document_of
from outage_window.store import Store, incidents
from outage_window.store.labelled import Labelled
from reports.facts import Correction
from tests.browser.made import STATES, edges, keep
from tests.hostile.test_texts import TEXTS
from tests.live.process import command
from tests.reports import incidents as made
from tests.reports.test_draft import labelled as told

NS = 10**9
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "incidents.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A store with an incident of every state, one dismissed, one merged, and settings for it."""
    found = tmp_path_factory.mktemp("labels")
    with closing(Store.open(f"sqlite:///{found / 'ow.db'}")) as store:
        for one in STATES.values():
            keep(store, one)
        said = (Correction("dismissed", "true", "Platform", made.at("2024-06-01 12:00"), ""),)
        keep(store, replace(made.TOKENS, id="tokens-dismissed", service="tokens", corrections=said))
        keep(store, replace(made.TOKENS, id="tokens-absorbed", service="tokens"))
        store.write(lambda c: incidents.merge(c, "tokens-absorbed", STATES["closed"].id, 1))
    (found / "ow.yml").write_text("storage: {url: 'sqlite:///ow.db'}\n")
    return found


def exported(folder, form, *more):
    done = called("--format", form, "--config.file", str(folder / "ow.yml"), *more)
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


def called(*arguments):
    return CliRunner().invoke(cli, ["export", "incidents", *arguments])


@pytest.fixture(scope="module")
def document(folder):
    return json.loads(exported(folder, "json"))


def label(document, identity):
    return next(one for one in document["incidents"] if one["id"] == identity)


def test_the_document_is_valid_by_a_schema_that_can_fail(document):
    Draft202012Validator.check_schema(SCHEMA)
    assert [e.message for e in VALIDATOR.iter_errors(document)] == []
    for change in ({"schema": "other"}, {"incidents": [{}]}, {"from": "now"}):
        assert not VALIDATOR.is_valid(document | change)
    assert set(document["incidents"][0]) == set(SCHEMA["$defs"]["incident"]["properties"])


def test_they_come_by_their_start_and_each_time_alike(folder, document):
    found = [one["id"] for one in document["incidents"]]
    starts = {one.id: (edges(one)[0], one.id) for one in STATES.values()}
    starts["tokens-dismissed"] = (edges(made.TOKENS)[0], "tokens-dismissed")
    assert found == sorted(starts, key=starts.get)
    assert json.loads(exported(folder, "json")) == document


def test_a_label_says_what_the_incident_says(folder, document):
    one = STATES["closed"]
    found = label(document, one.id)
    window = one.window
    assert found["start"]["value"][:19] == made_text(window.start.value)
    assert found["kind"] == window.kind
    assert found["error_ratio"]["value"] == pytest.approx(window.error_ratio.value)
    assert found["affected_users"]["tier"] == one.users.tier
    assert found["first_alert"]["status"] in ("measured", "not_derivable")
    assert found["merged"] == ["tokens-absorbed"]
    assert label(document, "tokens-dismissed")["dismissed"] is True


def made_text(seconds):
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def test_an_open_end_is_null_and_says_why(document):
    end = label(document, STATES["ongoing"].id)["end"]
    assert (end["value"], end["status"], end["reason"]) == (None, "not_derivable", "ongoing")
    assert "provisional_end" not in end, "nothing is seen of a recovery"


def test_without_a_window_the_times_of_alerts_are_alert_times(document):
    found = label(document, STATES["suspected"].id)
    assert (found["start"]["value"], found["kind"]) == (None, None)
    assert found["first_alert"]["value"] is not None
    declared = label(document, STATES["declared"].id)
    assert declared["declared_start"]["status"] == "declared"
    assert declared["first_alert"]["reason"] == "no alert fired"


def test_yaml_is_the_same_document(folder, document):
    text = exported(folder, "yaml")
    assert yaml.safe_load(text) == document
    assert text.startswith('schema: "outage-window/incidents/v1"\n')


def test_csv_has_the_same_values(folder, document):
    rows = list(csv.DictReader(io.StringIO(exported(folder, "csv"))))
    assert tuple(rows[0]) == HEADER
    for row, one in zip(rows, document["incidents"], strict=True):
        assert row["id"] == one["id"]
        for name in ("start", "end", "duration_seconds", "affected_users"):
            value = one[name]["value"]
            assert row[name] == ("" if value is None else str(value)), name
            assert row[f"{name}_status"] == one[name]["status"]
        assert row["dismissed"] == str(one["dismissed"]).lower()
        assert row["merged"] == ";".join(one["merged"])
        assert row["affected_users_tier"] == str(one["affected_users"]["tier"] or "")


def test_a_period_and_services_choose(folder, document):
    one = STATES["closed"]
    found = json.loads(exported(folder, "json", "--service", one.service))
    assert found["services"] == [one.service]
    assert {it["service"] for it in found["incidents"]} == {one.service}
    start, end = (f"{made_text(at / NS)}Z" for at in edges(one))
    inside = ("--from", start, "--to", end)
    assert one.id in exported(folder, "csv", *inside)
    before = exported(folder, "csv", "--to", start)
    assert one.id not in before
    assert json.loads(exported(folder, "json", *inside))["from"] == start


def test_a_file_is_written_and_never_over_another(folder, tmp_path):
    file = tmp_path / "labels.csv"
    arguments = ("--format", "csv", "-o", str(file), "--config.file", str(folder / "ow.yml"))
    assert called(*arguments).exit_code == 0
    assert file.read_text() == exported(folder, "csv")
    file.write_text("mine")
    done = command("export", "incidents", *arguments)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert file.read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--from", "yesterday"), "--from: expected"),
        (("--from", "2024-01-02T00:00:00Z", "--to", "2024-01-01T00:00:00Z"), "after --from"),
        (("--config.file", "none.yml"), "none.yml: expected a settings file"),
    ],
)
def test_what_is_unusable_is_refused(arguments, expected):
    done = called("--format", "csv", *arguments)
    assert isinstance(done.exception, InputError)
    assert expected in str(done.exception)
    assert done.stdout == ""


@pytest.fixture(scope="module")
def hostile():
    """Labels of incidents whose words mean harm to whoever reads them."""
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", *TEXTS.values()]
    found = []
    for number, text in enumerate(one for one in texts if one.strip()):
        incident = told(text)
        said = Correction("title", text, text, incident.as_of - 60, "")
        incident = replace(incident, id=f"told-{number:03}", corrections=(said,))
        stored = json.dumps(document_of(incident), ensure_ascii=False)
        found.append(record(Labelled(incident.id, text, "closed", True, False, 1, (text,), stored)))
    return found


def test_no_cell_is_a_formula(hostile):
    rows = list(csv.reader(io.StringIO("".join(FORMATS["csv"]({}, hostile)))))
    assert len(rows) == len(hostile) + 1
    for cell in (cell for row in rows[1:] for cell in row):
        assert not cell.startswith(("=", "@", "\t", "\r"))
        if cell.startswith(("+", "-")):
            float(cell)


def test_no_text_makes_another_document(hostile):
    asked = {"from": None, "to": None, "services": None}
    written = json.loads("".join(FORMATS["json"](asked, hostile)))
    assert written["incidents"] == hostile
    assert yaml.safe_load("".join(FORMATS["yaml"](asked, hostile))) == written
    assert yaml.safe_load("".join(FORMATS["yaml"](asked, [])))["incidents"] == []
    assert json.loads("".join(FORMATS["json"](asked, [])))["incidents"] == []
