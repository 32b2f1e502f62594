"""The commands `rules …`: alerting rules, judged on the outages of a history."""

from __future__ import annotations

import click

from outage_window.cli.main import LazyGroup

RULES = {
    "suggest": "Write rules that would have told of outages soon, and seldom of anything else.",
    "backtest": "Say what alerting rules would have done about the outages measured.",
}
"""As `main.COMMANDS`."""


class _Rules(LazyGroup):
    known = RULES
    prefix = "rules_"


@click.group("rules", cls=_Rules)
def command() -> None:
    """Prove alerting rules on the outages of the past."""
