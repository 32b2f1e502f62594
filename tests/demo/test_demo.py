# `outage-window demo`: five drafts with charts and the table, as a newcomer would run it.
from __future__ import annotations

import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
import requests
import yaml

from outage_window.demo.counters import SCRAPE
from outage_window.demo.references import ACCOUNTS, IDENTITY, REFERENCES, SESSIONS, Outage
from outage_window.demo.run import replay
from outage_window.errors import InputError
from tests.real.programs import Program, free_port, wait_for
from tests.reports.markdown import parse

OUTAGE_WINDOW = Path(sys.executable).with_name("outage-window")


def demo(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [OUTAGE_WINDOW, "demo", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=600)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    return demo("-o", "drafts", "--seed", "2", cwd=folder), folder / "drafts"


def test_it_writes_five_drafts_with_charts(done):
    result, folder = done
    assert result.returncode == 0, result.stderr
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    assert names == sorted(f"{o.id}.{kind}" for o in REFERENCES for kind in ("md", "svg"))
    for outage in REFERENCES:
        assert f"drafts/{outage.id}.md" in result.stdout
        ElementTree.parse(folder / f"{outage.id}.svg")
        text = (folder / f"{outage.id}.md").read_text("utf-8")
        assert f"](<{outage.id}.svg>)" in text, "the draft shows its chart"
        assert "TODO" in text


def test_what_was_replayed_stays_and_can_be_served(done):
    _, folder = done
    inputs, port = folder / "inputs", free_port()
    settings = yaml.safe_load((inputs / "outage-window.yml").read_text())
    settings["web"]["listen"] = f"127.0.0.1:{port}"
    (inputs / "here.yml").write_text(yaml.safe_dump(settings))
    command = [OUTAGE_WINDOW, "serve", "--config.file", "here.yml"]
    served = Program("serve", command, inputs, port)
    try:
        wait_for(lambda: scanned(served), 120, "first scan of all services")
        found = served.get("/api/v1/incidents")["incidents"]
    finally:
        served.stop()
    assert sorted(one["service"] for one in found) == sorted(o.service for o in REFERENCES)
    assert {one["state"] for one in found} == {"closed"}


def test_a_draft_says_how_to_write_it_again(done, tmp_path):
    _, folder = done
    text = (folder / f"{REFERENCES[0].id}.md").read_text("utf-8")
    (found,) = re.findall("^outage-window (draft .*)$", text, re.MULTILINE)
    settings = "drafts/inputs/outage-window.yml"
    assert found.endswith(f" --config.file {settings}")
    for cwd, file in ((folder.parent, settings), (tmp_path, str(folder.parent / settings))):
        command = [OUTAGE_WINDOW, *found.replace(settings, file).split(), "-o", tmp_path / "d.md"]
        ended = subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=60)
        assert ended.returncode == 0, ended.stderr
        assert (tmp_path / f"{found.split()[1]}.svg").is_file()


@pytest.mark.parametrize("name", ["2024-01-22.md", "2024-01-22.svg", "inputs/outage-window.yml"])
def test_a_replay_changes_nothing_where_a_file_was_edited(tmp_path, name):
    one = [outage for outage in REFERENCES if outage.id == "2024-01-22"]
    replay(one, 1, tmp_path, lambda *_: None)
    before = sorted(tmp_path.rglob("*"))
    replay(one, 1, tmp_path, lambda *_: None)
    assert sorted(tmp_path.rglob("*")) == before
    (tmp_path / name).write_text("edited")
    with pytest.raises(InputError, match="is there and differs"):
        replay(one, 1, tmp_path, lambda *_: None)
    assert (tmp_path / name).read_text() == "edited"
    assert sorted(tmp_path.rglob("*")) == before


def scanned(served: Program) -> bool:
    text = requests.get(f"{served.url}/metrics", timeout=30).text
    stamps = re.findall(r"last_successful_scan_timestamp_seconds{.*} (\S+)", text)
    return len(stamps) == len(REFERENCES) and all(float(stamp) > 0 for stamp in stamps)


def test_the_table_holds_what_was_declared_found_and_true(done):
    result, _ = done
    lines = result.stdout.splitlines()
    for outage in REFERENCES:
        at = next(i for i, line in enumerate(lines) if line.startswith(outage.id))
        declared, found, true = lines[at + 1 : at + 4]  # one window each, none besides
        assert [line.split()[0] for line in (declared, found, true)] == [
            "declared",
            "found",
            "truth",
        ]
        for column in (0, 1):
            stamps = [
                re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d", line)[column] for line in (found, true)
            ]
            assert abs(minutes(stamps[0]) - minutes(stamps[1])) <= 1
        shares = [float(re.findall(r"([\d.]+) %", line)[0]) for line in (found, true)]
        assert shares[0] == pytest.approx(shares[1], abs=0.5)
    assert "none fired" in lines[lines.index("2024-01-22  accounts") + 2]
    assert re.search("(6h 59m|7h 00m)$", lines[lines.index("2024-05-05  identity") + 2])


def detection_of(folder: Path, outage: Outage) -> dict[str, list[str]]:
    """The rows of the table of steps: when, since the onset, since the step before, from where."""
    text = (folder / f"{outage.id}.md").read_text("utf-8")
    (table,) = (found for found in parse(text).tables if found[0][0] == "Step")
    return {row[0].partition(" (")[0]: row[1:] for row in table[1:]}


def test_the_delay_of_detection_is_told_in_its_parts(done):
    _, folder = done
    for outage in REFERENCES:
        found = detection_of(folder, outage)
        scraped = datetime.fromisoformat(found["First scrape that shows it"][0]).timestamp()
        assert -SCRAPE < scraped - outage.start <= 2 * SCRAPE, outage.id
    late = detection_of(folder, IDENTITY)
    assert late["First alert fired"][2].startswith(("6 h 5", "7 h")), "all of it after the scrape"
    assert late["Rule true"][2].startswith("0 s to 6 h 59 min")
    quick = detection_of(folder, SESSIONS)
    assert re.match("[12] min", quick["First alert fired"][1]), "from the onset, not the declared"
    none = detection_of(folder, ACCOUNTS)
    refused = "Rule true, first alert fired, notification sent, first alert delivered"
    assert none[refused][0] == "not derivable, because no alert fired"
    assert any(name.startswith("Noticed by a ") for name in none)


@pytest.mark.parametrize("name", ["2024-01-18", "2024-05-05"])
def test_the_leads_to_a_ddos_are_not_supported(done, name):
    _, folder = done
    text = (folder / f"{name}.md").read_text("utf-8")
    (lead,) = re.findall("^- .*Suspected DDoS.*$", text, re.MULTILINE)
    assert lead.endswith("A flood from new sources (DDoS): not supported by the figures below")
    assert "the same people try again" in text
    assert "A retry storm: supported" in text
    assert ("intermittent failures" in text) is (name == "2024-01-18")


def minutes(stamp: str) -> int:
    day, hour, minute = int(stamp[8:10]), int(stamp[11:13]), int(stamp[14:16])
    return (day * 24 + hour) * 60 + minute


def test_progress_is_for_terminals_only(done):
    result, _ = done
    assert result.stderr == ""


def test_an_output_that_is_no_folder_is_refused_in_one_line(tmp_path):
    (tmp_path / "taken").write_text("")
    result = demo("-o", "taken", cwd=tmp_path)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "outage-window: taken: expected a folder to write the drafts to"
    ]
