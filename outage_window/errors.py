"""The one error that is the user's to mend: it ends the command with exit code 2 and one line."""

from __future__ import annotations


class InputError(Exception):
    """Input or settings that cannot be used.

    `where` names the file, line, field or key; `expected` says what would have been right. Both are
    for a person who is in a hurry: one line, no trace.
    """

    def __init__(self, where: str, expected: str) -> None:
        super().__init__(f"{where}: {expected}")
        self.where = where
        self.expected = expected
