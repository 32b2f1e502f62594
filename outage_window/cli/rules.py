"""The commands `rules …`: alerting rules, judged on the outages of a history."""

from __future__ import annotations

import importlib

import click

RULES = {
    "backtest": "Say what alerting rules would have done about the outages measured.",
}
"""Help texts stand here so that `rules --help` imports no command."""


class _Rules(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(RULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in RULES:
            return None
        module = importlib.import_module(f"outage_window.cli.rules_{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(RULES.items()))


@click.group("rules", cls=_Rules)
def command() -> None:
    """Prove alerting rules on the outages of the past."""
