"""Texts that mean harm, all the way to pages, drafts, files and the log: shown, never obeyed."""

import csv
import io
import json
import re
import threading
import time
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from outage_window.document.rows import to_csv
from tests.hostile.wire import ALERTS, well
from tests.live.made import FIRING, text
from tests.live.process import Process

TEXTS = {
    "an image": "<img src=x onerror=alert(1)>",
    "a script": "</pre></script><script>alert(1)</script>",
    "a link": "[x](javascript:alert(1))",
    "a remote image": "![x](http://127.0.0.1:1/pixel.png)",
    "a reference": "[x]: javascript:alert(1)",
    "an auto link": "<javascript:alert(1)>",
    "an entity": "&lt;script&gt; &#x3c;b&#x3e;",
    "backticks": "``` x ` y",
    "pipes": "a|b||c",
    "lines": "a\nb\r\nc\u2028d",
    "a heading": "x\n\n## Root cause\n\nIt was Bob.",
    "a template": "{{7*7}} {% raw %} ${7*7} {{config}} #{7*7}",
    "a comment": "--> <!-- ow:block -->",
    "bidi": "\u202egnp.exe\u2066",
    "zero width": "a\u200bb\ufeffc",
    "ANSI": "\x1b[31mred\x1b[0m\x07\x08",
    "a formula": '=cmd|"/C calc"!A0',
    "a path": "../../../../etc/passwd",
    "a long one": "x" * 3000,
}
SERVICES = [
    "../../etc/x",
    "..",
    "/etc/passwd",
    "a\0b",
    "con",
    "-rf",
    "a/b",
    "%2e%2e%2f",
    "<b>",
    "é",
]


class Tags(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, page):
        super().__init__()
        self.found, self.links, self.scripts = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append(tag)
        self.scripts += [dict(attributes)] if tag == "script" else []
        for name, value in attributes:
            assert not name.startswith("on"), name
            if name in ("href", "src", "action", "formaction"):
                self.links.append((value or "").strip())


class Counter:
    """A server that nobody may ask."""

    def __init__(self):
        self.asked = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def parse_request(self):
                asked.append(self.raw_requestline)
                return False

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A server that was told all the texts wherever it takes any."""
    folder = tmp_path_factory.mktemp("texts")
    (folder / "drafts").mkdir()
    counter = Counter()
    now = time.time()
    services = [f"s{number}" for number in range(len(TEXTS))] + SERVICES
    texts = list(TEXTS.values()) + list(TEXTS.values())[: len(SERVICES)]
    with Process(folder, "scan_interval: 1s\ndrafts: {dir: drafts}\n") as process:
        for number, (service, words) in enumerate(zip(services, texts, strict=True)):
            alert = FIRING["alerts"][0] | {
                "status": "resolved",
                "labels": {"alertname": words, "service": service, words[:100]: words},
                "annotations": {"summary": words, "runbook_url": f"{counter.url}/runbook"},
                "generatorURL": f"{counter.url}/{number}",
                "fingerprint": f"t{number}",
                "startsAt": text(now - 7200),
                "endsAt": text(now - 3600),
            }
            delivery = FIRING | {"externalURL": counter.url, "alerts": [alert], "receiver": words}
            assert process.post(ALERTS, json.dumps(delivery)).status_code == 200
            event = {"time": text(now - 5000), "type": "note", "service": service, "text": words}
            event |= {"team": words[:150], "id": f"{number}"}
            assert process.post("/api/v1/events", json.dumps(event)).status_code == 200
        deadline = time.monotonic() + 60
        while len(found := process.get("/api/v1/incidents").json()["incidents"]) < len(services):
            assert time.monotonic() < deadline
            time.sleep(0.5)
        for number, incident in enumerate(found):
            words = texts[number]
            change = {"title": words[:200], "impact": words, "by": words[:200]}
            path = f"/api/v1/incidents/{incident['id']}"
            answer = process.session.patch(process.url + path, data=json.dumps(change))
            assert answer.status_code == 200
        time.sleep(2)
        yield process, [incident["id"] for incident in found], counter
        well(process)
    counter.close()


@pytest.fixture(scope="module")
def pages(told):
    """All that a browser may be shown; a template of its own for each incident, in turn."""
    process, identities, _ = told
    templates = ("default", "google", "pagerduty", "atlassian", "status")
    found = [process.get("/")]
    for number, identity in enumerate(identities):
        found.append(process.get(f"/incidents/{identity}"))
        draft = f"/api/v1/incidents/{identity}/draft?format=html"
        found.append(process.get(draft))
        found.append(process.get(f"{draft}&template={templates[number % len(templates)]}"))
    return found


def test_ids_are_names_of_files_and_nothing_else(told):
    for identity in told[1]:
        assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*-\d{8}T\d{4}Z(-\d+)?", identity), identity
        assert ".." not in identity


def test_pages_run_nothing_and_lead_nowhere_else(told, pages):
    process, _, _ = told
    for page in pages:
        assert page.status_code == 200
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy or "script-src" not in policy
        tags = Tags(page.text)
        assert not {"iframe", "object", "embed", "base"} & set(tags.found)
        for script in tags.scripts:  # files of our own, or data
            assert script.get("src", "").startswith("/static/") or (
                script.get("type") == "application/json"
            )
        for link in tags.links:
            assert link.startswith(("/", "#", "data:image/", process.url)), link


def test_drafts_keep_their_headings(told):
    """A text with a heading in it makes no second `Root cause`, nor anything but text."""
    process, identities, _ = told
    for identity in identities:
        draft = process.get(f"/api/v1/incidents/{identity}/draft").text
        headings = [line for line in draft.splitlines() if line.startswith("#")]
        assert len(headings) == len(set(headings))
        assert "49" not in draft.replace("{{7*7}}", "") or "7*7" not in draft
        assert not re.search(r"^It was Bob\.$", draft, flags=re.M)
        assert not re.search(r"(?<!\\)\]\(javascript:", draft)
        assert not re.search(r"(?<![\\`])<(script|img)", draft)
        assert not [c for c in draft if c in "\0\x1b\x07\x08\u202e\u2066\u2028"]


def test_nothing_that_was_sent_is_fetched(told, pages):
    process, identities, counter = told
    assert len(pages) > len(identities)
    for identity in identities[:2]:
        process.get(f"/api/v1/incidents/{identity}/draft?format=docx")
    assert counter.asked == []


def test_files_stay_in_their_folder(told):
    process, identities, _ = told
    folder = process.file.parent
    outside = {path.name for path in folder.iterdir()}
    assert outside <= {
        "drafts",
        "settings.yml",
        *(f"ow.db{one}" for one in ("", "-wal", "-shm", ".key", ".lock")),
    }
    for path in (folder / "drafts").rglob("*"):
        assert path.parent == folder / "drafts"
        assert any(path.name.startswith(identity) for identity in identities)


def test_the_log_is_of_whole_lines_in_plain_text(told):
    for line in told[0].log.splitlines():
        assert re.match(r"time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=[a-z]+ ", line), line
        assert line.isprintable()


def test_paths_lead_to_no_file(told):
    process, _, _ = told
    for path in (
        "/../../etc/passwd",
        "/api/v1/incidents/..%2f..%2fsettings.yml",
        "/settings.yml",
        "/incidents/..%2f..%2fow.db",
        "/api/v1/incidents/%00",
        "/drafts/",
        "/static/../x",
    ):
        assert process.get(path).status_code == 404, path


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t", "\r"])
@pytest.mark.parametrize("before", ["", "x\r", "x\n", "x\r\n"])
def test_no_cell_of_a_csv_is_a_formula(before, beginning):
    name = before + f"{beginning}cmd|'/C calc'!A0"
    estimate = {"value": 1.0, "low": 0.5, "high": 2.0}
    window = dict.fromkeys(("status", "kind", "pattern", "experience", "as_of"), name) | {
        "id": name,
        "service": name,
    }
    for field in (
        "start",
        "end",
        "duration_seconds",
        "error_ratio",
        "impaired_seconds",
        "attempts",
        "errors",
        "excess_errors",
        "baseline_error_ratio",
        "peak_error_ratio",
    ):
        window[field] = estimate
    window["affected_users"] = estimate | {"tier": name}
    made = to_csv({"windows": [window]})
    rows = list(csv.reader(io.StringIO(made, newline="")))
    assert len(rows) == 2
    assert rows[1][1].endswith("!A0")
    for cell in rows[1]:
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
