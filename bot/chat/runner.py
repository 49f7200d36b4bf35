"""Where every question is answered: words and rights in, a Reply out. Slack, shell and demo all ask here."""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from bot.chat.command import NOBODY, Caller, Choice, CommandSpec, Invocation, Ports, Progress, Right, unheard
from bot.chat.interpret import interpret
from bot.chat.reply import Reply, RichText, with_code

GRANT = "Whoever runs xocompat can grant it under `access` in its configuration."


def refusal(spec: CommandSpec, whom: str = GRANT) -> Reply:
    """What somebody is told who lacks a right: which one, and whom to ask (or why it cannot be had)."""
    said = f"You may not {spec.about} here: that takes the right `{spec.right}`. {whom} You may look releases up."
    return Reply("refused", with_code(said), data={"error": {"right": spec.right.value}}, exit_status=1)


class CommandRunner(NamedTuple):
    """Answers words. `today` is asked for each question, so that a process that runs for months stays right."""

    ports: Ports
    today: Callable[[], date]

    def answer(self, words: str, rights: frozenset[Right], day: date | None = None) -> Reply:
        """The reply to what somebody typed. `day` is the day asked about where it is not today.

        UsageError says what is wrong with the words; a right that is missing is a Reply, not an error.
        """
        spec, rest = interpret(words)
        return self.run(spec, rest, rights, day)

    def run(
        self,
        spec: CommandSpec,
        words: str,
        rights: frozenset[Right],
        day: date | None = None,
        caller: Caller = NOBODY,
        tell: Callable[[Progress], None] = unheard,
    ) -> Reply:
        """The same for a command that is already known."""
        if spec.right not in rights:
            return refusal(spec)
        return spec.run(self.ports, Invocation(spec, words, day or self.today(), rights, caller, tell, day))

    def opening(
        self,
        spec: CommandSpec,
        words: str,
        rights: frozenset[Right],
        day: date | None = None,
        caller: Caller = NOBODY,
    ) -> RichText | Reply:
        """Of a slow command: what to show while it runs, or the reply if nothing needs to be waited for."""
        if spec.right not in rights:
            return refusal(spec)
        return spec.opening(self.ports, Invocation(spec, words, day or self.today(), rights, caller, as_of=day))

    def choices(self, spec: CommandSpec, rights: frozenset[Right], day: date | None = None) -> tuple[Choice, ...]:
        """What a command that picks can be about, as far as the asker may run it."""
        if spec.right not in rights:
            return ()
        return spec.choices(self.ports, Invocation(spec, "", day or self.today(), rights))
