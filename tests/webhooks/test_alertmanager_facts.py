"""What is known of Alertmanager's deliveries, a test for each fact."""

import json

import pytest

from tests.webhooks.test_alertmanager import FIRING, RECORDED
from webhooks import alertmanager
from webhooks.model import Refused

ZERO = "0001-01-01T00:00:00Z"


def sent(*alerts, **body):
    whole = FIRING | {"alerts": [FIRING["alerts"][0] | one for one in alerts or ({},)]} | body
    return alertmanager.parse(json.dumps(whole).encode())


def test_a_receiver_comes_quoted_as_a_regular_expression():
    assert sent(receiver="web\\.hook").receiver == "web\\.hook"
    assert any(b'"web\\\\.hook"' in file.read_bytes() for file in RECORDED)


@pytest.mark.parametrize("group", ["firing", "resolved"])
def test_each_alerts_own_status_counts_and_never_the_groups(group):
    over = {"status": "resolved", "endsAt": "2026-11-20T18:00:00Z", "fingerprint": "f2"}
    found = sent({}, over, status=group).alerts
    assert [one.status for one in found] == ["firing", "resolved"]


def test_nine_digits_of_a_second_are_kept():
    (alert,) = sent({"startsAt": "2026-11-20T17:54:26.376976884Z"}).alerts
    assert alert.starts_at % 10**9 == 376_976_884


@pytest.mark.parametrize(
    "end", [ZERO, "0001-01-01T05:30:00+05:30", "0000-12-31T19:00:00-05:00", "2026-11-20T18:10:00Z"]
)
def test_a_firing_alert_has_no_end_whatever_it_says(end):
    """Go's zero time would overflow west of Greenwich; others say how long it is valid."""
    (alert,) = sent({"endsAt": end}).alerts
    assert alert.ends_at is None


@pytest.mark.parametrize("end", [ZERO, "0000-12-31T19:00:00-05:00"])
def test_a_resolved_alert_without_an_end_is_refused(end):
    with pytest.raises(Refused, match=r"alerts\[0\]\.endsAt"):
        sent({"status": "resolved", "endsAt": end})


def test_an_alert_is_the_same_in_several_groups():
    """With `continue: true` it comes once for each route, under another groupKey each time."""
    first, second = sent(groupKey="{}:{}"), sent(groupKey='{}/{severity="page"}:{}')
    assert first.group_key != second.group_key
    assert first.alerts == second.alerts


def test_a_group_that_was_cut_says_how_many_were():
    cut = sent({"status": "firing"}, truncatedAlerts=12, commonLabels={}, status="firing")
    assert (cut.truncated, len(cut.alerts)) == (12, 1)


def test_a_group_may_be_empty():
    assert sent(alerts=[]).alerts == ()


@pytest.mark.parametrize(
    "more",
    [
        {"notification_reason": "first notification"},
        {"routeLabels": {"team": "identity"}},
        {"anything": [None, {"later": 1}]},
    ],
)
def test_fields_of_later_versions_are_ignored(more):
    assert sent(**more).alerts == sent().alerts


@pytest.mark.parametrize(
    "payload",
    [
        {"text": "auth is down"},
        {"version": "5", "alerts": []},
        {"version": "4"},
        [1, 2],
        "AuthErrorRateHigh fires",
    ],
)
def test_a_custom_payload_is_refused_by_name(payload):
    with pytest.raises(Refused):
        alertmanager.parse(json.dumps(payload).encode())
