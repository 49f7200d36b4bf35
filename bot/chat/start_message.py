"""A channel's first message in words. It stays in the channel, so nothing in it depends on the day of reading."""

from collections.abc import Iterator, Sequence

from bot.alerts.digest import ReleaseEnd
from bot.alerts.routing import UTC_ZONE
from bot.alerts.start import Start
from bot.chat.commands.watches import routes_in_words
from bot.chat.digest_message import numbers_in_words
from bot.chat.reply import Block, Bullets, Mark, Paragraph, Reply, RichText, Strong, Typed, headline, line
from bot.chat.wording import bounded, counted, day_in_words, with_more
from bot.text import shown

SHOWN = 5
"""So many of each kind."""


def start_message(start: Start) -> Reply:
    """The first line has the hosts and the worst of them; then what leads here, what was found, what will be told."""
    return Reply(
        kind="start",
        headline=headline(Strong("From now on I watch for this channel"), *_facts(start)),
        blocks=tuple(_body(start)),
        context=(line(f"as found on {day_in_words(start.day)}, by the first sweep that this channel is told of"),),
        data=start.to_data(),
    )


def _facts(start: Start) -> Iterator[Mark | str]:
    numbers = start.numbers
    yield counted(numbers.hosts, "host") if numbers.hosts else "no host yet"
    if numbers.eol:
        yield Mark("☠️", f"{numbers.eol:,} without security updates")
    if start.next:
        yield f"{start.next[0].name} ends next, on {day_in_words(start.next[0].day)}"


def _body(start: Start) -> Iterator[Block]:
    yield Paragraph((line(_targets(start)), line(numbers_in_words(start.numbers))))
    yield Bullets(tuple(routes_in_words(start.channel, start.plan)), "What leads here, and when an end of life is told")
    for title, endings in {"Past their end of life": start.ended, "Ends next": start.next}.items():
        if endings:
            yield Bullets(bounded(_lines(endings), SHOWN), title)
    yield Bullets(tuple(_told(start)), "What is told here")


def _targets(start: Start) -> str:
    """How many are asked, and which of them have never answered."""
    if not start.sources:
        return "No target leads here yet."
    asked = counted(start.sources, "target")
    if not start.silent:
        return f"Asked: {asked}, {'which' if start.sources == 1 else 'and all'} answered."
    silent = with_more([shown(name) for name in start.silent], SHOWN)
    return f"Asked: {asked}. Never answered: {silent}."


def _lines(endings: Sequence[ReleaseEnd]) -> list[RichText]:
    return [
        line(
            Strong(ending.name),
            f", {day_in_words(ending.day)}: {counted(ending.hosts, 'host') if ending.hosts else 'no host'}",
        )
        for ending in endings
    ]


def _told(start: Start) -> Iterator[RichText]:
    first = f"; the first stand below ({counted(start.follow, 'alert')})" if start.follow else "; none was due that day"
    yield line(f"an alert for what is wrong or ends, one message for each release, pool or target{first}")
    yield line("what becomes of it, in the thread of its message")
    clock = start.zone if start.zone == UTC_ZONE else f"by the clock of {start.zone}, as all days here"
    yield line(f"a digest on Mondays at 08:00 {clock}; ", Typed("digest off"), " ends it")
    yield line("to see more: ", Typed("fleet"), ", ", Typed("alerts"), ", ", Typed("watches"))
