# The page on drafts: its draft is the program's own, and it leaves no contradiction out.
from __future__ import annotations

import re

from reports.asked import BRIEF

from .golden import DOCS, documented


def test_the_draft_in_the_docs_is_what_the_program_writes():
    page = DOCS.read_text("utf-8")
    assert page == documented(page)


def test_every_contradiction_is_documented():
    table = DOCS.read_text("utf-8").partition("| Id | Said when |")[2].partition("\n## ")[0]
    ids = set()
    for row in table.strip().splitlines()[1:]:
        ids |= set(re.findall(r"`([a-z-]+)`", row.split("|")[1]))
    assert ids == set(BRIEF)
