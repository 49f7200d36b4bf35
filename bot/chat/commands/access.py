"""`access [RIGHT]`: what somebody may do here, and asking those who run xocompat for more."""

from collections.abc import Sequence
from datetime import UTC, datetime

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
    with_code,
)
from bot.chat.wording import either, joined, moment
from bot.errors import UsageError
from bot.text import plain, shown

_GRANTABLE = {
    Right.PROBE: "ask hosts what they run",
    Right.FLEET: "see the hosts and their alerts",
    Right.OPERATE: "sweep, act on alerts, change what channels are told, and read the audit trail",
}


def run(ports: Ports, asked: Invocation) -> Reply:
    """The asker's rights, or what became of asking for one."""
    if not (word := plain(asked.words).casefold().strip("`\"' ")):
        return _rights(asked)
    if word not in set(_GRANTABLE):
        allowed = either([f"`access {right}`" for right in _GRANTABLE])
        raise UsageError(f'"{shown(asked.words)}" is no right that can be asked for: type {allowed}.')
    right, caller, known = Right(word), asked.caller, ports.alerting
    here = " here" if caller.channel else ""
    if right in asked.rights:
        return _reply("access_held", line("You have the right ", Code(right), f"{here} already."), right)
    request = AccessRequest(caller.name, right, caller.channel, known.now() if known else datetime.now(UTC))
    if known is None or known.requests is None or known.plan.channel is None:
        why = "no channel for alerts is configured" if known else "there is no database here"
        said = line(f"Nobody is told: {why}. Send this line to whoever runs xocompat.")
        entry = line("It belongs under ", Code("access.grants"), " in the configuration: ", Code(request.grant))
        return _reply("access_untold", said, right, entry)
    if before := known.requests.ask(request, known.plan.channel):
        said = line("You asked for the right ", Code(right), " already, ", moment(before), ".")
        return _reply(
            "access_told_before", said, right, line("That is told once a day. If it hurries, ask them yourself.")
        )
    said = line("I tell those who run xocompat that you ask for the right ", Code(right), f"{here}.")
    states = known.channels() if known.channels else ()
    if any(state.channel == known.plan.channel and state.stopped for state in states):
        rest = line("My message waits: their channel takes none now. Ask them yourself.")
    else:
        rest = line("Nothing is granted by that. They change the configuration, or answer you.")
    return _reply("access_told", said, right, rest)


def _rights(asked: Invocation) -> Reply:
    may, lacks = ([each for each in _GRANTABLE if (each in asked.rights) is has] for has in (True, False))
    here = "here " if asked.caller.channel else ""
    said = {"Beside looking up": may, f"Not {here}granted": lacks}
    lines = [with_code(f"{what}: {_in_words(rights)}.") for what, rights in said.items() if rights]
    how_much = "everything" if not lacks else "look up" if not may else "some of it"
    return Reply(
        kind="access",
        headline=headline(Strong("What you may do"), how_much),
        blocks=(Paragraph(tuple(lines)),),
        buttons=tuple(Act(f"Ask for {right}", f"access {right}") for right in lacks),
        data={"rights": sorted(asked.rights | LOOKUP), "lacking": [right.value for right in lacks]},
    )


def _in_words(rights: Sequence[Right]) -> str:
    return joined([f"`{right}` ({_GRANTABLE[right]})" for right in rights])


def _reply(kind: str, said: RichText, right: Right, *more: RichText) -> Reply:
    return Reply(kind, said, (Paragraph(more),) if more else (), data={"right": right.value, "outcome": kind})


def access_message(request: AccessRequest) -> Reply:
    """What those who run xocompat read: who asks for what, and what to add to the configuration to grant it."""
    where = line(" in ", ChannelName(request.where)) if request.where else line(" everywhere")
    wider = " Without `where` it holds everywhere." if request.where else ""
    return Reply(
        kind="access_request",
        headline=line(PersonName(request.who), " asks for the right ", Code(request.right), *where),
        blocks=(
            Paragraph(
                (
                    line(f"It lets them {_GRANTABLE[Right(request.right)]}."),
                    line("To grant it, add this line under ", Code("access.grants"), " in the configuration:"),
                    line(Code(request.grant)),
                    with_code(f"It counts once xocompat is started anew.{wider} To refuse, do nothing."),
                )
            ),
        ),
        context=(line("asked ", moment(request.at)),),
    )
