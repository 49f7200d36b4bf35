"""A channel's first message in words. It stays in the channel, so nothing in it depends on the day of reading."""

from collections.abc import Iterator, Sequence

from bot.alerts.digest import ReleaseEnd
from bot.alerts.routing import UTC_ZONE
from bot.alerts.start import Start
from bot.catalogue import say, say_counted
from bot.chat.commands.watches import routes_in_words
from bot.chat.digest_message import hosts_in_words, numbers_in_words
from bot.chat.reply import (
    Block,
    Bullets,
    Mark,
    Paragraph,
    Reply,
    RichText,
    Strong,
    Typed,
    headline,
    line,
    say_line,
    say_line_counted,
)
from bot.chat.wording import bounded, day_in_words, with_more
from bot.text import shown

SHOWN = 5
"""So many of each kind."""


def start_message(start: Start) -> Reply:
    """The first line has the hosts and the worst of them; then what leads here, what was found, what will be told."""
    return Reply(
        kind="start",
        headline=headline(Strong(say("From now on I watch for this channel")), *_facts(start)),
        blocks=tuple(_body(start)),
        context=(
            say_line("as found on {day}, by the first sweep that this channel is told of", day=day_in_words(start.day)),
        ),
        data=start.to_data(),
    )


def _facts(start: Start) -> Iterator[Mark | str]:
    numbers = start.numbers
    yield say_counted(numbers.hosts, "{count} host", "{count} hosts") if numbers.hosts else say("no host yet")
    if numbers.eol:
        without = say_counted(numbers.eol, "{count} without security updates", "{count} without security updates")
        yield Mark("☠️", without)
    if start.next:
        first = start.next[0]
        yield say("{release} ends next, on {day}", release=first.name, day=day_in_words(first.day))


def _body(start: Start) -> Iterator[Block]:
    yield Paragraph((line(_targets(start)), line(numbers_in_words(start.numbers))))
    routes = tuple(routes_in_words(start.channel, start.plan))
    yield Bullets(routes, say("What leads here, and when an end of life is told"))
    for title, endings in {say("Past their end of life"): start.ended, say("Ends next"): start.next}.items():
        if endings:
            yield Bullets(bounded(_lines(endings), SHOWN), title)
    yield Bullets(tuple(_told(start)), say("What is told here"))


def _targets(start: Start) -> str:
    """How many are asked, and which of them have never answered."""
    if not start.sources:
        return say("No target leads here yet.")
    if not start.silent:
        return say_counted(
            start.sources, "Asked: {count} target, which answered.", "Asked: {count} targets, and all answered."
        )
    return say_counted(
        start.sources,
        "Asked: {count} target. Never answered: {silent}.",
        "Asked: {count} targets. Never answered: {silent}.",
        silent=with_more([shown(name) for name in start.silent], SHOWN),
    )


def _lines(endings: Sequence[ReleaseEnd]) -> list[RichText]:
    return [
        line(Strong(ending.name), f", {day_in_words(ending.day)}: {hosts_in_words(ending.hosts)}") for ending in endings
    ]


def _told(start: Start) -> Iterator[RichText]:
    if start.follow:
        yield say_line_counted(
            start.follow,
            "an alert for what is wrong or ends, one message for each release, pool or target; "
            "the first stand below ({count} alert)",
            "an alert for what is wrong or ends, one message for each release, pool or target; "
            "the first stand below ({count} alerts)",
        )
    else:
        yield say_line(
            "an alert for what is wrong or ends, one message for each release, pool or target; none was due that day"
        )
    yield say_line("what becomes of it, in the thread of its message")
    if start.zone == UTC_ZONE:
        yield say_line("a digest on Mondays at 08:00 UTC; {command} ends it", command=Typed("digest off"))
    else:
        yield say_line(
            "a digest on Mondays at 08:00 by the clock of {zone}, as all days here; {command} ends it",
            zone=start.zone,
            command=Typed("digest off"),
        )
    commands = line(Typed("fleet"), ", ", Typed("alerts"), ", ", Typed("watches"))
    yield say_line("to see more: {commands}", commands=commands)
