"""Settings from a file and the environment, or every problem with its line and key."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from outage_window.errors import InputError, one_line
from outage_window.settings.models import SQLITE, Settings, known_keys
from outage_window.settings.publish import KINDS
from outage_window.settings.rules import broken
from outage_window.settings.source import (
    FILE_SUFFIX,
    SECRETS,
    Key,
    Problem,
    Source,
    from_yaml,
    overlay,
    read_secrets,
)

if TYPE_CHECKING:
    from outage_window.settings.web_config import WebConfig

LATER = {
    "slow": "slow successes cannot be counted yet; remove it",
}

SHAPES = {
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
    "string_type": "text, in quotes if need be",
}

NO_KIND = ("union_tag_not_found", "union_tag_invalid")


class SettingsError(InputError):
    """The settings cannot be used; `problems` are all that is wrong, ordered by line."""

    def __init__(self, name: str, problems: list[Problem]) -> None:
        self.name = name
        self.problems = sorted(problems, key=lambda problem: problem.line)
        where, _, expected = self.lines[0].partition(": ")
        more = f" (and {len(problems) - 1} more: check-config shows all)" if problems[1:] else ""
        super().__init__(where, expected + more)

    @property
    def lines(self) -> list[str]:
        """`FILE:LINE: key: expected …`, one for each problem."""
        return [_line(self.name, problem) for problem in self.problems]


def load(path: str, environ: Mapping[str, str]) -> Settings:
    """Read a settings file and the environment over it; raise `SettingsError` with all problems."""
    settings, problems = read(path, environ)
    if settings is None or problems:
        raise SettingsError(path, problems)
    return settings


def read(path: str, environ: Mapping[str, str]) -> tuple[Settings | None, list[Problem]]:
    """The settings (None when unusable) and all problems of a file.

    Every path in the settings, also one from the environment, is relative to the file's folder.
    """
    try:
        text = Path(path).read_text("utf-8")
    except OSError as error:
        return None, [Problem(0, "", f"expected a settings file ({error.strerror})")]
    except UnicodeDecodeError:
        return None, [Problem(0, "", "expected text in UTF-8")]
    source = from_yaml(text)
    overlay(source, environ)
    read_secrets(source, Path(path).parent, lambda above, name: name in known_keys(above))
    try:
        settings = Settings.model_validate(source.values)
    except ValidationError as error:
        found = [problem_of(detail, source) for detail in error.errors(include_url=False)]
        return None, source.problems + found
    settings = _in_folder(settings, Path(path).parent)
    config, found = web_config_of(settings)
    problems = source.problems + found
    users = None if config is None else config.basic_auth_users
    problems += [source.problem(*wrong) for wrong in broken(settings, guards(config), users)]
    url = settings.storage.url
    if "?" in url and url.startswith(SQLITE):  # a URL would end there
        expected = "expected an absolute path: the folder of the settings has a ? in its name"
        problems.append(source.problem(("storage", "url"), expected))
    return settings, problems


def web_config_of(settings: Settings) -> tuple[WebConfig | None, list[Problem]]:
    """What the web configuration file says (None when unusable), and what is wrong with it."""
    from outage_window.settings import web_config

    file = settings.web.config_file
    if file is None:
        return web_config.WebConfig(), []
    config, problems = web_config.read(file)
    return config, [replace(one, file=file) for one in problems]


def guards(config: WebConfig | None) -> bool:
    """Whether a web configuration lets nobody in unasked; one that is unusable lets nobody in."""
    return config is None or config.guards


def doubts(path: str, environ: Mapping[str, str], settings: Settings) -> list[str]:
    """`FILE:LINE: key: warning: …` for each thing that may come later, or be a typo.

    That is an export that is not there, and a service that a sender names and nobody knows.
    """
    source = from_yaml(Path(path).read_text("utf-8"))
    overlay(source, environ)
    found = [
        source.problem(("services", i, "file"), f"warning: no file {service.file} yet")
        for i, service in enumerate(settings.services)
        if service.file is not None and not Path(service.file).is_file()
    ]
    known = [service.name for service in settings.services]
    found += [
        source.problem(("senders", i, "services", name), f"warning: no service {ours} among yours")
        for i, sender in enumerate(settings.senders)
        for name, meant in sender.services.items()
        for ours in meant
        if known and ours not in known
    ]
    return [_line(path, one) for one in found]


def _in_folder(settings: Settings, folder: Path) -> Settings:
    services = tuple(
        service
        if service.file is None
        else service.model_copy(update={"file": str(folder / service.file)})
        for service in settings.services
    )
    storage = settings.storage
    if storage.url.startswith(SQLITE):
        database = folder / storage.url.removeprefix(SQLITE)
        storage = storage.model_copy(update={"url": f"{SQLITE}{database}"})
    drafts = settings.drafts
    if drafts.dir:
        drafts = drafts.model_copy(update={"dir": str(folder / drafts.dir)})
    web = settings.web
    if web.config_file:
        web = web.model_copy(update={"config_file": str(folder / web.config_file)})
    changes = {"services": services, "storage": storage, "drafts": drafts, "web": web}
    return settings.model_copy(update=changes)


def _line(name: str, problem: Problem) -> str:
    name = problem.file or name
    place = f"{name}:{problem.line}" if problem.line else name
    return one_line(": ".join(filter(None, (place, problem.key, problem.expected))))


def problem_of(detail: ErrorDetails, source: Source, root: type[BaseModel] = Settings) -> Problem:
    """What pydantic found, with its line and in the words of a person; `root` is what was read."""
    return source.problem(_place(detail), _expectation(detail, tuple(detail["loc"]), root))


def _place(detail: ErrorDetails) -> Key:
    """The key in the file: to pydantic the kind of a target is a part of it, where it is right."""
    key: Key = tuple(detail["loc"])
    if detail["type"] in NO_KIND:
        return (*key, "kind")
    return key[:2] + key[3:] if key[:1] == ("publish",) and set(key[2:3]) & set(KINDS) else key


def _expectation(detail: ErrorDetails, key: Key, root: type[BaseModel]) -> str:
    if key[-1:] and str(key[-1]) in LATER and detail["type"] == "extra_forbidden":
        return LATER[str(key[-1])]
    if detail["type"] == "extra_forbidden":
        return _nearest(str(key[-1]), known_keys(key[:-1], root))
    if detail["type"] in NO_KIND:
        return f"expected one of {', '.join(KINDS)}"
    if detail["type"] == "missing":
        return "expected a value: it is required"
    if detail["type"] == "literal_error":
        return f"expected {detail['ctx']['expected']}"
    if detail["type"] in SHAPES:
        return f"expected {SHAPES[detail['type']]}"
    message = detail["msg"]
    return message if message.startswith("expected") else f"expected {_plain(message)}"


def _plain(message: str) -> str:
    lowered = message[:1].lower() + message[1:]
    for beginning in ("input should be ", "value should have "):
        lowered = lowered.removeprefix(beginning)
    return lowered


def _nearest(name: str, known: list[str]) -> str:
    known = known + [name + FILE_SUFFIX for name in SECRETS if name in known]
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if close:
        return f"unknown key, expected {close[0]}?"
    return f"unknown key, expected one of {', '.join(known)}"
