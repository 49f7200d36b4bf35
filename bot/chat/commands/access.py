"""`access [RIGHT]`: what somebody may do here, and asking those who run xocompat for more."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.catalogue import message, say
from bot.chat.access import LOOKUP
from bot.chat.access_request import AccessRequest
from bot.chat.command import Invocation, Ports, Right
from bot.chat.reply import (
    Act,
    ChannelName,
    Code,
    Paragraph,
    PersonName,
    Reply,
    RichText,
    Strong,
    headline,
    line,
    say_line,
    with_code,
)
from bot.chat.wording import either, joined, moment
from bot.errors import UsageError
from bot.text import plain, shown

_GRANTABLE = {
    Right.PROBE: message("ask hosts what they run"),
    Right.FLEET: message("see the hosts and their alerts"),
    Right.OPERATE: message("sweep, act on alerts, change what channels are told, and read the audit trail"),
}


def run(ports: Ports, asked: Invocation) -> Reply:
    """The asker's rights, or what became of asking for one."""
    if not (word := plain(asked.words).casefold().strip("`\"' ")):
        return _rights(asked)
    if word not in set(_GRANTABLE):
        allowed = either([f"`{asked.command.name} {right}`" for right in _GRANTABLE])
        raise UsageError(
            say(
                '"{word}" is no right that can be asked for: type {commands}.',
                word=shown(asked.words),
                commands=allowed,
            )
        )
    right, caller, known = Right(word), asked.caller, ports.alerting
    if right in asked.rights:
        held = message("You have the right `{right}` here already.")
        if not caller.channel:
            held = message("You have the right `{right}` already.")
        return _reply("access_held", say_line(held, right=right), right)
    request = AccessRequest(caller.name, right, caller.channel, known.now() if known else datetime.now(UTC))
    if known is None or known.requests is None or known.plan.channel is None:
        untold = message(
            "Nobody is told: no channel for alerts is configured. Send this line to whoever runs xocompat."
        )
        if known is None:
            untold = message("Nobody is told: there is no database here. Send this line to whoever runs xocompat.")
        entry = say_line("It belongs under `access.grants` in the configuration: `{entry}`", entry=request.grant)
        return _reply("access_untold", say_line(untold), right, entry)
    if before := known.requests.ask(request, known.plan.channel):
        return _reply(
            "access_told_before",
            say_line("You asked for the right `{right}` already, {moment}.", right=right, moment=moment(before)),
            right,
            say_line("That is told once a day. If it hurries, ask them yourself."),
        )
    told = message("I tell those who run xocompat that you ask for the right `{right}` here.")
    if not caller.channel:
        told = message("I tell those who run xocompat that you ask for the right `{right}`.")
    states = known.channels() if known.channels else ()
    if any(state.channel == known.plan.channel and state.stopped for state in states):
        rest = say_line("My message waits: their channel takes none now. Ask them yourself.")
    else:
        rest = say_line("Nothing is granted by that. They change the configuration, or answer you.")
    return _reply("access_told", say_line(told, right=right), right, rest)


def _rights(asked: Invocation) -> Reply:
    may, lacks = ([each for each in _GRANTABLE if (each in asked.rights) is has] for has in (True, False))
    lines = []
    if may:
        lines.append(say_line("Beside looking up: {rights}.", rights=_in_words(may)))
    if lacks:
        missing = message("Not here granted: {rights}.") if asked.caller.channel else message("Not granted: {rights}.")
        lines.append(say_line(missing, rights=_in_words(lacks)))
    how_much = say("everything") if not lacks else say("look up") if not may else say("some of it")
    return Reply(
        kind="access",
        headline=headline(Strong(say("What you may do")), how_much),
        blocks=(Paragraph(tuple(lines)),),
        buttons=tuple(Act(say("Ask for {right}", right=right), f"access {right}") for right in lacks),
        data={"rights": sorted(asked.rights | LOOKUP), "lacking": [right.value for right in lacks]},
    )


def _in_words(rights: Sequence[Right]) -> RichText:
    return with_code(joined([f"`{right}` ({say(_GRANTABLE[right])})" for right in rights]))


def _reply(kind: str, first: RichText, right: Right, *more: RichText) -> Reply:
    return Reply(kind, first, (Paragraph(more),) if more else (), data={"right": right.value, "outcome": kind})


def access_message(request: AccessRequest) -> Reply:
    """What those who run xocompat read: who asks for what, and what to add to the configuration to grant it."""
    who = PersonName(request.who)
    if request.where:
        first = say_line(
            "{person} asks for the right `{right}` in {channel}",
            person=who,
            right=request.right,
            channel=ChannelName(request.where),
        )
        counts = say_line(
            "It counts once xocompat is started anew. Without `where` it holds everywhere. To refuse, do nothing."
        )
    else:
        first = say_line("{person} asks for the right `{right}` everywhere", person=who, right=request.right)
        counts = say_line("It counts once xocompat is started anew. To refuse, do nothing.")
    return Reply(
        kind="access_request",
        headline=first,
        blocks=(
            Paragraph(
                (
                    say_line("It lets them {what}.", what=say(_GRANTABLE[Right(request.right)])),
                    say_line("To grant it, add this line under `access.grants` in the configuration:"),
                    line(Code(request.grant)),
                    counts,
                )
            ),
        ),
        context=(say_line("asked {moment}", moment=moment(request.at)),),
    )
