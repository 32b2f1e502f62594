# The command `draft`: from the store, also while it is in use, and from a server; errors in a line.
from __future__ import annotations

import json
import os
import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server

from outage_window.cli.draft import command
from outage_window.drafts.from_store import database
from outage_window.errors import InputError
from outage_window.kept import StoredIncident, reading
from outage_window.settings.load import load
from outage_window.settings.models import Settings
from outage_window.store import Store, incidents
from outage_window.web import create_app
from reports.draft import TEMPLATES, render
from reports.record import encode

from .incidents import ACCOUNTS, CONFIG, TOKENS

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
    kept = stored(CONFIG, record=encode(CONFIG), draft=render(CONFIG, charts=(f"{CONFIG.id}.svg",)))
    opened.write(lambda c: incidents.save(c, kept))
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


def test_it_writes_a_new_file_and_nothing_over_another_s(ask, tmp_path):
    target = tmp_path / "draft.md"
    assert ask(TOKENS.id, "-o", str(target)).exit_code == 0
    assert target.read_bytes() == render(TOKENS).encode()
    assert ask(TOKENS.id, "-o", str(target)).exit_code == 0
    target.write_text("something else")
    assert "is there and is no draft of ours" in refused(ask(TOKENS.id, "-o", str(target)))
    target.write_text(render(ACCOUNTS))
    said = refused(ask(TOKENS.id, "-o", str(target)))
    assert f"is there and is the draft of {ACCOUNTS.id}" in said
    assert target.read_text() == render(ACCOUNTS)
    assert "cannot be" in refused(ask(TOKENS.id, "-o", str(target / "x.md")))


def test_a_draft_that_is_there_keeps_what_people_wrote(ask, store, tmp_path):
    target = tmp_path / "draft.md"
    assert ask(CONFIG.id, "-o", str(target)).exit_code == 0
    mine = target.read_text().replace("TODO(owner?): What ended it", "The rollback ended it")
    mine = mine.replace("85.0 %[^affected_users] of users met", "most users met")
    target.write_text(mine)
    later = replace(CONFIG, revision=2, events=CONFIG.events[:-1])
    store.write(lambda c: incidents.save(c, stored(later, record=encode(later))))
    assert ask(CONFIG.id, "-o", str(target)).exit_code == 0
    text = target.read_text()
    assert "The rollback ended it" in text
    assert "most users met" in text
    assert "New data suggest" in text
    assert text.count("revision 2") == 1
    assert ask(CONFIG.id, "-o", str(target), "--take", "summary").exit_code == 0
    assert "most users met" not in target.read_text()
    assert "The rollback ended it" in target.read_text()
    assert "New data suggest" not in target.read_text()


def test_another_template_wants_another_file(ask, tmp_path):
    target = tmp_path / "draft.md"
    assert ask(CONFIG.id, "-o", str(target)).exit_code == 0
    said = refused(ask(CONFIG.id, "-o", str(target), "--template", "status"))
    assert "is a draft by the template default" in said
    other = tmp_path / "status.md"
    assert ask(CONFIG.id, "-o", str(other), "--template", "status").exit_code == 0
    assert ask(CONFIG.id, "-o", str(other)).exit_code == 0
    assert " template status " in other.read_text()


def test_the_chart_is_written_beside_the_draft_that_shows_it(ask, store, tmp_path):
    shown = render(TOKENS, charts=("t.r2.svg",))
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


def test_a_chart_that_is_not_kept_is_drawn_from_the_facts(ask, tmp_path):
    assert ask(CONFIG.id, "-o", str(tmp_path / "draft.md")).exit_code == 0
    picture = (tmp_path / f"{CONFIG.id}.svg").read_text()
    assert f"(<{CONFIG.id}.svg>)" in (tmp_path / "draft.md").read_text()
    assert "<svg" in picture


def test_a_chart_that_cannot_be_had_is_not_linked(ask, store, tmp_path):
    shown = render(TOKENS, charts=("t.svg",))
    store.write(lambda c: incidents.save(c, stored(TOKENS, draft=shown)))
    assert ask(TOKENS.id, "-o", str(tmp_path / "draft.md")).exit_code == 0
    assert (tmp_path / "draft.md").read_text() == render(TOKENS)


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_is_drafted_from_the_stored_facts(ask, template):
    result = ask(CONFIG.id, "--template", template)
    assert result.stdout == render(CONFIG, template)


def test_a_template_of_one_s_own_is_filled_from_the_store(store, tmp_path):
    (tmp_path / "own.md").write_text("# {{ title }}\n\n{{ numbers.start }}\n")
    given = [CONFIG.id, "--template", "own.md", "--config.file", "ow.yml"]
    result = CliRunner().invoke(command, given)
    assert result.stdout.endswith("# sso, 2024-01-18\n\n2024-01-18T08:43:07Z[^start]\n")
    (tmp_path / "own.md").write_text("one\n{{ nothing }}\n")
    assert refused(CliRunner().invoke(command, given)).startswith("own.md:2: cannot be filled")
    (tmp_path / "own.md").write_text("one\n{% if %}\n")
    assert refused(CliRunner().invoke(command, given)).startswith("own.md:2: expected a template")
    given[2] = "none.md"
    assert "or a file of your own" in refused(CliRunner().invoke(command, given))


def test_one_draft_over_several_incidents(store):
    given = [CONFIG.id, TOKENS.id, "--config.file", "ow.yml"]
    assert "was closed by an earlier version" in refused(CliRunner().invoke(command, given))
    store.write(lambda c: incidents.save(c, stored(TOKENS, record=encode(TOKENS))))
    text = CliRunner().invoke(command, given).stdout
    assert text == render([CONFIG, TOKENS])


def test_a_declared_outage_is_drafted_without_any_metrics(store):
    declare = ["--service", "token-api", "--config.file", "ow.yml"]
    given = [*declare, "--from", "2023-11-10T15:00:00Z", "--to", "2023-11-10T16:00:00+00:00"]
    result = CliRunner().invoke(command, given)
    assert "state declared" in result.stdout
    assert "people declared it" in result.stdout
    assert f"{TOKENS.id} is known of that time" in result.stderr
    assert "outage-window draft --service token-api --from 2023-11-10T15:00:00Z" in result.stdout
    for odd, said in (
        (["--from", "yesterday"], "--from: expected an RFC 3339 time"),
        (["--from", "2023-11-10T15:00:00Z", "--to", "2023-11-10T15:00:00Z"], "--to: expected a"),
    ):
        assert said in refused(CliRunner().invoke(command, [*declare, *odd]))


@pytest.mark.parametrize(
    "given",
    [
        [],
        ["a", "--service", "s"],
        ["--service", "s"],
        ["a", "--from", "2023-11-10T15:00:00Z"],
        ["a", "b", "--url", "http://127.0.0.1:1"],
        ["a", "--take", "summary"],
        ["a", "--format", "docx"],
    ],
)
def test_options_that_do_not_go_together_are_refused(given):
    result = CliRunner().invoke(command, given)
    assert result.exit_code == 2
    assert "expected" in result.stderr


def test_the_variables_of_templates_are_listed():
    said = CliRunner().invoke(command, ["--list-variables"]).stdout
    assert re.search(r"^numbers\[ID\]\.value +the number with its unit", said, re.MULTILINE)
    assert re.search(r"^timeline\[\]\.local +", said, re.MULTILINE)
    assert re.search(r"^steps\[\]\.part +how long after the step before it", said, re.MULTILINE)
    assert all(line.strip() for line in said.splitlines())


def test_what_is_read_fast_is_what_the_store_holds(store):
    with store.read() as connection, reading(f"sqlite:///{Path('kept.db').absolute()}") as fast:
        latest = incidents.latest(connection)
        assert fast.latest() == [one.id for one in latest]
        for one in (*latest, incidents.get(connection, "token-api-20231110T1600Z")):
            assert fast.get(one.id) == one
            assert fast.history(one.id) == incidents.history(connection, one.id)


def _absolute(url):
    return f"sqlite:///{Path(url.removeprefix('sqlite:///')).absolute()}"


@pytest.mark.parametrize("text", ["", "web: {}\n", "storage: {url: 'sqlite:///x/y.db'}\n"])
@pytest.mark.parametrize("url", [None, "sqlite:////var/lib/z.db"])
def test_the_database_is_the_one_of_the_whole_settings(tmp_path, monkeypatch, text, url):
    (tmp_path / "s.yml").write_text(text)
    if url is not None:
        monkeypatch.setenv("OUTAGE_WINDOW_STORAGE__URL", url)
    whole = load(str(tmp_path / "s.yml"), os.environ)
    assert database(str(tmp_path / "s.yml")) == _absolute(whole.storage.url)


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
