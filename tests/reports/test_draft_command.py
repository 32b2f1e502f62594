# The command `draft`: from the store, also while it is in use, and from a server; errors in a line.
from __future__ import annotations

import json
import re
import threading

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server

from outage_window.cli.draft import command
from outage_window.errors import InputError
from outage_window.settings.models import Settings
from outage_window.store import Store, incidents
from outage_window.store.incidents import StoredIncident
from outage_window.web import create_app
from reports.draft import render

from .incidents import ACCOUNTS, TOKENS

NS = 1_000_000_000


def stored(incident, **changes):
    onset = round(incident.window.onset * NS)
    values = {
        "id": incident.id,
        "service": incident.service,
        "state": "closed",
        "start": onset,
        "end": round(incident.window.until * NS),
        "has_window": True,
        "alerted": bool(incident.alerts),
        "opened_at": onset,
        "updated_at": onset + NS,
        "facts": {},
        "document": {"service": incident.service},
        "closed_at": onset + NS,
        "draft": render(incident),
    }
    return StoredIncident(**(values | changes))


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ow.yml").write_text("storage: {url: 'sqlite:///kept.db'}\n")
    opened = Store.open("sqlite:///kept.db")
    opened.write(lambda c: incidents.save(c, stored(TOKENS)))
    opened.write(lambda c: incidents.save(c, stored(ACCOUNTS)))
    old = stored(TOKENS, id="token-api-20231110T1600Z", start=round(TOKENS.window.onset) * NS + 1)
    opened.write(lambda c: incidents.save(c, old))
    opened.write(lambda c: incidents.merge(c, old.id, TOKENS.id, 1))
    young = stored(ACCOUNTS, id="young", state="ongoing", closed_at=None, draft=None)
    opened.write(lambda c: incidents.save(c, young))
    yield opened
    opened.close()


@pytest.fixture
def url(store):
    server = make_server("127.0.0.1", 0, create_app(store, Settings()), threaded=True)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.fixture(params=["store", "server"])
def ask(request, store):
    """Runs the command on the open store, or on a server over it; returns its result."""
    named = ["--config.file", "ow.yml"]
    if request.param == "server":
        named = ["--url", request.getfixturevalue("url")]
    return lambda *given: CliRunner().invoke(command, [*given, *named])


def refused(result):
    assert isinstance(result.exception, InputError)
    assert "\n" not in str(result.exception)
    return str(result.exception)


def test_it_prints_the_stored_draft(ask):
    result = ask(TOKENS.id)
    assert result.exit_code == 0
    assert result.stdout == render(TOKENS)


def test_it_prints_the_document_as_json_alone(ask):
    document = json.loads(ask(ACCOUNTS.id, "--format", "json").stdout)
    assert (document["id"], document["revision"], document["alerted"]) == (ACCOUNTS.id, 1, False)
    assert [r["revision"] for r in document["revisions"]] == [1]


def test_store_and_server_say_the_same(store, url):
    for form in ("markdown", "json"):
        given = [TOKENS.id, "--format", form]
        local = CliRunner().invoke(command, [*given, "--config.file", "ow.yml"])
        served = CliRunner().invoke(command, [*given, "--url", url])
        assert local.stdout == served.stdout != ""


def test_a_merged_incident_leads_to_the_one_that_holds_it(ask):
    result = ask("token-api-20231110T1600Z")
    assert result.stdout == render(TOKENS)
    assert f"became part of {TOKENS.id}" in result.stderr


def test_an_unknown_incident_names_the_nearest(ask):
    said = refused(ask("token-api-20231110T1531Z"))
    assert re.search(r"no such incident; the nearest: token-api-20231110T1530Z", said)
    assert "the latest: " in refused(ask("zzz"))


@pytest.mark.parametrize("odd", ["../../etc", "a/b?x=1#y", "%2e%2e", "", "\x00", "ü"])
def test_odd_ids_are_unknown_ids(ask, odd):
    assert "no such incident" in refused(ask(odd))


def test_an_incident_without_a_draft_says_so(ask):
    assert refused(ask("young")) == "young: has no draft yet: it is ongoing"


def test_it_writes_a_new_file_and_keeps_one_that_was_edited(ask, tmp_path):
    target = tmp_path / "draft.md"
    assert ask(TOKENS.id, "-o", str(target)).exit_code == 0
    assert target.read_bytes() == render(TOKENS).encode()
    assert ask(TOKENS.id, "-o", str(target)).exit_code == 0
    target.write_text("edited")
    assert "is there and differs" in refused(ask(TOKENS.id, "-o", str(target)))
    assert target.read_text() == "edited"
    assert "cannot be written" in refused(ask(TOKENS.id, "-o", str(target / "x.md")))


def test_the_chart_is_written_beside_the_draft_that_shows_it(ask, store, tmp_path):
    shown = render(TOKENS, chart="t.r2.svg")
    store.write(lambda c: incidents.save(c, stored(TOKENS, draft=shown, chart=b"<svg/>")))
    assert ask(TOKENS.id).stdout == render(TOKENS)  # no picture, so no link
    target = tmp_path / "draft.md"
    (tmp_path / "t.r2.svg").write_text("edited")
    assert "t.r2.svg: is there and differs" in refused(ask(TOKENS.id, "-o", str(target)))
    assert not target.exists()
    (tmp_path / "t.r2.svg").unlink()
    assert ask(TOKENS.id, "-o", str(target)).exit_code == 0
    assert target.read_text() == shown
    assert (tmp_path / "t.r2.svg").read_bytes() == b"<svg/>"


def test_a_chart_that_is_not_kept_is_not_linked(ask, store, tmp_path):
    shown = render(TOKENS, chart="t.svg")
    store.write(lambda c: incidents.save(c, stored(TOKENS, draft=shown)))
    assert ask(TOKENS.id, "-o", str(tmp_path / "draft.md")).exit_code == 0
    assert (tmp_path / "draft.md").read_text() == render(TOKENS)


def test_settings_in_another_folder_find_their_database(store, tmp_path, monkeypatch):
    (tmp_path / "else").mkdir()
    monkeypatch.chdir(tmp_path / "else")
    found = CliRunner().invoke(command, [TOKENS.id, "--config.file", "../ow.yml"])
    assert found.stdout == render(TOKENS)


def test_no_store_no_server_no_settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    assert "expected a settings file" in refused(run(command, ["x"]))
    (tmp_path / "ow.yml").write_text("storage: {url: 'sqlite:///none.db'}\n")
    said = refused(run(command, ["x", "--config.file", "ow.yml"]))
    assert said.startswith(f"storage.url: {tmp_path}/none.db: expected the database")
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "none.db").write_text("no database at all, only words that go on for a while")
    assert "expected a database" in refused(run(command, ["x", "--config.file", "ow.yml"]))
    assert "expected a running" in refused(run(command, ["x", "--url", "http://127.0.0.1:9"]))
    assert "expected a URL" in refused(run(command, ["x", "--url", "file:///etc/passwd"]))
