"""The errors that end a command with one line: the user's to mend (2), and what failed (70)."""

from __future__ import annotations


class InputError(Exception):
    """Input or settings that cannot be used.

    `where` names the file, line, field or key; `expected` says what would have been right. Both are
    for a person who is in a hurry: one line, no trace.
    """

    def __init__(self, where: str, expected: str) -> None:
        super().__init__(one_line(f"{where}: {expected}"))
        self.where = where
        self.expected = expected

    def __reduce__(self) -> tuple[type[InputError], tuple[str, str]]:
        """Another process raises it as it was raised here."""
        return type(self), (self.where, self.expected)


class Failed(Exception):
    """What the program needs has failed, and neither the input nor the program is at fault.

    It ends the command with exit code 70 and its words.
    """


def one_line(text: str) -> str:
    """The text on one line: names from outside may hold line ends and control characters."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def without_userinfo(url: str) -> str:
    """The URL without a password that may stand in it."""
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"
