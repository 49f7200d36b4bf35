"""The first line about a fleet: how many hosts, and what is wrong with how many of them."""

from collections.abc import Iterator, Sequence

from bot.chat.narrowing import SOON, ends_soon
from bot.chat.reply import Code, Line, Mark, Span, Strong, headline, line
from bot.chat.roster import Listed
from bot.matrix.wording import moment_in_words


def fleet_line(listed: Sequence[Listed], count: int, words: str, sources: int) -> Line:
    """Of some hosts: `count` is how many there are in all, `words` are those that narrowed them down.

    `sources` is how many targets are asked.
    """
    if not (count or sources):
        return line(Strong("No host is watched"), ": add ", Code("targets"), " or ", Code("xen_orchestra"), _TO_FILE)
    if not count:
        return headline(Strong("No host is known yet"), f"{sources} {'target' if sources == 1 else 'targets'} to ask")
    some = f"{len(listed)} of {hosts_in_words(count)}" if words else hosts_in_words(count)
    pools = len({each.watched.pool.uuid for each in listed})
    where = f" in {pools} {'pool' if pools == 1 else 'pools'}" if listed else ""
    return headline(Strong(f"{some}{where}"), *([words] if words else []), *_fate(listed))


_TO_FILE = " to the configuration"


def hosts_in_words(count: int) -> str:
    """`1 host`, `3 hosts`."""
    return "1 host" if count == 1 else f"{count} hosts"


def _fate(listed: Sequence[Listed]) -> Iterator[Span]:
    """What is wrong with how many, or that nothing is."""
    ended = sum(each.judged.is_eol for each in listed)
    soon = sum(map(ends_soon, listed))
    unknown = sum(each.judged.assessment is None for each in listed)
    away = [each.watched.unreachable_since for each in listed if each.watched.unreachable_since]
    if ended:
        yield Mark("☠️", f"{ended} {'gets' if ended == 1 else 'get'} no security updates")
    if soon:
        yield Mark("⏳", f"{soon} {'ends' if soon == 1 else 'end'} within {SOON} days")
    if unknown:
        yield Mark("❓", f"{unknown} of an unknown version")
    if away:
        since = moment_in_words(min(away))
        yield Mark("⚠️", f"{len(away)} not seen since {since}{' or later' if len(set(away)) > 1 else ''}")
    if listed and not (ended or soon or unknown or away):
        yield Mark("✅", "security updates for all of them")
