"""Where every command is run: words and rights in, a Reply out. Slack, shell and demo all come here."""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from bot.catalogue import message, say
from bot.chat.command import NOBODY, Caller, Choice, CommandSpec, Invocation, Ports, Progress, Right, ignore_progress
from bot.chat.interpret import interpret
from bot.chat.lookup import old_data
from bot.chat.reply import Act, Reply, RichText, say_line, with_code
from bot.matrix.freshness import data_ages

GRANT = message("Whoever runs xocompat can grant it under `access` in its configuration.")


def refusal(spec: CommandSpec, whom: str = "", can_ask: bool = False) -> Reply:
    """The reply to somebody who lacks a right: which one, and whom to ask, or why it cannot be granted.

    `whom` are sentences that have been said; empty: GRANT is said. `can_ask`: with a button that asks for it.
    """
    why = say_line(
        "You may not {about} here: that takes the right `{right}`. {whom} You may look releases up.",
        about=say(spec.about),
        right=spec.right,
        whom=with_code(whom or say(GRANT)),
    )
    buttons = (Act(say("Ask for access"), f"access {spec.right}"),) if can_ask else ()
    return Reply("refused", why, buttons=buttons, data={"error": {"right": spec.right.value}}, exit_status=1)


class CommandRunner(NamedTuple):
    """Runs commands. `today` is called for each of them, so that a process that runs for months stays right."""

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
        report: Callable[[Progress], None] = ignore_progress,
    ) -> Reply:
        """The same for a command that is already known."""
        if spec.right not in rights:
            return refusal(spec)
        asked = Invocation(spec, words, day or self.today(), rights, caller, report, day)
        return self._with_age(spec.run(self._reached(spec, caller), asked), asked)

    def _with_age(self, reply: Reply, asked: Invocation) -> Reply:
        """A reply that names its sources says where they are old, on the day that it is asked for; not on the one that
        it is asked about, which may be years ahead."""
        is_about_sources = asked.command.right in (Right.LOOKUP, Right.FLEET) or reply.advisories_of
        ages = data_ages(self.ports.matrix, asked.day, reply.advisories_of)
        if reply.context and is_about_sources and (age := old_data(ages)):
            return reply._replace(context=(*reply.context, age))
        return reply

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
        asked = Invocation(spec, words, day or self.today(), rights, caller, as_of=day)
        return spec.opening(self._reached(spec, caller), asked)

    def choices(self, spec: CommandSpec, rights: frozenset[Right], typed: str = "") -> tuple[Choice, ...]:
        """What a command that picks can be about, as far as the asker may run it. `typed` is what is looked for."""
        if spec.right not in rights:
            return ()
        return spec.choices(self.ports, Invocation(spec, typed, self.today(), rights))

    def _reached(self, spec: CommandSpec, caller: Caller) -> Ports:
        """What the command may use for the caller. A look-up shows hosts by the right to see the fleet."""
        right = Right.FLEET if spec.right is Right.LOOKUP else spec.right
        if right not in caller.scoped or right is Right.PROBE:
            return self.ports
        if caller.channel is None:
            raise ValueError(f"the right {right} holds in a channel alone, and no channel is named")
        from bot.chat.scope import scoped  # a shell, where every right holds everywhere, starts without it

        return scoped(self.ports, caller.channel)
