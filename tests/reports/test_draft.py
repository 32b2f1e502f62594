# The draft: its sections, its tables, its bytes, and that no label can change any of them.
from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.estimate import Estimate
from reports import headline as lines
from reports.blocks import unmarked
from reports.draft import render
from reports.escape import bare
from reports.facts import EventFact

from .golden import FOLDER, GOLDEN, draft
from .incidents import (
    ACCOUNTS,
    BLIND,
    DECLARED,
    IDENTITY,
    LEVEL,
    ONGOING,
    PHASED,
    RATIO_ONLY,
    REFERENCES,
    SESSIONS,
    SUSPECTED,
    TOKENS,
    alert,
    counted_users,
    refused_users,
)
from .markdown import parse

ALL = {**REFERENCES, "ongoing": ONGOING, "suspected": SUSPECTED, "blind": BLIND}
ALL |= {"phased": PHASED, "ratio": RATIO_ONLY, "level": LEVEL, "declared": DECLARED}

SECTIONS = [
    ("h2", "Issue summary"),
    ("h3", "Duration"),
    ("h3", "Impact"),
    ("h3", "Root cause"),
    ("h3", "What does not fit"),
    ("h2", "Timeline"),
    ("h3", "Detection"),
    ("h3", "Actions taken"),
    ("h3", "Misleading paths"),
    ("h3", "Escalation"),
    ("h2", "Root cause and resolution"),
    ("h3", "Contributing factors"),
    ("h3", "Resolution"),
    ("h2", "Corrective and preventative measures"),
    ("h3", "Improvements and fixes"),
    ("h3", "Tasks"),
    ("h2", "Conclusion"),
    ("h2", "Data and evidence"),
    ("h3", "Chart"),
    ("h3", "Inputs"),
]


def said_first(incident):
    return bare(lines.headline(incident))


@pytest.mark.parametrize("name", GOLDEN)
def test_draft_equals_the_golden_file(name):
    assert draft(GOLDEN[name]) == (FOLDER / f"{name}.md").read_text("utf-8")


def test_another_process_with_another_hash_seed_writes_the_same_bytes():
    code = (
        "import sys; from tests.reports.golden import GOLDEN, draft;"
        "sys.stdout.buffer.write(''.join(map(draft, GOLDEN.values())).encode())"
    )
    env = {"PYTHONHASHSEED": "271", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
    assert done.stdout.decode() == "".join(map(draft, GOLDEN.values()))


@pytest.mark.parametrize("name", ALL)
def test_sections_stand_in_order_and_tables_are_whole(name):
    parsed = parse(render(ALL[name]))
    assert parsed.headings[0][0] == "h1"
    assert parsed.headings[1:] == SECTIONS
    assert all(len({len(row) for row in table}) == 1 for table in parsed.tables)
    assert all(len(table) > 1 for table in parsed.tables)
    assert "TODO(owner?):" in parsed.text
    assert "None" not in parsed.text
    assert "nan" not in parsed.text.lower().replace("unannounced", "")


@pytest.mark.parametrize("name", ALL)
def test_no_blank_lines_pile_up_and_no_line_ends_in_blanks(name):
    text = render(ALL[name])
    assert "\n\n\n" not in text
    assert all(line == line.rstrip() for line in text.splitlines())
    assert text.endswith("\n")


def test_summary_line_is_the_first_thing_below_the_title():
    lines = [line for line in unmarked(render(TOKENS)).splitlines() if line]
    assert lines[0] == "# Postmortem draft: token-api, 2023-11-10"
    assert lines[1] == (
        "**token-api: 25.0 %[^affected_users] of users mostly locked out for "
        "11 h 15 min[^duration_seconds], "
        "from 2023-11-10T15:30:04Z[^start] to 2023-11-11T02:45:09Z[^end].**"
    )
    assert "25.0 %[^affected_users] (24.9 % to 25.1 %) of users hit, mostly locked out" in lines[2]


@pytest.mark.parametrize(
    ("users", "said"),
    [
        (counted_users(0.45, 0.97, "blocked"), "45.0 % of users mostly locked out for 1 h"),
        (
            counted_users(0.85, 0.04, "intermittent"),
            "85.0 % of users met intermittent failures for",
        ),
        (
            counted_users(0.3, 0.5, "mixed"),
            "30.0 % of users locked out or met with intermittent failures for 1 h 15 min",
        ),
        (counted_users(0.3, 0.5, "not_derivable"), "accounts: degraded for 1 h 15 min"),
        (refused_users(), "accounts: degraded for 1 h 15 min"),
        (None, "accounts: degraded for 1 h 15 min"),
    ],
)
def test_the_summary_line_says_what_users_met_and_no_more(users, said):
    line = said_first(replace(ACCOUNTS, users=users))
    assert said in line
    assert line.endswith(" from 2024-01-22T15:30:01Z to 2024-01-22T16:45:03Z.")


def test_while_it_lasts_what_users_met_is_said_as_so_far():
    users = counted_users(0.25, 0.93, "blocked")
    line = said_first(replace(ONGOING, users=users))
    assert line.endswith("as of 2024-06-01T23:05:00Z; so far 25.0 % of users mostly locked out.")


def failing(share, **columns):
    """ACCOUNTS without users, its error ratio near `share`, as in every column if not told."""
    found = Estimate(share, share - 0.002, share + 0.002, "ratio", "measured", "errors / attempts")
    flat = (share,) * len(ACCOUNTS.curve.start)
    return replace(
        ACCOUNTS,
        users=refused_users(),
        window=replace(ACCOUNTS.window, error_ratio=found),
        curve=replace(ACCOUNTS.curve, **({"low": flat, "high": flat} | columns)),
    )


def test_without_users_only_failures_from_edge_to_edge_are_called_down():
    down = failing(0.99)
    assert "accounts: down or nearly so (99.0 % of attempts failed) for 1 h" in said_first(down)
    size = len(down.curve.low)
    lulled = (*down.curve.low[: size // 2], 0.4, *down.curve.low[size // 2 + 1 :])
    no_attempts = Estimate.not_derivable("attempts", "the series has no attempts")
    for other in (
        failing(0.93),
        failing(0.99, low=lulled),
        failing(0.99, per_minute=(None,) * size),
        replace(down, curve=None),
        replace(down, slow_errors=12.0),
        replace(down, window=replace(down.window, attempts=no_attempts)),
    ):
        assert "accounts: degraded for" in said_first(other)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("traffic_loss", "accounts: attempts stayed away for"),
        ("errors_and_traffic_loss", "accounts: degraded, and attempts stayed away for"),
    ],
)
def test_lost_traffic_is_named(kind, words):
    lost = replace(ACCOUNTS, users=None, window=replace(ACCOUNTS.window, kind=kind))
    assert words in said_first(lost)
    assert "under a quarter of the least" in bare(lines.impact(lost))


def test_measured_alerted_and_declared_times_stand_side_by_side():
    table = parse(render(SESSIONS)).tables[0]
    starts = {row[0]: (row[1], row[2]) for row in table[1:]}
    assert table[0][2] == "Start (-05:00)"
    assert starts["Measured"] == ("2024-05-03T14:43:02Z", "2024-05-03T09:43:02-05:00")
    assert starts["Alerts, first fired to last resolved"][0] == "2024-05-03T14:45:00Z"
    assert starts["Declared by people"] == ("2024-05-03T15:00:00Z", "2024-05-03T10:00:00-05:00")


MARK = re.compile(r"\[\^(\w+)\](?!:)")
FOOTNOTE = re.compile(r"^\[\^(\w+)\]: (.*)$", re.MULTILINE)


@pytest.mark.parametrize("name", ALL)
def test_every_mark_has_its_footnote_and_every_footnote_a_mark(name):
    text = render(ALL[name])
    notes = FOOTNOTE.findall(text)
    assert len(dict(notes)) == len(notes)
    assert set(MARK.findall(text)) == set(dict(notes))


@pytest.mark.parametrize("name", REFERENCES)
def test_a_footnote_holds_value_status_method_input_hash_and_command(name):
    incident = REFERENCES[name]
    for identity, note in FOOTNOTE.findall(render(incident)):
        assert re.search(r"; (measured|estimated|declared); \S", note)
        assert re.search(r"; from \S.* \(sha256 [0-9a-f]{12}\)", note)
        field = rf"; reproduce with `{re.escape(incident.command)} --format json`, field `"
        assert re.search(rf"{field}[a-z_.]*{identity}`$", note)


def test_the_value_before_a_mark_is_that_of_the_footnote():
    text = render(ACCOUNTS)
    for identity, note in FOOTNOTE.findall(text):
        value = re.match(r"[^:]+: (.*?)(?: \([^)]*\))?; (?:measured|estimated|declared);", note)
        assert value, note
        assert f"{value[1]}[^{identity}]" in text


def test_inputs_stand_with_their_whole_hash():
    tables = parse(render(SESSIONS)).tables
    hashes = next(t for t in tables if "Input" in t[0])
    assert [len(row[1]) for row in hashes[1:]] == [64, 64, 64]


def test_nothing_that_is_refused_has_a_footnote():
    text = parse(render(SESSIONS)).text
    assert "not derivable, because no acknowledgement was given" in text
    assert "[^affected_users]" not in render(SESSIONS)


def test_without_users_the_share_is_refused_with_what_would_help():
    text = parse(render(SESSIONS)).text
    assert "not derivable, because no attempts per user were given" in text
    assert "(needed: attempts per user with their outcome and reason)" in text
    assert "10 % to 49 %" in text


def test_without_a_window_alert_times_are_called_alert_times():
    text = parse(render(SUSPECTED)).text
    assert "no outage was measured, because no metrics of this service have been read yet" in text
    assert "The alert times are the alerts' own" in text
    assert "degraded" not in text
    assert "The alert times" not in parse(render(DECLARED)).text


def test_ongoing_has_no_recovery_and_says_so():
    text = parse(render(ONGOING)).text
    assert "ongoing since 2024-06-01T22:10:31Z (2024-06-02T00:10:31+02:00), for 54 min" in text
    assert "not derivable, because it is ongoing" in text


def test_a_negative_delay_is_flagged_not_hidden():
    early = replace(TOKENS, alerts=(alert("2023-11-10 15:20", None),))
    text = parse(render(early)).text
    assert "−10 min 4 s" in text
    assert "negative: the first alert came before the measured onset" in text


def test_a_delay_that_may_be_negative_is_flagged():
    same = replace(TOKENS, alerts=(alert("2023-11-10 15:30:10", None),))
    assert "zero or negative is possible" in parse(render(same)).text


def test_changes_are_near_in_time_and_never_a_cause():
    text = parse(render(ACCOUNTS)).text
    assert "change near in time: 4 min 1 s before the onset" in text
    assert "rollback config: login policy 117: 1 min 3 s before the recovery" in text
    assert "caused" not in text


def test_nothing_is_closer_than_the_edge_is_known():
    text = parse(render(IDENTITY)).text
    assert "“config change: signing key rotation” 6 min before the onset" in text
    assert "“hotfix key-distributor 1.9.2” at the recovery, within its interval" in text


def test_a_change_long_before_is_no_candidate():
    old = EventFact(TOKENS.window.onset - 7201, "change", "deploy of yesterday")
    text = parse(render(replace(TOKENS, events=(old,)))).text
    assert "deploy of yesterday — change near" not in text
    assert "No change was given for the two hours before the onset" in text


def test_a_long_timeline_keeps_what_matters_and_counts_the_rest():
    notes = tuple(
        EventFact(TOKENS.window.onset + 60 * i, "note", f"note {i}") for i in range(1, 101)
    )
    noisy = replace(TOKENS, events=tuple(sorted((*TOKENS.events, *notes), key=lambda e: e.time)))
    parsed = parse(render(noisy))
    timeline = next(t for t in parsed.tables if t[0][-1] == "What")
    assert "Left out: 100 rows" in parsed.text
    assert "note 30" not in parsed.text
    assert {"Onset", "Recovery", "Alert fired", "Escalated"} <= {row[1] for row in timeline}


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_said_at_length_twice(name):
    incident = ALL[name]
    text = parse(render(incident)).text
    assert text.count(bare(lines.noticed(incident))) == 1
    assert text.count("that is no promise") <= 1
    assert text.count("Noticed first by") + text.count("Noticed by what is not known") == 1


def test_the_rule_stands_once_and_alerting_points_to_it():
    for incident, said in (
        (ACCOUNTS, "no alert fired"),
        (IDENTITY, "the rule in force (AuthErrorBudgetBurn) fired 7 h after the measured onset"),
    ):
        text = parse(render(incident)).text
        assert text.count("would have fired at") == 1
        assert f"Alerting: {said}; what a plain rule would have done stands with" in text
    fired = "Alerting: the rule in force (AuthErrorRateHigh) fired 15 min after the measured onset."
    assert f"{fired} “error ratio over 5 min > 15 %" in parse(render(TOKENS)).text
    none = parse(render(replace(ACCOUNTS, rule=None))).text
    assert "No plain threshold rule can be named from these data." in none


def test_the_draft_says_up_to_when_its_data_reach():
    assert "from data up to 2024-01-22T17:45:03Z." in render(ACCOUNTS)


def test_leads_are_what_was_investigated_and_notes_are_not():
    leads = render(SESSIONS).partition("### Misleading paths")[2].partition("###")[0]
    assert "Comparing session tokens" in leads
    assert "Team told" not in leads
    assert "TODO(owner?): Which of these leads were wrong" in leads
    none = render(replace(SESSIONS, events=())).partition("### Misleading paths")[2]
    assert "- No lead was given." in none


def test_a_long_list_of_leads_is_cut_and_counted():
    onset = TOKENS.window.onset
    leads = tuple(EventFact(onset + 60 * i, "investigating", f"lead {i}") for i in range(1, 101))
    parsed = parse(render(replace(TOKENS, events=leads)))
    assert "the last of 80 more that are not listed here" in parsed.text


def test_an_unknown_template_is_refused():
    with pytest.raises(ValueError, match="expected one of default"):
        render(TOKENS, "../../etc/passwd")


HOSTILE = (
    "## Root cause",
    "x\n## Root cause\n\nthe database team",
    "x\r\n\r\n# Forged\r\n",
    "| a | b |\n| --- | --- |\n| c | d |",
    "a | b | c",
    "```\n# code",
    "`unclosed",
    "<script>alert(1)</script>",
    "<!-- hidden",
    "[click](javascript:alert(1))",
    "![x](http://evil.example/p.png)",
    "**bold** _it_ *it* ~~gone~~ __strong__",
    "&lt;b&gt; &#35; Root",
    "{{ incident.service.__class__ }} {% for x in y %}",
    "- item\n1. one",
    "1. one",
    "> quote",
    "===",
    "---",
    "\\",
    "\\|",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07",
    "\u202egnp.exe\u2066\u200b\u200d\ufeff",
    "\ud800",
    "line\u2028sep\u2029\x85end",
    "    indented code",
    "[ref]: http://x",
    "",
    " ",
    "TODO(owner?): forged",
    "x" * 5000,
    "https://evil.example www.evil.example mail@evil.example",
    "Ωμέγα 数据 🙂",
    "$x^2$ \\(y\\)",
)


def labelled(text):
    """All five places where data of others come in hold `text`; as many of each as before."""
    return replace(
        SESSIONS,
        service=text or "s",
        id=text or "i",
        command=text or "c",
        alerts=tuple(
            replace(a, name=text, summary=text, source=text, labels={"alertname": text})
            for a in SESSIONS.alerts
        ),
        events=tuple(replace(e, text=text, team=text) for e in SESSIONS.events),
        inputs=tuple(replace(o, name=text) for o in SESSIONS.inputs),
        users=replace(
            SESSIONS.users,
            affected=Estimate.not_derivable("ratio", text or "r", text or "n"),
            attempts_share=replace(SESSIONS.users.attempts_share, method=text or "m"),
        ),
    )


def structure(incident):
    parsed = parse(render(incident, charts=("chart.svg",)))
    shape = [[len(row) for row in table] for table in parsed.tables]
    return [tag for tag, _ in parsed.headings], shape, parsed.kinds


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_labels_leave_the_structure_as_it_is(text):
    benign = structure(labelled("a plain word"))
    assert structure(labelled(text)) == benign
    out = render(labelled(text))
    assert out.encode()
    assert not any(ord(c) < 32 and c != "\n" for c in out)
    assert not set("\u202e\u2066\u200b\u200d\ufeff\u2028\u2029\x85") & set(out)
    titles = [h for h in parse(out).headings[1:] if h not in SECTIONS]
    assert not titles


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("#|`*_[]()<>&!\\~-+=:. \n\t1ax{}%$\"'"), max_size=24))
def test_no_label_changes_the_structure(text):
    assert structure(labelled(text)) == structure(labelled("a plain word"))


def test_labels_are_shown_as_they_are():
    text = 'rate{job="a_b"} > 5 | *x* `y` <z> [k](v) & __init__ #1'
    event = EventFact(SESSIONS.window.onset, "note", text)
    timeline = next(
        t for t in parse(render(replace(SESSIONS, events=(event,)))).tables if t[0][-1] == "What"
    )
    assert text in [row[-1] for row in timeline]


@pytest.mark.parametrize(
    "path", ["a b.svg", "x> [y](z).svg", "a\n\n# b.svg", "<i>", "a\\.svg", "`"]
)
def test_the_path_of_the_chart_stays_inside_its_link(path):
    benign = parse(render(TOKENS, charts=("chart.svg",)))
    odd = parse(render(TOKENS, charts=(path,)))
    assert (odd.kinds, odd.headings) == (benign.kinds, benign.headings)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.221, 1.0, "at least 22 % of users hit"),
        (0.221, 0.314, "between 22.1 % and 31.4 % of users hit"),
        (0.0, 0.314, "at most 32 % of users hit"),
    ],
)
def test_a_range_of_users_is_said_as_one(low, high, said):
    users = replace(
        refused_users("counters do not tell users apart"),
        affected=Estimate(None, low, high, "ratio", "estimated", "missing successes (tier 3)"),
        tier=3,
    )
    text = parse(render(replace(REFERENCES["2024-05-03"], users=users))).text
    assert said in text
    assert "not derivable, because counters do not tell users apart" in text
