# Remote write: what a real Prometheus sent is here to the sample, whatever befell `serve`.
from __future__ import annotations

import pytest

from tests.real.sending import SERVICES, run

pytestmark = pytest.mark.real
SECONDS = 60.0
PODS = 50
EVERY = 9.0


@pytest.fixture(scope="module")
def sent(programs, tmp_path_factory):
    return run(programs, tmp_path_factory.mktemp("sent"), SECONDS, PODS, EVERY)


def test_serve_was_stopped_and_killed_meanwhile(sent):
    assert sent.kills >= 2
    assert sent.restarts >= 1


@pytest.mark.parametrize("service", SERVICES)
def test_every_sample_of_prometheus_is_here_and_no_other(sent, service):
    assert len(sent.theirs[service]) > 50
    assert sent.differences(service) == []


def test_a_target_that_went_away_left_its_stale_markers(sent):
    assert sent.stale("gone") >= 1


def test_nothing_that_prometheus_sent_was_refused(sent):
    assert sent.metrics["samples_failed_total"] == 0
    assert sent.metrics["samples_retried_total"] > 0, "the restarts were noticed"
