# Suggested rules on an export and by the settings: files that Prometheus takes, proven on the rest.
from __future__ import annotations

import subprocess

import pytest
import yaml

from detector.suggesting import Suggestion
from detector.suggesting.family import Candidate, Threshold
from outage_window.rules.suggesting import _narrowed
from outage_window.rules.writing import Selectors, expression, reasons, rule_file
from outage_window.sources.selectors import parse
from tests.analyze.made import Program
from tests.hostile.test_texts import TEXTS
from tests.rules import made

SPLIT = "2024-01-09T00:00:00Z"
"""Between the two outages."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("suggest")
    made.write_export(found / "auth.om")
    return found


@pytest.fixture
def program(monkeypatch, capsys, folder):
    monkeypatch.chdir(folder)
    return Program(monkeypatch, capsys)


def check(promtool, *paths):
    done = subprocess.run([promtool, "check", "rules", *paths], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.real
def test_an_export(program, folder, programs):
    done = program("rules", "suggest", "auth.om", "--split", SPLIT, "-o", "rules.yml")
    assert (done.code, done.err) == (0, "")
    assert "Learnt from 1.1" in done.out
    assert "and 1 outage;" in done.out
    assert "kept out, 2024-01-09T00:00Z to" in done.out
    assert "caught the only outage" in done.out
    text = (folder / "rules.yml").read_text()
    check(programs["promtool"], folder / "rules.yml")
    comment = " ".join(line.lstrip("# ") for line in text.splitlines() if line.startswith("#"))
    assert comment == " ".join(done.out.split())
    (group,) = yaml.safe_load(text)["groups"]
    assert group["interval"] == "1m"
    for rule in group["rules"]:
        assert rule["labels"] == {"service": "auth", "severity": "page"}
        assert 'auth_requests_total{result="failure"}[5m]' in rule["expr"]
    again = program("rules", "suggest", "auth.om", "--split", SPLIT)
    assert again.out == text
    other = program(
        "rules", "suggest", "auth.om", "--split", "2024-01-08T00:00:00Z", "-o", "rules.yml"
    )
    assert (other.code, (folder / "rules.yml").read_text()) == (2, text)


@pytest.mark.real
def test_a_service_of_the_settings_by_its_objective(program, folder, programs):
    made.fill_store("sqlite:///ow.db")
    settings = {
        "storage": {"url": "sqlite:///ow.db"},
        "services": [
            {
                "name": "auth",
                "source": "remote_write",
                "attempts": made.ATTEMPTS,
                "errors": made.ERRORS,
                "slo": {"target": 99.9},
            }
        ],
    }
    (folder / "ow.yml").write_text(yaml.safe_dump(settings))
    done = program(
        "rules", "suggest", "--config.file", "ow.yml", "--from", "2024-01-01T00:00:00Z",
        "--to", "2024-01-11T00:00:00Z", "--split", SPLIT,
    )  # fmt: skip
    assert (done.code, done.err) == (0, "")
    assert "times the budget's pace" in done.out
    (folder / "slo.yml").write_text(done.out)
    check(programs["promtool"], folder / "slo.yml")
    assert "* 0.001)" in done.out


@pytest.mark.real
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--split", "2023-01-01T00:00:00Z"], "--split: expected a time between --from and --to"),
        (["--split", "yesterday"], "--split: expected"),
        (["--split", "2024-01-03T00:00:00Z"], "auth: no rule can be suggested: only 2.0 days"),
        (["--attempts-selector", "auth_requests_total"], "--attempts-selector: expected together"),
    ],
)
def test_what_cannot_be_is_one_line(program, arguments, said):
    done = program("rules", "suggest", "auth.om", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1


@pytest.mark.real
def test_by_default_no_outage_is_cut_in_two(program):
    middle = program("rules", "suggest", "auth.om", "--to", "2024-01-17T16:00:00Z")
    assert middle.code == 0, middle.err
    assert "kept out, 2024-01-09T07:29Z to" in middle.out.replace("\n#   ", " ")
    assert "caught the only outage" in middle.out.replace("\n#   ", " ")


def made_up(*conditions):
    return Suggestion(conditions, 30.0, 0.125, (), 8.0, 0, 40)


@pytest.mark.real
def test_no_name_of_a_service_breaks_the_file(programs, tmp_path):
    one = Threshold(Candidate((1800.0, 150.0), 120.0), 0.053)
    for number, text in enumerate(one for one in TEXTS.values() if one.strip()):
        name = text[:60]
        written = rule_file(name, Selectors("a_total", "b_total"), made_up(one), (name,))
        (group,) = yaml.safe_load(written)["groups"]
        label = group["rules"][0]["labels"]["service"]
        assert label.replace('{{ "{{" }}', "{{") == name
        path = tmp_path / f"{number}.yml"
        path.write_text(written)
    check(programs["promtool"], *tmp_path.iterdir())


def test_an_expression_holds_both_ranges_and_the_budget():
    one = Threshold(Candidate((1800.0, 150.0), 120.0), 0.053)
    plain = expression(one, Selectors("a_total", 'b_total{code="5"}'))
    assert plain.count("> 0.053") == 2
    assert "\nand\n" in plain
    assert 'b_total{code="5"}[2m30s]' in plain
    assert "> (53 * 0.001)" in expression(one, Selectors("a_total", "b_total", 0.001))
    told = " ".join(reasons(Selectors("a_total", "b_total", 0.001), made_up(one)))
    assert "over 30m and over 2m30s above 5.3 % for 2m (53 times the budget's pace)" in told


@pytest.mark.parametrize("text", ["a_total", 'a_total{code="5"}', 'a_total{code="5",}', '{x="y"}'])
def test_a_selector_is_narrowed_to_a_service(text):
    found = parse(_narrowed(text, 'a"b\\c'), "here")
    assert found.matchers[-1].label == "service"
    assert found.matchers[-1].value == 'a"b\\c'
    assert len(found.matchers) == len(parse(text, "here").matchers) + 1
