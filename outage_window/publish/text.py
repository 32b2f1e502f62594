"""Text from outside made safe and short for where it is shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from reports.escape import plain

LONGEST_ADDRESS = 2_000

_ADDRESS = re.compile(r"[!#$%&*+,\-./0-9:;=?@A-Z\[\]_a-z~]+")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_CODE_OR_NAME = re.compile(
    r"(?P<code>(?<![`\\])(?P<run>`+)(?!`).*?(?<!`)(?P=run)(?!`))"
    r"|(?<![\w/])@(?=[A-Za-z0-9])"
    r"|(?<![\w/&])#(?=[0-9])"
    r"|\bGH-(?=[0-9])"
)


def short(text: str, most: int) -> str:
    """One line of what can be seen of the text, cut with an ellipsis."""
    line = plain(text)
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def web_address(url: str | None) -> str | None:
    """The URL where it is one that a page may safely link to, else None."""
    if url is None or len(url) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None


def defused(markdown: str) -> str:
    """Markdown that looks the same on GitHub, but mentions nobody and refers to no issue.

    An empty comment parts `@name` and `#12`; code, where it would be seen, has no effect anyway.
    """
    lines = []
    fence = ""
    for line in markdown.split("\n"):
        inside, fence = bool(fence), _fence_after(line, fence)
        lines.append(line if inside or fence else _CODE_OR_NAME.sub(_parted, line))
    return "\n".join(lines)


def _parted(found: re.Match[str]) -> str:
    return found[0] if found["code"] else f"{found[0]}<!-- -->"


def cut(markdown: str, room: int, note: Callable[[int], str]) -> str:
    """The Markdown where it fits, else whole lines of it and a note with how many are missing."""
    if len(markdown) <= room:
        return markdown
    lines = markdown.split("\n")
    longest_fence = max((len(found[1]) for found in map(_FENCE.match, lines) if found), default=0)
    left = room - len(note(len(lines))) - len("\n\n\n") - longest_fence
    kept = 0
    while len(lines[kept]) + 1 <= left:
        left -= len(lines[kept]) + 1
        kept += 1
    fence = ""
    for line in lines[:kept]:
        fence = _fence_after(line, fence)
    closing = [fence] if fence else []
    return "\n".join([*lines[:kept], *closing, "", note(len(lines) - kept)])


def _fence_after(line: str, fence: str) -> str:
    """The fence of the code block that is open after the line; empty outside of code."""
    found = _FENCE.match(line)
    if found is None:
        return fence
    if not fence:
        return found[1]
    closes = found[1].startswith(fence) and line.strip() == found[1]
    return "" if closes else fence
