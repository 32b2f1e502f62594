# The house's own rules: imports point one way, files and functions stay small, the wheel is whole.
from __future__ import annotations

import ast
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("detector", "webhooks", "reports", "outage_window")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
SCRIPTS = sorted([*(ROOT / "script").iterdir(), ROOT / ".ci" / "run"])
BENCHMARKS = sorted((ROOT / "benchmarks").rglob("*.py"))
TESTS = sorted([*(ROOT / "tests").rglob("*.py"), *BENCHMARKS])
MOST_LINES, MOST_FUNCTION_LINES = 300, 40


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=300)


def test_imports_point_one_way():
    tool = Path(sys.executable).with_name("lint-imports")
    done = run(tool, "--no-cache", "--no-logo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("path", [*MODULES, *BENCHMARKS], ids=name)
def test_modules_and_functions_stay_small(path):
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1  # from `def` on, docstring and all
            assert lines <= MOST_FUNCTION_LINES, f"{node.name} has {lines} lines"


@pytest.mark.parametrize("path", [*MODULES, *TESTS], ids=name)
def test_a_python_file_says_first_what_it_is_for(path):
    first = path.read_text("utf-8").split("\n", 1)[0]
    assert first.startswith(('"""', "# ")), first
    assert len(first) > 12


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_a_script_is_plain_shell_and_says_what_it_is_for(path):
    lines = path.read_text("utf-8").splitlines()
    says = lines[1] if lines[0] == "#!/bin/sh" else lines[0]
    assert says.startswith("# ")
    done = run("sh", "-n", path)
    assert done.returncode == 0, done.stderr


def test_nobody_else_claims_our_import_names():
    claimed = packages_distributions()  # an editable install of ours names no packages
    assert {who for room in ROOMS for who in claimed.get(room, [])} <= {"outage-window"}


@pytest.fixture(scope="module")
def wheel_bin(tmp_path_factory):
    """The scripts of a fresh environment that holds the built wheel, and no checkout.

    Only our own code is installed anew; the libraries are those of this environment.
    """
    folder = tmp_path_factory.mktemp("wheel")
    done = run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("*.whl")
    venv = folder / "venv"
    assert run(sys.executable, "-m", "venv", "--without-pip", venv).returncode == 0
    (site,) = venv.glob("lib/python*/site-packages")
    done = run(
        sys.executable, "-m", "pip", "--python", venv / "bin/python",
        "install", "--quiet", "--no-deps", "--disable-pip-version-check", wheel,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    libraries = next(path for path in sys.path if path.endswith("site-packages"))
    # `addsitedir` would also run the editable install's hook and bring the checkout back.
    (site / "libraries.pth").write_text(f"{libraries}\n")
    return venv / "bin"


def test_the_wheel_runs_without_the_checkout(wheel_bin, tmp_path):
    where = run(
        wheel_bin / "python", "-c",
        "import detector, webhooks, reports, outage_window as o; print(o.__file__)",
        cwd=tmp_path,
    )  # fmt: skip
    assert where.returncode == 0, where.stderr
    assert str(wheel_bin.parent) in where.stdout
    told = run(wheel_bin / "outage-window", "--version", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("outage-window")
    helped = run(wheel_bin / "outage-window", "--help", cwd=tmp_path)
    assert helped.returncode == 0, helped.stderr
    assert "analyze" in helped.stdout


def test_the_wheel_holds_our_names_and_no_others(wheel_bin):
    code = (
        "from importlib.metadata import distribution; "
        "print(*sorted({f.parts[0] for f in distribution('outage-window').files}))"
    )
    names = run(wheel_bin / "python", "-c", code).stdout.split()
    assert {n for n in names if n != ".." and not n.endswith(".dist-info")} == set(ROOMS)


def test_the_wheel_analyses_an_export(wheel_bin, tmp_path):
    rows = ["time,attempts,errors"]
    for minute in range(2000):
        failed = 40 if 1200 <= minute < 1260 else 1
        rows.append(f"{1_700_000_000 + 60 * minute},100,{failed}")
    (tmp_path / "export.csv").write_text("\n".join(rows) + "\n")
    done = run(wheel_bin / "outage-window", "analyze", "export.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2023-11-15" in done.stdout  # 1,700,000,000 s + 1200 min is 18:13 on that day


def test_the_wheel_holds_the_pages(wheel_bin):
    code = (
        "from outage_window.store import Store; from outage_window.settings.models import Settings;"
        "from outage_window.web import create_app;"
        "app = create_app(Store.open('sqlite:///pages.db'), Settings()).test_client();"
        "print(*(app.get(p).status_code for p in ('/', '/static/page.css', '/static/uplot.js')))"
    )
    told = run(wheel_bin / "python", "-c", code, cwd=wheel_bin.parent)
    assert told.stdout.split() == ["200"] * 3, told.stderr


def test_help_imports_nothing_heavy():
    code = (
        "import sys, outage_window.cli.main; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    )
    done = run(sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr
    heavy = {"numpy", "pandas", "matplotlib", "flask", "sqlalchemy", "pyarrow", "pydantic", "scipy"}
    assert heavy & set(done.stdout.split()) == set()


def test_an_analysis_starts_without_slow_libraries():
    code = "import outage_window.batch, sys; print({'pandas', 'scipy.stats'} & set(sys.modules))"
    done = run(sys.executable, "-c", code)
    assert done.stdout.strip() == "set()", done.stdout + done.stderr
