# Blame: each kind of it is found in real sentences, and left alone where nobody is blamed.
from __future__ import annotations

from dataclasses import replace

import pytest

from reports.draft import render
from reports.facts import EventFact
from reports.lint import lint
from reports.lint.blame import ADVICE
from tests.reports.incidents import SESSIONS

FIRES = {
    "hindsight": [
        "We should have rolled back at once.",
        "we should have noticed it sooner",
        "The payments team should have tested the rollback.",
        "The DBA could have asked first.",
        "She should not have deployed on a Friday.",
        "I should've looked at the graph.",
        "They should have escalated sooner.",
        "The on-call should have been more careful.",
        "the on call should have looked",
        "The SREs could have spotted it.",
        "The developers should never have merged it.",
        "Team Payments should have told us.",
        "Somebody should really have checked this.",
        "The engineer on duty should have known.",
        "The engineer who should have looked was away.",
        "The service desk shouldn’t have closed the ticket.",
        "One of the engineers should have run the test.",
        "We should have automated this.",
        "The team should have also informed support.",
        "He **should** have *asked*.",
        "They should\n  have asked.",
        "SHE SHOULD HAVE ASKED",
        "Who should have noticed it?",
        "The team could have read the runbook.",
    ],
    "omission": [
        "The operator failed to check the list.",
        "The operator failed to follow the runbook.",
        "the on-call engineer failed to acknowledge the page",
        "She forgot to renew the certificate.",
        "They neglected to tell the support team.",
        "Bob forgot to renew it.",
        "Members of the team failed to read the page.",
        "The team neglected to document it.",
        "The incident manager failed to hand over.",
        "DevOps failed to revert the change.",
        "- the admin forgot to press save",
        "| 16:00 | The engineer failed to check |",
        "The operator noticed the level but failed to act.",
        "An engineer restarted the servers and forgot to type the name.",
        "The team has repeatedly failed to answer the page.",
        "@ana failed to look.",
        "They failed to notice it.",
    ],
    "human error": [
        "The outage was caused by human error.",
        "HUMAN ERROR",
        "The human\n  error was a typo.",
        "Human errors happen.",
        "It was _human error_.",
    ],
    "judgement": [
        "A careless change.",
        "It was done carelessly.",
        "It was negligent to skip the review.",
        "That was negligence.",
        "The reviewer was incompetent.",
        "That was stupid.",
    ],
    "blame": [
        "The network team is to blame.",
        "We blame the network team.",
        "The network team was blamed.",
        "The database team was at fault.",
        "Who was at fault?",
        "It was the fault of the payments team.",
        "It was the fault of DevOps.",
        "It was the fault of the on-call engineer, who was new.",
        "It was the team's fault.",
        "This is our fault.",
        "It was the operators' fault that it went on.",
    ],
    "mistake": [
        "It was a mistake by the release manager.",
        "Mistakes made by the team made it longer.",
    ],
    "obvious": ["The plan was obviously wrong.", "This was obviously\nincorrect."],
}

SILENT = {
    "hindsight": [
        "The alert should have fired at 15:32Z.",
        "The certificate should have been renewed by the job.",
        "The alerts were muted, so they should have fired later.",
        "The session manager should have closed the socket.",
        "We should have an alert on this.",
        "We should have automated tests for this.",
        "We should have dedicated capacity by March.",
        "Each team should have an owner for its alerts.",
        "The team should have read access to the dashboards.",
        "The on-call should have a runbook.",
        "The engineers should have more time for this.",
        "The team could have a look at it on Monday.",
        "We could have lost more data.",
        "Appointing an incident manager could have helped.",
        "Users should have seen an error page.",
        "Users could have been locked out for longer.",
        "You should have received an e-mail.",
        "The rollback should have taken two minutes.",
        "Nobody could have known this.",
        "We could not have known that the cache was cold.",
        "She couldn't have known.",
        "The rule would have fired at 15:32Z.",
        "If the cache were the cause, we should have seen misses.",
        "We should have had a staging environment.",
        "Should we have rolled back earlier?",
        "The team should have been paged at 15:30Z.",
        "The on-call should have been told by the router.",
        "What could have gone better, and what was luck?",
        "A new tool shouldn't have been rushed to production.",
        "Microsoft Teams should have delivered it.",
        "The failover by the platform team should have drained the node.",
        "The engineer's laptop should have locked itself.",
    ],
    "omission": [
        "The service failed to start.",
        "The request failed to reach the database.",
        "Logins from the support team failed to complete.",
        "Requests by the payments team failed to get through.",
        "The page to the on-call failed to be delivered.",
        "The pods restarted; they failed to mount the volume.",
        "The operation failed to finish in time.",
        "The Kubernetes operator failed to reconcile the resource.",
        "The prometheus-operator failed to reload its rules.",
        "The operator failed to restart the pod.",
        "Microsoft Teams failed to deliver the message.",
        "The connection manager failed to open a socket.",
        "The worker failed to acknowledge the job.",
        "18 % of users failed to sign in.",
        "Employees could not sign in; all of them failed to load the page.",
        "The on-call engineer failed to sign in, too.",
        "We failed to serve 2 % of the requests.",
        "The owner of the lock failed to release it.",
        "The monitoring team's dashboard failed to load.",
        "The engineer's laptop failed to connect.",
        "We saw that the pod restarted and failed to mount.",
        "Traffic moved to the standby and failed to drain.",
        "The script forgot to close the file.",
        "It forgot to close the file.",
        "The probe neglected no host.",
        "The review process also failed to show it.",
        "The team was told that the job failed to start.",
        "The on-call engineer was paged and failed over to the replica.",
    ],
    "human error": ["Errors of humans and machines.", "The human read the error.", "human-error"],
    "judgement": ["The negligible load did not matter.", "It ran without care."],
    "blame": [
        "This is a blameless review.",
        "We used git blame to find the change.",
        "`git blame` shows when the line was added.",
        "No blame is assigned here.",
        "We write postmortems without blame.",
        "This is a no-blame culture.",
        "The load balancer is not to blame.",
        "The file https://github.com/a/b/blame/main/x.py has the line.",
        "See the [history](https://example.org/blame/main).",
        "Fault tolerance was not tested.",
        "We looked at fault tolerance and at fault injection.",
        "The default policy denies by default.",
        "A page fault storm followed.",
        "A segmentation fault ended the process.",
        "The disk had a hardware fault.",
        "Its fault domain is one rack.",
        "Their fault tolerance is better now.",
        "A fault of the power supply ended the rack.",
        "The fault of one zone was not seen in the other.",
        "It was the fault of the team's load balancer.",
        "Through no fault of the team, the page was late.",
        "The fault was in the parser.",
        "The segfaults went on.",
    ],
    "mistake": [
        "The rows were deleted by mistake in the script.",
        "There was no mistake by the team.",
        "Mistakes in the plan were found by the team.",
    ],
    "obvious": ["It was not obvious what was wrong.", "Obviously, the cache was cold."],
}


def blamed(text: str) -> list[str]:
    return [one.message for one in lint(f"# Title\n\n{text}\n") if one.check == "blame"]


@pytest.mark.parametrize(("kind", "text"), [(kind, one) for kind in FIRES for one in FIRES[kind]])
def test_blame_is_found_with_the_neutral_wording_of_its_kind(kind: str, text: str) -> None:
    [says] = blamed(text)
    assert says.endswith(f"blames people: {ADVICE[kind]}")


@pytest.mark.parametrize(("kind", "text"), [(kind, one) for kind in SILENT for one in SILENT[kind]])
def test_what_blames_nobody_is_left_alone(kind: str, text: str) -> None:
    assert blamed(text) == []


def test_every_kind_has_advice_and_sentences_of_both_sorts() -> None:
    assert set(FIRES) == set(SILENT) == set(ADVICE)
    assert sum(map(len, SILENT.values())) > 80


def test_it_stands_where_the_words_begin_and_shows_the_subject() -> None:
    [one] = [
        one for one in lint("# T\n\nHere the operator failed to look.") if one.check == "blame"
    ]
    assert (one.line, one.column, one.text) == (3, 19, "operator failed to")


def test_labels_in_the_programs_text_blame_nobody_until_people_make_it_theirs() -> None:
    event = EventFact(SESSIONS.window.onset, "note", "Human error: the operator failed to look")
    text = render(replace(SESSIONS, events=(event,)))
    assert blamed(text) == []
    edited = text.replace("Human error: the operator failed to look", "Human error, we think", 1)
    assert len(blamed(edited)) == 1


@pytest.mark.parametrize("letter", ["İ", "ﬁ", "ß", "\U0001d400"])
def test_letters_that_change_their_length_move_nothing(letter: str) -> None:
    [one] = [one for one in lint(f"{letter * 9} Human Error") if one.check == "blame"]
    assert one.column == 11
