# The candidates of `script/bench rules`: as many as it says, and all different; and their export.
from __future__ import annotations

import json

from benchmarks.rules import WINDOWS, make_export, rules
from outage_window.rules.files import read
from outage_window.sources import exports
from outage_window.sources.reading import Reading


def test_there_are_fifty_and_all_differ(tmp_path):
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps(rules()))
    found = read([str(file)])
    assert len(found.recording) == len(WINDOWS)
    assert len({(rule.expr, rule.hold) for rule in found.alerting}) == 50


def test_its_export_is_read(tmp_path):
    make_export(tmp_path / "auth.om", 0.5)
    [data] = exports.load([str(tmp_path / "auth.om")], Reading()).services
    assert (data.service, data.series.step) == ("auth", 15)
