"""Words that blame people, and neutral ones to say it with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from string import ascii_uppercase

from reports.lint.finding import Found
from reports.lint.layout import Layout, Piece
from reports.lint.people import LONGEST, Subject, is_name, is_people, subject, words
from reports.lint.reading import Reading
from reports.lint.verbs import hindsight, omitted

CHECK = "blame"
REACH = 90
"""Characters before and after a word that are looked at."""

ADVICE = {
    "hindsight": "tell what was known and done then, such as “the runbook did not mention this”",
    "omission": "tell what happened, such as “the check was not run”, and what made that likely",
    "human error": "tell what let it happen, such as “the form accepted an empty list”",
    "judgement": "leave the judgement out, and tell the conditions, such as “two alerts at once”",
    "blame": "say “contributed to”, and what the conditions were",
    "mistake": "tell what was done and why it seemed right, such as “the plan listed one region”",
    "obvious": "tell how it looked at the time, such as “it proved wrong at 16:10Z”",
}
"""What to write instead, by the kind of blame."""

_MODAL = r"(?: +not|n't| +never)?(?: +(?:also|[a-z]{1,20}ly))?(?: +have|'ve)"
# By how it begins, which is quickly found in a long text: the kind, and how it goes on.
_WORDS = {
    "should": ("hindsight", _MODAL),
    "could": ("hindsight", _MODAL),
    "failed": ("omission", " +to"),
    "neglected": ("omission", " +to"),
    "forgot": ("omission", " +to"),
    "human": ("human error", " +errors?"),
    "careless": ("judgement", "(?:ly|ness)?"),
    "negligen": ("judgement", "(?:t|tly|ce)"),
    "incompeten": ("judgement", "(?:t|tly|ce)"),
    "stupid": ("judgement", "(?:ly|ity)?"),
    "blam": ("blame", "(?:e|es|ed|ing)"),
    "fault": ("fault", ""),
    "mistake": ("mistake", "s? +(?:made +)?by"),
    "obviously": ("obvious", " +(?:wrong|incorrect)"),
}
_PATTERNS = {
    begin: re.compile(rf"(?<![\w-]){begin}{rest}(?![\w-])") for begin, (_, rest) in _WORDS.items()
}
_SMALL = {ord(letter): letter.lower() for letter in ascii_uppercase}
_CLAUSE = re.compile(r"[.;:!?()|¤\"“”\n,—–]")
_NOT = words("assign avoid avoids don't isn't never no nobody none not nor wasn't without")
_OURS = words("my our his her their whose")
_NO_NAME = words("also and but it never nobody none not nothing or that then this which")
# After `fault` these go on with the sentence; a noun would say what kind of fault it is.
_ON = words(
    "alone also and as at because but either entirely for here in is nor not of or rather since so "
    "than that then though too was when while"
)


def blaming(draft: Layout, seen: Reading) -> Iterator[Found]:
    """Every word of blame in what people wrote. Quotations, code and the program's own text, in
    which labels may say anything, are not looked at."""
    small = seen.prose.lower()
    if len(small) != len(seen.prose):  # a capital that is two small characters would move the rest
        small = seen.prose.translate(_SMALL)
    for piece in draft.pieces:
        if piece.people and not (piece.block is not None and piece.block.suggestion):
            for begin, (kind, _) in _WORDS.items():
                for match in _found(small, begin, piece):
                    yield from _judged(_Place(kind, seen.prose, match, piece))


def _found(small: str, begin: str, piece: Piece) -> Iterator[re.Match[str]]:
    at = small.find(begin, piece.start, piece.end)
    while at >= 0:
        match = _PATTERNS[begin].match(small, at, piece.end)
        if match is not None:
            yield match
        at = small.find(begin, at + len(begin), piece.end)


class _Place:
    """A word that may blame, with what stands before and after it in its clause."""

    def __init__(self, kind: str, prose: str, match: re.Match[str], piece: Piece) -> None:
        near = prose[max(piece.start, match.start() - REACH) : match.start()]
        after = prose[match.end() : min(piece.end, match.end() + REACH)]
        self.at = match.start()
        self.kind = kind
        self.words = match[0].split()
        self.before = _CLAUSE.split(near)[-1].split()
        self.after = _CLAUSE.split(after, maxsplit=1)[0].split()

    @property
    def last(self) -> str:
        """The word before it."""
        return self.before[-1].lower() if self.before else ""

    @property
    def negated(self) -> bool:
        """Whether it is said that there is none."""
        return any(word.lower() in _NOT for word in self.before[-4:])


def _judged(place: _Place) -> Iterator[Found]:
    kind, fires = _CHECKS.get(place.kind, (place.kind, _always))
    if fires(place):
        said = " ".join(place.words)
        if (place.last, said) in (("at", "fault"), ("to", "blame")):
            said = f"{place.last} {said}"
        says = f"“{said}” blames people: {ADVICE[kind]}"
        with_subject = place.kind in ("hindsight", "omission", "fault")
        shown = [*place.before[-1:], " ".join(place.words)] if with_subject else [said]
        yield Found(place.at, CHECK, says, " ".join(shown), "warning")


def _always(place: _Place) -> bool:
    return True


def _small(after: list[str]) -> list[str]:
    return [word.lower() for word in after]


def _in_hindsight(place: _Place) -> bool:
    modal = "could" if place.words[0].startswith("could") else "should"
    if modal == "could" and (place.words[0].endswith("n't") or {"not", "never"} & {*place.words}):
        return False  # nobody could have known: that takes blame away
    who = subject(place.before)
    return who is not Subject.NONE and hindsight(who, modal, _small(place.after), place.last)


def _omitted(place: _Place) -> bool:
    who = subject(place.before)
    if place.words[0] == "failed":
        return who is not Subject.NONE and omitted(who, place.last, _small(place.after))
    if who is not Subject.NONE:
        return True
    return bool(place.before) and is_name(place.before) and place.last not in _NO_NAME


def _blamed(place: _Place) -> bool:
    return not place.negated and place.last != "git"


def _at_fault(place: _Place) -> bool:
    follows = place.after[0].lower() if place.after else ""
    if place.negated or (follows and follows not in _ON):
        return False
    if place.last == "at" or place.last in _OURS:
        return True
    if place.last.endswith(("'s", "s'")):
        whose = re.sub(r"'s$|'$", "", place.before[-1])
        return is_people([*place.before[:-1], whose])
    return follows == "of" and _names_people(place.after[1:])


def _names_people(after: list[str]) -> bool:
    """Whether the first noun of these is a role or a team, and not something of theirs."""
    for at in range(1, min(len(after), LONGEST + 1) + 1):
        if is_people(after[:at]) and (at == len(after) or after[at] in _ON):
            return True
    return False


_CHECKS: dict[str, tuple[str, Callable[[_Place], bool]]] = {
    "hindsight": ("hindsight", _in_hindsight),
    "omission": ("omission", _omitted),
    "human error": ("human error", _always),
    "blame": ("blame", _blamed),
    "fault": ("blame", _at_fault),
    "mistake": ("mistake", lambda place: place.last != "no"),
}
