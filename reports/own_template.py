"""A template of the user's: filled in the sandbox, each slip named by its line."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError

from reports.draft import BadTemplate
from reports.environment import Environment

SLIPS = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError)
"""What a template of the user's can raise: their slip, not ours."""


def filled(environment: Environment, name: str, source: str, context: Mapping[str, Any]) -> str:
    """The text that a template gives; `BadTemplate` for whatever is wrong with it."""
    try:
        code = environment.compile(source, name, filename=name)
    except TemplateSyntaxError as error:
        raise BadTemplate(
            f"{name}:{error.lineno}", f"expected a template: {error.message}"
        ) from None
    template = environment.template_class.from_code(environment, code, environment.make_globals({}))
    try:
        return template.render(context)
    except (
        TemplateError,
        TypeError,
        ValueError,
        ArithmeticError,
        LookupError,
        RecursionError,
    ) as error:
        line = _line(error.__traceback__, name)
        raise BadTemplate(f"{name}:{line}", f"cannot be filled: {error}") from None


def _line(trace: TracebackType | None, name: str) -> int:
    """The last line of the template that was running."""
    line = 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == name:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
