"""The table of rules: what each finds in a fleet, and why what it found is gone.

A new rule is a member of `Rule` (bot.alerts.condition) with a row of `RULES` here, and a row of `WORDING` in
bot.chat.rule_wording.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple

from bot.alerts import host_rules, patch_rules
from bot.alerts.condition import NO_ROUTE, Condition, Rule, RuleRow, minute, tightest
from bot.alerts.facts import (
    NO_DETAIL,
    AffectedHost,
    AlertSubject,
    Detail,
    FleetFacts,
    SweepHealth,
    release_subject,
)
from bot.catalogue import message
from bot.fleet.hosts import ChangeKind
from bot.fleet.verdicts import HostVerdict
from bot.matrix.lifecycle import Lifecycle
from bot.matrix.release import Release
from bot.matrix.support import Support, SupportLevel
from bot.text import shown
from bot.xapi.observation import Pool


def find_conditions(facts: FleetFacts) -> tuple[Condition, ...]:
    """All that holds now, of every rule, for every channel: each fingerprint once, those of a subject together."""
    together: dict[tuple[str, str], list[Condition]] = defaultdict(list)
    for row in RULES.values():
        for condition in row.find(facts):
            together[condition.channel, condition.subject.key].append(condition)
    return tuple(chain.from_iterable(together.values()))


def resolution(facts: FleetFacts, gone: Condition) -> Detail:
    """Why a condition that held before is gone; it completes "resolved: ..."."""
    return RULES[gone.rule].resolution(facts, gone)


# End of life and end of maintenance


class DueDate(NamedTuple):
    """A day of a release's life that a rule is about. `threshold` is the tightest lead crossed, None if none is."""

    rule: Rule
    day: date
    threshold: int | None


def due_dates(life: Lifecycle, leads: Collection[int], on: date) -> Iterator[DueDate]:
    """The end of life; before it, also the end of maintenance where it is another day."""
    if life.eol:
        yield DueDate(Rule.EOL, life.eol, tightest(leads, (life.eol - on).days))
    ended = life.eol is not None and on >= life.eol
    if life.maintenance_ends and life.maintenance_ends != life.eol and not ended:
        yield DueDate(Rule.MAINTENANCE, life.maintenance_ends, tightest(leads, (life.maintenance_ends - on).days))


def _ends(rule: Rule) -> Callable[[FleetFacts], Iterator[Condition]]:
    def find(facts: FleetFacts) -> Iterator[Condition]:
        for (channel, release), found in facts.releases.items():
            for each in due_dates(release.lifecycle, found.lead, facts.day):
                if each.rule is rule:
                    subject, hosts = release_subject(release, facts.day), found.in_order
                    is_news = each.threshold is not None
                    yield Condition(
                        channel, rule, subject, hosts, each.day, each.threshold, is_news, watched=found.watched
                    )

    return find


# Support


def _unsupported(facts: FleetFacts) -> Iterator[Condition]:
    for (channel, release), found in facts.releases.items():
        lack = lack_of_support(facts.matrix.support(release, facts.day))
        if found.hosts and lack:
            subject, hosts = release_subject(release, facts.day), found.in_order
            yield Condition(channel, Rule.SUPPORT, subject, hosts, detail=Detail("support", {"lack": lack}))
    for (channel, name), verdicts in facts.prereleases.items():
        if assessment := verdicts[0].assessment:
            of = release_subject(assessment.release, facts.day)
            subject = of._replace(key=f"{of.key}:{assessment.prerelease}", name=name)
            detail = Detail("support", {"lack": "prerelease", "prerelease": assessment.prerelease})
            yield Condition(channel, Rule.SUPPORT, subject, facts.in_order(verdicts), detail=detail)


def lack_of_support(support: Support) -> str | None:
    """The worst that the list says of a release: `unlisted`, `unofficial` or `partial`; None in full support."""
    if support.level is SupportLevel.UNLISTED:
        return "unlisted"
    if not support.official:
        return "unofficial"
    return "partial" if support.level is SupportLevel.PARTIAL else None


# Versions that are not known


def _unknown(facts: FleetFacts) -> Iterator[Condition]:
    found: dict[tuple[str, str], list[HostVerdict]] = defaultdict(list)
    for verdict in facts.verdicts:
        if verdict.assessment is None:
            for recipient in facts.routing.of_host(verdict.host):
                found[recipient.channel, verdict.runs].append(verdict)
    for (channel, version), verdicts in found.items():
        subject = AlertSubject(f"version:{version}", version)
        detail = NO_DETAIL if verdicts[0].says_release else Detail("not_said")
        yield Condition(channel, Rule.UNKNOWN_VERSION, subject, facts.in_order(verdicts), detail=detail)


def _unknown_is_gone(facts: FleetFacts, gone: Condition) -> Detail:
    here = [verdict for host in gone.hosts if (verdict := facts.by_uuid.get(host.uuid))]
    unknown = {f"version:{verdict.runs}" for verdict in here if verdict.assessment is None}
    return NO_ROUTE if gone.subject.key in unknown else _not_run(facts, gone)


# Pools that run several versions

MIXED_AFTER = timedelta(days=1)
"""A rolling upgrade takes hours."""


def _mixed(facts: FleetFacts) -> Iterator[Condition]:
    pools: dict[str, list[HostVerdict]] = defaultdict(list)
    for verdict in facts.verdicts:
        if verdict.host.mixed_since:
            pools[verdict.host.pool.uuid].append(verdict)
    for uuid, members in pools.items():
        since = min(verdict.host.mixed_since or facts.now for verdict in members)
        hosts = facts.in_order(members)
        # A day that has not come was written by a wrong clock: since when is not known, so it counts as long enough.
        is_news = abs(facts.now - since) > MIXED_AFTER
        subject = AlertSubject(f"pool:{uuid}", hosts[0].pool)
        versions = sorted({verdict.runs for verdict in members})
        detail = Detail("versions", {"versions": versions})
        for channel in dict.fromkeys(to.channel for each in members for to in facts.routing.of_host(each.host)):
            yield Condition(channel, Rule.MIXED_POOL, subject, hosts, is_news=is_news, detail=detail)


def _pool_is_uniform(facts: FleetFacts, gone: Condition) -> Detail:
    members = [here for host in gone.hosts if (here := facts.by_uuid.get(host.uuid))]
    if not members:
        return Detail("pool_gone", {"fates": _fates(facts, gone)})
    return NO_ROUTE if any(member.host.mixed_since for member in members) else Detail("one_version")


# Sources that do not answer

UNREACHABLE_AFTER = 3
"""Sweeps in a row that a source has to fail: one or two are a restart."""


def _unreachable(facts: FleetFacts) -> Iterator[Condition]:
    """A source that failed less often opens no alert, but one that is open stays: only an answer ends it.

    Nobody has to be told that hosts do not answer which another source has as switched off.
    """
    names = {source.name for source in facts.configured}
    failing = {state.name: state for state in facts.failing if state.failures and state.name in names}
    seen: dict[str, list[HostVerdict]] = {name: [] for name in failing}
    for verdict in facts.verdicts if failing else ():
        for name in verdict.host.sources:
            if name in seen:
                seen[name].append(verdict)
    for name, state in failing.items():
        since, error = minute(state.unreachable_since), shown(state.error or "", 200)
        never = {} if state.ok_at else {"never": True}
        detail = Detail("no_answer", {"since": since, "error": error, **never})
        subject, is_news = AlertSubject(f"source:{name}", name), state.failures >= UNREACHABLE_AFTER
        if _are_off(seen[name]):
            continue
        hosts = facts.in_order(seen[name])
        for channel in facts.routing.of_source(name, {verdict.host.pool for verdict in seen[name]}):
            yield Condition(channel, Rule.UNREACHABLE, subject, hosts, is_news=is_news, detail=detail)


def _are_off(verdicts: Sequence[HostVerdict]) -> bool:
    return bool(verdicts) and all(verdict.host.is_off for verdict in verdicts)


def _source_answers(facts: FleetFacts, gone: Condition) -> Detail:
    name = gone.subject.name
    if name not in {source.name for source in facts.configured}:
        return Detail("source_removed", {"source": name})
    is_failing = any(state.name == name and state.failures for state in facts.failing)
    if is_failing and _are_off([verdict for verdict in facts.verdicts if name in verdict.host.sources]):
        return Detail("hosts_off")
    if is_failing:
        return NO_ROUTE
    return Detail("answers_at_last") if gone.detail.values.get("never") else Detail("answers_again")


# Sweeps that do not come

_LATE_AFTER, _LATE_GRACE = 2, timedelta(minutes=10)
"""Periods without a sweep that are late, and the time that a sweep itself may take."""

SWEEP = AlertSubject("sweep", message("The fleet's sweep"))


def overdue(sweep: SweepHealth, now: datetime) -> timedelta | None:
    """For how long no sweep has finished, if that is too long; None as long as sweeps come."""
    finished = sweep.finished_at
    # What ended on a day that has not come says nothing about today: a wrong clock wrote it.
    last = finished if finished and finished - now <= _LATE_AFTER * sweep.every else sweep.since
    return now - last if last and now - last > _LATE_AFTER * sweep.every + _LATE_GRACE else None


def _late(facts: FleetFacts) -> Iterator[Condition]:
    """Every channel is notified in which silence would be taken for good news. Only a sweep that is done ends it."""
    sweep, now = facts.sweep, facts.now
    finished, is_late = sweep.finished_at, overdue(sweep, now) is not None
    values = {"since": minute(finished), "every": round(sweep.every.total_seconds() / 60)}
    detail = Detail("no_sweep", {**values, "error": shown(sweep.error, 200) if sweep.error else None})
    for channel in dict.fromkeys((*facts.routing.channels, *sweep.channels)):
        told_at = sweep.late_since.get(channel)
        was_wrong = told_at is not None and told_at - now > _LATE_AFTER * sweep.every
        is_over = finished is not None and (told_at is None or finished > told_at or was_wrong)
        if is_late or (told_at is not None and not is_over):
            yield Condition(channel, Rule.SWEEP_LATE, SWEEP, is_news=is_late, detail=detail)


# Sites


def _channels_of_site(facts: FleetFacts, name: str) -> tuple[str, ...]:
    """Those that any of its targets leads to, or the ones for what no route takes."""
    named = [source.name for source in facts.configured if source.site == name]
    pools: dict[str, set[Pool]] = defaultdict(set)
    for verdict in facts.verdicts:
        for source in verdict.host.sources:
            if source.startswith(f"{name}/"):
                pools[source].add(verdict.host.pool)
    of_each = (facts.routing.of_source(source, pools[source]) for source in named or (name,))
    return tuple(dict.fromkeys(chain.from_iterable(of_each)))


MESSAGE_SERVER = AlertSubject("sites", message("The NATS server of the sites"))


def _sites_away(facts: FleetFacts) -> Iterator[Condition]:
    """Said once in each channel: that no site is heard says nothing about any of them."""
    if since := facts.sites.away_since(facts.now):
        detail = Detail("sites_away", {"since": minute(since), "sites": len(facts.sites.sites)})
        channels = (_channels_of_site(facts, site.name) for site in facts.sites.sites)
        for channel in dict.fromkeys(chain.from_iterable(channels)):
            yield Condition(channel, Rule.SITES_AWAY, MESSAGE_SERVER, detail=detail)


def _sites_are_back(facts: FleetFacts, _: Condition) -> Detail:
    server = facts.sites.server
    if not facts.sites.sites:
        return Detail("site_removed")
    return Detail("sites_heard" if server is None or not server.is_up else "server_back")


def _site_silent(facts: FleetFacts) -> Iterator[Condition]:
    """Its hosts are as they were last seen, and none of them is said to be unreachable.

    No news while the server is away, nor as long after as a site may take to be heard.
    """
    is_news = facts.sites.has_listened(facts.now)
    for site in facts.sites.sites:
        if facts.sites.is_silent(site, facts.now):
            subject, detail = _site_subject(site.name), Detail("site_silent", {"since": minute(site.heard_at)})
            seen = [v for v in facts.verdicts if any(name.startswith(f"{site.name}/") for name in v.host.sources)]
            for channel in _channels_of_site(facts, site.name):
                yield Condition(
                    channel, Rule.SITE_SILENT, subject, facts.in_order(seen), is_news=is_news, detail=detail
                )


def _site_subject(name: str) -> AlertSubject:
    return AlertSubject(f"site:{name}", name)


def _site_is_heard(facts: FleetFacts, gone: Condition) -> Detail:
    site = facts.sites.named(gone.subject.name)
    if site is None:
        return Detail("site_removed")
    return NO_ROUTE if facts.sites.is_silent(site, facts.now) else Detail("site_heard")


def _claimed(facts: FleetFacts) -> Iterator[Condition]:
    for verdict in facts.verdicts:
        if claims := verdict.host.claimed_by:
            uuid = verdict.host.host.uuid
            subject = AlertSubject(f"claim:{uuid}", verdict.name)
            detail = Detail("claimed", {"has": verdict.host.sources[0], "claims": list(claims)})
            for recipient in facts.routing.of_host(verdict.host):
                yield Condition(recipient.channel, Rule.SITE_CLAIM, subject, facts.in_order([verdict]), detail=detail)


def _claim_is_gone(facts: FleetFacts, gone: Condition) -> Detail:
    here = [verdict for host in gone.hosts if (verdict := facts.by_uuid.get(host.uuid))]
    return NO_ROUTE if any(verdict.host.claimed_by for verdict in here) else Detail("claim_gone")


def _old_workers(facts: FleetFacts) -> Iterator[Condition]:
    for site in facts.sites.sites:
        if old := [worker for worker in site.workers if worker.is_too_old]:
            detail = Detail("worker_old", {"versions": sorted({shown(worker.version, 40) for worker in old})})
            for channel in _channels_of_site(facts, site.name):
                yield Condition(channel, Rule.WORKER_OLD, _site_subject(site.name), detail=detail)


# What became of hosts

NAMED = 5
"""So many hosts are named."""


def _release_resolution(facts: FleetFacts, gone: Condition) -> Detail:
    """Why what a release lacked is gone: nobody runs it, its dates or its support changed, or no route leads there."""
    release = facts.release(gone.subject.product, gone.subject.release)
    here = [facts.by_uuid.get(host.uuid) for host in gone.hosts]
    prerelease = gone.detail.values.get("prerelease")
    what = [(a.release, a.prerelease) for verdict in here if verdict and (a := verdict.assessment)]
    if release is None or (release, prerelease) not in what:
        return _not_run(facts, gone)
    if gone.rule is Rule.SUPPORT:
        return (
            NO_ROUTE
            if prerelease or lack_of_support(facts.matrix.support(release, facts.day))
            else Detail("full_support")
        )
    life = release.lifecycle
    if gone.rule is Rule.MAINTENANCE and life.eol and facts.day >= life.eol:
        return Detail("eol_has_come")
    return NO_ROUTE if gone.due in (life.eol, life.maintenance_ends) else Detail("day_withdrawn")


def _not_run(facts: FleetFacts, gone: Condition) -> Detail:
    """No host of it runs it any more, or it never was about hosts."""
    if gone.hosts:
        return Detail("hosts_gone", {"fates": _fates(facts, gone)})
    return Detail("not_watched") if gone.watched else NO_ROUTE


def _fates(facts: FleetFacts, gone: Condition) -> list[dict[str, Any]]:
    """What became of the hosts, those with the same fate together. `version` is what they run now, or their pool."""
    together: dict[tuple[str, str | None], list[str]] = {}
    for host in gone.hosts:
        together.setdefault(_fate(facts, gone, host), []).append(host.name)
    return [
        {"fate": fate, "version": version, "hosts": names[:NAMED], "more": max(0, len(names) - NAMED)}
        for (fate, version), names in together.items()
    ]


def _fate(facts: FleetFacts, gone: Condition, host: AffectedHost) -> tuple[str, str | None]:
    here = facts.by_uuid.get(host.uuid)
    if here is None:
        known = {ChangeKind.REMOVED: "removed", ChangeKind.LEFT: "left"}
        return known.get(facts.last_changes.get(host.uuid, ChangeKind.UNREACHABLE), "lost"), None
    if gone.rule is Rule.UNKNOWN_VERSION and gone.subject.key == f"version:{here.runs}":
        return "known", None
    runs = here.assessment.name if here.assessment else here.runs
    before = facts.release(gone.subject.product, gone.subject.release)
    now = here.assessment.release if here.assessment else None
    is_of_version = before is not None or gone.rule is Rule.UNKNOWN_VERSION
    if not is_of_version or (now is before and runs == gone.subject.name):
        return _fate_in_place(facts, gone.rule, here, host)
    if now and before and (now is before or _is_later(now, before)):  # the former: a prerelease, or its final release
        return "upgraded", runs
    return "runs", runs


def _fate_in_place(facts: FleetFacts, rule: Rule, here: HostVerdict, host: AffectedHost) -> tuple[str, str | None]:
    """What became of a host that runs what it ran."""
    if here.pool_name != host.pool:
        return "moved", here.pool_name
    told = RULES[rule].fate
    if told is None:
        return "elsewhere", None
    return ("off" if here.host.is_off else told(facts, here) or "elsewhere"), None


def _is_later(release: Release, other: Release) -> bool:
    """Whether a release came out after another; one of a day that nobody knows counts as an old one."""
    (came, before) = (each.lifecycle.released for each in (release, other))
    if release.product is other.product:
        return release.compares_as > other.compares_as
    return came is not None and (before is None or came.earliest > before.earliest)


def fates(facts: FleetFacts, gone: Condition) -> Detail:
    """What became of hosts that a condition is not about any more: those that `gone` has."""
    return Detail("fates", {"fates": _fates(facts, gone)})


def _pool_is_level(facts: FleetFacts, gone: Condition) -> Detail:
    members = [here for host in gone.hosts if (here := facts.by_uuid.get(host.uuid))]
    if not members:
        return Detail("pool_gone", {"fates": _fates(facts, gone)})
    if any(member.host.mixed_since for member in members):
        return Detail("several_versions")
    uuids = {member.host.pool.uuid for member in members}
    still = {condition.subject.key for condition in patch_rules.skewed(facts)}
    return NO_ROUTE if any(f"pool:{uuid}" in still for uuid in uuids) else Detail("one_level")


def _hosts_are_fine(facts: FleetFacts, gone: Condition) -> Detail:
    """What became of the hosts of a rule that is about hosts."""
    found = _fates(facts, gone)
    return NO_ROUTE if all(each["fate"] == "elsewhere" for each in found) else Detail("fates", {"fates": found})


def _holes_are_closed(facts: FleetFacts, gone: Condition) -> Detail:
    """What became of hosts with holes; and of which holes nobody can tell whether they are closed there."""
    why = _hosts_are_fine(facts, gone)
    untold = patch_rules.untold_holes(facts, gone)
    return Detail(why.kind, {**why.values, "untold": untold}) if untold and why is not NO_ROUTE else why


RULES: dict[Rule, RuleRow] = {
    Rule.SWEEP_LATE: RuleRow(_late, lambda *_: Detail("sweep_finished")),
    Rule.SITES_AWAY: RuleRow(_sites_away, _sites_are_back),
    Rule.SITE_SILENT: RuleRow(_site_silent, _site_is_heard),
    Rule.SITE_CLAIM: RuleRow(_claimed, _claim_is_gone),
    Rule.WORKER_OLD: RuleRow(_old_workers, lambda *_: Detail("worker_renewed")),
    Rule.ORCHESTRA: RuleRow(patch_rules.orchestras, patch_rules.orchestra_is_fine, is_worse=patch_rules.has_more_holes),
    Rule.EOL: RuleRow(_ends(Rule.EOL), _release_resolution, more_hosts=True),
    Rule.ADVISORY: RuleRow(
        patch_rules.advisories, _holes_are_closed, True, patch_rules.after_patches, patch_rules.has_more_holes
    ),
    Rule.UNKNOWN_VERSION: RuleRow(_unknown, _unknown_is_gone, more_hosts=True),
    Rule.SUPPORT: RuleRow(_unsupported, _release_resolution, more_hosts=True),
    Rule.OLD_UPDATES: RuleRow(host_rules.old_updates, _hosts_are_fine, True, host_rules.after_update),
    Rule.RESTART: RuleRow(host_rules.restarts, _hosts_are_fine, True, host_rules.after_restart),
    Rule.MAINTENANCE: RuleRow(_ends(Rule.MAINTENANCE), _release_resolution, more_hosts=True),
    Rule.LICENCE: RuleRow(host_rules.licences, _hosts_are_fine, True, host_rules.after_licence),
    Rule.CERTIFICATE: RuleRow(host_rules.certificates, _hosts_are_fine, True, host_rules.after_certificate),
    Rule.MIXED_POOL: RuleRow(_mixed, _pool_is_uniform),
    Rule.PATCH_SKEW: RuleRow(patch_rules.skewed, _pool_is_level),
    Rule.UNREACHABLE: RuleRow(_unreachable, _source_answers),
}
"""Every rule, the worst first."""
