"""The weekly digest in words."""

from collections.abc import Iterator, Sequence

from bot.alerts.digest import Digest, HostCounts, ReleaseEnd, Unacknowledged
from bot.chat.reply import Ask, Block, Bullets, Paragraph, Reply, RichText, Strong, Typed, headline, line
from bot.chat.rule_wording import WORDING
from bot.chat.wording import day_in_words, distance

SHOWN = 5
"""So many of each kind."""


def digest_message(digest: Digest) -> Reply:
    """The first line has what ended or ends next; then each in a list, and the hosts in numbers."""
    return Reply(
        kind="digest",
        headline=headline(Strong("This week"), *_facts(digest)),
        blocks=tuple(_body(digest)),
        buttons=(Ask("Alerts", "alerts"), Ask("Timeline", "timeline")),
        context=(line(f"weekly digest of {day_in_words(digest.day)} · ", Typed("digest off"), " ends it"),),
        data=digest.to_data(),
    )


def _facts(digest: Digest) -> Iterator[str]:
    if ended := digest.ended_this_week:
        yield f"{' and '.join(ending.name for ending in ended)} reached end of life"
    elif digest.next:
        yield f"{digest.next[0].name} ends next, {distance(digest.next[0].day, digest.day)}"
    else:
        yield "nothing ends that is known"
    if count := len(digest.unacknowledged):
        yield f"{count} {'alert' if count == 1 else 'alerts'} that nobody acknowledged"


def _body(digest: Digest) -> Iterator[Block]:
    yield Paragraph((line(_numbers(digest.numbers, digest.resolved)),))
    yield from _list("Past their end of life", [_ending(ending, digest) for ending in digest.ended])
    yield from _list("Ends next", [_ending(ending, digest) for ending in digest.next])
    yield from _list("Nobody acknowledged", [_unacknowledged(alert) for alert in digest.unacknowledged])


def _list(title: str, items: Sequence[RichText]) -> Iterator[Block]:
    more = [line(f"and {len(items) - SHOWN} more")] if len(items) > SHOWN else []
    if items:
        yield Bullets((*items[:SHOWN], *more), title)


def _ending(ending: ReleaseEnd, digest: Digest) -> RichText:
    hosts = {0: "no host", 1: "1 host"}.get(ending.hosts, f"{ending.hosts} hosts")
    when = f"{day_in_words(ending.day)} ({distance(ending.day, digest.day)})"
    return line(Strong(ending.name), f", {when}: {hosts}")


def _unacknowledged(alert: Unacknowledged) -> RichText:
    since = f": {WORDING[alert.rule].digest}, open since {day_in_words(alert.opened)}"
    return line(f"alert {alert.id}, ", Strong(alert.name), since)


def _numbers(numbers: HostCounts, resolved: int) -> str:
    """The hosts in numbers; what is zero is left out."""
    count = "1 host" if numbers.hosts == 1 else f"{numbers.hosts} hosts"
    parts = {
        "past their end of life": numbers.eol,
        "without full support": numbers.weak,
        "of an unknown version": numbers.unknown,
        "unreachable": numbers.unreachable,
    }
    told = [f"{number} {words}" for words, number in parts.items() if number]
    ended = f" {resolved} {'alert' if resolved == 1 else 'alerts'} resolved this week." if resolved else ""
    return f"{count}: {', '.join(told) or 'all is well'}.{ended}" if numbers.hosts else f"No hosts yet.{ended}"
