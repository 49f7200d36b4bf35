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

from bot.catalogue import message, number, say, say_about, say_counted
from bot.chat.command import Choice, Invocation, Ports, Right, Watched
from bot.chat.commands import FLEET
from bot.chat.data import Data
from bot.chat.export import as_csv
from bot.chat.filter import SOON, STATES, FleetFilter, ends_soon, fleet_filter, take_words
from bot.chat.host_names import KnownName
from bot.chat.hosts import fleet_data, hosts_with_verdicts, row, runs_in_words, watched_of
from bot.chat.lookup import context
from bot.chat.reply import (
    GAP,
    Ask,
    Attachment,
    Block,
    Bullets,
    Button,
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
    labelled,
    line,
    say_line,
    say_line_counted,
    with_code,
)
from bot.chat.verdict import next_step, support_cell, updates_mark
from bot.chat.wording import (
    bounded,
    capitalized,
    count_cell,
    day_cell,
    day_in_words,
    iso,
    joined,
    moment,
    moment_in_words,
    nearest,
)
from bot.fleet.hosts import Source, SourceState, WatchedHost
from bot.fleet.verdicts import FAR, HostVerdict
from bot.matrix.support import PublishedList
from bot.text import shown

WHOLE = 50
"""A fleet of more hosts is shown release by release at first."""

PAGE = 100
"""Hosts that are shown at once."""

FOUND_MAX = 100

ENTRIES_MAX = 16
"""Of a menu: more of them would not fit beside a table."""

MENU_STATES = {
    "eol": message("no security updates"),
    "ending": message("ends within {days} days"),
    "maintenance": message("critical updates only"),
    "partial": message("partial support"),
    "unlisted": message("not on the list"),
    "unknown": message("unknown version"),
    "prerelease": message("pre-release"),
    "unreachable": message("not seen lately"),
    "off": message("off"),
    "mixed": message("pool of several versions"),
    "vulnerable": message("known holes"),
    "restart": message("restart pending"),
    "not-approved": message("not approved by the policy"),
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
    a_pool = say("pool")
    for each in hosts_with_verdicts(ports, watched, day):
        names[each.name] = intern(f"{runs_in_words(each)}, {each.pool_name}")
        names.setdefault(each.pool_name, a_pool)
    return tuple(KnownName(name.casefold(), name, about) for name, about in names.items())


def run(ports: Ports, asked: Invocation) -> Reply:
    """The hosts for which all words hold, or what words there are; of a large fleet what its releases are."""
    watched = watched_of(ports)
    rest, named_day = take_words(asked.words, asked.day)
    words, form, page = _taken(rest)
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
    view = FleetView(hosts, f"fleet {words}".strip(), page, day, ports.matrix.published)
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
            *([say_line("Advisories of {day}", day=day_in_words(judged_by))] if judged_by else ()),
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
    header = columns(
        say("Release"),
        Column(say("Hosts"), ColumnKind.NUMBER),
        Column(say("Security updates"), ColumnKind.SIGN),
        Column(say("End of life"), ColumnKind.DAY),
        Column(say("Days left"), ColumnKind.NUMBER),
        Column(say("Xen Orchestra"), ColumnKind.SIGN),
        Column(say("Pools"), ColumnKind.NUMBER),
    )
    caption = say_counted(
        len(view.hosts), "{count} host by release, the worst first", "{count} hosts by release, the worst first"
    )
    yield Table(header, rows, caption)


def _group_row(view: FleetView, group: ReleaseGroup) -> tuple[RichText, ...]:
    assessment = group.hosts[0].assessment
    count, pools = len(group.hosts), len({each.host.pool.uuid for each in group.hosts})
    first = (line(Strong(group.name)), count_cell(count))
    if assessment is None:
        unknown = line(Mark("❔", say("unknown version")))
        return (*first, unknown, day_cell(None), (_days_left(None),), unknown, count_cell(pools))
    eol, days = assessment.lifecycle.eol, _days_left(assessment.days_left)
    support = support_cell(view.published, assessment.support)
    updates = line(updates_mark(assessment.stage, eol is not None))
    return (*first, updates, day_cell(eol), (days,), support, count_cell(pools))


def _days_left(left: int | None) -> Sortable:
    if left is None:
        return Sortable(say_about("days left", "not known"), FAR)
    return Sortable(number(left) if left > 0 else say_about("days left", "none"), left)


def _page(view: FleetView, *, whole: bool) -> Iterator[Block]:
    """The hosts themselves, PAGE of them at once; nothing of none, but where the `whole` table goes into a file."""
    if not (view.hosts or whole):
        return
    start = 0 if whole else PAGE * (min(view.number, view.pages) - 1)
    part = view.hosts[start:] if whole else view.hosts[start : start + PAGE]
    caption = say(
        "Hosts {first} to {last} of {count}, the worst first",
        first=number(start + 1),
        last=number(start + len(part)),
        count=number(len(view.hosts)),
    )
    header = columns(say("Host"), say("Runs"), Column(say("Verdict"), ColumnKind.SIGN), say("Pool"), say("Remarks"))
    yield Table(header, tuple(map(_row, part)), caption)
    if len(part) < len(view.hosts):
        yield Paragraph((_how_to_go_on(view, caption),))


def _how_to_go_on(view: FleetView, caption: str) -> RichText:
    if view.number < view.pages:
        following = Typed(f"{view.words} page {view.number + 1}")
        return say_line(
            "{caption}. More: {next_page}; in a shell `xocompat export` has all.", caption=caption, next_page=following
        )
    return say_line(
        "{caption}. That is the last page; the first is {first_page}; in a shell `xocompat export` has all.",
        caption=caption,
        first_page=Typed(view.words),
    )


def _buttons(view: FleetView, asked: Invocation, by_release: bool) -> Iterator[Button]:
    if not by_release and view.number < view.pages:
        rest = min(PAGE, len(view.hosts) - PAGE * view.number)
        yield Ask(say("Next {count}", count=number(rest)), f"{view.words} page {view.number + 1}")
    if len(view.hosts) > WHOLE:
        yield Ask(say("Send me the CSV"), f"{view.words} csv")
    elif Right.OPERATE in asked.rights:
        yield Ask(say("Sweep now"), "sweep")
    if view.hosts:
        yield Share(f"fleet {asked.words}".strip())


def _menus(view: FleetView, groups: Sequence[ReleaseGroup]) -> Iterator[Button]:
    """The hosts of a release, and those that have something in common, each with how many there are."""
    by_words = {group.words: group for group in reversed(groups)}
    chosen = [*reversed(by_words.values())][:ENTRIES_MAX]
    of_releases = [_entry(group.name, group.words, len(group.hosts)) for group in chosen]
    yield Menu(say("Hosts of a release"), of_releases[0].words, tuple(of_releases))
    states = [(say(text, days=SOON), words) for words, text in MENU_STATES.items()]
    counts = [(label, words, sum(map(STATES[words], view.hosts))) for label, words in states]
    tags = Counter(tag for each in view.hosts for tag in each.tags)
    counts += [(say("tag {tag}", tag=tag), tag, count) for tag, count in tags.most_common(ENTRIES_MAX)]
    pools = Counter(each.pool_name for each in view.hosts)
    if len(pools) + len(counts) <= ENTRIES_MAX:
        counts += [(say("pool {pool}", pool=pool), pool, count) for pool, count in sorted(pools.items())]
    entries = [_entry(capitalized(label), words, count) for label, words, count in counts if count]
    if entries:
        yield Menu(say("Filter"), entries[0].words, tuple(entries[:ENTRIES_MAX]))
    yield Find("fleet")


def _entry(label: str, words: str, count: int) -> MenuEntry:
    return MenuEntry(f"{label} ({number(count)})", f"fleet {words}")


def _file(hosts: Sequence[HostVerdict], words: str, day: date) -> Reply:
    """All of the hosts as a file."""
    if words:
        first = say_line_counted(
            len(hosts),
            "{count} host as a CSV file, chosen by {words}",
            "{count} hosts as a CSV file, chosen by {words}",
            words=shown(words),
        )
    else:
        first = say_line_counted(len(hosts), "{count} host as a CSV file", "{count} hosts as a CSV file")
    attachment = Attachment(f"fleet-{day.isoformat()}.csv", as_csv(hosts))
    return Reply("fleet_file", first, data=fleet_data(hosts, day, outcome="assessed"), attachment=attachment)


def fleet_line(hosts: Sequence[HostVerdict], count: int, words: str, watched: Watched) -> RichText:
    """The first line about some hosts: `count` is how many there are in all, `words` are those that chose some."""
    sources = len(watched.sources)
    if not (count or sources) and watched.channel:
        return say_line(
            "{nothing}: add a route under `alerts` to the configuration, or `watch` something",
            nothing=Strong(say("No host leads to this channel")),
        )
    if not (count or sources):
        return say_line(
            "{nothing}: add `targets` or `xen_orchestra` to the configuration",
            nothing=Strong(say("No host is watched")),
        )
    if not count:
        to_ask = say_counted(sources, "{count} target to ask", "{count} targets to ask")
        return headline(Strong(say("No host is known yet")), to_ask)
    some = say_counted(count, "{count} host", "{count} hosts")
    if words:
        some = say_counted(count, "{some} of {count} host", "{some} of {count} hosts", some=number(len(hosts)))
    if hosts:
        pools = len({each.host.pool.uuid for each in hosts})
        some = say("{hosts} in {pools}", hosts=some, pools=say_counted(pools, "{count} pool", "{count} pools"))
    return headline(Strong(some), *([words] if words else []), *_fate(hosts))


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
        yield Mark("☠️", say_counted(ended, "{count} gets no security updates", "{count} get no security updates"))
    if soon:
        within = say_counted(soon, "{count} ends within {days} days", "{count} end within {days} days", days=SOON)
        yield Mark("⏳", within)
    if holes:
        yield _with_holes(holes)
    if unknown:
        yield Mark("❔", say("{count} of an unknown version", count=number(unknown)))
    if early:
        yield Mark("❔", say_counted(early, "{count} runs a pre-release", "{count} run a pre-release"))
    if away:
        text = message("{count} not seen since {moment}")
        if len(set(away)) > 1:
            text = message("{count} not seen since {moment} or later")
        yield Mark("⚠️", say(text, count=number(len(away)), moment=moment_in_words(min(away))))
    if hosts and not (ended or soon or holes or unknown or early or away):
        yield Mark("🟢", say("security updates for all of them"))
    if off:
        yield Mark("🔌", say_counted(off, "{count} is off", "{count} are off"))


def _with_holes(count: int) -> Mark:
    return Mark("🚨", say_counted(count, "{count} has known holes", "{count} have known holes"))


def _missing_since(host: WatchedHost) -> datetime | None:
    """Since when nobody sees it, or can tell whether it runs; one that is off is not missing."""
    return None if host.is_off else host.unreachable_since or host.down_since


def _next_step(hosts: Sequence[HostVerdict]) -> Iterator[Block]:
    """What to do about the worst release that something can be done about."""
    needy = (a for each in hosts if (a := each.assessment) and not a.recommendation.is_nothing)
    if worst := next(needy, None):
        count = sum((a := each.assessment) is not None and a.name == worst.name for each in hosts)
        step = next_step(worst.recommendation, worst.release, worst.on)
        of_hosts = say_counted(count, "{count} host", "{count} hosts")
        what = say("{release} ({hosts}): {step}", release=worst.name, hosts=of_hosts, step=step)
        yield Paragraph((labelled(say("Next step:"), what),))


def _patches(hosts: Sequence[HostVerdict], every: Sequence[HostVerdict]) -> Iterator[Block]:
    """How many hosts have known holes, wait for a restart, or cannot be told.

    Where `hosts` were chosen by their holes, `every` are those for which all other words hold: of which it cannot be
    told, they may have some, too.
    """
    counts = Counter(each.patch_state for each in hosts)
    holes, untold = counts["vulnerable"], counts["cannot_tell"]
    restart = sum(map(STATES["restart"], hosts))
    marks = [_with_holes(holes)] if holes else []
    if restart:
        waiting = say_counted(restart, "{count} waits for a restart", "{count} wait for a restart")
        marks.append(Mark("🔁", waiting))
    if untold:
        marks.append(Mark("❔", say("{count} cannot be told", count=number(untold))))
    if others := sum(each.patch_state == "cannot_tell" for each in every):
        not_told = say_counted(
            others, "of {count} other host it cannot be told", "of {count} other hosts it cannot be told"
        )
        marks.append(Mark("❔", not_told))
    if marks:
        first, *rest = marks
        told = (first, *(piece for mark in rest for piece in (GAP, mark)))
        yield Paragraph((line(Strong(say("Patch level: ")), *told),))


def _silent(watched: Watched, states: States) -> Iterator[Block]:
    """Targets that do not answer, and why."""
    if silent := unanswering(watched, states):
        items = [_silence(source, states.get(source.name)) for source in silent]
        title = say_counted(
            len(watched.sources),
            "Without an answer: {silent} of {count} target",
            "Without an answer: {silent} of {count} targets",
            silent=number(len(silent)),
        )
        yield Bullets(bounded(items, SILENT_IN_FULL), title)


def _row(verdict: HostVerdict) -> tuple[RichText, ...]:
    name, runs, says, remarks = row(verdict)
    if away := _missing_since(verdict.host):
        missing = say("not seen since {moment}", moment=moment_in_words(away))
        remarks = (*remarks, Plain(f", {missing}" if remarks and remarks[0].text else missing))
    return (name, runs, says, line(verdict.pool_name), remarks)


def _silence(source: Source, state: SourceState | None) -> RichText:
    """Since when a source does not answer, and why."""
    name = Strong(shown(source.name))
    if state is None:
        return say_line("{target}: not asked yet", target=name)
    tries = say_counted(state.failures, "{count} try", "{count} tries")
    why = with_code(shown(state.error or "", MESSAGE_MAX))
    if state.unreachable_since and state.ok_at:
        since = moment_in_words(state.unreachable_since)
        return say_line("{target}: since {moment}, {tries}. {why}", target=name, moment=since, tries=tries, why=why)
    return say_line("{target}: never answered, {tries}. {why}", target=name, tries=tries, why=why)


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
        last = say_line("No sweep is done yet.")
    elif done.failed:
        last = say_line_counted(
            done.sources,
            "Last sweep {moment}: {count} target, {failed} without an answer.",
            "Last sweep {moment}: {count} targets, {failed} without an answer.",
            moment=moment(done.finished_at),
            failed=number(done.failed),
        )
    else:
        last = say_line_counted(
            done.sources,
            "Last sweep {moment}: {count} target.",
            "Last sweep {moment}: {count} targets.",
            moment=moment(done.finished_at),
        )
    if broken:
        why = with_code(shown(broken.error or "", MESSAGE_MAX))
        last += line(" ", *say_line("A sweep since could not be done: {why}", why=why))
    return last


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
    words = joined([f'"{word}"' for word in wanted.unknown[:3]])
    cannot = say("I can't narrow the fleet down by {words}.", words=words)
    near = [f"{name} {word}" for word in wanted.near[:2]]
    return Reply(
        kind="fleet_unknown",
        headline=line(f"{cannot}{nearest(wanted.near)}"),
        blocks=(Paragraph((_words_there_are(watched),)),),
        buttons=(*(Ask(words, words) for words in near), Ask(say("Whole fleet"), name)),
        data={**nothing, "unknown": list(wanted.unknown), "suggestions": list(wanted.near)},
        exit_status=3,
        assessed=(),
    )


def _words_there_are(watched: Watched) -> RichText:
    states, tags = ", ".join(STATES), sorted({tag for source in watched.sources for tag in source.tags})
    if not tags:
        return say_line(
            "There are: {states}, a tag, a pool, a target, a host, a product or a release such as XCP-ng 8.2. "
            "Of several words all must hold.",
            states=states,
        )
    return say_line(
        "There are: {states}, a tag ({tags}), a pool, a target, a host, a product or a release such as XCP-ng 8.2. "
        "Of several words all must hold.",
        states=states,
        tags=", ".join((*tags[:5], *(["…"] if len(tags) > 5 else []))),
    )
