"""Which verbs tell that people are meant, and which that a program or a plan is."""

from __future__ import annotations

from collections.abc import Sequence

from reports.lint.people import Subject, words

_HUMAN = words(
    "acknowledg announc ask check communicat consider document escalat follow inform know listen "
    "look notic read realis realiz rememb review speak tell test think told understand understood "
    "verif wait warn"
)
"""How verbs begin that only people can be the subject of."""

# What those who use a service try, responders too: it says nothing of anybody's conduct.
_USE = words("access authenticate connect load log login reach receive sign")
# What services do: programs that are called operator, and `we` where that is the service.
_SERVE = _USE | words(
    "answer appear bind boot complete drain evict initialise initialize join mount open parse "
    "process reconcile reload render replicate restart return scale schedule serve start sync "
    "synchronise synchronize"
)
_IRREGULAR = words(
    "begun been brought built caught chosen come cut dealt done drawn felt forgotten found given "
    "gone got gotten had heard held hit kept known led left let lost made meant met paid put read "
    "reset rolled run said seen sent set shown shut split spoken spent stood taken taught thought "
    "thrown told understood undone withdrawn woken won written"
)
_NO_PARTICIPLE = words("embed exceed feed need seed shed speed")
_PROGRAMS = words("admin admins operator operators we")
# With a noun right behind they describe it: `we should have automated tests` is a plan.
_ADJECTIVES = words(
    "advanced agreed automated centralised centralized cut dedicated defined detailed documented "
    "hit improved increased left limited managed named owned planned published put read reduced "
    "required reset run scheduled set shared signed split supported tested trained trusted unified "
    "written"
)
_GO_ON = words(
    "a about after against all an and any anything as at because before but by down earlier each "
    "every everything first for from her here him his how if immediately in instead into it its "
    "later more my off on once or our out over own quicker right so sooner that the their them "
    "then there these this those through to too under until up us what when whether which "
    "while why with without"
)
_ADVERBS = words("also at least")
_OUTCOMES = words("been ended faced had helped hit lost suffered")
_BEEN = words("alert aware better careful cautious clearer faster less more quicker ready vigilant")


def hindsight(who: Subject, modal: str, after: Sequence[str], pronoun: str) -> bool:
    """Whether `should have` or `could have` and the words after it judge what people did."""
    verb, behind, *_ = *_without_adverbs(after), "", ""
    if verb == "been":
        return who is Subject.PEOPLE and behind in _BEEN
    if verb == "had" or (modal == "could" and verb in _OUTCOMES):
        return False  # a lack, or what luck prevented
    if verb == "seen" and pronoun in ("i", "we"):
        return False  # what an explanation would have led to
    if who is Subject.EITHER:
        return _human(verb)
    return _is_participle(verb) and (verb not in _ADJECTIVES or _goes_on(behind))


def omitted(who: Subject, name: str, after: Sequence[str]) -> bool:
    """Whether `failed to` and the words after it speak of what people did not do."""
    verb = after[0] if after else ""
    if who is Subject.EITHER:
        return _human(verb)
    return verb not in (_SERVE if name in _PROGRAMS else _USE)


def _human(verb: str) -> bool:
    return verb.startswith(tuple(_HUMAN))


def _is_participle(verb: str) -> bool:
    regular = verb.endswith("ed") and len(verb) > 4 and verb not in _NO_PARTICIPLE
    return regular or verb in _IRREGULAR


def _goes_on(word: str) -> bool:
    return not word or word in _GO_ON or word.endswith("ly")


def _without_adverbs(after: Sequence[str]) -> Sequence[str]:
    at = 0
    while at < len(after) and (after[at].endswith("ly") or after[at] in _ADVERBS):
        at += 1
    return after[at:]
