"""The command line: the same words as in chat, and the operator's own.

A look-up must start fast, so nothing of Slack, of the configuration's models, of the database or of the demo is
imported before it is needed, and the commands of chat become commands of the shell from their one list.
"""

import os
import sys
from collections.abc import Sequence

import click

from bot.cli import export_command as export_command  # it adds itself to the operator's
from bot.cli.group import cli
from bot.cli.operator import OPERATORS
from bot.cli.output import fail
from bot.errors import UnavailableError, XocompatError
from bot.settings.source import settle_home
from bot.terminal.output import hang_up

for command in OPERATORS:
    cli.add_command(command)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit status. Every error is a line on stderr, never a traceback."""
    settle_home(os.environ)
    try:
        if sys.stdout is None:
            raise UnavailableError("There is no standard output to write to: it is closed.")
        status = cli.main(args=argv, prog_name="xocompat", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        return fail([" ".join(error.format_message().split())], error.exit_code)
    except XocompatError as error:
        return fail(error.lines, error.exit_status)
    except BrokenPipeError:
        hang_up(sys.stdout)  # the reader (`| head`) has seen enough
        return 0
