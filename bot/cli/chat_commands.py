"""Commands of chat as commands of the shell."""

import os
import sys
import time
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, TextIO

import click

from bot.chat.command import Caller, CommandSpec, Progress, Right
from bot.chat.commands import ALERTS, AUDIT, CHECK, DIGEST, FLEET, PATCHES, SWEEP, TIMELINE, WATCH, WATCHES, XO
from bot.chat.interpret import interpret
from bot.chat.reply import Picture, Reply, plain
from bot.cli.operator import operator_commands
from bot.cli.options import CHANNEL, FAIL_ON, FORCE, FORMAT, OUTPUT, PNG, SHARED, SVG
from bot.cli.output import OutputFile, fail, folder, form_of, print_data, print_reply, settings_of, shell_user
from bot.errors import ConfigError, UnavailableError, UnknownError, UsageError
from bot.settings import settings_for_lookup
from bot.terminal.layout import words_to_type
from bot.terminal.output import write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.app.operator import IfMissing
    from bot.chat.runner import CommandRunner
    from bot.cli.conditions import FailCondition
    from bot.matrix.release import Release
    from bot.settings.model import Settings

ALL = frozenset(Right)
"""A shell has every right; grants are for chat."""

LOOKING = (FLEET, ALERTS, AUDIT, WATCHES, PATCHES, XO)
"""What shows the database: without one there is nothing to show."""


def chat_command(spec: CommandSpec, named: bool = True) -> click.Command:
    """A command of chat as a command of the shell. `named`: its name was typed, before the words."""

    words = click.Argument(["words"], nargs=-1, metavar=spec.takes)
    examples = "\n".join(f"  {words_to_type(typed, 'xocompat')}" for typed, _ in spec.examples)
    return _ChatCommand(
        spec.name,
        params=[
            *[words, *SHARED, FORMAT, OUTPUT, FORCE, FAIL_ON],
            *([CHANNEL] if spec.channel else []),
            *([SVG, PNG] if spec is TIMELINE else []),
        ],
        callback=partial(_run, spec, named),
        help=f"{spec.about[0].upper()}{spec.about[1:]}. {spec.details}",
        short_help=spec.about,
        epilog=f"\b\nExamples:\n{examples}\n\n\b\nExit status: 0 answered, 1 could not do it, 2 wrong usage,\n"
        "3 ambiguous or unknown, 4 a --fail-on condition holds.",
    )


def _run(
    spec: CommandSpec,
    named: bool,
    words: tuple[str, ...],
    as_json: bool,
    as_of: date | None,
    config: "Path | None",
    fail_on: "tuple[FailCondition, ...]",
    form: str | None = None,
    channel: str | None = None,
    svg: bool = False,
    png: "Path | None" = None,
    output: "Path | None" = None,
    force: bool = False,
) -> int:
    """Answer a command line: what is asked, its answer, where that goes, and the exit status."""
    as_json = as_json or form == "json"
    form = None if form == "json" else form
    forms = {"--json": as_json, "--format": form, "--svg": svg, "--png": png}
    if len(given := [name for name, value in forms.items() if value]) > 1:
        raise UsageError(f"{given[0]} and {given[1]} are two forms of one answer: give one of them.")
    if output and png:
        raise UsageError("--png names its own file: leave --output out.")
    implied = None if given else form_of(output)
    as_json, form = as_json or implied == "json", form or (implied if implied != "json" else None)
    svg = svg or (spec is TIMELINE and not given and output is not None and output.suffix.lower() == ".svg")
    meant, rest = _meant(spec, named, words)
    caller = Caller(f"shell:{shell_user()}", channel, takes_all=form is not None)
    file = OutputFile(output, force, meant.right is not Right.LOOKUP) if output else None
    if file:
        file.check()
    try:
        reply = _answer(meant, rest, as_of, config, caller, as_json)
    except UnknownError as error:
        if as_json and error.data is not None:
            print_data(error.data, file)
        raise
    holds = bool(fail_on) and _any_holds(fail_on, reply, meant, config)
    if file and reply.hosts is not None:
        file = file._replace(names_hosts=True)
    if reply.picture and (svg or png):
        _draw(reply.picture, png, file, force, config)
    elif as_json or reply.exit_status != 1 or meant.follows:
        if implied and form:
            from bot.terminal.table_text import has_table

            form = form if has_table(reply) else None
        print_reply(reply, as_json, form, file)
    if reply.exit_status == 1:
        return fail([reply.summary], 1)
    return 4 if holds else reply.exit_status


def _meant(spec: CommandSpec, named: bool, words: tuple[str, ...]) -> tuple[CommandSpec, str]:
    """The command that some words mean, with what is left for it: a look-up may be a question that means another."""
    if spec is not CHECK:
        return spec, " ".join(words)
    is_list = words == (STDIN,) and not click.get_current_context().meta[_LITERAL]
    asked = releases_of(sys.stdin) if is_list else " ".join(words)
    if not asked.strip():
        return spec, asked
    return interpret(f"{CHECK.name} {asked}" if named else asked)


_LITERAL = "bot.cli.literal"


class _ChatCommand(click.Command):
    """A command that notes whether its words stand behind `--`: then they are words, whatever they look like."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_LITERAL] = "--" in args
        return super().parse_args(ctx, args)


STDIN = "-"
LINES_MAX, CHARACTERS_MAX = 1_000, 40_000
"""Of a list of releases: more than there are, by far."""


def releases_of(stream: TextIO | None) -> str:
    """A list of releases, one a line, as a question about all of them. Blank lines and those of `#` are none.

    UsageError where there are none, or too many.
    """
    text = stream.read(CHARACTERS_MAX + 1) if stream else ""
    lines = [stripped for line in text.splitlines() if (stripped := line.strip()) and not stripped.startswith("#")]
    if not lines:
        raise UsageError("Nothing was read from stdin: give a release on each line.")
    if len(lines) > LINES_MAX or len(text) > CHARACTERS_MAX:
        raise UsageError(f"That is too much to read: at most {LINES_MAX} lines of {CHARACTERS_MAX} characters in all.")
    return ", ".join(line.strip(",") for line in lines)


def _any_holds(conditions: "tuple[FailCondition, ...]", reply: Reply, spec: CommandSpec, config: "Path | None") -> bool:
    """Whether a command's answer meets any of some conditions. UsageError as FailCondition.holds, and where it tells
    nothing that they could be held against."""
    tells_holes = reply.vulnerable is not None and all(each.kind == "vulnerable" for each in conditions)
    if reply.assessed is None and not tells_holes:
        raise UsageError(f"{spec.name} tells no verdicts, so --fail-on has nothing to look at.")
    from bot.app.configuration import policy

    settings = settings_for_lookup(config, os.environ, folder())
    wanted = policy(settings.policy) if settings else None
    return any(condition.holds(reply, wanted) for condition in conditions)


def _answer(
    spec: CommandSpec, words: str, as_of: date | None, config: "Path | None", caller: Caller, quiet: bool
) -> Reply:
    """The reply, from no more than the command needs: the shipped data, the list, the inventory, the database.

    What was done to the fleet from a shell is in its audit trail, too.
    """
    reply = _first_answer(spec, words, as_of, config, caller, quiet)
    return _with_fleet(spec, words, as_of, config, caller) or reply if reply.depends_on_rights else reply


def _first_answer(
    spec: CommandSpec, words: str, as_of: date | None, config: "Path | None", caller: Caller, quiet: bool
) -> Reply:
    if spec.follows:
        from bot.app.published import runner_with_list

        with runner_with_list(settings_of(config)) as with_list:
            return with_list.run(spec, words, ALL, as_of)
    if spec.right is Right.LOOKUP:
        from bot.app.lookup import runner_of

        # None is needed, but a mistake in one is an error all the same.
        runner = runner_of(settings_for_lookup(config, os.environ, folder()))
        knowing = runner._replace(ports=runner.ports._replace(operators=operator_commands()))
        return knowing.run(spec, words, ALL, as_of, caller)
    from bot.app.operator import runner_with_fleet, runner_with_hosts
    from bot.terminal.progress import ProgressLine

    with ProgressLine(None if quiet else sys.stderr, os.environ) as line:

        def report(progress: Progress) -> None:
            line.show(plain(progress.said), progress.done, progress.total)

        settings = settings_of(config)
        if spec.right is Right.PROBE and not settings.sites.url:  # which targets sites list, the database says
            return runner_with_hosts(settings).run(spec, words, ALL, as_of, caller, report)
        with runner_with_fleet(settings, _if_missing(spec, words, settings)) as with_fleet:
            begun = time.perf_counter()
            reply = with_fleet.run(spec, words, ALL, as_of, caller, report)
            _record(with_fleet, spec, words, caller, reply, time.perf_counter() - begun)
            return reply


def _if_missing(spec: CommandSpec, words: str, settings: "Settings") -> "IfMissing":
    """What becomes of a database that is not there: made by what has something to keep, and by nothing else.

    A sweep of another day makes an empty one, in which whoever looks next sees that nothing was stored.
    """
    from bot.app.operator import IfMissing

    if words and not spec.takes:
        return IfMissing.PASS  # the command says what is wrong with its words
    if spec in LOOKING:
        return IfMissing.REFUSE
    has_targets = settings.targets or settings.xen_orchestra  # which ones sites have a database says
    keeps = spec is WATCH or (spec is DIGEST and words) or (spec is SWEEP and has_targets)
    return IfMissing.MAKE if keeps else IfMissing.PASS


def _with_fleet(
    spec: CommandSpec, words: str, as_of: date | None, config: "Path | None", caller: Caller
) -> Reply | None:
    """The reply with the names of the operator's own hosts at hand; None where none are configured or can be had."""
    if settings_for_lookup(config, os.environ, folder()) is None:
        return None
    from bot.app.operator import runner_with_names

    try:
        with runner_with_names(settings_of(config)) as knowing:
            if knowing is None:
                return None
            begun = time.perf_counter()
            runner = knowing._replace(ports=knowing.ports._replace(operators=operator_commands()))
            reply = runner.run(spec, words, ALL, as_of, caller)
            _record(runner, spec, words, caller, reply, time.perf_counter() - begun)
            return reply
    except (ConfigError, UnavailableError):
        return None  # what was asked may have nothing to do with hosts


def _draw(picture: Picture, png: "Path | None", file: OutputFile | None, force: bool, config: "Path | None") -> None:
    """Print a picture as SVG, or write it as PNG; with how many hosts run what, where that is known."""
    hosts = _hosts_by_release(picture.day, config)
    drawn = picture.with_hosts(hosts)
    if png is None and file:
        file._replace(names_hosts=file.names_hosts or hosts is not None).write(drawn.svg())
        return
    if png is None:
        write(sys.stdout, drawn.svg())
        return
    from bot.chat.export import save

    save(drawn.png(), png, force)


def _hosts_by_release(day: date, config: "Path | None") -> "Mapping[Release, int] | None":
    """How many hosts run which release; None where no fleet is configured, or its database cannot be had."""
    if settings_for_lookup(config, os.environ, folder()) is None:
        return None
    from bot.app.operator import runner_with_names
    from bot.chat.hosts import hosts_by_release

    try:
        with runner_with_names(settings_of(config)) as knowing:
            watched = knowing.ports.watched if knowing else None
            return hosts_by_release(knowing.ports, watched, day) if knowing and watched else None
    except (ConfigError, UnavailableError):
        return None  # the dates need no fleet


def _record(runner: "CommandRunner", spec: CommandSpec, words: str, caller: Caller, reply: Reply, took: float) -> None:
    from bot.chat.audit import AuditEntry
    from bot.text import shown

    if runner.ports.audit:
        entry = AuditEntry(
            at=datetime.now(UTC),
            who=caller.name,
            team=None,
            where=caller.channel,
            way="shell",
            command=spec.name,
            words=shown(words),
            outcome=reply.kind,
            ms=round(1000 * took, 2),
        )
        runner.ports.audit.record(entry)
