"""The shell's door: the same words as in chat, and the operator's own.

A look-up must start fast, so nothing of Slack, of the configuration's models or of the demo is imported before it is
needed, and the commands of chat become commands of the shell from their one list.
"""

import os
import sys
from collections.abc import Callable, Sequence
from datetime import date
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot import __version__
from bot.chat.command import Caller, CommandSpec, Right
from bot.chat.commands import CHECK, COMMANDS, HELP
from bot.chat.reply import Reply, plain
from bot.errors import UnavailableError, UsageError, XocompatError
from bot.settings import check_settings, load_settings
from bot.terminal.clean import cleaned
from bot.terminal.look import look_of
from bot.terminal.output import hang_up, write
from bot.terminal.render import render

_VALUED = ("--as-of", "--config", "--fail-on", "--channel")
"""Shared options that take a value: they may stand before the first word, too."""

CONDITIONS = ("eol", "eol-within:90d", "partial", "unlisted")

LINE_MAX = 500
"""An error that quotes what was typed stays a line that can be read."""


if TYPE_CHECKING:
    from bot.gate import Condition


class Words(click.Group):
    """A group whose unknown first word begins a look-up: `xocompat XenServer 7.2` is `xocompat check XenServer 7.2`.

    Commands of chat become commands of the shell when they are asked for.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        spec = COMMANDS.get(cmd_name)
        return _chat_command(spec) if spec else super().get_command(ctx, cmd_name)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing:  # a shell asks how the line could go on
            return super().parse_args(ctx, args)
        return super().parse_args(ctx, _options_last(args) if args else [HELP.name])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        first, *rest = args[0].split(maxsplit=1) or [""]  # a quoted line is a line, too
        command = self.get_command(ctx, first.casefold())
        if command is None:
            return CHECK.name, self.get_command(ctx, CHECK.name), args
        return command.name, command, [*rest, *args[1:]]


def _options_last(args: list[str]) -> list[str]:
    """The arguments with shared options that lead moved behind the first word, where the commands read them."""
    at = 0
    while at < len(args) and args[at].startswith("-") and args[at] not in ("--help", "-h", "--version", "--"):
        at += 2 if args[at] in _VALUED else 1
    if at >= len(args):
        return [HELP.name, *args] if at else args
    if args[at] == "--":  # nothing after it is an option; a command may be
        first, *rest = args[at + 1 :] or [HELP.name]
        return [first, *args[:at], "--", *rest] if first in COMMANDS else [CHECK.name, *args]
    return [args[at], *args[:at], *args[at + 1 :]]


def _day(_: click.Context, param: click.Parameter, value: str | None) -> date | None:
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!a} is not a day: write it as 2028-12-01.", param=param) from None


def _conditions(_: click.Context, param: click.Parameter, values: tuple[str, ...]) -> "tuple[Condition, ...]":
    if not values:
        return ()
    from bot.gate import parse

    try:
        return tuple(map(parse, values))
    except ValueError as error:
        raise click.BadParameter(str(error), param=param) from None


SHARED = (
    click.Option(["--json", "as_json"], is_flag=True, help="Print the answer as JSON."),
    click.Option(["--as-of"], callback=_day, metavar="DATE", help="Answer as of a day (YYYY-MM-DD)."),
    click.Option(["--config"], type=click.Path(path_type=Path), metavar="FILE", help="The configuration to use."),
)
FAIL_ON = click.Option(
    ["--fail-on"],
    multiple=True,
    callback=_conditions,
    shell_complete=lambda _, __, incomplete: [c for c in CONDITIONS if c.startswith(incomplete)],
    metavar="CONDITION",
    help="Exit with 4 on: eol, eol-within:90d, partial, unlisted. Repeatable.",
)
CHANNEL = click.Option(["--channel"], metavar="ID", help="The channel that is meant; alerts.channel unless given.")


@click.group(cls=Words, invoke_without_command=False, context_settings={"help_option_names": ["--help", "-h"]})
@click.version_option(__version__, prog_name="xocompat", message="%(prog)s %(version)s")
def cli() -> None:
    """Is this host fine with Xen Orchestra, and for how long? Try: xocompat XenServer 7.2"""


def _chat_command(spec: CommandSpec) -> click.Command:
    """A command of chat as a command of the shell."""

    def run(
        words: tuple[str, ...],
        as_json: bool,
        as_of: date | None,
        config: Path | None,
        fail_on: "tuple[Condition, ...]",
        channel: str | None = None,
    ) -> int:
        reply = _answer(spec, " ".join(words), as_of, config, Caller(_user(), channel), as_json)
        if fail_on and reply.assessed is None:
            raise UsageError(f"{spec.name} tells no verdicts, so --fail-on has nothing to look at.")
        if as_json or reply.exit_status != 1:
            _print(reply, as_json)
        if reply.exit_status == 1:
            return _fail([reply.summary], 1)
        failed = any(condition.holds(a) for condition in fail_on for a in reply.assessed or ())
        return 4 if failed else reply.exit_status

    words = click.Argument(["words"], nargs=-1, metavar=spec.takes, shell_complete=_words_complete(spec))
    examples = "\n".join(f"  xocompat {typed}" for typed, _ in spec.examples)
    return click.Command(
        spec.name,
        params=[words, *SHARED, FAIL_ON, *([CHANNEL] if spec.channel else [])],
        callback=run,
        help=f"{spec.about[0].upper()}{spec.about[1:]}. {spec.details}",
        short_help=spec.about,
        epilog=f"\b\nExamples:\n{examples}",
    )


def _words_complete(spec: CommandSpec) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    def complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
        from bot.completion import candidates

        return candidates(spec, incomplete)

    return complete


def _answer(
    spec: CommandSpec, words: str, as_of: date | None, config: Path | None, caller: Caller, quiet: bool
) -> Reply:
    from bot.app import desk

    if spec.right is Right.LOOKUP:
        check_settings(config, os.environ, _folder())  # none is needed, but a mistake is told, not passed over
        return desk().run(spec, words, frozenset(Right), as_of)
    from bot.terminal.progress import Progress

    with Progress(None if quiet else sys.stderr, os.environ) as progress:
        return desk(settings=_settings(config)).run(
            spec,
            words,
            frozenset(Right),
            as_of,
            caller,
            lambda come: progress.show(plain(come.said), come.done, come.total),
        )


def _user() -> str:
    """Who sits at the shell, as alerts and the audit trail name them."""
    import pwd

    try:
        return f"shell:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:  # a container may run as a number that has no name
        return f"shell:{os.getuid()}"


def _print(reply: Reply, as_json: bool) -> None:
    if as_json:
        _print_json(reply.data)
    else:
        write(sys.stdout, f"{render(reply, look_of(sys.stdout, os.environ))}\n")


def _print_json(data: object) -> None:
    import json

    write(sys.stdout, f"{json.dumps(data, indent=2)}\n")


def _operator(name: str, about: str, *params: click.Parameter) -> Callable[[Callable[..., int]], None]:
    """A command for the shell alone."""

    def add(run: Callable[..., int]) -> None:
        wanted = signature(run).parameters

        def with_what_it_wants(**given: Any) -> int:
            """Every command takes the shared options; not every one has a use for them."""
            return run(**{key: given[key] for key in wanted})

        command = click.Command(name, params=[*params, *SHARED], callback=with_what_it_wants, help=about)
        cli.add_command(command)

    return add


@_operator(
    "demo",
    "Try it in a console that behaves like the chat, with simulated hosts: nothing to configure.",
    click.Option(
        ["--fleet", "hosts"], type=click.IntRange(min=1), metavar="N", help="Simulate N hosts in place of a few."
    ),
)
def _demo(as_of: date | None, hosts: int | None) -> int:
    from bot.app import demo

    return demo(as_of, hosts, sys.stdin, sys.stdout, os.environ)


@_operator("serve", "Answer in Slack: Socket Mode if SLACK_APP_TOKEN is set, else HTTP.")
def _serve(config: Path | None) -> int:
    from bot.app import serve

    return serve(_settings(config))


@_operator("doctor", "Check the tokens, scopes, channel and clock, and each host of the inventory.")
def _doctor(config: Path | None, as_json: bool) -> int:
    from bot.app import doctor
    from bot.terminal.progress import Progress

    with Progress(None if as_json else sys.stderr, os.environ) as progress:
        checks = doctor(_settings(config), progress.show)
    if as_json:
        _print_json({"checks": [check.data() for check in checks]})
    else:
        write(sys.stdout, "".join(f"{check}\n" for check in checks))
    return 0 if all(check.ok for check in checks) else 1


@_operator(
    "trust",
    "Show the certificate of a host of the inventory, and pin it on confirmation.",
    click.Argument(["host"]),
    click.Argument(["address"], required=False),
    click.Option(["--yes"], is_flag=True, help="Pin whatever is shown, without a question."),
    click.Option(["--pin"], metavar="FINGERPRINT", help="Pin without a question, but this certificate alone."),
)
def _trust(host: str, address: str | None, yes: bool, pin: str | None, as_json: bool, config: Path | None) -> int:
    from bot.app import trust
    from bot.trust.consent import consent_of

    trust(config, _folder(), host, address, consent_of(yes, pin), as_json)
    return 0


@_operator(
    "export",
    "Write all watched hosts as CSV or JSON, or those for which all words hold (as in fleet).",
    click.Argument(["words"], nargs=-1, metavar="[WORDS]"),
    click.Option(["--format", "form"], type=click.Choice(["csv", "json"]), default="csv", show_default=True),
    click.Option(["--output"], type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Not to stdout."),
    click.Option(["--force"], is_flag=True, help="Write over a file that is there."),
)
def _export(
    words: tuple[str, ...],
    form: str,
    output: Path | None,
    force: bool,
    as_json: bool,
    as_of: date | None,
    config: Path | None,
) -> int:
    from bot.app import desk, today
    from bot.chat.export import export, save

    ports = desk(settings=_settings(config)).ports
    text = export(ports, " ".join(words), as_of or today(), "json" if as_json else form)
    if output:
        save(text, output, force)
    else:
        write(sys.stdout, text)
    return 0


@_operator(
    "manifest",
    "Print the manifest to create the Slack app from.",
    click.Option(["--http", "url"], metavar="URL", help="For HTTP instead of Socket Mode: the public address."),
)
def _manifest(url: str | None) -> int:
    from bot.app import manifest

    _print_json(manifest(url))
    return 0


@_operator(
    "completion",
    "Print the completion script of a shell: bash, zsh or fish.",
    click.Argument(["shell"], type=click.Choice(["bash", "zsh", "fish"])),
)
def _completion(shell: str) -> int:
    from click.shell_completion import get_completion_class

    script = get_completion_class(shell)
    if script is None:
        raise UsageError(f"There is no completion for {shell}.")
    write(sys.stdout, script(cli, {}, "xocompat", "_XOCOMPAT_COMPLETE").source())
    return 0


@_operator(
    "db",
    "Look after the database: upgrade (make or change its tables now), backup FILE, check.",
    click.Argument(["deed"], type=click.Choice(["upgrade", "backup", "check"])),
    click.Argument(["file"], required=False, type=click.Path(path_type=Path)),
)
def _db(deed: str, file: Path | None, config: Path | None, as_json: bool) -> int:
    from bot.store.words import DEEDS

    if (file is None) == (deed == "backup"):
        raise UsageError(
            "Name the file to write: xocompat db backup FILE" if file is None else f"db {deed} takes no file."
        )
    done = DEEDS[deed](_settings(config).database.get_secret_value(), file or Path())
    if as_json:
        _print_json(done.data)
    else:
        write(sys.stdout, "".join(f"{line}\n" for line in done.lines))
    return 0 if done.ok else 1


def _settings(config: Path | None) -> Any:
    return load_settings(config, os.environ, _folder())


def _folder() -> Path:
    try:
        return Path.cwd()
    except OSError:
        raise UnavailableError("The current folder is gone: change to one that exists.") from None


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit status. Every error is a line on stderr, never a traceback."""
    try:
        if sys.stdout is None:
            raise UnavailableError("There is no standard output to write to: it is closed.")
        status = cli.main(args=argv, prog_name="xocompat", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        return _fail([" ".join(error.format_message().split())], error.exit_code)
    except XocompatError as error:
        return _fail(error.lines, error.exit_status)
    except BrokenPipeError:
        hang_up(sys.stdout)  # whoever reads (`| head`) has seen enough
        return 0


def _fail(lines: Sequence[str], status: int) -> int:
    if sys.stderr is not None:
        for line in map(cleaned, lines):
            write(sys.stderr, f"xocompat: {line if len(line) <= LINE_MAX else line[: LINE_MAX - 1] + '…'}\n")
    return status
