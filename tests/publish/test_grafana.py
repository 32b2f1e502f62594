# Incidents as annotations in Grafana: their times, their tags, and text that is shown as HTML.
from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from outage_window.publish.model import PublishFailed, Target
from tests.publish.conftest import HOSTILE, publication
from tests.publish.grafana_server import GrafanaServer


def test_what_an_annotation_holds(grafana: GrafanaServer, board: Target) -> None:
    published = board.publish(publication(), None)
    assert grafana.annotations == [
        {
            "id": 1000,
            "time": 1_705_937_400_500,
            "timeEnd": 1_705_941_903_000,
            "tags": ["outage-window", "incident:auth-20240122T1530Z", "service:auth", "prod"],
            "text": "auth, 2024-01-22<br>auth: 44.4 % of users mostly locked out for 1 h 15 min"
            '<br><a href="https://ow.example.com/incidents/auth-20240122T1530Z">'
            "Incident and draft</a>",
            "dashboardUID": "jcIIG-07z",
            "panelId": 4,
        }
    ]
    link = "/d/jcIIG-07z?from=1705933800500&to=1705945503000"
    assert published.url == f"{grafana.url}{link}"


def test_without_a_dashboard_it_is_everywhere(
    grafana: GrafanaServer, built: Callable[..., Target]
) -> None:
    published = built("grafana", url=f"{grafana.url}/").publish(publication(), None)
    assert not {"dashboardUID", "panelId"} & set(grafana.annotations[0])
    assert (published.url, published.reference) == ("", "1000")


def test_times_move_and_tags_stay(grafana: GrafanaServer, board: Target) -> None:
    going_on = board.publish(publication(end=None), None)
    [annotation] = grafana.annotations
    assert annotation["timeEnd"] == annotation["time"]
    assert going_on.url.endswith("&to=now")
    annotation["tags"].append("reviewed")
    board.publish(publication(revision=2, start=1_705_937_000.0), None)
    assert (annotation["time"], annotation["timeEnd"]) == (1_705_937_000_000, 1_705_941_903_000)
    assert annotation["tags"][-1] == "reviewed"
    board.publish(publication(revision=3, end=None), None)
    assert annotation["timeEnd"] == annotation["time"]


def test_without_a_start_there_is_nothing_to_annotate(
    grafana: GrafanaServer, board: Target
) -> None:
    with pytest.raises(PublishFailed, match="cannot annotate an incident whose start is not known"):
        board.publish(publication(start=None), None)
    assert grafana.requests == []


def test_the_id_of_another_grafana_is_not_used(grafana: GrafanaServer, board: Target) -> None:
    theirs = {"id": 1000, "time": 1, "timeEnd": 2, "tags": ["deploy"], "text": "theirs"}
    grafana.annotations.append(dict(theirs))
    assert board.publish(publication(), "1000").created is True
    assert grafana.annotations[0] == theirs


def test_of_two_the_known_one_is_updated(grafana: GrafanaServer, board: Target) -> None:
    board.publish(publication(), None)
    grafana.annotations.append({**grafana.annotations[0], "id": 2000})
    assert board.publish(publication(), "2000").reference == "2000"
    assert board.publish(publication(), None).reference == "1000"


def test_one_that_goes_while_it_is_updated(grafana: GrafanaServer, board: Target) -> None:
    board.publish(publication(), None)
    grafana.answers(404, {"message": "Annotation not found"}, to=r"PATCH /api/annotations/\d+")
    assert board.publish(publication(), None).created is True


def test_an_answer_with_more_than_was_asked_for(grafana: GrafanaServer, board: Target) -> None:
    theirs = [{"id": 5, "tags": ["outage-window"], "text": "a"}, {"id": 6, "text": "b"}]
    grafana.annotations += [dict(one) for one in theirs]
    grafana.answers(200, theirs, to="GET .*")
    assert board.publish(publication(), None).created is True
    assert grafana.annotations[:2] == theirs


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_escaped(grafana: GrafanaServer, board: Target, text: str) -> None:
    board.publish(publication(title=text, headline=text, url=f'https://x.example/"{text}'), None)
    shown = grafana.annotations[0]["text"]
    assert set(re.findall("<[^>]*>?", shown)) <= {"<br>"}
    assert '"' not in shown
