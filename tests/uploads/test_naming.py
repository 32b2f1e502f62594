"""Names of uploaded files: as people gave them, and nothing that leaves the folder."""

import pytest

from outage_window.uploads.asked import Asked
from outage_window.uploads.naming import LONGEST, as_argument, cleaned, free


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("auth.csv", "auth.csv"),
        ("журнал.csv", "журнал.csv"),
        ("日誌.csv", "日誌.csv"),
        ("My export (1).csv", "My export (1).csv"),
        ("a\u202fb\u00a0c.csv", "a\u202fb\u00a0c.csv"),
        ("../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\fakepath\\auth.csv", "auth.csv"),
        ("a/../..", "exports"),
        ("..", "exports"),
        (".", "exports"),
        ("a/", "exports"),
        ("\0", "exports"),
        (" ", "exports"),
        ("\u202e\u200f", "exports"),
        ("a\0b\n\x1b[31m.csv", "ab[31m.csv"),
        ("\ud800a.csv", "a.csv"),
        ("-rf", "-rf"),
        ("--format", "--format"),
        ("[a]*?.csv", "[a]*?.csv"),
        ("CON", "CON"),
        (".hidden", ".hidden"),
        ("`x` $(y);'\".csv", "`x` $(y);'\".csv"),
    ],
)
def test_a_name_is_what_people_called_it(sent, name):
    assert cleaned(sent, "exports") == name


@pytest.mark.parametrize("char", ["x", "ж", "誌", "😀"])
def test_a_long_name_keeps_its_end_and_can_be_held(char, tmp_path):
    name = cleaned(char * 10_000 + ".csv.gz", "exports")
    assert name.endswith(".csv.gz")
    assert LONGEST - 4 < len(name.encode()) <= LONGEST
    (tmp_path / name).touch()
    (tmp_path / free(tmp_path, name)).touch()
    assert len(list(tmp_path.iterdir())) == 2


def test_names_that_are_taken_are_numbered(tmp_path):
    found = []
    for _ in range(3):
        found.append(free(tmp_path, "a.csv.gz"))
        (tmp_path / found[-1]).touch()
    assert found == ["a.csv.gz", "a-2.csv.gz", "a-3.csv.gz"]
    (tmp_path / ".csv").touch()
    assert free(tmp_path, ".csv") == "-2.csv"


def test_no_name_is_an_option():
    assert as_argument("-rf") == "./-rf"
    assert as_argument("a-b.csv") == "a-b.csv"
    asked = Asked(None, {"exports": ["--format", "a b.csv"], "users": ["[x].csv"]}, "-s", "99/1d")
    assert asked.command() == (
        "outage-window analyze ./--format 'a b.csv' --users '[x].csv' --service=-s --slo=99/1d"
    )


def test_what_is_asked_passes_through_a_line(tmp_path):
    asked = Asked(tmp_path, {"exports": ["журнал\n.csv"]}, "ä", "99.9/30d")
    assert asked.line().count(b"\n") == 1
    assert Asked.read(asked.line()) == asked
