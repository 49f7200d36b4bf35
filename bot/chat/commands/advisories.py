"""`advisory ID` and `advisories [RELEASE]`: holes that are known, who has the fix, and what of a fleet has it."""

from collections.abc import Iterable, Iterator, Sequence

from bot.advisories.advisories import Advisories
from bot.advisories.advisory import Advisory, AffectedRelease
from bot.advisories.judge import Judgement, PatchState, Why, judge
from bot.advisories.orchestra import judge_orchestra
from bot.catalogue import message_counted, say, say_about, say_counted
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
    public_name,
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

_WORST_FIRST = (PatchState.VULNERABLE, PatchState.CANNOT_TELL, PatchState.FIXED, PatchState.NOT_AFFECTED)
_XO = frozenset(["xo", "xoa", "xen orchestra"])
_TALK = frozenset(["affect", "affects", "exploited", "hole", "patched", "vulnerable"])
"""Words of a question about an advisory, such as "are we vulnerable to XSA-517", which its reply answers."""


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
        query, _ = read(ports, asked._replace(words=beside))
        others = (word for word in query.unused if word.casefold() not in _TALK)
        unused = (*(part.text for part in query.parts), *others, *days)
        asked = asked._replace(day=read(ports, asked)[1])
    names = names or [plain(asked.words)]
    found = list(dict.fromkeys(advisory for name in names for advisory in _named(known, name)))
    if not found:
        return _unknown(ports, asked, known, names, unused)
    missing = [shown(name) for name in names if not _named(known, name)]
    hosts: list[tuple[HostVerdict, Judgement | None]] = []
    orchestras: list[tuple[str, PatchState]] = []
    sees_fleet = Right.FLEET in asked.rights and ports.watched is not None
    if sees_fleet and ports.watched:
        hosts = [(each, _worst(found, each)) for each in hosts_with_verdicts(ports, ports.watched, asked.day)]
        orchestras = [*_of_orchestras(found, known, ports.watched)]
    here = tuple(_here(hosts, orchestras))
    blocks: list[Block] = []
    if len(found) == 1:
        first, blocks = _first_line(found[0]), [*_body(found[0], here)]
    else:
        first = headline(Strong(", ".join(names)), say_counted(len(found), "{count} advisory", "{count} advisories"))
        blocks = [Bullets(tuple(_first_line(each) for each in found))]
        if here:
            blocks.append(Paragraph(here))
    if missing:
        day = day_in_words(known.day)
        not_there = say_line("Not in the advisories of {day}: {names}.", day=day, names=", ".join(missing))
        blocks.append(Paragraph((not_there,)))
    data = _data(asked, known, "unknown_advisory" if missing else "assessed", found, unused)
    if sees_fleet:
        data["hosts"] = [_host_data(host, judgement) for host, judgement in hosts]
        data["orchestras"] = [{"name": name, "state": state.value} for name, state in orchestras]
    asks = [Ask(public_name(each), f"advisory {public_name(each)}") for each in found[:2]] if len(found) > 1 else []
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
            return reply._replace(data=data, exit_status=3, context=context, assessed=None)
        missing = [Paragraph((unknown_sentence(ports.matrix, p, day),)) for p in query.parts if not p.releases]
        found = dict.fromkeys(each for release in query.releases for each in known.of(release))
        found = sorted(found, key=lambda each: each.gravity, reverse=True)
        what, releases = ", ".join(release.name(day) for release in query.releases), query.releases
    advisories = tuple(found)
    used = sum(bool(each.exploited) for each in advisories)
    facts: list[Span | str] = [say_counted(len(advisories), "{count} advisory known", "{count} advisories known")]
    if used:
        in_use = say_counted(used, "{count} used by attackers", "{count} used by attackers")
        facts.append(EXPLOITED._replace(text=in_use))
    rows = tuple(_row(each, releases) for each in advisories)
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
    )


def _undated(words: str) -> tuple[str, tuple[str, ...]]:
    """Words without their days, and those days: an advisory is told as it is known today."""
    text = plain(words)
    days = take_days(text)
    return days.rest.strip(), tuple(text[start:end] for start, end in sorted((*days.asked, *days.bare)))


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
    name = public_name(advisory)
    others = [each for each in advisory.ids if each != name and not each.startswith("XO-")]
    what = line(Strong(name), f" ({with_more(others, 2)}): " if others else ": ", say(KINDS[advisory.kinds[0]]))
    return (*what, *_used(advisory), GAP, *line(day_in_words(advisory.published)))


def _used(advisory: Advisory) -> RichText:
    return (GAP, said(EXPLOITED)) if advisory.exploited else ()


def _body(advisory: Advisory, here: tuple[RichText, ...]) -> Iterable[Block]:
    sentences = [full_stop(advisory.title)]
    if advisory.attacker:
        sentences.append(say("By {attacker}.", attacker=advisory.attacker))
    sentences.append(say("Severity: {severity}.", severity=say(SEVERITIES[advisory.severity])))
    yield Paragraph((line(" ".join(sentences)),))
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
    if here:
        yield Paragraph(here)
    yield Bullets(tuple(line(Link(s.title, s.url) if s.url else s.title) for s in advisory.sources), say("Sources"))


def _where_fixed(affected: AffectedRelease) -> str:
    """What has the fix for a release, by what it cannot be told, and on what condition it is needed."""
    if affected.never_fixed:
        clauses = [say("no fix: its support ended before")]
    elif fix := fix_in_words(affected):
        clauses = [say("fixed from {fix}", fix=fix)]
    else:
        clauses = [say("no build with the fix is known to the data")]
    if affected.levels and affected.levels.cannot_tell:
        clauses.append(say("{levels} may have it or not", levels=joined(affected.levels.cannot_tell)))
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
    hosts: Sequence[tuple[HostVerdict, Judgement | None]], orchestras: Sequence[tuple[str, PatchState]]
) -> Iterator[RichText]:
    """What of the fleet has the holes: its Xen Orchestras, and its hosts unless the advisories are not of hosts."""
    if orchestras:
        groups = {state: [name for name, found in orchestras if found is state] for state in _WORST_FIRST}
        counts = " · ".join(_counted(state, names, _names(names)) for state, names in groups.items() if names)
        more = say_line("{counts}; {command} has more", counts=counts, command=Typed("xo"))
        yield labelled(say("Your Xen Orchestra:"), *more)
    if any(judgement is None or judgement.why is not Why.NOT_THE_HOST for _, judgement in hosts):
        yield _fleet(hosts)


_STATES = {
    PatchState.VULNERABLE: message_counted("{count} vulnerable", "{count} vulnerable"),
    PatchState.CANNOT_TELL: message_counted("{count} cannot be told", "{count} cannot be told"),
    PatchState.FIXED: message_counted("{count} fixed", "{count} fixed"),
    PatchState.NOT_AFFECTED: message_counted("{count} not affected", "{count} not affected"),
}
_STATES_WITH_MORE = {
    PatchState.VULNERABLE: message_counted("{count} vulnerable ({more})", "{count} vulnerable ({more})"),
    PatchState.CANNOT_TELL: message_counted("{count} cannot be told ({more})", "{count} cannot be told ({more})"),
    PatchState.FIXED: message_counted("{count} fixed ({more})", "{count} fixed ({more})"),
    PatchState.NOT_AFFECTED: message_counted("{count} not affected ({more})", "{count} not affected ({more})"),
}


def _counted(state: PatchState, names: Sequence[str], more: str = "") -> str:
    """How many have a state, and more of them, such as their names or why."""
    if more:
        return say_counted(len(names), *_STATES_WITH_MORE[state], more=more)
    return say_counted(len(names), *_STATES[state])


def _fleet(hosts: Sequence[tuple[HostVerdict, Judgement | None]]) -> RichText:
    """How many hosts have which answer, those that need no more than a restart first."""
    restart: list[str] = []
    groups: dict[PatchState, list[str]] = {state: [] for state in _WORST_FIRST}
    reasons: dict[str, int] = {}
    for host, judgement in hosts:
        state = judgement.state if judgement else PatchState.CANNOT_TELL
        if judgement and judgement.restart_required:
            restart.append(host.name)
            continue
        groups[state].append(host.name)
        if state is PatchState.CANNOT_TELL:
            why = say(WHY[judgement.why]) if judgement else say("a release that is not known")
            reasons[why] = reasons.get(why, 0) + 1
    counts: list[str] = []
    if restart:
        waiting = say_counted(
            len(restart),
            "{count} to restart, which may bring the fix ({hosts})",
            "{count} to restart, which may bring the fix ({hosts})",
            hosts=_names(restart),
        )
        counts.append(waiting)
    for state, names in groups.items():
        if not names:
            continue
        more = ""
        if state is PatchState.VULNERABLE:
            more = _names(names)
        elif state is PatchState.CANNOT_TELL:
            more = max(reasons, key=lambda why: reasons[why])
        counts.append(_counted(state, names, more))
    return labelled(say("Your fleet:"), " · ".join(counts))


def _names(names: Sequence[str]) -> str:
    return with_more([shown(name) for name in names], NAMES_MAX)


def _context(known: Advisories, hosts: Sequence[tuple[HostVerdict, Judgement | None]] = ()) -> tuple[RichText, ...]:
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
        line(Strong(public_name(advisory))),
        line(say(SEVERITIES[advisory.severity])),
        (*line(capitalized(say(KINDS[advisory.kinds[0]]))), *_used(advisory)),
        day_cell(advisory.published),
        line(with_more(told, 3) if told else _no_fix(affects)),
    )


def _no_fix(affects: Sequence[AffectedRelease]) -> str:
    if not affects:
        return say("not affected")
    if all(each.never_fixed for each in affects):
        return say("no fix, support ended before")
    return say_about("what has the fix", "not known")
