"""Commands of chat as commands of the shell."""

import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.chat.command import Caller, CommandSpec, Right
from bot.chat.command import Progress as Come
from bot.chat.reply import Reply, plain
from bot.cli.options import CHANNEL, FAIL_ON, SHARED
from bot.cli.output import fail, folder, print_reply, settings_of
from bot.errors import UsageError
from bot.settings import settings_for_lookup

if TYPE_CHECKING:
    from bot.chat.runner import CommandRunner
    from bot.cli.conditions import FailCondition
    from bot.terminal.progress import ProgressLine

ALL = frozenset(Right)
"""A shell has every right; grants are for chat."""


def chat_command(spec: CommandSpec) -> click.Command:
    """A command of chat as a command of the shell."""

    def run(
        words: tuple[str, ...],
        as_json: bool,
        as_of: date | None,
        config: Path | None,
        fail_on: "tuple[FailCondition, ...]",
        channel: str | None = None,
    ) -> int:
        reply = _answer(spec, " ".join(words), as_of, config, Caller(_user(), channel), as_json)
        if fail_on and reply.assessed is None:
            raise UsageError(f"{spec.name} tells no verdicts, so --fail-on has nothing to look at.")
        if as_json or reply.exit_status != 1 or spec.follows:
            print_reply(reply, as_json)
        if reply.exit_status == 1:
            return fail([reply.summary], 1)
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
        from bot.cli.completion import candidates

        return candidates(spec, incomplete)

    return complete


def _answer(
    spec: CommandSpec, words: str, as_of: date | None, config: Path | None, caller: Caller, quiet: bool
) -> Reply:
    if spec.follows:
        from bot.app.published import runner_with_list

        with runner_with_list(settings_of(config)) as with_list:
            return with_list.run(spec, words, ALL, as_of)
    if spec.right is Right.LOOKUP:
        from bot.app.lookup import runner_of

        # None is needed, but a mistake is told, not passed over.
        return runner_of(settings_for_lookup(config, os.environ, folder())).run(spec, words, ALL, as_of)
    from bot.terminal.progress import ProgressLine

    with ProgressLine(None if quiet else sys.stderr, os.environ) as progress:
        if spec.right is Right.PROBE:
            from bot.app.operator import runner_with_hosts

            return _run(runner_with_hosts(settings_of(config)), spec, words, as_of, caller, progress)
        from bot.app.operator import runner_with_fleet

        with runner_with_fleet(settings_of(config)) as with_fleet:
            begun = time.perf_counter()
            reply = _run(with_fleet, spec, words, as_of, caller, progress)
            _note(with_fleet, spec, words, caller, reply, time.perf_counter() - begun)
            return reply


def _run(
    desk: "CommandRunner", spec: CommandSpec, words: str, as_of: date | None, caller: Caller, progress: "ProgressLine"
) -> Reply:
    def tell(come: Come) -> None:
        progress.show(plain(come.said), come.done, come.total)

    return desk.run(spec, words, ALL, as_of, caller, tell)


def _note(desk: "CommandRunner", spec: CommandSpec, words: str, caller: Caller, reply: Reply, seconds: float) -> None:
    """What was done to the fleet from a shell is in its audit trail, too."""
    from bot.chat.audit import AuditEntry
    from bot.query.text import shown

    if desk.ports.audit:
        at = datetime.now(UTC)
        entry = AuditEntry(at, caller.name, None, caller.channel, "shell", spec.name, shown(words), reply.kind, 0.0)
        desk.ports.audit.record(entry._replace(ms=round(1000 * seconds, 2)))


def _user() -> str:
    """Who sits at the shell, as alerts and the audit trail name them."""
    import pwd

    try:
        return f"shell:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:  # a container may run as a number that has no name
        return f"shell:{os.getuid()}"
