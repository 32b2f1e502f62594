# What axe-core finds in a page that is open, in words that say which element and why.
from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page

WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")
PRACTICE = "best-practice"
GRAVE = ("serious", "critical")
SHOWN = 200
"""Characters of an element's markup that a message shows."""

# Evaluated rather than put into the page as an element, which the page's own policy would forbid.
# It fetches nothing: style sheets it would ask the server for again.
_RUN = """tags => axe.run(document, {
  runOnly: {type: "tag", values: tags}, resultTypes: ["violations", "incomplete"], preload: false,
}).then(found => ({violations: found.violations, incomplete: found.incomplete}))"""


@dataclass(frozen=True)
class Barriers:
    """Each a message. WCAG 2.0 and 2.1, A and AA: `grave` ones are serious or critical to people.

    `practices` are not in WCAG, of any impact; of `unsure` axe cannot tell, say a text's contrast
    on a picture.
    """

    grave: list[str]
    lesser: list[str]
    practices: list[str]
    unsure: list[str]


def look(page: Page) -> Barriers:
    """All rules, on the page as it is shown now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    found = page.evaluate(_RUN, [*WCAG, PRACTICE])
    wcag = [one for one in found["violations"] if PRACTICE not in one["tags"]]
    return Barriers(
        [text for one in wcag if one["impact"] in GRAVE for text in _told(one)],
        [text for one in wcag if one["impact"] not in GRAVE for text in _told(one)],
        [text for one in found["violations"] if PRACTICE in one["tags"] for text in _told(one)],
        [text for one in found["incomplete"] for text in _told(one)],
    )


@cache
def _axe() -> str:
    return AXE_FILE_PATH.read_text("utf-8")


def _told(rule: dict[str, Any]) -> list[str]:
    """A message for each element that a rule found."""
    return [
        f"{rule['impact']} {rule['id']}: {rule['help']}; {_place(node)}: {node['html'][:SHOWN]}; "
        + "; ".join(line.strip() for line in node.get("failureSummary", "").splitlines()[1:])
        for node in rule["nodes"]
    ]


def _place(node: dict[str, Any]) -> str:
    return " ".join(map(str, node["target"]))
