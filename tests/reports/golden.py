"""Writes the golden drafts anew: `python -m tests.reports.golden` from the top of the checkout."""

from pathlib import Path

from reports.draft import render

from .incidents import BLIND, ONGOING, REFERENCES, Incident

FOLDER = Path(__file__).parent / "golden"
GOLDEN = {**REFERENCES, "ongoing": ONGOING, "suspected": BLIND}


def draft(incident: Incident) -> str:
    return render(incident, chart=f"{incident.id}.svg" if incident.cells is not None else None)


if __name__ == "__main__":
    for name, incident in GOLDEN.items():
        (FOLDER / f"{name}.md").write_text(draft(incident), "utf-8")
