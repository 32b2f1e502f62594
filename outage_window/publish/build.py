"""The targets that the settings name."""

from __future__ import annotations

from outage_window.publish.github_issue import GithubIssue
from outage_window.publish.github_pull_request import GithubPullRequest, Merge
from outage_window.publish.grafana import Grafana
from outage_window.publish.model import Target
from outage_window.publish.sending import Client, Pace
from outage_window.publish.slack import Slack
from outage_window.publish.webhook import Webhook
from outage_window.settings import publish as configured
from outage_window.settings.models import Settings


def build(settings: Settings, merge: Merge, pace: Pace) -> list[Target]:
    """One target an entry of `publish`, in their order; none without any.

    `merge(old, new)` brings a draft in a repository up to date and keeps people's edits.
    """
    return [_target(one, merge, pace) for one in settings.publish]


def _target(one: configured.Target, merge: Merge, pace: Pace) -> Target:
    if isinstance(one, configured.GithubIssue):
        return GithubIssue(_client(one, one.api_url, pace), one.repository)
    if isinstance(one, configured.GithubPullRequest):
        client = _client(one, one.api_url, pace)
        return GithubPullRequest(client, one.repository, one.path, one.base, merge)
    if isinstance(one, configured.Slack):
        return Slack(_client(one, one.api_url, pace), one.channel)
    if isinstance(one, configured.Grafana):
        client = _client(one, one.url, pace)
        return Grafana(client, one.url, one.dashboard_uid, one.panel_id, one.tags)
    return Webhook(_client(one, one.url, pace))


def _client(one: configured.Target, url: str, pace: Pace) -> Client:
    token = None if one.token is None else one.token.get_secret_value()
    return Client(one.name, url, token, one.timeout, pace)
