"""`watch`, `unwatch` and `watches`: what a channel gets to know, by its own wish and by the configuration."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from bot.alerts.ports import Watch, WatchKind
from bot.alerts.routing import UTC_ZONE, AlertPlan, names
from bot.catalogue import say, say_counted
from bot.chat.alert_context import alerting, here
from bot.chat.command import Alerting, Invocation, Ports
from bot.chat.data import Data
from bot.chat.lookup import unknown_reply
from bot.chat.reply import (
    GAP,
    Act,
    Ask,
    Block,
    Bullets,
    Button,
    ChannelName,
    Column,
    ColumnKind,
    Mark,
    Menu,
    MenuEntry,
    Paragraph,
    PersonName,
    Plain,
    Reply,
    RichText,
    Strong,
    Table,
    Typed,
    columns,
    line,
    say_line,
    say_line_counted,
)
from bot.chat.wording import capitalized, day_cell, day_in_words, distance, either, iso, joined
from bot.errors import UsageError
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product
from bot.query.query import Outcome, Query
from bot.text import plain, shown

LONGEST = 36525
"""Days of a lead at most: a hundred years."""

POOL_NAME_MAX = 255

STOPS_MAX = 50
"""Watches that the menu to stop one has."""

_LEAD = re.compile(r"(?:^|\s)lead(?:\s+(?P<days>.*))?$", re.IGNORECASE)
_DAYS = re.compile(r"([0-9]{1,6})\s*(d|days?|w|weeks?)", re.IGNORECASE | re.ASCII)
_POOL = re.compile(r"pool(?:\s+(?P<name>.*))?", re.IGNORECASE)


def run(ports: Ports, asked: Invocation) -> Reply:
    """The channel's watches, then the routes that lead to it."""
    if asked.words.strip():
        raise UsageError(say("`watches` takes nothing; to watch something: watch XCP-ng 8.3."))
    known = alerting(ports)
    channel, plan = here(known, asked), known.plan
    watches = [watch for watch in known.watches.all() if watch.channel == channel]
    digest = known.digests.is_on(channel)
    routed = tuple(routes_in_words(channel, plan))
    blocks: list[Block] = []
    if asked.caller.takes_all:
        blocks.append(_table(channel, watches, plan))
    elif watches:
        items = ((*_in_words(watch, plan), *line("  "), Typed(f"unwatch {_typed(watch)}")) for watch in watches)
        blocks.append(Bullets(tuple(items), say("Watched")))
    if routed and not asked.caller.takes_all:
        blocks.append(Bullets(routed, say("From the configuration")))
    if not blocks:
        nothing = say_line("Nothing is told here. To change that: {words}", words=Typed("watch all"))
        blocks.append(Paragraph((nothing,)))
    if (zone := plan.zone_of(channel)) != UTC_ZONE:
        blocks.append(Paragraph((say_line("What is told here counts days in {zone}.", zone=zone),)))
    return Reply(
        kind="watches",
        headline=(
            *_watching(channel, watches),
            GAP,
            Plain(say("weekly digest on") if digest else say("weekly digest off")),
        ),
        blocks=tuple(blocks),
        buttons=_stops(watches),
        data={
            "channel": channel,
            "watches": [_watch_data(watch) for watch in watches],
            "routes": [
                {"tags": list(route.tags), "pools": list(route.pools), "lead_days": list(route.lead)}
                for route in plan.routes
                if route.channel == channel
            ],
            "default": plan.channel == channel,
            "digest": digest,
            "zone": zone,
        },
    )


def _watching(channel: str, watches: Sequence[Watch]) -> RichText:
    if not watches:
        return say_line("{channel} watches nothing", channel=ChannelName(channel))
    return say_line_counted(
        len(watches),
        "{channel} watches {count} thing",
        "{channel} watches {count} things",
        channel=ChannelName(channel),
    )


def _in_words(watch: Watch, plan: AlertPlan) -> RichText:
    """What is watched, how long before, by whom and since when."""
    what, lead = _about(watch), _lead_in_words(watch.lead or plan.lead)
    if not watch.by:
        return say_line("{what}: {lead}", what=what, lead=lead)
    by = PersonName(watch.by)
    if not watch.at:
        return say_line("{what}: {lead}, by {person}", what=what, lead=lead, person=by)
    day = day_in_words(watch.at.date())
    return say_line("{what}: {lead}, by {person} on {day}", what=what, lead=lead, person=by, day=day)


def _table(channel: str, watches: Sequence[Watch], plan: AlertPlan) -> Table:
    """The same for a file: what the channel watches, then what the configuration leads there."""
    rows: list[tuple[RichText, ...]] = [
        (
            _about(watch),
            line(_lead_in_words(watch.lead or plan.lead)),
            line(watch.by),
            day_cell(watch.at.date() if watch.at else None),
        )
        for watch in watches
    ]
    by = line(say("configuration"))
    rows += [(line(what), line(lead), by, day_cell(None)) for what, lead in _routes(channel, plan)]
    header = columns(say("What"), say("Told"), say("By"), Column(say("Since"), ColumnKind.DAY))
    return Table(header, tuple(rows), say("What is told here"))


def _stops(watches: Sequence[Watch]) -> tuple[Button, ...]:
    """A button for the only watch; for several a menu."""
    entries = tuple(MenuEntry(_typed(watch), f"unwatch {_typed(watch)}") for watch in watches[:STOPS_MAX])
    if len(entries) > 1:
        return (Menu(say("Stop watching"), entries[0].words, entries),)
    return tuple(Act(say("Stop watching"), only.words) for only in entries)


def routes_in_words(channel: str, plan: AlertPlan) -> Iterator[RichText]:
    """What the configuration leads to a channel, and how long before the day it is told."""
    return (line(f"{what}: {lead}") for what, lead in _routes(channel, plan))


def _routes(channel: str, plan: AlertPlan) -> Iterator[tuple[str, str]]:
    for route in plan.routes:
        if route.channel == channel:
            if route.tags:
                yield say("hosts with the tag {tags}", tags=either(route.tags)), _lead_in_words(route.lead)
            else:
                yield say("hosts in the pool {pools}", pools=either(route.pools)), _lead_in_words(route.lead)
    if plan.channel == channel:
        yield say("what no route takes") if plan.routes else say("all hosts"), _lead_in_words(plan.lead)


def watch(ports: Ports, asked: Invocation) -> Reply:
    """Watch something for the channel, which is notified once the fleet is evaluated anew, within minutes."""
    known = alerting(ports)
    channel = here(known, asked)
    wanted = _read(ports, asked, channel)
    if isinstance(wanted, Reply):
        return wanted
    now, by = known.now(), asked.caller.name
    watches = [thing._replace(lead=wanted.lead, by=by, at=now) for thing in wanted.things]
    added = [known.watches.add(each) for each in watches]
    what = _about(watches[0]) if len(watches) == 1 else _releases(watches)
    mark = Mark("👀", say("watching") if any(added) else say("watching already"))
    lead = capitalized(_lead_in_words(wanted.lead or known.plan.lead))
    more = [say_line("{lead}; what is due already comes within a few minutes.", lead=lead)]
    more += [note for each in watches for note in _note(ports.matrix, known, each, asked.day)]
    return Reply(
        kind="watch",
        headline=say_line("{mark}: {channel} is told about {what}", mark=mark, channel=ChannelName(channel), what=what),
        blocks=(Paragraph(tuple(more)),),
        buttons=(Ask(say("What is watched here"), "watches"),),
        data={"channel": channel, "added": sum(added), "watches": [_watch_data(watch) for watch in watches]},
    )


def _note(matrix: Matrix, known: Alerting, watch: Watch, day: date) -> Iterator[RichText]:
    """When a release ends; that no pool has the name now."""
    if watch.kind is WatchKind.POOL and known.pools is not None:
        if not any(names(pool, watch.what) for pool in known.pools()):
            unknown = say('No known pool is called "{pool}" now; it counts once there is one.', pool=watch.what)
            yield line(Mark("⚠️", unknown))
    elif watch.product and (release := matrix.release(Product(watch.product), watch.release or "")):
        eol, name = release.lifecycle.eol, release.name(day)
        if eol is None:
            yield say_line("The end of life of {release} is not known.", release=name)
        else:
            yield say_line(
                "The end of life of {release} is {day} ({distance}).",
                release=name,
                day=day_in_words(eol),
                distance=distance(eol, day),
            )


def unwatch(ports: Ports, asked: Invocation) -> Reply:
    """Forget watches of the channel; what only they led there ends once the fleet is evaluated anew."""
    known = alerting(ports)
    channel = here(known, asked)
    wanted = _read(ports, asked, channel)
    if isinstance(wanted, Reply):
        return wanted
    if wanted.lead is not None:
        raise UsageError(say("`unwatch` takes no lead: {words}.", words=f"unwatch {_typed(wanted.things[0])}"))
    removed = [watch for watch in wanted.things if known.watches.remove(channel, watch.kind, watch.what)]
    left = [watch for watch in known.watches.all() if watch.channel == channel]
    those = removed or wanted.things
    what = _about(those[0]) if len(those) == 1 else say_line_counted(len(those), "{count} release", "{count} releases")
    if removed:
        mark = Mark("✅", say("not watched any more"))
        first = say_line("{mark}: {what}", mark=mark, what=what)
    else:
        first = say_line("{channel} does not watch {what}", channel=ChannelName(channel), what=what)
    if left:
        rest = say("Still watched here: {things}.", things=", ".join(map(_typed, left)))
    else:
        rest = say("Nothing is watched here now; what the configuration sends here still comes.")
    return Reply(
        kind="unwatch",
        headline=first,
        blocks=(Paragraph((line(rest),)),),
        data={"channel": channel, "removed": len(removed), "watches": [_watch_data(watch) for watch in left]},
    )


class WatchRequest(NamedTuple):
    """What is to be watched: several releases, one pool or all. `lead` in days, longest first; None if not given."""

    things: tuple[Watch, ...]
    lead: tuple[int, ...] | None = None


def _read(ports: Ports, asked: Invocation, channel: str) -> WatchRequest | Reply:
    """What was typed, or the reply to what names no release. UsageError for what cannot be read.

    A pool has the name that it has already, in the fleet or in a watch, whatever the case that it is typed in.
    """
    words, lead = _take_lead(plain(asked.words))
    if not words:
        raise UsageError(
            say("Say what, for example: {command} XCP-ng 8.3, or pool lab, or all.", command=asked.command.name)
        )
    if words.casefold() == "all":
        return WatchRequest((Watch(channel, WatchKind.ALL, ""),), lead)
    if found := _POOL.fullmatch(words):
        name = _pool_name(alerting(ports), channel, found["name"] or "")
        return WatchRequest((Watch(channel, WatchKind.POOL, name),), lead)
    query = ports.reader.read(words)
    if query.on or query.bad_date:
        raise UsageError(say("A watch has no day: it tells of every day that comes."))
    if query.outcome is not Outcome.ASSESSED:
        return _which(ports.matrix, query, asked)
    things = (Watch(channel, WatchKind.RELEASE, r.base_name, r.product.value, r.number) for r in query.releases)
    return WatchRequest(tuple(things), lead)


def _which(matrix: Matrix, query: Query, asked: Invocation) -> Reply:
    """A release that is not known, or a number that two products have: which one is meant."""
    name = asked.command.name
    if query.outcome is Outcome.AMBIGUOUS:
        which = say_line('"{typed}" can be several: say which product.', typed=shown(query.parts[0].text))
        buttons = tuple(Ask(r.base_name, f"{name} {r.base_name}") for r in query.releases[:2])
        return Reply("ambiguous", which, (), buttons, data={"outcome": query.outcome.value}, exit_status=3)
    reply = unknown_reply(matrix, query, asked.day)
    asks = tuple(
        b._replace(words=f"{name} {b.words}") for b in reply.buttons if isinstance(b, Ask) and b.words != "list"
    )
    return reply._replace(buttons=asks, data={"outcome": query.outcome.value}, exit_status=3)


def _take_lead(words: str) -> tuple[str, tuple[int, ...] | None]:
    """The words without `lead ...` at their end, and its days. The day itself always counts."""
    found = _LEAD.search(words)
    if not found:
        return words, None
    days = [_days(part) for part in re.split(r"[,\s]+(?=\d)|,", found["days"] or "") if part.strip()]
    if not days:
        raise UsageError(say("Say how many days before, for example: lead 90d, or lead 90d,30d."))
    return words[: found.start()].strip(), tuple(sorted({*days, 0}, reverse=True))


def _days(text: str) -> int:
    found = _DAYS.fullmatch(text.strip())
    if not found:
        raise UsageError(
            say('"{typed}" is no lead: write days or weeks, such as 90d or 2w; several as 90d,30d.', typed=shown(text))
        )
    days = int(found[1]) * (7 if found[2][0].lower() == "w" else 1)
    if days > LONGEST:
        raise UsageError(say("A lead is {days}d at most.", days=LONGEST))
    return days


def _pool_name(known: Alerting, channel: str, typed: str) -> str:
    name = shown(typed.strip().strip("\"'").strip(), POOL_NAME_MAX)
    if not name:
        raise UsageError(say("Say which pool, for example: watch pool lab."))
    watched = [watch.what for watch in known.watches.all() if (watch.channel, watch.kind) == (channel, WatchKind.POOL)]
    same = next((what for what in watched if what.casefold() == name.casefold()), None)
    pool = next((pool for pool in (known.pools() if known.pools else ()) if names(pool, name)), None)
    if same is not None or pool is None:
        return same or name
    return pool.uuid if name.casefold() == pool.uuid.casefold() else pool.name


def _about(watch: Watch) -> RichText:
    """What is watched, in words."""
    match watch.kind:
        case WatchKind.RELEASE:
            return say_line("{release}, with or without hosts", release=Strong(watch.what))
        case WatchKind.POOL:
            return say_line("pool {pool}", pool=Strong(watch.what))
        case WatchKind.ALL:
            return say_line("all hosts")


def _typed(watch: Watch) -> str:
    """What is watched, as it can be typed."""
    return " ".join(filter(None, ("" if watch.kind is WatchKind.RELEASE else watch.kind.value, watch.what)))


def _releases(watches: Sequence[Watch]) -> RichText:
    return say_line_counted(
        len(watches), "{count} release, with or without hosts", "{count} releases, with or without hosts"
    )


def _lead_in_words(lead: Sequence[int]) -> str:
    """`90 and 30 days before, and on the day`."""
    days = [day for day in lead if day]
    if not days:
        return say("on the day") if lead else ""
    before = say_counted(days[-1], "{count} day before", "{count} days before", count=joined(list(map(str, days))))
    return say("{before} and on the day", before=before) if 0 in lead else before


def _watch_data(watch: Watch) -> Data:
    """A watch for scripts."""
    return {
        "kind": watch.kind.value,
        "what": watch.what,
        "product": watch.product,
        "release": watch.release,
        "lead_days": list(watch.lead) if watch.lead is not None else None,
        "by": watch.by or None,
        "at": iso(watch.at) if watch.at else None,
    }
