"""The group of all commands: those of chat from their one list, and the operator's own."""

import click

from bot import __version__
from bot.chat.commands import CHECK, COMMANDS, GROUPS, HELP
from bot.cli.chat_commands import STDIN, chat_command
from bot.cli.operator import first_sentence, operator_groups
from bot.cli.options import EXIT_STATUSES, VALUED


class CommandGroup(click.Group):
    """A group whose unknown first word begins a look-up: `xocompat XenServer 7.2` is `xocompat check XenServer 7.2`.

    Commands of chat become commands of the shell when they are asked for.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        spec = COMMANDS.get(cmd_name)
        return chat_command(spec) if spec else super().get_command(ctx, cmd_name)

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """Chat's commands in the groups that help has, then the operator's, then what exit statuses mean."""
        for title, specs in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(spec.name, spec.about) for spec in specs])
        for title, names in operator_groups().items():
            with formatter.section(title):
                formatter.write_dl([(name, first_sentence(self.commands[name])) for name in names])
        with formatter.section("Exit status"):
            formatter.write_dl([(str(status), means) for status, means in EXIT_STATUSES.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, _options_last(args) if args else [HELP.name])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        first, *rest = args[0].split(maxsplit=1) or [""]  # a quoted line is a line, too
        # An operator's command of two words comes before a command of chat that has the first of them.
        if own := self.commands.get(" ".join([first, *rest, *args[1:]][:2]).casefold()):
            return own.name, own, [*rest, *args[1:]][1:]
        command = self.get_command(ctx, first.casefold())
        if command is None:
            return CHECK.name, chat_command(CHECK, named=False), args
        return command.name, command, [*rest, *args[1:]]


def _options_last(args: list[str]) -> list[str]:
    """The arguments with shared options that lead moved behind the first word, where the commands read them."""
    at = 0
    while at < len(args) and args[at].startswith("-") and args[at] not in ("--help", "-h", "--version", "--", STDIN):
        at += 2 if args[at] in VALUED else 1
    if at >= len(args):
        return [HELP.name, *args] if at else args
    if args[at] == "--":  # nothing after it is an option; a command may be
        first, *rest = args[at + 1 :] or [HELP.name]
        return [first, *args[:at], "--", *rest] if first in COMMANDS else [CHECK.name, *args]
    return [args[at], *args[:at], *args[at + 1 :]]


@click.group(cls=CommandGroup, invoke_without_command=False, context_settings={"help_option_names": ["--help", "-h"]})
@click.version_option(__version__, prog_name="xocompat", message="%(prog)s %(version)s")
def cli() -> None:
    """Is this host fine with Xen Orchestra, and for how long? Try: xocompat XenServer 7.2"""
