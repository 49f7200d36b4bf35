"""`fleet [WORDS]`: all watched hosts with their verdicts, the worst first, as they were last seen. Nobody is asked.

Beside them stands how asking goes: which targets do not answer since when, which never did, when it was last tried.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from heapq import nsmallest
from operator import itemgetter
from sys import intern
from typing import Any, NamedTuple

from bot.chat.command import Choice, Invocation, Ports, Right, Watched
from bot.chat.commands import FLEET
from bot.chat.data import Data
from bot.chat.export import as_csv
from bot.chat.filter import SOON, STATES, FleetFilter, ends_soon, fleet_filter, take_words
from bot.chat.host_names import KnownName
from bot.chat.hosts import fleet_data, hosts_with_verdicts, row, watched_of
from bot.chat.lookup import context
from bot.chat.reply import (
    GAP,
    Ask,
    Attachment,
    Block,
    Bullets,
    Button,
    Code,
    Column,
    ColumnKind,
    Find,
    Mark,
    Menu,
    MenuEntry,
    Paragraph,
    Plain,
    Reply,
    RichText,
    Share,
    Sortable,
    Span,
    Strong,
    Table,
    Typed,
    columns,
    headline,
    line,
    with_code,
)
from bot.chat.verdict import next_step, support_cell, updates_mark
from bot.chat.wording import (
    bounded,
    capitalized,
    count_cell,
    counted,
    day_cell,
    day_in_words,
    iso,
    moment,
    moment_in_words,
    nearest,
    plural,
)
from bot.fleet.hosts import Source, SourceState, WatchedHost
from bot.fleet.verdicts import FAR, HostVerdict
from bot.matrix.support import PublishedList
from bot.text import shown

_RELEASES = columns(
    "Release",
    Column("Hosts", ColumnKind.NUMBER),
    Column("Security updates", ColumnKind.SIGN),
    Column("End of life", ColumnKind.DAY),
    Column("Days left", ColumnKind.NUMBER),
    Column("Xen Orchestra", ColumnKind.SIGN),
    Column("Pools", ColumnKind.NUMBER),
)
_HOSTS = columns("Host", "Runs", Column("Verdict", ColumnKind.SIGN), "Pool", "Remarks")

WHOLE = 50
"""A fleet of more hosts is shown release by release at first."""

PAGE = 100
"""Hosts that are shown at once."""

FOUND_MAX = 100

ENTRIES_MAX = 16
"""Of a menu: more of them would not fit beside a table."""

MENU_STATES = {
    "eol": "no security updates",
    "ending": f"ends within {SOON} days",
    "maintenance": "critical updates only",
    "partial": "partial support",
    "unlisted": "not on the list",
    "unknown": "unknown version",
    "prerelease": "pre-release",
    "unreachable": "not seen lately",
    "off": "off",
    "mixed": "pool of several versions",
    "vulnerable": "known holes",
    "restart": "restart pending",
    "not-approved": "not approved by the policy",
}
"""The states that hosts are filtered by, the worst first, and what each is called in a menu."""

SILENT_IN_FULL = 10
MESSAGE_MAX = 200

States = Mapping[str, SourceState]


def choices(ports: Ports, asked: Invocation) -> tuple[Choice, ...]:
    """Hosts, and pools of several, whose names hold the words; those that begin with them first, FOUND_MAX at most."""
    watched, wanted = watched_of(ports), asked.words.strip().casefold()
    read = partial(_names, ports, watched, asked.day)
    names = watched.names.of((asked.day, ports.matrix), read) if watched.names else read()
    found = (name for name in names if wanted in name.folded)
    first = nsmallest(FOUND_MAX, found, key=lambda name: (not name.folded.startswith(wanted), name.folded))
    return tuple(Choice(each.name, each.about) for each in first)


def _names(ports: Ports, watched: Watched, day: date) -> tuple[KnownName, ...]:
    """Every host with what it runs and where, and every pool that is not called as a host is."""
    names: dict[str, str] = {}
    for each in hosts_with_verdicts(ports, watched, day):
        names[each.name] = intern(f"{each.runs}, {each.pool_name}")
        names.setdefault(each.pool_name, "pool")
    return tuple(KnownName(name.casefold(), name, about) for name, about in names.items())


def run(ports: Ports, asked: Invocation) -> Reply:
    """The hosts for which all words hold, or what words there are; of a large fleet what its releases are."""
    watched = watched_of(ports)
    rest, named_day = take_words(asked.words, asked.day)
    words, form, number = _taken(rest)
    day = named_day or asked.day
    every = hosts_with_verdicts(ports, watched, day)
    wanted = fleet_filter(ports.reader, words, every, watched.sources)
    if wanted.unknown:
        return not_narrowed(wanted, watched, fleet_data((), day))
    hosts = [each for each in every if wanted.holds(each)]
    by_holes = "vulnerable" in words.casefold().split()
    if form == "csv" and hosts:
        return _file(hosts, words, day)
    states = states_of(watched)
    done = watched.sweeps.last_finished()
    finished_at = iso(done.finished_at) if done and done.finished_at else None
    patches = (*_patches(hosts, [*filter(wanted.without("vulnerable").holds, every)] if by_holes else ()),)
    judged_by = ports.patch_levels().advisories.day if patches else None
    view = FleetView(hosts, f"fleet {words}".strip(), number, day, ports.matrix.published)
    by_release = not words and len(hosts) > WHOLE and not asked.caller.takes_all
    groups = _groups(hosts) if by_release else []
    shown_hosts = _by_release(view, groups) if by_release else _page(view, whole=asked.caller.takes_all)
    menus = _menus(view, groups) if by_release else ()
    return Reply(
        kind="fleet",
        headline=fleet_line(hosts, len(every), shown(words), watched),
        blocks=(
            *_next_step(hosts),
            *patches,
            *shown_hosts,
            *(() if words else _silent(watched, states)),
        ),
        buttons=(*menus, *_buttons(view, asked, by_release)),
        context=(
            last_sweep(watched),
            *context(ports.matrix, day),
            *([line(f"Advisories of {day_in_words(judged_by)}")] if judged_by else ()),
        ),
        data=fleet_data(
            hosts,
            day,
            outcome="assessed",
            targets=[_source_data(source, states.get(source.name)) for source in watched.sources],
            sweep={"finished_at": finished_at, "targets": done.sources, "failed": done.failed} if done else None,
        ),
        assessed=tuple({a.name: a for each in hosts if (a := each.assessment)}.values()),
        hosts=tuple(hosts),
        advisories_of=judged_by,
    )


_PAGE = re.compile(r"(?:^|\s)page\s+(\d{1,6})$", re.IGNORECASE | re.ASCII)
_CSV = re.compile(r"(?:^|\s)csv$", re.IGNORECASE)


def _taken(words: str) -> tuple[str, str, int]:
    """Words without what says how to show the hosts at their end: a form ("csv", or none) and the number of a page."""
    if found := _CSV.search(words):
        return words[: found.start()].strip(), "csv", 1
    if found := _PAGE.search(words):
        return words[: found.start()].strip(), "", max(int(found[1]), 1)
    return words, "", 1


class FleetView(NamedTuple):
    """Hosts that were chosen, the worst first. `words` choose them, `number` is the page of them that is shown."""

    hosts: Sequence[HostVerdict]
    words: str
    number: int
    day: date
    published: PublishedList

    @property
    def pages(self) -> int:
        """How many there are."""
        return max(1, -(-len(self.hosts) // PAGE))


class ReleaseGroup(NamedTuple):
    """Hosts that run the same; `words` choose them."""

    name: str
    words: str
    hosts: Sequence[HostVerdict]


def _groups(hosts: Sequence[HostVerdict]) -> list[ReleaseGroup]:
    """The hosts by what they run, the worst first; what nobody knows by what it calls itself."""
    together: dict[str, list[HostVerdict]] = {}
    for each in hosts:
        together.setdefault(each.assessment.name if each.assessment else each.runs, []).append(each)
    return [ReleaseGroup(name, _choosing(of_it[0]), of_it) for name, of_it in together.items()]


def _choosing(verdict: HostVerdict) -> str:
    if verdict.assessment is None:
        return "unknown"
    return "prerelease" if verdict.is_prerelease else verdict.assessment.release.base_name


def _by_release(view: FleetView, groups: Sequence[ReleaseGroup]) -> Iterator[Block]:
    """A row for each release that runs, the worst first."""
    rows = tuple(_group_row(view, group) for group in groups)
    yield Table(_RELEASES, rows, f"{counted(len(view.hosts), 'host')} by release, the worst first")


def _group_row(view: FleetView, group: ReleaseGroup) -> tuple[RichText, ...]:
    assessment = group.hosts[0].assessment
    count, pools = len(group.hosts), len({each.host.pool.uuid for each in group.hosts})
    first = (line(Strong(group.name)), count_cell(count))
    if assessment is None:
        unknown = line(Mark("❔", "unknown version"))
        return (*first, unknown, day_cell(None), (Sortable("not known", FAR),), unknown, count_cell(pools))
    eol, left = assessment.lifecycle.eol, assessment.days_left
    days = Sortable("not known", FAR) if left is None else Sortable(f"{left:,}" if left > 0 else "none", left)
    support = support_cell(view.published, assessment.support)
    updates = line(updates_mark(assessment.stage, eol is not None))
    return (*first, updates, day_cell(eol), (days,), support, count_cell(pools))


def _page(view: FleetView, *, whole: bool) -> Iterator[Block]:
    """The hosts themselves, PAGE of them at once; nothing of none, but where the `whole` table goes into a file."""
    if not (view.hosts or whole):
        return
    start = 0 if whole else PAGE * (min(view.number, view.pages) - 1)
    part = view.hosts[start:] if whole else view.hosts[start : start + PAGE]
    caption = f"Hosts {start + 1} to {start + len(part)} of {len(view.hosts)}, the worst first"
    yield Table(_HOSTS, tuple(map(_row, part)), caption)
    if len(part) < len(view.hosts):
        all_of_them = ("; in a shell ", Code("xocompat export"), " has all.")
        yield Paragraph((line(f"{caption}. ", *_how_to_go_on(view), *all_of_them),))


def _how_to_go_on(view: FleetView) -> RichText:
    if view.number < view.pages:
        return line("More: ", Typed(f"{view.words} page {view.number + 1}"))
    return line("That is the last page; the first is ", Typed(view.words))


def _buttons(view: FleetView, asked: Invocation, by_release: bool) -> Iterator[Button]:
    if not by_release and view.number < view.pages:
        rest = min(PAGE, len(view.hosts) - PAGE * view.number)
        yield Ask(f"Next {rest}", f"{view.words} page {view.number + 1}")
    if len(view.hosts) > WHOLE:
        yield Ask("Send me the CSV", f"{view.words} csv")
    elif Right.OPERATE in asked.rights:
        yield Ask("Sweep now", "sweep")
    if view.hosts:
        yield Share(f"fleet {asked.words}".strip())


def _menus(view: FleetView, groups: Sequence[ReleaseGroup]) -> Iterator[Button]:
    """The hosts of a release, and those that have something in common, each with how many there are."""
    by_words = {group.words: group for group in reversed(groups)}
    chosen = [*reversed(by_words.values())][:ENTRIES_MAX]
    of_releases = [MenuEntry(f"{group.name} ({len(group.hosts):,})", f"fleet {group.words}") for group in chosen]
    yield Menu("Hosts of a release", of_releases[0].words, tuple(of_releases))
    counts = [(said, words, sum(map(STATES[words], view.hosts))) for words, said in MENU_STATES.items()]
    tags = Counter(tag for each in view.hosts for tag in each.tags)
    counts += [(f"tag {tag}", tag, count) for tag, count in tags.most_common(ENTRIES_MAX)]
    pools = Counter(each.pool_name for each in view.hosts)
    if len(pools) + len(counts) <= ENTRIES_MAX:
        counts += [(f"pool {pool}", pool, count) for pool, count in sorted(pools.items())]
    there = [(said, words, count) for said, words, count in counts if count]
    entries = [MenuEntry(f"{capitalized(said)} ({count:,})", f"fleet {words}") for said, words, count in there]
    if entries:
        yield Menu("Filter", entries[0].words, tuple(entries[:ENTRIES_MAX]))
    yield Find("fleet")


def _file(hosts: Sequence[HostVerdict], words: str, day: date) -> Reply:
    """All of the hosts as a file."""
    said = f"{counted(len(hosts), 'host')} as a CSV file{f', chosen by {shown(words)}' if words else ''}"
    attachment = Attachment(f"fleet-{day.isoformat()}.csv", as_csv(hosts))
    return Reply("fleet_file", line(said), data=fleet_data(hosts, day, outcome="assessed"), attachment=attachment)


def fleet_line(hosts: Sequence[HostVerdict], count: int, words: str, watched: Watched) -> RichText:
    """The first line about some hosts: `count` is how many there are in all, `words` are those that chose some."""
    sources = len(watched.sources)
    if not (count or sources) and watched.channel:
        how = ": add a route under `alerts` to the configuration, or `watch` something"
        return line(Strong("No host leads to this channel"), *with_code(how))
    if not (count or sources):
        how = ": add `targets` or `xen_orchestra` to the configuration"
        return line(Strong("No host is watched"), *with_code(how))
    if not count:
        return headline(Strong("No host is known yet"), f"{counted(sources, 'target')} to ask")
    pools = len({each.host.pool.uuid for each in hosts})
    some = f"{len(hosts):,} of {counted(count, 'host')}" if words else counted(count, "host")
    where = f" in {counted(pools, 'pool')}" if hosts else ""
    return headline(Strong(f"{some}{where}"), *([words] if words else []), *_fate(hosts))


def _fate(hosts: Sequence[HostVerdict]) -> Iterator[Span]:
    """What is wrong with how many, or that nothing is."""
    ended = sum(each.is_eol for each in hosts)
    soon = sum(map(ends_soon, hosts))
    unknown = sum(each.assessment is None for each in hosts)
    early = sum(each.is_prerelease for each in hosts)
    holes = sum(each.patch_state == "vulnerable" for each in hosts)
    away = list(filter(None, (_missing_since(each.host) for each in hosts)))
    off = sum(each.host.is_off for each in hosts)
    if ended:
        yield Mark("☠️", f"{ended} {plural(ended, 'gets', 'get')} no security updates")
    if soon:
        yield Mark("⏳", f"{soon} {plural(soon, 'ends', 'end')} within {SOON} days")
    if holes:
        yield Mark("🚨", f"{holes:,} {plural(holes, 'has', 'have')} known holes")
    if unknown:
        yield Mark("❔", f"{unknown} of an unknown version")
    if early:
        yield Mark("❔", f"{early} {plural(early, 'runs', 'run')} a pre-release")
    if away:
        since = moment_in_words(min(away))
        yield Mark("⚠️", f"{len(away):,} not seen since {since}{' or later' if len(set(away)) > 1 else ''}")
    if hosts and not (ended or soon or holes or unknown or early or away):
        yield Mark("🟢", "security updates for all of them")
    if off:
        yield Mark("🔌", f"{off} {plural(off, 'is', 'are')} off")


def _missing_since(host: WatchedHost) -> datetime | None:
    """Since when nobody sees it, or can tell whether it runs; one that is off is not missing."""
    return None if host.is_off else host.unreachable_since or host.down_since


def _next_step(hosts: Sequence[HostVerdict]) -> Iterator[Block]:
    """What to do about the worst release that something can be done about."""
    needy = (a for each in hosts if (a := each.assessment) and not a.recommendation.is_nothing)
    if worst := next(needy, None):
        count = sum((a := each.assessment) is not None and a.name == worst.name for each in hosts)
        step = next_step(worst.recommendation, worst.release, worst.on)
        yield Paragraph((line(Strong("Next step: "), f"{worst.name} ({counted(count, 'host')}): {step}"),))


def _patches(hosts: Sequence[HostVerdict], every: Sequence[HostVerdict]) -> Iterator[Block]:
    """How many hosts have known holes, wait for a restart, or cannot be told.

    Where `hosts` were chosen by their holes, `every` are those for which all other words hold: of which it cannot be
    told, they may have some, too.
    """
    counts = Counter(each.patch_state for each in hosts)
    holes, untold = counts["vulnerable"], counts["cannot_tell"]
    restart = sum(map(STATES["restart"], hosts))
    marks = [
        *([Mark("🚨", f"{holes:,} {plural(holes, 'has', 'have')} known holes")] if holes else []),
        *([Mark("🔁", f"{restart:,} {plural(restart, 'waits', 'wait')} for a restart")] if restart else []),
        *([Mark("❔", f"{untold:,} cannot be told")] if untold else []),
    ]
    if others := sum(each.patch_state == "cannot_tell" for each in every):
        marks.append(Mark("❔", f"of {others:,} other {plural(others, 'host', 'hosts')} it cannot be told"))
    if marks:
        first, *rest = marks
        yield Paragraph((line(Strong("Patch level: "), first, *(piece for mark in rest for piece in (GAP, mark))),))


def _silent(watched: Watched, states: States) -> Iterator[Block]:
    """Targets that do not answer, and why."""
    if silent := unanswering(watched, states):
        items = [_silence(source, states.get(source.name)) for source in silent]
        title = f"Without an answer: {len(silent)} of {len(watched.sources)} targets"
        yield Bullets(bounded(items, SILENT_IN_FULL), title)


def _row(verdict: HostVerdict) -> tuple[RichText, ...]:
    name, runs, says, remarks = row(verdict)
    away = _missing_since(verdict.host)
    missing = f"{', ' if remarks and remarks[0].text else ''}not seen since {moment_in_words(away)}" if away else ""
    return (name, runs, says, line(verdict.pool_name), (*remarks, Plain(missing)) if missing else remarks)


def _silence(source: Source, state: SourceState | None) -> RichText:
    """Since when a source does not answer, and why."""
    name = Strong(shown(source.name))
    if state is None:
        return line(name, ": not asked yet")
    tries = counted(state.failures, "try", "tries")
    since = moment_in_words(state.unreachable_since) if state.unreachable_since and state.ok_at else None
    how_long = f"since {since}, {tries}" if since else f"never answered, {tries}"
    return line(name, f": {how_long}. ", *with_code(shown(state.error or "", MESSAGE_MAX)))


def states_of(watched: Watched) -> States:
    """What is known of the configured sources, by name; those that were never asked are not in it."""
    configured = {source.name for source in watched.sources}
    return {state.name: state for state in watched.store.sources() if state.name in configured}


def unanswering(watched: Watched, states: States) -> list[Source]:
    """Sources that do not answer, those that never did first."""
    silent: list[tuple[bool, Source]] = []
    for source in watched.sources:
        state = states.get(source.name)
        if state is None or state.unreachable_since is not None:
            has_answered = state is not None and state.ok_at is not None
            silent.append((has_answered, source))
    return [source for _, source in sorted(silent, key=itemgetter(0))]


def last_sweep(watched: Watched) -> RichText:
    """When the last sweep was, how it went, and why a later one could not be done."""
    done, broken = watched.sweeps.last_finished(), watched.sweeps.last_error()
    if done is None or done.finished_at is None:
        said = line("No sweep is done yet.")
    else:
        failed = f", {done.failed} without an answer" if done.failed else ""
        said = line("Last sweep ", moment(done.finished_at), f": {counted(done.sources, 'target')}{failed}.")
    if broken:
        said += with_code(f" A sweep since could not be done: {shown(broken.error or '', MESSAGE_MAX)}")
    return said


def _source_data(source: Source, state: SourceState | None) -> Data:
    """A source with how asking it goes."""
    moments = {"tried_at": None, "ok_at": None, "unreachable_since": None}
    if state is None:
        found: Data = {"reachable": None, **moments, "failures": 0, "error": None}
    else:
        error = {"code": state.error_code, "message": state.error} if state.error_code is not None else None
        known = {name: iso(at) if (at := getattr(state, name)) else None for name in moments}
        found = {"reachable": state.unreachable_since is None, **known, "failures": state.failures, "error": error}
    return {"name": source.name, "kind": source.kind.value, "tags": list(source.tags), **found}


def not_narrowed(wanted: FleetFilter, watched: Watched, nothing: Mapping[str, Any], name: str = FLEET.name) -> Reply:
    """What words there are, and which are near to those that are none.

    `nothing` is the JSON of the command of that name where no host is found.
    """
    words = " and ".join(f'"{word}"' for word in wanted.unknown[:3])
    tags = sorted({tag for source in watched.sources for tag in source.tags})
    a_tag = f"a tag ({', '.join(tags[:5])}{', …' if len(tags) > 5 else ''})" if tags else "a tag"
    allowed = f"{', '.join(STATES)}, {a_tag}, a pool, a target, a host, a product or a release such as XCP-ng 8.2"
    return Reply(
        kind="fleet_unknown",
        headline=line(f"I can't narrow the fleet down by {words}.{nearest(wanted.near)}"),
        blocks=(Paragraph((line(f"There are: {allowed}. Of several words all must hold."),)),),
        buttons=(*(Ask(f"{name} {word}", f"{name} {word}") for word in wanted.near[:2]), Ask("Whole fleet", name)),
        data={**nothing, "unknown": list(wanted.unknown), "suggestions": list(wanted.near)},
        exit_status=3,
        assessed=(),
    )
