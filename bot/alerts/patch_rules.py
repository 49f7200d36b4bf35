"""Rules of patch levels: known holes of hosts and of Xen Orchestra, and pools whose members are at several levels.

A first look at a fleet that is behind finds dozens of holes, and whoever updates closes them together. So an alert is
about a release, a pool or a Xen Orchestra, and its holes stand in its detail; a hole that comes to be known is told in
the alert that is open (docs/decisions/0029-subjects-of-alerts.md).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.alerts.condition import NO_ROUTE, Condition, Rule
from bot.alerts.facts import AlertSubject, Detail, FleetFacts, release_subject
from bot.fleet.verdicts import HostVerdict
from bot.matrix.release import Release

if TYPE_CHECKING:
    from bot.advisories.advisory import Advisory
    from bot.advisories.patch_level import PatchLevel
    from bot.fleet.ports import OrchestraState

ROLLING = timedelta(days=1)
"""Members of a pool are updated one after the other: a pool of which one was started so lately is left in peace."""


# Hosts


class HolesOfRelease(NamedTuple):
    """The known holes of a channel's hosts on a release, gravest first, each with how many of these hosts have it.

    `told` make an alert, `quiet` are below the bar and stand in the digest alone. `hosts` have one that is told,
    `restarts` of them wait for a restart, which may close it.
    """

    release: Release
    told: "Sequence[tuple[Advisory, int]]"
    quiet: "Sequence[tuple[Advisory, int]]"
    hosts: Sequence[HostVerdict]
    restarts: int


def holes(facts: FleetFacts) -> Iterator[tuple[str, HolesOfRelease]]:
    """The known holes of each channel's hosts, release by release; releases without any are left out."""
    behind: dict[str, tuple[HostVerdict, PatchLevel]] = {}
    for verdict in facts.verdicts:
        level = verdict.patch_level
        if level and level.vulnerable:
            behind[verdict.host.host.uuid] = verdict, level
    for (channel, release), here in facts.releases.items() if behind else ():
        affected = [behind[uuid] for uuid in here.hosts if uuid in behind]
        if affected:
            yield channel, _summed(facts, release, affected)


def _summed(
    facts: FleetFacts, release: Release, affected: "Sequence[tuple[HostVerdict, PatchLevel]]"
) -> HolesOfRelease:
    """Hosts of one patch level share it, so the holes of each are gone through once."""
    counts: Counter[str] = Counter()
    known: dict[str, Advisory] = {}
    is_told: dict[PatchLevel, bool] = {}
    for level, hosts in Counter(level for _, level in affected).items():
        for advisory in level.vulnerable:
            known[advisory.id] = advisory
            counts[advisory.id] += hosts
        is_told[level] = any(map(facts.security.tells, level.vulnerable))
    ordered = sorted(known.values(), key=lambda advisory: advisory.gravity, reverse=True)
    counted = [(advisory, counts[advisory.id]) for advisory in ordered]
    told = [verdict for verdict, level in affected if is_told[level]]
    return HolesOfRelease(
        release,
        [each for each in counted if facts.security.tells(each[0])],
        [each for each in counted if not facts.security.tells(each[0])],
        told,
        sum(bool(verdict.host.host.reboot_required) for verdict in told),
    )


def advisories(facts: FleetFacts) -> Iterator[Condition]:
    """Releases on hosts with holes that are told, release by release; an alert's detail has these, gravest first."""
    for channel, found in holes(facts):
        if found.told:
            values = {"holes": _listed(found.told), "quiet": len(found.quiet), "restarts": found.restarts}
            yield Condition(
                channel,
                Rule.ADVISORY,
                release_subject(found.release, facts.day),
                facts.in_order(found.hosts),
                detail=Detail("holes", values),
            )


def _listed(told: "Iterable[tuple[Advisory, int]]") -> list[dict[str, Any]]:
    """Holes as a detail has them, gravest first, each with how many hosts have it."""
    return [
        {"id": each.known_as, "title": each.title, "exploited": bool(each.exploited), "hosts": count}
        for each, count in told
    ]


def has_more_holes(before: Detail, after: Detail) -> bool:
    """Whether one is there that was not, or is exploited by now."""
    return bool(new_holes(before, after))


def new_holes(before: Detail, after: Detail) -> list[Mapping[str, Any]]:
    """The holes that were not there before, or not exploited then."""
    known = {(each["id"], each["exploited"]) for each in before.values.get("holes", ())}
    return [
        each
        for each in after.values.get("holes", ())
        if (each["id"], each["exploited"]) not in known and (each["id"], True) not in known
    ]


def after_patches(facts: FleetFacts, verdict: HostVerdict) -> str | None:
    """What became of a host that had holes; None if it still has one that is told."""
    level = verdict.patch_level
    if level is None:
        return "silent"
    return None if any(map(facts.security.tells, level.vulnerable)) else "patched"


def untold_holes(facts: FleetFacts, gone: Condition) -> list[str]:
    """The holes of a condition that is gone of which its hosts do not show whether they have the fix now."""
    from bot.advisories.judge import PatchState

    told = [each["id"] for each in gone.detail.values.get("holes", ())]
    levels = {here.patch_level for host in gone.hosts if (here := facts.by_uuid.get(host.uuid))}
    untold = {each.advisory.known_as for level in levels if level for each in level.having(PatchState.CANNOT_TELL)}
    return [name for name in told if name in untold]


# Xen Orchestra


def orchestra_judged(facts: FleetFacts, state: "OrchestraState") -> "PatchLevel":
    """What can be said of each hole of Xen Orchestra there, by the number of its xo-server alone, gravest first."""
    from bot.advisories.orchestra import judge_orchestra
    from bot.advisories.patch_level import PatchLevel

    known, server = facts.advisories, state.version.xo_server
    fixed_from = facts.security.orchestra_fixed_from
    return PatchLevel(
        tuple(judge_orchestra(each, server, known.orchestras, fixed_from) for each in known.of_orchestra())
    )


def orchestras(facts: FleetFacts) -> Iterator[Condition]:
    """Xen Orchestras with holes that are told: an alert for each, by the tags and the pools that lead it somewhere."""
    configured = {source.name for source in facts.configured}
    for state in facts.orchestras:
        version = state.version
        if version.xo_server is None or version.name not in configured:
            continue
        told = [each for each in orchestra_judged(facts, state).vulnerable if facts.security.tells(each)]
        if told:
            detail = {"holes": _listed((each, 0) for each in told), "server": version.xo_server}
            subject = AlertSubject(f"source:{version.name}", version.name)
            pools = {verdict.host.pool for verdict in facts.verdicts if version.name in verdict.host.sources}
            for channel in facts.routing.of_source(version.name, pools):
                yield Condition(channel, Rule.ORCHESTRA, subject, detail=Detail("orchestra", detail))


def orchestra_is_fine(facts: FleetFacts, gone: Condition) -> Detail:
    """Why a Xen Orchestra is not told any more."""
    name = gone.subject.name
    if name not in {source.name for source in facts.configured}:
        return Detail("source_removed", {"source": name})
    state = next((each for each in facts.orchestras if each.version.name == name), None)
    judged = orchestra_judged(facts, state) if state else None
    if state is None or judged is None or any(map(facts.security.tells, judged.vulnerable)):
        return NO_ROUTE
    from bot.advisories.judge import PatchState

    untold = {each.advisory.known_as for each in judged.having(PatchState.CANNOT_TELL)}
    told = [each["id"] for each in gone.detail.values.get("holes", ()) if each["id"] in untold]
    return Detail("orchestra_updated", {"server": state.version.xo_server, "untold": told})


# Pools at several levels


def skewed(facts: FleetFacts) -> Iterator[Condition]:
    """Pools whose members run one version at several patch levels, unless they are just being updated."""
    found = dict(_levels_apart(facts))
    found |= dict(_missing_apart(facts))
    for uuid, (members, detail) in found.items():
        subject, hosts = AlertSubject(f"pool:{uuid}", members[0].pool_name), facts.in_order(members)
        is_news = not any(_was_started(facts, each) for each in members)
        for channel in dict.fromkeys(to.channel for each in members for to in facts.routing.of_host(each.host)):
            yield Condition(channel, Rule.PATCH_SKEW, subject, hosts, is_news=is_news, detail=detail)


Apart = tuple[str, tuple[Sequence[HostVerdict], Detail]]
"""A pool's uuid, its members, and how they differ."""


def _levels_apart(facts: FleetFacts) -> Iterator[Apart]:
    """By what members say of the hypervisor and the toolstack that they run."""
    for uuid, members in facts.pools.items():
        if len(members) < 2 or any(each.host.mixed_since for each in members):
            continue
        running = [each for each in members if each.host.host.software and not each.host.is_off]
        shown = {each.host.host.software for each in running if each.host.host.software}
        if len(shown) > 1:
            for what, values in (
                ("Xen", {each.xen for each in shown}),
                ("xapi", {each.xapi for each in shown}),
                ("xapi built on", {each.xapi_built and each.xapi_built[:10] for each in shown}),
            ):
                if len(known := sorted(filter(None, values))) > 1:
                    yield uuid, (running, Detail("levels", {"what": what, "levels": known}))
                    break


def _missing_apart(facts: FleetFacts) -> Iterator[Apart]:
    """By which updates members miss, where a Xen Orchestra says so."""
    if not facts.orchestras:
        return
    from bot.fleet.skew import patch_skew

    pools: dict[str, list[Any]] = defaultdict(list)
    for missing in facts.missing():
        if (verdict := facts.by_uuid.get(missing.host)) and not verdict.host.mixed_since:
            pools[verdict.host.pool.uuid].append(missing)
    for uuid, answers in pools.items():
        if len(answers) > 1 and (skew := patch_skew(answers)) and skew.behind:
            behind = [facts.by_uuid[each.host] for each in skew.behind]
            counts = {facts.by_uuid[each.host].name: len(each.missing) for each in skew.behind}
            yield uuid, (behind, Detail("behind", {"missing": counts}))


def _was_started(facts: FleetFacts, verdict: HostVerdict) -> bool:
    started = verdict.host.host.booted_at
    return started is not None and abs(facts.now - started) <= ROLLING
