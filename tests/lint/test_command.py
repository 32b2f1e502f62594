# The command: its three forms, its exit codes, and names and drafts that are hostile.
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reports.blocks import drafted, fresh, write
from reports.lint import Finding, lint
from reports.lint.formats import as_github, as_json, as_text

GOLDEN = Path(__file__).parent / "golden"
OUTAGE_WINDOW = Path(sys.executable).with_name("outage-window")
NOTES = "[^hit]: Share of users hit: 45.0 % (exact); measured; distinct users"
DRAFT = drafted(
    "auth-1",
    "default",
    write(
        [
            "# Title\n\n",
            fresh("odd", "- `no-alert`: No alert fired."),
            "\n- TODO(owner?): no-alert: Why was there no alert?\n",
            "\nThe operator failed to look, 44 %[^hit] were hit (100 %), see ![it](none.svg).\n\n",
            fresh("footnotes", NOTES),
        ]
    ),
)
DONE = drafted("auth-2", "default", "# Title\n\nThe change was not tested.\n")


def run(*words: str, folder: Path, text: bytes = b"", **more: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [OUTAGE_WINDOW, "lint", *words],
        cwd=folder,
        input=text,
        capture_output=True,
        env={**os.environ, **more},
        timeout=60,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "drafts").mkdir()
    (tmp_path / "drafts" / "open.md").write_text(DRAFT, "utf-8")
    (tmp_path / "done.md").write_text(DONE, "utf-8")
    return tmp_path


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_the_forms_are_as_they_are_written_down(form: str, folder: Path) -> None:
    code, out, err = run("drafts/open.md", "done.md", "--format", form, folder=folder)
    assert (code, err) == (1, "")
    assert out == (GOLDEN / f"{form}.txt").read_text("utf-8")


def test_nothing_open_is_exit_code_0_in_every_form(folder: Path) -> None:
    assert run("done.md", folder=folder) == (0, "done.md: nothing open\n", "")
    assert run("done.md", "--format", "github", folder=folder) == (0, "", "")
    code, out, _ = run("done.md", "--format", "json", folder=folder)
    assert (code, json.loads(out)["open"]) == (0, 0)


def test_a_warning_alone_is_open_too(folder: Path) -> None:
    (folder / "notes.md").write_text("# Notes\n")
    code, out, _ = run("notes.md", folder=folder)
    assert code == 1
    assert out.splitlines()[1] == "notes.md: 1 open (1 reference)"


def test_a_file_is_looked_for_beside_the_draft(folder: Path) -> None:
    assert "none.svg" in run("drafts/open.md", folder=folder)[1]
    (folder / "drafts" / "none.svg").write_text("<svg/>")
    assert "none.svg" not in run("drafts/open.md", folder=folder)[1]
    assert "none.svg" not in run("open.md", folder=folder / "drafts")[1]


def test_standard_input_has_no_folder(folder: Path) -> None:
    code, out, _ = run("-", folder=folder, text=DRAFT.encode())
    assert code == 1
    assert out.startswith("-:")
    assert "none.svg" not in out
    assert run("-", folder=folder, text=("\ufeff" + DONE.replace("\n", "\r\n")).encode())[0] == 0


def test_a_file_that_is_named_twice_is_told_once(folder: Path) -> None:
    assert run("done.md", "done.md", folder=folder)[1] == "done.md: nothing open\n"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none.md", "none.md: cannot be read (No such file or directory); expected a draft"),
        ("drafts", "drafts: cannot be read (Is a directory); expected a draft in Markdown"),
        ("latin.md", "latin.md:2: expected text in UTF-8"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_exit_code_2(
    name: str, said: str, folder: Path
) -> None:
    (folder / "latin.md").write_bytes("one\nzw\xf6lf\n".encode("latin-1"))
    code, out, err = run("done.md", name, folder=folder)
    assert (code, out) == (2, "")
    assert err.startswith(f"outage-window: {said}")
    assert err.count("\n") == 1


def test_without_a_draft_it_says_what_is_missing(folder: Path) -> None:
    code, _, err = run(folder=folder)
    assert code == 2
    assert "DRAFT" in err


def test_colours_are_for_a_terminal(folder: Path) -> None:
    for variable in ({}, {"NO_COLOR": "1"}):
        assert "\x1b" not in run("drafts/open.md", folder=folder, **variable)[1]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of POSIX")
@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_a_terminal_has_colours_unless_it_wants_none(
    no_color: str, coloured: bool, folder: Path
) -> None:
    import pty

    master, slave = pty.openpty()
    environment = {**os.environ, "NO_COLOR": no_color, "TERM": "xterm"}
    command = [OUTAGE_WINDOW, "lint", "done.md", "drafts/open.md"]
    done = subprocess.run(command, cwd=folder, stdout=slave, env=environment, timeout=60)
    os.close(slave)
    shown = os.read(master, 65536).decode()
    os.close(master)
    assert done.returncode == 1
    assert ("\x1b[" in shown) == coloured


def test_a_name_of_any_bytes_is_shown_and_steers_no_terminal(folder: Path) -> None:
    name = os.fsdecode(b"a\xff\x1b[31m\n::error::,:%.md")
    (folder / name).write_text("TODO: x\n")
    code, out, err = run(name, folder=folder)
    assert (code, err) == (1, "")
    assert "\x1b" not in out
    assert len(out.splitlines()) == 3  # the manifest, the blank, the count
    code, out, _ = run(name, "--format", "json", folder=folder)
    assert json.loads(out)["files"][0]["file"] == name


HOSTILE = Finding("todo", 3, 7, "error", "50 %, so: a\r\nb", "x")


def test_githubs_commands_escape_what_would_end_them() -> None:
    assert as_github({"a,b:c%\n.md": [HOSTILE]}) == (
        "::error file=a%2Cb%3Ac%25%0A.md,line=3,col=7,title=todo::50 %25, so: a%0D%0Ab\n"
    )


@pytest.mark.parametrize("text", ["TODO: \x1b[31mred\x07", "TODO: \u202eevil", "TODO: a\x00b\x85c"])
def test_text_of_a_draft_steers_no_terminal(text: str) -> None:
    found = lint(text)
    for shown in (as_text({"a.md": found}), as_github({"a.md": found})):
        assert all(c.isprintable() or c == "\n" for c in shown)
        assert shown.count("\n") <= len(found) + 1


def test_json_takes_lone_surrogates() -> None:
    shown = as_json({"\udcff.md": lint("TODO: \ud800 x\n")})
    shown.encode("ascii")
    assert json.loads(shown)["files"][0]["file"] == "\udcff.md"
