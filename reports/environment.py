"""Where templates run: a sandbox in which whatever they print is escaped once, as Markdown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from importlib.resources import files
from typing import Any

from jinja2 import BaseLoader, StrictUndefined, TemplateNotFound, nodes
from jinja2.compiler import CodeGenerator, Frame, optimizeconst
from jinja2.exceptions import SecurityError
from jinja2.runtime import Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from reports.escape import Markdown, markdown, noted

# They make text that nothing would escape any more, or escape it for HTML.
_WITHHELD = (
    "e", "escape", "forceescape", "format", "indent", "pprint", "replace", "safe", "striptags",
    "tojson", "urlize", "xmlattr",
)  # fmt: skip
ENDING = ".md.jinja"


class _Generator(CodeGenerator):
    """Compiles `a ~ b` to a call of ours: the engine's own would escape for HTML."""

    @optimizeconst
    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 (the engine's)
        """Join what is Markdown already with what is not yet."""
        self.write("environment.beside((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class Environment(ImmutableSandboxedEnvironment):
    """A sandbox with Markdown for its markup.

    Everything printed passes through `_printed`; macros, `{% set %}` and `{% call %}` blocks give
    `Markup`, which is Markdown by then. No filter, method or operator turns data into markup.
    """

    code_generator_class = _Generator
    intercepted_binops = frozenset({"+", "%"})

    def __init__(self) -> None:
        self._noting = threading.local()
        super().__init__(
            undefined=StrictUndefined,
            finalize=self._print,
            autoescape=True,
            loader=_Own(),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        for name in _WITHHELD:
            del self.filters[name]
        self.filters["join"] = _join

    def noting(self) -> dict[str, None]:
        """From now on, in this thread, the footnotes whose marks are printed, in their order."""
        self._noting.found = {}
        return self._noting.found  # type: ignore[no-any-return]

    def _print(self, value: object) -> Markup:
        printed = _printed(value)
        found = getattr(self._noting, "found", None)
        if found is not None and not isinstance(value, Markup):
            found.update(dict.fromkeys(noted(_text(value))))
        return printed

    def beside(self, parts: Iterable[object]) -> str:
        """The parts as one text; Markdown if one of them is."""
        found = list(parts)
        if not any(isinstance(part, Markup) for part in found):
            return "".join(_text(part) for part in found)
        return Markdown("".join(_printed(part) for part in found))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """`+` and `%` on Markdown would escape their other side for HTML."""
        if not isinstance(left, Markup) and not isinstance(right, Markup):
            return super().call_binop(context, operator, left, right)
        if operator == "+":
            return self.beside((left, right))
        raise SecurityError(f"{operator} on Markdown: print its parts one by one")

    def wrap_str_format(self, value: Any) -> Any:
        """`format` of Markdown is none of a template's either."""
        if isinstance(getattr(value, "__self__", None), Markup):
            return None
        return super().wrap_str_format(value)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Methods of Markdown are none of a template's: they escape for HTML."""
        return not isinstance(obj, Markup) and super().is_safe_attribute(obj, attr, value)


class _Own(BaseLoader):
    """The package's own templates: `parts/impact`, `default`. Nothing else can be included."""

    def get_source(
        self, environment: Any, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The text of a template of ours."""
        found = files("reports") / "templates"
        for part in f"{template}{ENDING}".split("/"):
            if part in ("", ".", "..") or "\\" in part:
                raise TemplateNotFound(template)
            found = found / part
        if not found.is_file():
            raise TemplateNotFound(template)
        return found.read_text("utf-8"), template, lambda: True


def _printed(value: object) -> Markup:
    """Escape whatever a template prints, unless it is Markdown already."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, Undefined):
        str(value)  # raises, and names what is missing
    return markdown(_text(value))


def _text(value: object) -> str:
    """Only text and whole numbers: anything else that is printed is a slip in the template."""
    printable = getattr(value, "printed", value)
    if not isinstance(printable, str | int) or isinstance(printable, bool):
        raise TypeError(f"a template printed {type(value).__name__}, expected text")
    return str(printable)


def _join(values: Iterable[Any], by: str = "") -> str:
    """As the engine's own, but that what is not Markdown is escaped as such."""
    found = list(values)
    if not any(isinstance(value, Markup) for value in (by, *found)):
        return by.join(_text(value) for value in found)
    return Markdown(_printed(by).join(_printed(value) for value in found))
