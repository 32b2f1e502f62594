# The page on publishing against the program: its example is good, its table has every key.
from __future__ import annotations

import re
from pathlib import Path

import yaml

from outage_window.settings import publish as configured
from outage_window.settings.models import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "publishing.md").read_text("utf-8")
MODELS = (
    configured.GithubIssue,
    configured.GithubPullRequest,
    configured.Slack,
    configured.Grafana,
    configured.Webhook,
)


def test_the_example_is_good() -> None:
    [example] = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.S)
    text = re.sub(r"token_file: (\S+)", "token: a", example)
    found = Settings.model_validate(yaml.safe_load(text)).publish
    assert [one.kind for one in found] == ["github_pull_request", "slack"]


def test_the_table_has_every_key_of_its_kinds_with_its_default() -> None:
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| ([^|]*) \| ([^|]*) \|", PAGE, flags=re.M)
    told: dict[str, tuple[list[str], str]] = {}
    for names, kinds, default in rows:
        for name in re.findall(r"`(\w+)`", names):
            told.setdefault(name, (re.findall(r"all|\w+\*?", kinds), default))
    for model, kind in zip(MODELS, configured.KINDS, strict=True):
        for name, field in model.model_fields.items():
            kinds, default = told[name]
            assert any(k in ("all", kind) or kind.startswith(k.rstrip("*")) for k in kinds), name
            if isinstance(field.default, str) and name != "name":
                assert f"`{field.default}`" in default


def test_kinds_are_those_of_the_models() -> None:
    assert tuple(model.model_fields["name"].default for model in MODELS) == configured.KINDS
