# Settings of publishing: what is right becomes a target, what is wrong is named with line and key.
from __future__ import annotations

from pathlib import Path

import pytest

from outage_window.settings.load import SettingsError, load

RIGHT = """publish:
- kind: github_issue
  repository: acme/ops
  token_file: secrets/github
- kind: github_pull_request
  name: postmortems
  repository: acme/ops
  token: ghp_a
  path: "docs/{id}.md"
  base: main
  api_url: https://github.example.com/api/v3/
- {kind: slack, channel: C0123456789, token: xoxb-a, timeout: 5s}
- {kind: grafana, url: "https://grafana.example.com/", token: glsa_a, dashboard_uid: a, panel_id: 2}
- {kind: webhook, url: "https://hooks.example.com/a?b=c"}
"""


def read(tmp_path: Path, text: str, environ: dict[str, str] | None = None):
    file = tmp_path / "s.yml"
    file.write_text(text)
    return load(str(file), environ or {}).publish


def problems(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as error:
        read(tmp_path, text, environ)
    return [line.removeprefix(str(tmp_path / "s.yml")) for line in error.value.lines]


def test_what_is_right(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "github").write_text("ghp_file\n")
    issue, pull, slack, grafana, webhook = read(tmp_path, RIGHT)
    assert issue.token.get_secret_value() == "ghp_file"
    assert (issue.name, issue.api_url) == ("github_issue", "https://api.github.com")
    assert (pull.name, pull.api_url) == ("postmortems", "https://github.example.com/api/v3")
    assert (slack.api_url, slack.timeout) == ("https://slack.com/api", 5)
    assert (grafana.url, grafana.panel_id) == ("https://grafana.example.com", 2)
    assert (webhook.url, webhook.token) == ("https://hooks.example.com/a?b=c", None)
    shown = repr((issue, pull, slack, grafana, webhook))
    assert not [secret for secret in ("ghp_", "xoxb", "glsa_", "hooks.example") if secret in shown]


def test_off_by_default(tmp_path: Path) -> None:
    assert read(tmp_path, "") == ()


def test_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("xoxb-file")
    names = {"KIND": "slack", "CHANNEL": "C0123456789", "TOKEN_FILE": "t"}
    environ = {f"OUTAGE_WINDOW_PUBLISH__0__{name}": value for name, value in names.items()}
    [slack] = read(tmp_path, "", environ)
    assert slack.token.get_secret_value() == "xoxb-file"


SLACK = "publish:\n- kind: slack\n  channel: C0123456789\n  token: a\n"
GITHUB = "publish:\n- kind: github_pull_request\n  repository: a/b\n  token: a\n"
GRAFANA = "publish:\n- kind: grafana\n  url: http://x\n  token: a\n"
KINDS = "expected one of github_issue, github_pull_request, slack, grafana, webhook"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("publish: {}", ":1: publish: expected a list"),
        ("publish:\n- slack", ":2: publish[0]: expected keys and values"),
        ("publish:\n- kind: slak", f":2: publish[0].kind: {KINDS}"),
        ("publish:\n- kind: [slack]", f":2: publish[0].kind: {KINDS}"),
        ("publish:\n- token: a", f":2: publish[0].kind: {KINDS}"),
        (SLACK + "  chanel: x", ":5: publish[0].chanel: unknown key, expected channel?"),
        (SLACK + "  tokenfile: x", ":5: publish[0].tokenfile: unknown key, expected token_file?"),
        (
            SLACK + "  xyz: x",
            ":5: publish[0].xyz: unknown key, expected one of kind, name, channel,",
        ),
        (SLACK + "  repository: a/b", ":5: publish[0].repository: unknown key, expected one of"),
        (SLACK + "  token_file: x", ":5: publish[0].token_file: expected token or token_file, not"),
        (SLACK + "  name: a b", ":5: publish[0].name: expected a name of letters"),
        (SLACK + "  timeout: 5", ":5: publish[0].timeout: expected a duration"),
        (SLACK + "  api_url: slack.com", ":5: publish[0].api_url: expected a URL"),
        (SLACK + "  api_url: https://x/?a", ":5: publish[0].api_url: expected a URL without ?"),
        (SLACK.replace("C0123456789", "'#ops'"), ":3: publish[0].channel: expected the id of a"),
        (SLACK.replace(": a\n", ": a b\n"), ":4: publish[0].token: expected a token of ASCII"),
        (SLACK.replace("token: a\n", "token: ''\n"), ":4: publish[0].token: expected a token"),
        (SLACK.replace("  token: a\n", ""), ":2: publish[0].token: expected a value: it is"),
        (SLACK + SLACK[9:], ":5: publish[1].name: expected a name of its own: slack is taken"),
        (GITHUB.replace("a/b", "b"), ":3: publish[0].repository: expected a repository as OWNER/"),
        (GITHUB.replace("a/b", "a/.."), ":3: publish[0].repository: expected a repository as"),
        (GITHUB + "  path: a.md", ":5: publish[0].path: expected a path in the repository with"),
        (GITHUB + "  path: ../{id}", ":5: publish[0].path: expected a path in the repository"),
        (GITHUB + "  path: /{id}", ":5: publish[0].path: expected a path in the repository"),
        (GITHUB + "  base: ''", ":5: publish[0].base: expected"),
        (GRAFANA + "  panel_id: 1", ":2: publish[0]: expected panel_id only with dashboard_uid"),
        (GRAFANA + "  panel_id: x", ":5: publish[0].panel_id: expected"),
        (GRAFANA + "  tags: [' ']", ":5: publish[0].tags[0]: expected a tag"),
        (GRAFANA.replace("http://x", "http://u:p@x"), ":3: publish[0].url: expected a URL"),
        (GRAFANA.replace("http://x", "http://[x"), ":3: publish[0].url: expected a URL"),
        (GRAFANA.replace("http://x", "ftp://x"), ":3: publish[0].url: expected a URL"),
    ],
)
def test_each_problem_has_line_and_key(tmp_path: Path, text: str, expected: str) -> None:
    assert [line[: len(expected)] for line in problems(tmp_path, text)] == [expected]


def test_a_token_file_that_cannot_be_read_is_one_problem(tmp_path: Path) -> None:
    text = SLACK.replace("token: a", "token_file: gone")
    told = ":4: publish[0].token_file: expected a file that can be read: gone"
    assert problems(tmp_path, text) == [told]
    (tmp_path / "gone").write_text("\n")
    told = ":4: publish[0].token_file: expected a secret in the file gone"
    assert problems(tmp_path, text) == [told]


def test_a_token_file_where_no_token_is_meant_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("s3cret")
    [problem] = problems(tmp_path, "storage:\n  token_file: t\n")
    assert problem.startswith(":2: storage.token_file: unknown key")


def test_a_bad_variable_is_named(tmp_path: Path) -> None:
    name = "OUTAGE_WINDOW_PUBLISH__0__CHANNEL"
    [problem] = problems(tmp_path, SLACK, {name: "ops"})
    assert problem.startswith(f": {name}: ") or "publish[0].channel" in problem
    assert "expected the id of a channel" in problem


def test_no_secret_shows_in_a_problem(tmp_path: Path) -> None:
    text = SLACK.replace("token: a", "token: [s3cret]") + "- {kind: webhook, url: 's3cret://x'}\n"
    found = problems(tmp_path, text)
    assert len(found) == 2
    assert not any("s3cret" in line for line in found)
