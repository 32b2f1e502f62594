"""Whether the words before a verb name people: pronouns, roles and teams, as far as words tell."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum


class Subject(Enum):
    """How sure it is that the subject of a verb is a person or a team."""

    NONE = 0
    """A thing, users who were hit, or words that are not known."""
    EITHER = 1
    """People or things: `they`; the verb decides."""
    PEOPLE = 2


def words(text: str) -> frozenset[str]:
    """A set of words, written as a line of them."""
    return frozenset(text.split())


_PRONOUNS = words("i we he she s/he he/she someone somebody")
_EITHER = words("they you who qa support")
_ROLES = words(
    "administrator admin analyst approver architect author colleague commander committer "
    "contractor dba developer employee engineer expert intern maintainer newcomer operator "
    "programmer responder reviewer specialist sre sysadmin technician trainee helpdesk noc oncall "
    "on-call leadership crew squad team"
)
_ROLES |= {f"{word}s" for word in _ROLES} | {"devs"}
# These name things as well; with one of these words before them they name people.
_TITLED = {
    "agent": words("support helpdesk desk call-centre"),
    "desk": words("service help support"),
    "lead": words("team tech technical engineering incident shift"),
    "manager": words(
        "change delivery duty engineering incident line operations product project release shift "
        "support team"
    ),
    "owner": words("product service system team"),
}
_NAMED = frozenset({"DevOps", "Ops", "SecOps", "NetOps", "SRE", "SREs", "DBAs", "Infosec"})
# An operator can be a program, too.
_PROGRAMS = words(
    "argo cert-manager cluster database elastic elasticsearch etcd flink grafana helm istio k8s "
    "kafka keycloak kubernetes mongodb mysql postgres postgresql prometheus rabbitmq redis spark "
    "vault"
)
_BETWEEN = words(
    "again all also both had has have never next now obviously often once perhaps really simply "
    "still then twice who"
)
_DETERMINERS = words("a an another each every his her its my no one our that the their these this")
_PREPOSITIONS = words("against among at between by for from in of on through to via with")
_AND = words("and but yet")
_SUBORDINATE = words("as because how if since so that when where whether which while who why")
_PARTS = words("all half many member members most none one part rest several some two")
LONGEST = 5
"""Words that a name of people may have: `the identity platform on-call engineer`."""


def subject(before: Sequence[str]) -> Subject:
    """Whether the last of these words are the people who do what the next verb says."""
    kept = _without_adverbs(before)
    if not kept:
        return Subject.NONE
    last = kept[-1].lower()
    if last in _AND:
        return _shared(kept[:-1])
    if last in _PRONOUNS or last.startswith("@"):
        return Subject.PEOPLE
    if last in _EITHER:
        return Subject.EITHER
    if is_people(kept) and not _is_object(kept):
        return Subject.PEOPLE
    return Subject.NONE


def _shared(clause: Sequence[str]) -> Subject:
    """The subject of the verb before `and`, if it opens the clause and no other clause follows."""
    for end in range(1, min(len(clause), LONGEST) + 1):
        small = clause[end - 1].lower()
        known = small in _PRONOUNS or (is_people(clause[:end]) and not _is_object(clause[:end]))
        if known and end < len(clause):
            other = any(word.lower() in _SUBORDINATE for word in clause[end:])
            return Subject.NONE if other else Subject.PEOPLE
    return Subject.NONE


def is_people(name: Sequence[str]) -> bool:
    """Whether the last word names a role or a team, with the word before it where that counts."""
    last = name[-1]
    before = name[-2].lower() if len(name) > 1 else ""
    one = last.lower().removesuffix("s")
    if last == "Teams" and before not in _DETERMINERS:
        return False  # the product
    if one in ("operator", "on-call") and before in _PROGRAMS:
        return False
    if last.lower() in _ROLES or last in _NAMED:
        return True
    if before == "team" and last[:1].isupper():
        return True
    return before in _TITLED.get(one, ()) or (before, one) == ("on", "call")


def is_name(name: Sequence[str]) -> bool:
    """Whether the last word may be somebody's name: a capital, and nothing that says `thing`."""
    last = name[-1]
    before = name[-2].lower() if len(name) > 1 else ""
    capital = last[:1].isupper() and last[1:].islower()
    return capital and before not in _DETERMINERS and not last.endswith(("ing", "s"))


def _without_adverbs(before: Sequence[str]) -> Sequence[str]:
    """The words without those that may stand between a subject and its verb, at most four."""
    end = len(before)
    for _ in range(4):
        last = before[end - 1].lower() if end else ""
        if end > 1 and (last in _BETWEEN or last.endswith("ly")):
            end -= 1
        elif end > 1 and last in ("duty", "shift") and before[end - 2].lower() == "on":
            end -= 2
        else:
            break
    return before[:end]


def _is_object(name: Sequence[str]) -> bool:
    """Whether they only tell more of a thing: `requests from the team`, not `one of the team`."""
    if name[-1].lower() == "call":
        name = name[:-1]  # it was `on call`
    for at in range(len(name) - 2, max(len(name) - 2 - LONGEST, -1), -1):
        word = name[at].lower()
        if word in _DETERMINERS and at > 0:
            at, word = at - 1, name[at - 1].lower()
        elif word not in _PREPOSITIONS:
            continue
        some = word == "of" and at > 0 and name[at - 1].lower() in _PARTS
        return word in _PREPOSITIONS and not some
    return False
