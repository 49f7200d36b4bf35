"""What a channel can watch, as it is typed and as it is told."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bot.alerts.ports import Watch, WatchKind
from bot.alerts.routing import names
from bot.chat.alert_context import alerting
from bot.chat.command import Alerting, Invocation, Ports
from bot.chat.data import Data
from bot.chat.lookup import unknown_reply
from bot.chat.reply import Ask, Reply, RichText, Strong, line
from bot.errors import UsageError
from bot.query.query import Outcome, Query
from bot.query.text import plain, shown
from bot.xapi.observation import Pool

LONGEST = 36525
"""Days of a lead at most: a hundred years."""

POOL_NAME_MAX = 255

_LEAD = re.compile(r"(?:^|\s)lead(?:\s+(?P<days>.*))?$", re.IGNORECASE)
_DAYS = re.compile(r"([0-9]{1,6})\s*(d|days?|w|weeks?)", re.IGNORECASE | re.ASCII)
_POOL = re.compile(r"pool(?:\s+(?P<name>.*))?", re.IGNORECASE)


class WatchRequest(NamedTuple):
    """What is to be watched: several releases, one pool or all. `lead` in days, longest first; None if not given."""

    things: tuple[Watch, ...]
    lead: tuple[int, ...] | None = None


def read(ports: Ports, asked: Invocation, channel: str) -> WatchRequest | Reply:
    """What was typed, or the reply to what names no release. UsageError for what cannot be read.

    A pool has the name that it has already, in the fleet or in a watch, whatever the case that it is typed in.
    """
    words, lead = _take_lead(plain(asked.words))
    if not words:
        raise UsageError(f"Say what, for example: {asked.command.name} XCP-ng 8.3, or pool lab, or all.")
    if words.casefold() == "all":
        return WatchRequest((Watch(channel, WatchKind.ALL, ""),), lead)
    if found := _POOL.fullmatch(words):
        name = _pool_name(alerting(ports), channel, found["name"] or "")
        return WatchRequest((Watch(channel, WatchKind.POOL, name),), lead)
    query = ports.reader.read(words)
    if query.on or query.bad_date:
        raise UsageError("A watch has no day: it tells of every day that comes.")
    if query.outcome is not Outcome.ASSESSED:
        return _which(query, asked)
    return WatchRequest(tuple(_of_releases(query, channel)), lead)


def _of_releases(query: Query, channel: str) -> Iterator[Watch]:
    for release in query.releases:
        yield Watch(channel, WatchKind.RELEASE, release.base_name, release.product.value, release.number)


def _which(query: Query, asked: Invocation) -> Reply:
    """A release that is not known, or a number that two products have: which one is meant."""
    name = asked.command.name
    if query.outcome is Outcome.AMBIGUOUS:
        said = line(f'"{shown(query.parts[0].text)}" can be several: say which product.')
        buttons = tuple(Ask(r.base_name, f"{name} {r.base_name}") for r in query.releases[:2])
        return Reply("ambiguous", said, (), buttons, data={"outcome": query.outcome.value}, exit_status=3)
    reply = unknown_reply(query, asked.day)
    asks = tuple(
        b._replace(words=f"{name} {b.words}") for b in reply.buttons if isinstance(b, Ask) and b.words != "list"
    )
    return reply._replace(buttons=asks, data={"outcome": query.outcome.value}, exit_status=3)


def _take_lead(words: str) -> tuple[str, tuple[int, ...] | None]:
    """The words without `lead ...` at their end, and its days. The day itself is always told."""
    found = _LEAD.search(words)
    if not found:
        return words, None
    days = [_days(part) for part in re.split(r"[,\s]+(?=\d)|,", found["days"] or "") if part.strip()]
    if not days:
        raise UsageError("Say how many days before, for example: lead 90d, or lead 90d,30d.")
    return words[: found.start()].strip(), tuple(sorted({*days, 0}, reverse=True))


def _days(text: str) -> int:
    found = _DAYS.fullmatch(text.strip())
    if not found:
        raise UsageError(f'"{shown(text)}" is no lead: write days or weeks, such as 90d or 2w; several as 90d,30d.')
    days = int(found[1]) * (7 if found[2][0].lower() == "w" else 1)
    if days > LONGEST:
        raise UsageError(f"A lead is {LONGEST}d at most.")
    return days


def _pool_name(known: Alerting, channel: str, typed: str) -> str:
    name = shown(typed.strip().strip("\"'").strip(), POOL_NAME_MAX)
    if not name:
        raise UsageError("Say which pool, for example: watch pool lab.")
    watched = [watch.what for watch in known.watches.all() if (watch.channel, watch.kind) == (channel, WatchKind.POOL)]
    same = next((what for what in watched if what.casefold() == name.casefold()), None)
    pool = next((pool for pool in pools(known) or () if names(pool, name)), None)
    if same is not None or pool is None:
        return same or name
    return pool.uuid if name.casefold() == pool.uuid.casefold() else pool.name


def pools(known: Alerting) -> Sequence[Pool] | None:
    """The pools of the fleet; None where nobody can tell."""
    return None if known.pools is None else tuple(known.pools())


def about(watch: Watch) -> RichText:
    """What is watched, in words."""
    match watch.kind:
        case WatchKind.RELEASE:
            return line(Strong(watch.what), ", with or without hosts")
        case WatchKind.POOL:
            return line("pool ", Strong(watch.what))
        case WatchKind.ALL:
            return line("all hosts")


def typed(watch: Watch) -> str:
    """What is watched, as it can be typed."""
    return " ".join(filter(None, ("" if watch.kind is WatchKind.RELEASE else watch.kind.value, watch.what)))


def lead_in_words(lead: Sequence[int]) -> str:
    """`90 and 30 days before, and on the day`."""
    days = [str(day) for day in lead if day]
    before = f"{' and '.join(filter(None, [', '.join(days[:-1]), days[-1]]))} days before" if days else ""
    return " and ".join(filter(None, (before, "on the day" if 0 in lead else "")))


def watch_data(watch: Watch) -> Data:
    """A watch for scripts."""
    return {
        "kind": watch.kind.value,
        "what": watch.what,
        "product": watch.product,
        "release": watch.release,
        "lead_days": list(watch.lead) if watch.lead is not None else None,
        "by": watch.by or None,
        "at": f"{watch.at:%Y-%m-%dT%H:%M:%SZ}" if watch.at else None,
    }
