"""`advisory ID` and `advisories [RELEASE]`: holes that are known, who has the fix, and what of a fleet has it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.advisories.advisories import Advisories
from bot.advisories.advisory import Advisory, AffectedProduct, AffectedRelease
from bot.advisories.judge import Judgement, PatchState, Why, judge
from bot.advisories.orchestra import judge_orchestra
from bot.catalogue import message, message_counted, number, say, say_about, say_counted
from bot.chat.advisory_ids import ids_in, without_ids
from bot.chat.command import Invocation, Ports, Right, Watched
from bot.chat.commands import ADVISORIES, CHECK
from bot.chat.data import Data
from bot.chat.hosts import hosts_with_verdicts
from bot.chat.lookup import not_used, read, unknown_reply, unknown_sentence
from bot.chat.patch_wording import (
    EXPLOITED,
    KINDS,
    SEVERITIES,
    WHY,
    advisory_data,
    fix_in_words,
    release_name,
    why_in_words,
)
from bot.chat.reply import (
    GAP,
    Ask,
    Block,
    Bullets,
    Column,
    ColumnKind,
    Link,
    Mark,
    Paragraph,
    Reply,
    RichText,
    Share,
    Span,
    Strong,
    Table,
    Typed,
    columns,
    full_stop,
    headline,
    labelled,
    line,
    said,
    say_line,
)
from bot.chat.wording import capitalized, day_cell, day_in_words, joined, nearest, with_more
from bot.days import take_days
from bot.fleet.hosts import SourceKind
from bot.fleet.verdicts import HostVerdict
from bot.matrix.release import Release
from bot.text import near, plain, shown

NAMES_MAX = 5
"""Hosts of one state that are named."""

PACKAGES_MAX = 2
"""Packages to look for that are named."""

JudgedHost = tuple[HostVerdict, Judgement | None]
"""A host with the judgement on it that matters most; None where nobody knows its release."""

_WORST_FIRST = (PatchState.VULNERABLE, PatchState.CANNOT_TELL, PatchState.FIXED, PatchState.NOT_AFFECTED)
_XO = frozenset(["xo", "xoa", "xen orchestra"])
_TALK = frozenset(["affect", "affects", "exploited", "hole", "patched", "vulnerable"])
"""Words of a question about an advisory, such as "are we vulnerable to XSA-517", which its reply answers."""
_PLACES = frozenset(["lab", "labs", "live", "prod", "production", "stage", "staging", "test", "testing", "tests"])
"""Words that a look-up need not use, as a release is the same everywhere. An advisory's hosts are not."""


def one(ports: Ports, asked: Invocation) -> Reply:
    """The advisories of an id or several, with the hosts of who may see the fleet; or that the data have none.

    Without words it is all of them. What stands beside an id narrows nothing, so it is named: an advisory is told
    as it is known today.
    """
    if not asked.words.strip():
        return run(ports, asked._replace(command=ADVISORIES))
    known = ports.patch_levels().advisories
    unused: tuple[str, ...] = ()
    if names := ids_in(asked.words):
        beside, days = _undated(without_ids(asked.words))
        beside, places = _without_places(beside, ports.watched if Right.FLEET in asked.rights else None)
        query, _ = read(ports, asked._replace(words=beside))
        others = (word for word in query.unused if word.casefold() not in _TALK)
        unused = (*(part.text for part in query.parts), *places, *others, *days)
        asked = asked._replace(day=read(ports, asked)[1])
    names = names or [plain(asked.words)]
    found = list(dict.fromkeys(advisory for name in names for advisory in _named(known, name)))
    if not found:
        return _unknown(ports, asked, known, names, unused)
    missing = [shown(name) for name in names if not _named(known, name)]
    hosts: list[JudgedHost] = []
    here: tuple[Block, ...] = ()
    orchestras: list[tuple[str, PatchState]] = []
    sees_fleet = Right.FLEET in asked.rights and ports.watched is not None
    if sees_fleet and ports.watched:
        hosts = [(each, _worst(found, each)) for each in hosts_with_verdicts(ports, ports.watched, asked.day)]
        orchestras = [*_of_orchestras(found, known, ports.watched)]
        here = tuple(_here(hosts, orchestras, ports.watched))
    blocks: list[Block] = []
    if len(found) == 1:
        first, blocks = _first_line(found[0]), [*_body(found[0], here)]
    else:
        count = say_counted(len(found), "{count} advisory", "{count} advisories")
        first = headline(Strong(", ".join(map(shown, names))), count)
        items = (line(*_first_line(each), GAP, day_in_words(each.published)) for each in found)
        blocks = [*here, Bullets(tuple(items), say("What they are"))]
    first = (*first, *(span for mark in _verdict(hosts, orchestras) for span in (GAP, mark)))
    if missing:
        day = day_in_words(known.day)
        not_there = say_line("Not in the advisories of {day}: {names}.", day=day, names=", ".join(missing))
        blocks.append(Paragraph((not_there,)))
    data = _data(asked, known, "unknown_advisory" if missing else "assessed", found, unused)
    if sees_fleet:
        data["hosts"] = [_host_data(host, judgement) for host, judgement in hosts]
        data["orchestras"] = [{"name": name, "state": state.value} for name, state in orchestras]
    asks = [Ask(each.known_as, f"advisory {each.known_as}") for each in found[:2]] if len(found) > 1 else []
    states = [*(state for _, state in orchestras), *(judgement.state for _, judgement in hosts if judgement)]
    return Reply(
        kind="advisory",
        headline=first,
        blocks=tuple(blocks),
        buttons=(*asks, Ask(say("All advisories"), ADVISORIES.name), Share(f"advisory {', '.join(names)}")),
        context=(*not_used(unused), *_context(known, hosts)),
        data=data,
        exit_status=3 if missing else 0,
        depends_on_rights=not sees_fleet,
        advisories_of=known.day,
        vulnerable=PatchState.VULNERABLE in states if sees_fleet else None,
    )


def run(ports: Ports, asked: Invocation) -> Reply:
    """All advisories, those of a release or of Xen Orchestra; the gravest first."""
    known = ports.patch_levels().advisories
    if ids_in(asked.words):
        return one(ports, asked)
    undated, unused = _undated(asked.words)
    words = undated.casefold()
    what = say("Advisories")
    missing: list[Paragraph] = []
    releases: tuple[Release, ...] = ()
    if not words:
        found: Iterable[Advisory] = sorted(known.every, key=lambda each: each.gravity, reverse=True)
    elif words in _XO:
        found, what = known.of_orchestra(), "Xen Orchestra"
    else:
        _, day = read(ports, asked)
        query, _ = read(ports, asked._replace(words=undated))
        asked, unused = asked._replace(day=day), (*query.unused, *unused)
        if not query.releases:
            data = _data(asked, known, query.outcome.value, (), unused)
            reply = unknown_reply(ports.matrix, query, day)
            context = (*not_used(unused), *_context(known))
            return reply._replace(data=data, exit_status=3, context=context, assessed=None, advisories_of=known.day)
        missing = [Paragraph((unknown_sentence(ports.matrix, p, day),)) for p in query.parts if not p.releases]
        found = dict.fromkeys(each for release in query.releases for each in known.of(release))
        found = sorted(found, key=lambda each: each.gravity, reverse=True)
        what, releases = ", ".join(release.name(day) for release in query.releases), query.releases
    advisories = tuple(found)
    used = sum(bool(each.exploited) for each in advisories)
    others = [each for each in advisories if releases and not _affects(each, releases)]
    affecting = len(advisories) - len(others)
    facts: list[Span | str] = [say_counted(affecting, "{count} advisory known", "{count} advisories known")]
    if used:
        in_use = say_counted(used, "{count} used by attackers", "{count} used by attackers")
        facts.append(EXPLOITED._replace(text=in_use))
    if others and len(releases) == 1:
        facts.append(say_counted(len(others), "{count} more does not affect it", "{count} more do not affect it"))
    elif others:
        facts.append(say_counted(len(others), "{count} more does not affect them", "{count} more do not affect them"))
    rows = tuple(_row(each, releases) for each in sorted(advisories, key=lambda each: each in others))
    blocks: list[Block] = []
    if rows or asked.caller.takes_all:
        names = columns(
            say("Advisory"),
            say("Severity"),
            say("What"),
            Column(say("Published"), ColumnKind.DAY),
            say("Fixed from"),
        )
        blocks.append(Table(names, rows, say("Security advisories, the gravest first")))
    if not rows:
        blocks.append(Paragraph((say_line("The data do not cover it: that is no sign that nothing is wrong."),)))
    return Reply(
        kind="advisories",
        headline=headline(Strong(what), *facts),
        blocks=(*blocks, *missing),
        buttons=(Share(f"advisories {asked.words}".strip()),),
        context=(*not_used(unused), *_context(known)),
        data=_data(asked, known, "assessed", advisories, unused),
        exit_status=3 if missing else 0,
        advisories_of=known.day,
    )


def _undated(words: str) -> tuple[str, tuple[str, ...]]:
    """Words without their days, and those days: an advisory is told as it is known today."""
    text = plain(words)
    days = take_days(text)
    return days.rest.strip(), tuple(text[start:end] for start, end in sorted((*days.asked, *days.bare)))


def _without_places(words: str, watched: Watched | None) -> tuple[str, tuple[str, ...]]:
    """Words without those that tell hosts apart, which are courtesy elsewhere, or read as something else, and those.

    Names of a fleet are among them for those alone who may see it.
    """
    names = set(_PLACES)
    if watched and words.strip():  # an id alone has nothing beside it for which all hosts would be read
        names.update(name.casefold() for source in watched.sources for name in (source.name, *source.tags))
        names.update(each.casefold() for host in watched.store.hosts() for each in (host.host.name, host.pool.name))
    found: list[str] = []

    def taken(word: re.Match[str]) -> str:
        if word[0].casefold() not in names:
            return word[0]
        found.append(word[0])
        return " " * len(word[0])

    return re.sub(r"[^\s,;:?!\"'()]+", taken, words), tuple(dict.fromkeys(found))


def _named(known: Advisories, name: str) -> tuple[Advisory, ...]:
    """Those of an id; of a hotfix, those that it holds the fix of, first or not."""
    if found := known.find(name):
        return found
    hotfix = known.hotfix(name)
    if hotfix is None:
        return ()
    return tuple(each for each in known.every if any(hotfix.name in affected.hotfixes for affected in each.affects))


def _unknown(ports: Ports, asked: Invocation, known: Advisories, names: Sequence[str], unused: Sequence[str]) -> Reply:
    """That the data have no such advisory. The name of a hotfix still says which release it is of."""
    if names[0].casefold().startswith("xs") and ports.reader.read(asked.words).releases:
        return CHECK.run(ports, asked._replace(command=CHECK))
    every = dict.fromkeys(name for advisory in known.every for name in advisory.ids)
    close = near(names[0], every)
    asked_for, day = Strong(", ".join(shown(name) for name in names)), day_in_words(known.day)
    not_there = say_line("{names} is not in the advisories of {day}.", names=asked_for, day=day)
    why = say_line("It may be newer than they are, so your hosts may have the hole all the same.")
    asks = (Ask(each, f"advisory {each}") for each in close[:2])
    return Reply(
        kind="unknown_advisory",
        headline=line(*not_there, nearest(close)),
        blocks=(Paragraph((why,)),),
        buttons=(*asks, Ask(say("All advisories"), ADVISORIES.name)),
        context=(*not_used(unused), *_context(known)),
        data=_data(asked, known, "unknown_advisory", (), unused),
        exit_status=3,
        advisories_of=known.day,
    )


def _data(asked: Invocation, known: Advisories, outcome: str, found: Iterable[Advisory], unused: Iterable[str]) -> Data:
    return {
        "query": asked.words,
        "as_of": asked.day.isoformat(),
        "data_of": known.day.isoformat(),
        "outcome": outcome,
        "advisories": [advisory_data(each) for each in found],
        "unused": list(unused),
    }


def _first_line(advisory: Advisory) -> RichText:
    name = advisory.known_as
    others = [each for each in advisory.ids if each not in (name, advisory.id)]  # that one is the data's own then
    names = line(Strong(name), f" ({with_more(others, 2)})") if others else line(Strong(name))
    return (*names, GAP, *line(say(KINDS[advisory.kinds[0]])), *_used(advisory))


def _used(advisory: Advisory) -> RichText:
    return (GAP, said(EXPLOITED)) if advisory.exploited else ()


def _body(advisory: Advisory, here: tuple[Block, ...]) -> Iterable[Block]:
    """What it is, then what of one's own has it, then all that is known of it."""
    sentences = [full_stop(advisory.title)]
    if advisory.attacker:
        sentences.append(say("By {attacker}.", attacker=advisory.attacker))
    sentences.append(say("Severity: {severity}.", severity=say(SEVERITIES[advisory.severity])))
    sentences.append(say("Published on {day}.", day=day_in_words(advisory.published)))
    yield Paragraph((line(" ".join(sentences)),))
    yield from here
    alike: dict[str, list[str]] = {}
    for each in advisory.affects:
        if each.affected is not False:
            alike.setdefault(_where_fixed(each), []).append(release_name(each))
    if alike:
        items = tuple(line(Strong(joined(names)), f": {fixed}") for fixed, names in alike.items())
        yield Bullets(items, say("Affected"))
    if unaffected := [release_name(each) for each in advisory.affects if each.affected is False]:
        yield Paragraph((labelled(say("Not affected:"), f"{', '.join(unaffected)}."),))
    if advisory.needs_microcode:
        yield Paragraph((say_line("New microcode is needed, too, and no field of a host shows that."),))
    if advisory.mitigation:
        yield Paragraph((labelled(say("What helps:"), full_stop(advisory.mitigation)),))
    yield Bullets(tuple(line(Link(s.title, s.url) if s.url else s.title) for s in advisory.sources), say("Sources"))


def _where_fixed(affected: AffectedRelease) -> str:
    """What has the fix for a release, by what it cannot be told, and on what condition it is needed."""
    levels = affected.levels
    if affected.never_fixed:
        clauses = [say("no fix, support ended before")]
    elif fix := fix_in_words(affected):
        clauses = [say("fixed from {fix}", fix=fix)]
    else:
        clauses = []
        if levels and levels.vulnerable_up_to:
            clauses.append(say("xo-server {version} and older have the hole", version=levels.vulnerable_up_to))
        if affected.product is AffectedProduct.XEN_ORCHESTRA:
            clauses.append(say("no release with the fix is known to the data"))
        else:
            clauses.append(say("no build with the fix is known to the data"))
    if levels and levels.cannot_tell:
        clauses.append(say("{levels} may have it or not", levels=joined(levels.cannot_tell)))
    if affected.condition:
        clauses.append(affected.condition)
    if not affected.affected:
        clauses.append(say("whether it is affected is not known"))
    return "; ".join(clauses)


def _worst(advisories: Iterable[Advisory], host: HostVerdict) -> Judgement | None:
    """The judgement on a host that matters most; None where nobody knows its release."""
    if host.assessment is None or host.is_prerelease:
        return None
    seen, release = host.host.host, host.assessment.release
    judged = [judge(each, release, seen.software, seen.reboot_required) for each in advisories]
    return min(judged, key=lambda each: (_WORST_FIRST.index(each.state), not each.restart_required))


def _host_data(host: HostVerdict, judgement: Judgement | None) -> Data:
    """A host with its answer, as CONTRACT.md section 5 has it."""
    seen = host.host.host
    if judgement is None:
        state, field, value = PatchState.CANNOT_TELL, None, None
        why, restart = say("its release is not known to the data"), bool(seen.reboot_required)
    else:
        state, field, value = judgement.state, judgement.field, judgement.value
        why, restart = why_in_words(judgement), judgement.restart_required
    return {
        "name": host.name,
        "uuid": seen.uuid,
        "state": state.value,
        "field": field,
        "value": shown(value) if value else None,
        "why": why if host.host.is_reachable else say("as it was last seen: {why}", why=why),
        "restart_required": restart,
    }


def _of_orchestras(
    advisories: Iterable[Advisory], known: Advisories, watched: Watched
) -> Iterator[tuple[str, PatchState]]:
    """The configured Xen Orchestras with the worst answer of each, where any of the advisories is of them."""
    states = {state.version.name: state for state in watched.orchestras.states()} if watched.orchestras else {}
    of_them = [each for each in advisories if each.of_orchestra]
    for source in watched.sources if of_them else ():
        if source.kind is SourceKind.XEN_ORCHESTRA:
            server = states[source.name].version.xo_server if source.name in states else None
            judged = [
                judge_orchestra(each, server, known.orchestras, watched.orchestra_fixed_from).state for each in of_them
            ]
            yield source.name, min(judged, key=_WORST_FIRST.index)


def _here(
    hosts: Sequence[JudgedHost], orchestras: Sequence[tuple[str, PatchState]], watched: Watched
) -> Iterator[Block]:
    """What of the fleet has the holes: its Xen Orchestras, and its hosts unless the advisories are not of hosts."""
    if orchestras:
        groups = {state: [name for name, found in orchestras if found is state] for state in _WORST_FIRST}
        items = [
            line(Mark(_SIGNS[state], say_counted(len(names), *_STATES[state])), f": {_names(names)}")
            for state, names in groups.items()
            if names
        ]
        more = say_line("{command} has more", command=Typed("xo"))
        yield Bullets((*items, more), say("Your Xen Orchestra"))
    if _are_of_hosts(hosts):
        yield Bullets(tuple(_fleet(hosts, watched)), say("Your fleet"))


def _are_of_hosts(hosts: Sequence[JudgedHost]) -> bool:
    return any(judgement is None or judgement.why is not Why.NOT_THE_HOST for _, judgement in hosts)


_STATES = {
    PatchState.VULNERABLE: message_counted("{count} vulnerable", "{count} vulnerable"),
    PatchState.CANNOT_TELL: message_counted("{count} cannot be told", "{count} cannot be told"),
    PatchState.FIXED: message_counted("{count} fixed", "{count} fixed"),
    PatchState.NOT_AFFECTED: message_counted("{count} not affected", "{count} not affected"),
}
_STATES_OF = {
    PatchState.VULNERABLE: message("{them} vulnerable"),
    PatchState.CANNOT_TELL: message("cannot be told of {them}"),
    PatchState.FIXED: message("fixed on {them}"),
    PatchState.NOT_AFFECTED: message("{them} not affected"),
}
"""The same of `1 of 2 hosts`."""

_SIGNS = {
    PatchState.VULNERABLE: "🚨",
    PatchState.CANNOT_TELL: "❔",
    PatchState.FIXED: "🟢",
    PatchState.NOT_AFFECTED: "🟢",
}
_HOSTS = (
    message_counted("{count} host", "{count} hosts"),
    message_counted("{some} of {count} host", "{some} of {count} hosts"),
)
_ORCHESTRAS = (
    message_counted("{count} Xen Orchestra", "{count} Xen Orchestras"),
    message_counted("{some} of {count} Xen Orchestra", "{some} of {count} Xen Orchestras"),
)
"""All of them, and some of them."""


def _verdict(hosts: Sequence[JudgedHost], orchestras: Sequence[tuple[str, PatchState]]) -> Iterator[Mark]:
    """The worst of what one's own Xen Orchestras and hosts are, for who reads no more than the first line."""
    if found := [state for _, state in orchestras]:
        yield _worst_of(found, *_ORCHESTRAS)
    if _are_of_hosts(hosts):
        states = [judgement.state if judgement else PatchState.CANNOT_TELL for _, judgement in hosts]
        yield _worst_of(states, *_HOSTS)


def _worst_of(states: Sequence[PatchState], every: tuple[str, str], part: tuple[str, str]) -> Mark:
    worst = min(states, key=_WORST_FIRST.index)
    count, some = len(states), states.count(worst)
    them = say_counted(count, *every) if some == count else say_counted(count, *part, some=number(some))
    return Mark(_SIGNS[worst], say(_STATES_OF[worst], them=them))


def _fleet(hosts: Sequence[JudgedHost], watched: Watched) -> Iterator[RichText]:
    """Which hosts have which answer: first those that a restart may help, then the worst; and what would tell more."""
    kinds = {source.name: source.kind for source in watched.sources}
    groups: dict[tuple[bool, int, str], list[JudgedHost]] = {}
    for host, judgement in hosts:
        state = judgement.state if judgement else PatchState.CANNOT_TELL
        restart = judgement is not None and judgement.restart_required
        why = _why_not_told(host, judgement, kinds) if state is PatchState.CANNOT_TELL else ""
        groups.setdefault((not restart, _WORST_FIRST.index(state), why), []).append((host, judgement))
    for (settled, rank, why), of_it in sorted(groups.items(), key=lambda each: (*each[0][:2], -len(each[1]))):
        state, names = _WORST_FIRST[rank], _names([host.name for host, _ in of_it])
        count = say_counted(len(of_it), *_STATES[state])
        if state is PatchState.CANNOT_TELL:
            clauses = [why]
            if packages := dict.fromkeys(
                name
                for _, judgement in of_it
                if judgement
                for name in judgement.look_for
                if name != judgement.advisory.component.package  # without a version it tells nothing
            ):
                clauses.append(say("look for {names}", names=with_more([*packages], PACKAGES_MAX)))
            yield line(Mark(_SIGNS[state], count), f" ({'; '.join(clauses)}): {names}")
        elif settled:
            yield line(Mark(_SIGNS[state], count), f": {names}")
        else:
            yield line(Mark("🔁", say("{state}, and a restart may bring the fix", state=count)), f": {names}")


def _why_not_told(host: HostVerdict, judgement: Judgement | None, kinds: Mapping[str, SourceKind]) -> str:
    if judgement is None:
        return say("a release that is not known")
    if judgement.why is Why.NOT_SAID and all(kinds.get(name) is SourceKind.XEN_ORCHESTRA for name in host.host.sources):
        return say("known from Xen Orchestra alone, which does not say which build runs")
    return say(WHY[judgement.why])


def _names(names: Sequence[str]) -> str:
    most = NAMES_MAX + (len(names) == NAMES_MAX + 1)  # "and 1 more" is no shorter than a name
    return with_more([shown(name) for name in names], most)


def _context(known: Advisories, hosts: Sequence[JudgedHost] = ()) -> tuple[RichText, ...]:
    day = day_in_words(known.day)
    for _, judgement in hosts:
        if judgement and judgement.value:
            told = f"{judgement.field} {shown(judgement.value)}"
            return (say_line("Told from what hosts say, such as {told} · advisories of {day}", told=told, day=day),)
    return (say_line("Advisories of {day}", day=day),)


def _row(advisory: Advisory, releases: Sequence[Release]) -> tuple[RichText, ...]:
    """An advisory in a line, with what fixes it in those releases, or in all of them."""
    of_them = [each for release in releases if (each := advisory.of(release))] or advisory.affects
    affects = [each for each in of_them if each.affected is not False]
    named = len(affects) > 1 or not releases
    told = [f"{release_name(each)}: {fix}" if named else fix for each in affects if (fix := fix_in_words(each))]
    return (
        line(Strong(advisory.known_as)),
        line(say(SEVERITIES[advisory.severity])),
        (*line(capitalized(say(KINDS[advisory.kinds[0]]))), *_used(advisory)),
        day_cell(advisory.published),
        line(with_more(told, 3) if told else _no_fix(affects)),
    )


def _affects(advisory: Advisory, releases: Sequence[Release]) -> bool:
    """Whether it is of any of the releases, as far as is known."""
    return any(each.affected is not False for release in releases if (each := advisory.of(release)))


def _no_fix(affects: Sequence[AffectedRelease]) -> str:
    if not affects:
        return say("not affected")
    if all(each.never_fixed for each in affects):
        return say("no fix, support ended before")
    return say_about("what has the fix", "not known")
