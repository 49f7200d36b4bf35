"""Rules of what hosts need from time to time: a restart, updates, another certificate, a licence.

One that is off needs nothing now. What a whole fleet can need at once is told release by release, so that it is one
message; certificates and licences pool by pool, as they are renewed (docs/decisions/0029-subjects-of-alerts.md).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from bot.alerts.condition import Condition, Rule, tightest
from bot.alerts.facts import NO_DETAIL, AlertSubject, Detail, FleetFacts, release_subject
from bot.fleet.licence import LicenceKind, licence_of
from bot.fleet.verdicts import HostVerdict
from bot.matrix.requirement import RequirementKind
from bot.xapi.observation import Host

LEADS = (30, 14, 7, 0)
"""Days before a certificate or a licence ends, as XAPI itself warns; seven after that of its messages."""

RESTART_AFTER = timedelta(days=7)
"""A host waits for its window of maintenance; longer than this it was forgotten."""

SIX_MONTHS = timedelta(days=183)
"""How old updates may be for a release to be supported, where it has that requirement."""

UPDATES_REQUIRED = "updates-of-six-months"
"""The requirement of data/requirements.yaml that says which releases those are."""

NEVER_BEFORE, NEVER_AFTER = 1971, 2100
"""XAPI has 1970 for what never happened, and licences that end in 2100 or later do not end."""


def waits_for_restart(facts: FleetFacts, verdict: HostVerdict) -> bool:
    """Whether a host has waited too long. A day that has not come was written by a wrong clock: it counts as long."""
    watched = verdict.host
    since = watched.restart_since
    return bool(since and watched.host.reboot_required) and abs(facts.now - (since or facts.now)) > RESTART_AFTER


def restarts(facts: FleetFacts) -> Iterator[Condition]:
    """Hosts that have waited for a restart for more than a week, release by release."""
    return _by_release(facts, Rule.RESTART, waits_for_restart, _waiting)


def _waiting(_: FleetFacts, verdicts: Sequence[HostVerdict]) -> Detail:
    since = min(each.host.restart_since for each in verdicts if each.host.restart_since)
    return Detail("waiting", {"since": since.date().isoformat()})


def after_restart(facts: FleetFacts, verdict: HostVerdict) -> str | None:
    """What became of a host that waited; None if it still does."""
    if waits_for_restart(facts, verdict):
        return None
    return "silent" if verdict.host.host.reboot_required is None else "restarted"


def last_update(host: Host, day: date) -> date | None:
    """The day of the last update of a host whose updates are too old, long ago if it never had any.

    None where they are not, or where it does not say. One that has all that its pool knew of lately is not too old,
    whenever that was installed.
    """
    asked = host.updates_synced_at
    if host.up_to_date and asked and day - asked.date() <= SIX_MONTHS:
        return None
    last = host.updated_at or asked
    return last.date() if last and day - last.date() > SIX_MONTHS else None


def has_old_updates(facts: FleetFacts, verdict: HostVerdict) -> bool:
    """Whether a host's release is supported only with newer updates than it has."""
    assessment = verdict.assessment
    if assessment is None or verdict.is_prerelease or last_update(verdict.host.host, facts.day) is None:
        return False
    asked = facts.matrix.requirements_of(assessment.release, RequirementKind.SUPPORT)
    return any(each.id == UPDATES_REQUIRED and each.holds(facts.day) for each in asked)


def old_updates(facts: FleetFacts) -> Iterator[Condition]:
    """Hosts whose updates are older than the support of their release allows, release by release."""
    return _by_release(facts, Rule.OLD_UPDATES, has_old_updates, _oldest)


def _oldest(facts: FleetFacts, verdicts: Sequence[HostVerdict]) -> Detail:
    days = [day for each in verdicts if (day := last_update(each.host.host, facts.day))]
    known = [day for day in days if day.year >= NEVER_BEFORE]
    since = min(known).isoformat() if known else None
    return Detail("old_updates", {"since": since, "never": len(days) - len(known)})


def after_update(facts: FleetFacts, verdict: HostVerdict) -> str | None:
    """What became of a host with old updates; None if it still has them."""
    if has_old_updates(facts, verdict):
        return None
    host = verdict.host.host
    return "updated" if host.updated_at or host.updates_synced_at else "silent"


def _by_release(
    facts: FleetFacts,
    rule: Rule,
    holds: Callable[[FleetFacts, HostVerdict], bool],
    detail: Callable[[FleetFacts, Sequence[HostVerdict]], Detail],
) -> Iterator[Condition]:
    affected = {
        verdict.host.host.uuid: verdict
        for verdict in facts.verdicts
        if not verdict.host.is_off and holds(facts, verdict)
    }
    for (channel, release), found in facts.releases.items() if affected else ():
        here = [affected[uuid] for uuid in found.hosts if uuid in affected]
        if here:
            subject = release_subject(release, facts.day)
            yield Condition(channel, rule, subject, facts.in_order(here), detail=detail(facts, here))


def certificate_ends(facts: FleetFacts, verdict: HostVerdict) -> date | None:
    """The day on which a host's certificate ends, where that is soon or over."""
    return _soon(facts, verdict.host.host.certificate_expires)


def certificates(facts: FleetFacts) -> Iterator[Condition]:
    """Certificates that end within LEADS, pool by pool; the day is that of the first one."""
    return _by_pool(facts, Rule.CERTIFICATE, certificate_ends, lambda _: NO_DETAIL)


def after_certificate(facts: FleetFacts, verdict: HostVerdict) -> str | None:
    """What became of a host whose certificate was to end; None if it still is."""
    if certificate_ends(facts, verdict):
        return None
    return "certified" if verdict.host.host.certificate_expires else "silent"


TRIAL_POOL = 3
"""Hosts that a pool of XenServer 8's trial edition may have (docs.xenserver.com, overview-licensing)."""


def licence_ends(facts: FleetFacts, verdict: HostVerdict) -> date | None:
    """The day on which a host's licence ends, where that is soon or over; XCP-ng needs none."""
    return _soon(facts, licence_of(verdict.host.host).expires)


def licences(facts: FleetFacts) -> Iterator[Condition]:
    """Licences that end within LEADS, pool by pool (the day is the first one's), and pools too large for a trial."""
    ending: set[str] = set()
    for condition in _by_pool(facts, Rule.LICENCE, licence_ends, _licence):
        ending.add(condition.subject.key)
        yield condition
    trials: dict[str, list[HostVerdict]] = defaultdict(list)
    for verdict in facts.verdicts:
        if _is_on_trial(verdict) and not verdict.host.is_off:
            trials[verdict.host.pool.uuid].append(verdict)
    for uuid, members in trials.items():
        hosts = facts.in_order(members)
        subject = AlertSubject(f"pool:{uuid}", hosts[0].pool)
        if len(members) > TRIAL_POOL and subject.key not in ending:
            for channel in _channels(facts, members):
                yield Condition(channel, Rule.LICENCE, subject, hosts, detail=Detail("trial_pool"))


def _is_on_trial(verdict: HostVerdict) -> bool:
    return licence_of(verdict.host.host).kind is LicenceKind.TRIAL


def _licence(verdicts: Sequence[HostVerdict]) -> Detail:
    return Detail("trial") if any(map(_is_on_trial, verdicts)) else NO_DETAIL


def after_licence(facts: FleetFacts, verdict: HostVerdict) -> str | None:
    """What became of a host whose licence was to end; None if it still is."""
    if licence_ends(facts, verdict):
        return None
    if _is_on_trial(verdict):
        return "on_trial"
    return "licensed" if verdict.host.host.licence_expires else "silent"


def _soon(facts: FleetFacts, moment: datetime | None) -> date | None:
    if moment is None or not NEVER_BEFORE <= moment.year < NEVER_AFTER:
        return None
    return moment.date() if (moment.date() - facts.day).days <= max(LEADS) else None


def _by_pool(
    facts: FleetFacts,
    rule: Rule,
    ends: Callable[[FleetFacts, HostVerdict], date | None],
    detail: Callable[[Sequence[HostVerdict]], Detail],
) -> Iterator[Condition]:
    pools: dict[str, list[HostVerdict]] = defaultdict(list)
    days: dict[str, list[date]] = defaultdict(list)
    for verdict in facts.verdicts:
        if not verdict.host.is_off and (day := ends(facts, verdict)):
            pools[verdict.host.pool.uuid].append(verdict)
            days[verdict.host.pool.uuid].append(day)
    for uuid, members in pools.items():
        hosts, due = facts.in_order(members), min(days[uuid])
        subject = AlertSubject(f"pool:{uuid}", hosts[0].pool)
        threshold = tightest(LEADS, (due - facts.day).days)
        for channel in _channels(facts, members):
            yield Condition(channel, rule, subject, hosts, due, threshold, detail=detail(members))


def _channels(facts: FleetFacts, members: Sequence[HostVerdict]) -> Iterable[str]:
    return dict.fromkeys(to.channel for each in members for to in facts.routing.of_host(each.host))
