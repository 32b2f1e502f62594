"""Templates: the package's own hold every fact, and one's own can print everything but markup."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from reports.blocks import blocks, parse
from reports.draft import TEMPLATES, BadTemplate, render
from reports.escape import bare
from reports.facts import EventFact
from reports.headline import headline
from reports.variables import variables
from reports.view import view

from . import markdown
from .incidents import ACCOUNTS, BLIND, CONFIG, DECLARED, IDENTITY, LEVEL, ONGOING, PHASED, SESSIONS
from .test_draft import HOSTILE, labelled

KINDS = (ACCOUNTS, BLIND, CONFIG, DECLARED, IDENTITY, LEVEL, ONGOING, PHASED, SESSIONS)
ODD = "x | `y` [z](javascript:1) <b> _a_"
NAMED = replace(SESSIONS, events=(EventFact(SESSIONS.window.onset, "note", ODD), *SESSIONS.events))


def own(source, incident=SESSIONS, **given):
    return render(incident, "own.md", source=source, **given).partition("\n\n")[2]


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("incident", KINDS, ids=lambda one: f"{one.id} {one.state}")
def test_every_template_is_whole_for_every_kind_of_incident(template, incident):
    text = render(incident, template, charts=("c.svg",))
    parsed = markdown.parse(text)
    assert all(len({len(row) for row in table}) == 1 for table in parsed.tables)
    assert "TODO(owner?):" in parsed.text
    assert bare(headline(incident)) in parsed.text
    assert "\n\n\n" not in text
    assert all(line == line.rstrip() for line in text.splitlines())
    marks = set(re.findall(r"\[\^(\w+)\](?!:)", text))
    assert marks == set(re.findall(r"^\[\^(\w+)\]: ", text, re.MULTILINE))
    assert "{{" not in text


@pytest.mark.parametrize("template", [t for t in TEMPLATES if t != "status"])
def test_every_long_template_holds_the_same_facts(template):
    """What the default's blocks hold stands in each, whatever its sections are."""
    ours = {block.id: block.content for block in blocks(parse(render(CONFIG, template)))}
    default = {block.id: block.content for block in blocks(parse(render(CONFIG)))}
    assert set(default) - set(ours) <= {"actions", "alerting", "escalations", "duration"}
    for name in set(ours) & set(default) - {"footnotes"}:
        assert ours[name] == default[name], name


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_labels_leave_every_template_as_it_is(template, text):
    def shape(incident):
        parsed = markdown.parse(render(incident, template, charts=("c.svg",)))
        tags = [tag for tag, _ in parsed.headings]
        return tags, [[len(row) for row in table] for table in parsed.tables], parsed.kinds

    assert shape(labelled(text)) == shape(labelled("a plain word"))


def test_several_incidents_are_one_draft_with_footnotes_of_their_own():
    text = render([CONFIG, ACCOUNTS])
    assert "# Postmortem draft: sso, 2024-01-18 (with accounts)" in text
    assert "[^affected_users]: " in text
    assert "[^affected_users_2]: " in text
    assert "| accounts: Measured onset[^start_2] |" in text
    ids = [block.id for block in blocks(parse(text))]
    assert len(ids) == len(set(ids))
    times = re.findall(
        r"^\| (\S+Z) \| \w", text.partition("## Timeline")[2].partition("###")[0], re.M
    )
    assert times == sorted(times)
    assert parse(text)[0].incident == f"{CONFIG.id}+{ACCOUNTS.id}"


@pytest.mark.parametrize(
    "source",
    [
        "{% for row in timeline %}- {{ row.text }}\n{% endfor %}",
        "{% for row in timeline %}- {{ 'a: ' ~ row.text ~ '.' }}\n{% endfor %}",
        "{% for row in timeline %}- {{ 'a: ' + row.text }}\n{% endfor %}",
        "{% for row in timeline %}- {{ 'a: %s' % row.text }}\n{% endfor %}",
        "{% for row in timeline %}- {{ [row.kind, row.text] | join(': ') }}\n{% endfor %}",
        "{% macro m(x) %}{{ x }}{% endmacro %}"
        "{% for row in timeline %}- {{ m(row.text) ~ row.text }}\n{% endfor %}",
        "{% macro m(x) %}{{ x }}{% endmacro %}"
        "{% for row in timeline %}- {{ m('b') + row.text }}\n{% endfor %}",
        "{% macro m(x) %}{{ x }}{% endmacro %}"
        "{% for row in timeline %}- {{ [m('b'), row.text] | join(' ') }}\n{% endfor %}",
        "{% for row in timeline %}{% set x %}({{ row.text }}){% endset %}- {{ x ~ row.text }}\n"
        "{% endfor %}",
        "{% for row in timeline %}- {{ row.text | upper | trim }}\n{% endfor %}",
        "{% for row in timeline %}- {{ '{}'.format(row.text) }}\n{% endfor %}",
        "{% for row in timeline %}- {{ code(row.text) }}\n{% endfor %}",
    ],
)
def test_no_way_of_printing_gets_around_the_escaping(source):
    benign = replace(
        SESSIONS, events=(EventFact(SESSIONS.window.onset, "note", "z w"), *SESSIONS.events)
    )
    hostile, plain = (markdown.parse(own(source, one)) for one in (NAMED, benign))
    kinds = [kind for kind in hostile.kinds if kind not in ("text_special", "softbreak")]
    assert kinds == [kind for kind in plain.kinds if kind not in ("text_special", "softbreak")]
    assert "javascript:1" in hostile.text.lower()


@pytest.mark.parametrize(
    "source",
    [
        "{{ title | safe }}",
        "{{ title | e }}",
        "{{ title | urlize }}",
        "{{ title | tojson }}",
        "{% macro m() %}a{% endmacro %}{{ m() % title }}",
        "{% macro m() %}a{% endmacro %}{{ m().format(title) }}",
        "{% macro m() %}a{% endmacro %}{{ m().join([title]) }}",
        "{{ title.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ block.__globals__ }}",
        "{% include '../../draft.py' %}",
        "{% include '/etc/passwd' %}",
        "{% include 'parts/../default' %}",
        "{% for i in range(10 ** 9) %}x{% endfor %}",
        "{{ timeline }}",
        "{{ measured }}",
        "{{ nothing }}",
        "{{ numbers.nothing }}",
        "{% call block('A b') %}x{% endcall %}",
        "{% call block('a') %}x{% endcall %}{% call block('a') %}x{% endcall %}",
        "{{ 1 / 0 }}",
        "{% if %}",
        "{% macro m(n) %}{{ m(n) }}{% endmacro %}{{ m(1) }}",
    ],
)
def test_what_a_template_may_not_do_is_named_with_its_line(source):
    with pytest.raises(BadTemplate) as caught:
        own(f"one\ntwo\n{source}\n")
    assert re.fullmatch(r"own\.md:[34]", caught.value.where), caught.value
    assert "\n" not in str(caught.value)


def test_everything_that_is_listed_can_be_printed_and_nothing_else_is_there():
    listed = [name for name, _ in variables()]
    simple = [name for name in listed if re.fullmatch(r"[a-z_]+", name)]
    seen = view(CONFIG)
    for name in simple:
        if name in ("incidents", "charts"):
            continue
        if isinstance(getattr(seen, name), str | int) and not isinstance(getattr(seen, name), bool):
            assert own(f"{{{{ {name} }}}}", CONFIG) is not None
    for name in (name for name in listed if "[" in name and "(" not in name):
        holder, _, field = name.partition("[].")
        if field and "[" not in field:
            assert own(f"{{% for x in {holder} %}}{{% if x.{field} %}}{{% endif %}}{{% endfor %}}")


def test_a_number_carries_its_mark_and_its_value_does_not():
    text = own("{{ numbers.start }} and {{ numbers.start.value }}\n{{ footnotes() | length }}")
    assert text.startswith("2024-05-03T14:43:02Z[^start] and 2024-05-03T14:43:02Z\n1")


def test_labels_are_data_where_a_template_compares_them():
    text = own(
        "{% for row in timeline if row.text == wanted %}found{% endfor %}".replace(
            "wanted", repr(ODD)
        ),
        NAMED,
    )
    assert text.strip() == "found"


def test_the_example_in_the_docs_works():
    page = (Path(__file__).parents[2] / "docs" / "drafts.md").read_text("utf-8")
    (example,) = re.findall(r"```jinja\n(.*?)```", page, re.DOTALL)
    text = own(example, CONFIG)
    assert "85.0 %[^affected_users] of users, mostly intermittent failures" in text
    assert [b.id for b in blocks(parse(text))] == ["summary", "affected", "footnotes"]


def test_the_templates_in_the_docs_are_those_that_there_are():
    page = (Path(__file__).parents[2] / "docs" / "drafts.md").read_text("utf-8")
    table = page.partition("| `--template` | like |")[2].partition("| a file |")[0]
    assert dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE)) == TEMPLATES
