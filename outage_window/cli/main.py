"""The command `outage-window`: finds the subcommand, and turns every ending into an exit code."""

from __future__ import annotations

import atexit
import errno
import gc
import importlib
import sys
from collections.abc import Mapping
from typing import NoReturn

import click

from outage_window.errors import Failed, InputError, one_line

EXIT_UNUSABLE = 2
EXIT_INTERNAL = 70

COMMANDS = {
    "serve": "Receive alerts, watch the services, keep incidents and drafts.",
    "analyze": "Find the outage windows in exports of metrics.",
    "draft": "Write the postmortem draft of an incident.",
    "lint": "Say what is still open in a draft.",
    "backfill": "Fill in alerts that were missed from Prometheus and Alertmanager.",
    "reconcile": "Say which outages had no alert, which alerts no outage, and what was lost.",
    "export": "Write the incidents as labels for other tools.",
    "rules": "Prove alerting rules on the outages of the past.",
    "publish": "Put a draft where the settings say, or bring it up to date there.",
    "users": "Remove what is stored of a user.",
    "check-config": "Check a settings file and name each error.",
    "demo": "Replay five reference outages and write their drafts.",
}
"""Help texts stand here so that `--help` imports no command, and so neither numpy nor Flask."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called: `--help` must be quick.

    `known` are their names and help texts, `prefix` is how the names of their modules begin.
    """

    known: Mapping[str, str] = COMMANDS
    prefix = ""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order in which a newcomer meets them."""
        return list(self.known)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module; None for a name that is no command."""
        if cmd_name not in self.known:
            return None
        module = importlib.import_module(
            f"outage_window.cli.{self.prefix}{cmd_name.replace('-', '_')}"
        )
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.known.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="outage-window", prog_name="outage-window")  # looked up late
@click.option(
    "--debug", is_flag=True, expose_value=False, help="Show the trace of an internal error."
)
def cli() -> None:
    """Derive when an outage really began and ended, whom it hit, and draft the postmortem."""


def run() -> None:
    """Run the command line; exit 0, 1 (found what was looked for), 2 (unusable), 70 (internal)."""
    # All memory goes back at once: Python would look through every object once more.
    atexit.register(gc.freeze)
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        _unusable(error)
    except InputError as error:
        click.echo(f"outage-window: {error}", err=True)
        sys.exit(EXIT_UNUSABLE)
    except Failed as error:
        click.echo(f"outage-window: {one_line(str(error))}", err=True)
        sys.exit(EXIT_INTERNAL)
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC and error.filename is None:
            click.echo("outage-window: standard output: no space left to write it", err=True)
            sys.exit(EXIT_UNUSABLE)
        if "--debug" in sys.argv:
            raise
        kind = type(error).__name__
        click.echo(f"outage-window: internal error: {kind}: {error} (--debug shows more)", err=True)
        sys.exit(EXIT_INTERNAL)
    sys.exit(code if isinstance(code, int) else 0)


def _unusable(error: click.ClickException) -> NoReturn:
    """One line and where help is; the help itself where a command was called with nothing."""
    context = getattr(error, "ctx", None)
    if isinstance(error, click.UsageError) and error.message == (context and context.get_help()):
        error.show()
        sys.exit(EXIT_UNUSABLE)
    command = context.command_path if context else "outage-window"
    text = one_line(" ".join(error.format_message().split()))
    click.echo(f"outage-window: {text} ({command} --help shows more)", err=True)
    sys.exit(EXIT_UNUSABLE)
