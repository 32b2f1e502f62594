# One story on the pages: an outage comes, is watched, corrected, written up, and taken away.
from __future__ import annotations

import json
import os
import re
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.browser.visiting import Visitor
from tests.real.fake_auth import FakeAuth
from tests.real.programs import (
    TOKEN,
    Program,
    alertmanager,
    free_port,
    prometheus,
    routed_to,
    serve,
    wait_for,
)
from tests.real.test_live import history, prometheus_config, seconds, settings

pytestmark = [pytest.mark.real, pytest.mark.browser]
PROMISED = 2.0
"""Seconds from what happens to its being seen, on a machine that has time for it."""
NORMAL_SECONDS = 10
EDIT = "The signing key had run out, said the night shift."
ROLE = "Identity on call"
SHORTENED = {"join_gap": "20s", "min_duration": "12s"}
WATCH = """() => {
  window.stayed = true;
  window.seenAt = {};
  const look = () => {
    for (const one of document.querySelectorAll("tr[data-incident]")) {
      window.seenAt[one.dataset.incident] ??= Date.now();
    }
  };
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
}"""


class Story:
    """One person's way through the pages; each step leaves the page that the next begins with."""

    def __init__(self, visitor: Visitor, served: Program, auth: FakeAuth) -> None:
        self.visitor, self.served, self.auth = visitor, served, auth
        self.page = visitor.page
        self.id = ""

    def text(self, selector: str) -> str:
        return " ".join(self.page.locator(selector).first.inner_text().split())

    def stored(self) -> dict[str, Any]:
        return self.served.get(f"/api/v1/incidents/{self.id}")

    def until(self, expression: str, seconds: float = 60) -> None:
        self.visitor.until(expression, seconds)

    def looked_at(self) -> None:
        """Nothing went wrong on the page, and nothing keeps people from using it."""
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)
            assert self.visitor.axe().grave == [], scheme
        self.page.emulate_media(color_scheme="light")
        assert self.page.evaluate("window.stayed"), "the page was loaded again"
        self.visitor.assert_clean()

    def signs_in(self) -> None:
        self.visitor.open(self.served.url)
        self.page.get_by_role("link", name="Sign in").click()
        self.page.get_by_label("Token").fill(TOKEN)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(f"{self.served.url}/")
        assert self.page.get_by_text("No incident has been found").is_visible()
        self.visitor.rest()

    def sees_it_come(self) -> float:
        """Seconds from the delivery of the alert to its incident on the board."""
        self.page.evaluate(WATCH)
        self.auth.fail(0.45)
        self.page.locator("tr[data-incident]").wait_for(timeout=40_000)
        assert self.page.get_by_role("heading", name="Going on now").is_visible()
        self.id, seen = next(iter(self.page.evaluate("window.seenAt").items()))
        assert self.text("tr[data-incident] .badge") == "suspected"  # no window yet
        self.looked_at()
        (alert,) = self.stored()["alerts"]
        return seen / 1000 - seconds(alert["received_at"])

    def follows_it(self) -> None:
        self.page.get_by_role("row").get_by_role("link", name="auth", exact=True).click()
        self.page.wait_for_url(f"**/incidents/{self.id}")
        self.page.evaluate("window.stayed = true")
        self.until("document.querySelector('h1 .badge').textContent === 'ongoing'")
        self.page.get_by_role("slider", name="Onset").wait_for()
        assert self.page.get_by_role("slider", name="Recovery").is_visible()
        lasted = self.page.evaluate("document.querySelector('.lead').textContent")
        self.until(f"document.querySelector('.lead').textContent !== {json.dumps(lasted)}")
        self.auth.recover()
        self.until("document.querySelector('h1 .badge').textContent === 'closed'", 120)
        ended = seconds(self.stored()["end"]["value"])
        assert abs(ended - self.auth.recovery) <= 1
        self.looked_at()

    def drags(self, edge: str, pixels: float) -> None:
        box = self.page.get_by_role("slider", name=edge).bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + pixels, y, steps=5)
        self.page.mouse.up()

    def proposed(self, name: str) -> str:
        return self.text(f"[data-proposed={name}]")

    def proposes_and_declares(self) -> None:
        measured = {name: self.stored()[name] for name in ("start", "end")}
        self.drags("Recovery", 40)
        assert self.page.get_by_role("heading", name="Proposed").is_visible()
        asked = ("duration_seconds", "affected_users", "time_to_detect", "error_budget")
        told = " && ".join(
            f"document.querySelector('[data-proposed={name}]').textContent !== '…'"
            for name in asked
        )
        self.until(told, 10)
        first = {name: self.proposed(name) for name in asked}
        self.drags("Onset", -30)
        change = "document.querySelector('[data-proposed=time_to_detect]').textContent !== "
        self.until(change + json.dumps(first["time_to_detect"]), 10)
        assert self.proposed("duration_seconds") != first["duration_seconds"]
        end = self.proposed("end")
        form = self.page.locator("[data-proposal]")
        form.get_by_label("Your team or role").fill(ROLE)
        form.get_by_role("button", name="Save as declared").click()
        self.page.locator("[data-declared=end]").wait_for()
        assert self.text("[data-declared=end]") == f"declared {end}"
        assert self.text("[data-declared=start]").startswith("declared ")
        assert {name: self.stored()[name]["value"] for name in measured} == {
            name: one["value"] for name, one in measured.items()
        }
        assert ROLE in self.text("#evidence")

    def adds_a_note(self) -> float:
        """Seconds from sending it to its being in the timeline."""
        form = self.page.locator("[data-add]")
        form.get_by_label("What happened").fill("Pager went to the wrong team")
        form.get_by_role("button", name="Add to timeline").click()
        sent = time.monotonic()
        self.until("document.querySelector('#timeline').innerText.includes('wrong team')", 10)
        return time.monotonic() - sent

    def blanks(self) -> int:
        return int(re.search(r"(\d+) blank", self.text("[data-open]"))[1])

    def edits_the_draft(self) -> None:
        source = self.page.get_by_label("Draft (Markdown)")
        before, text = self.blanks(), source.input_value()
        source.fill(re.sub(r"TODO\(owner\?\): .*", EDIT, text, count=1))
        self.until(f"document.querySelector('#preview').innerText.includes({json.dumps(EDIT)})", 10)
        assert self.blanks() == before - 1
        assert EDIT not in self.draft()
        self.page.get_by_role("button", name="Save draft").click()
        self.page.get_by_text("The draft is saved.").first.wait_for()
        assert EDIT in self.draft()
        assert source.input_value().strip() == self.draft().strip()

    def draft(self) -> str:
        return self.served.text(f"/api/v1/incidents/{self.id}/draft")

    def sees_the_draft_follow(self) -> None:
        """A change is told of late: it comes into the draft, and the edit stays."""
        moment = datetime.fromtimestamp(self.auth.onset - 5, UTC).isoformat()
        change = {"time": moment, "type": "change", "service": "auth", "text": "deploy keys 7.1"}
        self.served.post("/api/v1/events", json.dumps(change).encode())
        self.until("document.querySelector('#source').value.includes('deploy keys 7.1')", 20)
        assert EDIT in self.page.get_by_label("Draft (Markdown)").input_value()
        assert "deploy keys 7.1" in self.text("#timeline")

    def takes_it_home(self, folder: Path) -> None:
        made = {}
        for name in ("Markdown", "HTML", "JSON", "Word"):
            with self.page.expect_download() as waited:
                self.page.get_by_role("link", name=name, exact=True).click()
            made[name] = folder / waited.value.suggested_filename
            waited.value.save_as(made[name])
        assert {path.suffix for path in made.values()} == {".md", ".html", ".json", ".docx"}
        assert {path.stem for path in made.values()} == {self.id}
        assert EDIT in made["Markdown"].read_text("utf-8")
        assert EDIT in made["HTML"].read_text("utf-8")
        with zipfile.ZipFile(made["Word"]) as word:
            assert EDIT in word.read("word/document.xml").decode()
        said = json.loads(made["JSON"].read_text("utf-8"))
        assert {one["field"] for one in said["corrections"]} == {"declared_start", "declared_end"}
        self.looked_at()

    def dismisses_it_and_takes_it_back(self) -> None:
        self.page.get_by_label("Dismiss, because").fill("A drill")
        self.page.get_by_role("button", name="Dismiss").click()
        self.page.get_by_text("Dismissed by people as no incident.").wait_for()
        self.looked_at()
        self.visitor.open(self.served.url)
        assert self.page.locator("tr[data-incident]").count() == 0
        self.visitor.open(f"{self.served.url}/incidents/{self.id}")
        self.page.get_by_role("button", name="Take it back").click()
        self.page.get_by_label("Dismiss, because").wait_for()
        assert not self.page.get_by_text("Dismissed by people").is_visible()
        self.visitor.open(self.served.url)
        assert self.page.locator("tr[data-incident]").count() == 1
        self.visitor.assert_clean()


@pytest.fixture(scope="module")
def stack(programs, running, tmp_path_factory) -> tuple[Program, FakeAuth]:
    """The real programs around `serve`, which knows two hours of normal running."""
    folder = tmp_path_factory.mktemp("pages")
    auth, port = FakeAuth("auth", 3), free_port()
    running.callback(auth.stop)
    manager = alertmanager(programs, folder, routed_to(f"http://127.0.0.1:{port}"))
    running.callback(manager.stop)
    config = prometheus_config(folder, manager.url, {"auth": auth.port})
    source = prometheus(programs, folder, config, history(programs, folder, auth))
    running.callback(source.stop)
    more = {"detection": SHORTENED}
    known = settings(source.url, "auth", folder, **more)
    # What closed is revised while history reaches a day beyond it.
    known["prometheus"]["history"] = "2d"
    known["services"][0]["slo"] = {"target": 99.9, "window": "30d"}
    served = serve(folder, port, known)
    running.callback(served.stop)
    return served, auth


def promised() -> float:
    """The same here and now: where others keep the processors busy, everything takes its turn."""
    return PROMISED * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def scanned(served: Program) -> bool:
    return "1 service, no gaps" in served.text("/")


def test_an_outage_comes_is_watched_corrected_written_up_and_taken_away(
    stack: tuple[Program, FakeAuth],
    visit: Callable[..., Visitor],
    tmp_path: Path,
) -> None:
    served, auth = stack
    wait_for(lambda: scanned(served), 60, "first scan")
    time.sleep(NORMAL_SECONDS)  # some of it is lived through, as the rule asks for rates
    story = Story(visit(accept_downloads=True), served, auth)
    story.signs_in()
    came = story.sees_it_come()
    print(f"\non the board {came:.2f} s after the alert was delivered")
    assert came <= promised()
    story.follows_it()
    story.proposes_and_declares()
    noted = story.adds_a_note()
    print(f"in the timeline {noted:.2f} s after it was sent")
    assert noted <= promised()
    story.edits_the_draft()
    story.sees_the_draft_follow()
    story.takes_it_home(tmp_path)
    story.dismisses_it_and_takes_it_back()
