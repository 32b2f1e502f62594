# The command: what it prints and how it ends, also while a server has the store.
from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from outage_window.cli.main import cli
from outage_window.errors import InputError
from outage_window.store import Store
from tests.live.process import command

from .made import NOW, SETTINGS, lived_through, shown


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Settings of a store that another holds open meanwhile, as a server does."""
    folder = tmp_path_factory.mktemp("command")
    url = f"sqlite:///{folder / 'ow.db'}"
    settings = {"storage": {"url": url, "retention": "4000d"}, **SETTINGS}
    (folder / "ow.yml").write_text(yaml.safe_dump(settings))
    with closing(Store.open(url)) as store:
        lived_through(store)
        yield str(folder / "ow.yml")


def period(start=0, end=NOW):
    return ("--from", shown(start), "--to", shown(end))


def called(file, *arguments):
    return CliRunner().invoke(cli, ["reconcile", "--config.file", file, *arguments])


def test_it_begins_with_what_matters(file):
    done = command("reconcile", *period(), "--config.file", file)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "3 of 5 outages had no alert; 1 alert fired and was never delivered"
    )


def test_json_is_the_document_alone(file):
    document = json.loads(called(file, *period(), "--format", "json", "--service", "auth").stdout)
    assert document["schema"] == "outage-window/reconciliation/v1"
    assert document["services"] == ["auth"]


def test_findings_can_fail_it_and_what_was_muted_is_none(file):
    def code(*arguments):
        words = ["reconcile", "--config.file", file, *arguments]
        return cli.main(words, standalone_mode=False)

    assert code(*period()) == 0
    assert code(*period(), "--fail-on-findings") == 1
    quiet = period(3250, 3390)
    document = json.loads(called(file, *quiet, "--format", "json").stdout)
    assert (document["alerts_inhibited"]["count"], document["findings"]) == (1, 0)
    assert code(*quiet, "--fail-on-findings") == 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--from", "yesterday", "--to", shown(1)), "--from: expected"),
        (period(10, 5), "--to: expected a time after --from"),
        (("--from", "2150-01-01T00:00:00Z", "--to", "2151-01-01T00:00:00Z"), "which has passed"),
        ((*period(), "--service", "ssso"), "no such service; expected one such as sso"),
    ],
)
def test_what_is_unusable_is_refused(file, arguments, expected):
    done = called(file, *arguments)
    assert isinstance(done.exception, InputError)
    assert expected in str(done.exception)


def test_a_store_that_is_not_there_is_named(tmp_path):
    settings = tmp_path / "ow.yml"
    settings.write_text(f"storage: {{url: 'sqlite:///{tmp_path / 'none.db'}'}}\n")
    done = called(str(settings), *period())
    assert "none.db: expected the database of `outage-window serve`" in str(done.exception)
    assert not (tmp_path / "none.db").exists()


def test_a_store_of_an_earlier_version_says_what_to_do(tmp_path):
    released = Path(__file__).parents[1] / "store" / "released" / "schema-5.sql"
    with closing(sqlite3.connect(tmp_path / "ow.db")) as connection:
        connection.executescript(released.read_text())
    settings = tmp_path / "ow.yml"
    settings.write_text("storage: {url: 'sqlite:///ow.db'}\n")
    done = called(str(settings), *period())
    assert "earlier version: start this version of `outage-window serve`" in str(done.exception)
