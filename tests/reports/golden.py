"""Writes the golden drafts and the one in docs anew: `python -m tests.reports.golden`."""

from pathlib import Path

from reports.draft import render

from .incidents import BLIND, ONGOING, REFERENCES, Incident

FOLDER = Path(__file__).parent / "golden"
DOCS = Path(__file__).parents[2] / "docs" / "drafts.md"
FENCE = "`````"
GOLDEN = {**REFERENCES, "ongoing": ONGOING, "suspected": BLIND}


def draft(incident: Incident) -> str:
    return render(incident, charts=(f"{incident.id}.svg" if incident.curve else None,))


def documented(page: str) -> str:
    """The page of the docs with the draft of 2024-01-22 as it is now."""
    before, _, _ = page.partition(f"{FENCE}markdown\n")
    return f"{before}{FENCE}markdown\n{draft(REFERENCES['2024-01-22'])}{FENCE}\n"


if __name__ == "__main__":
    for name, incident in GOLDEN.items():
        (FOLDER / f"{name}.md").write_text(draft(incident), "utf-8")
    DOCS.write_text(documented(DOCS.read_text("utf-8")), "utf-8")
