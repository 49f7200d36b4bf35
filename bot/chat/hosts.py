"""Hosts with their verdicts: lines for people, JSON for scripts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from bot.chat.command import Ports, Watched
from bot.chat.data import Data, LazyData, assessment_data, suggestion_name
from bot.chat.reply import Mark, RichText, Strong, line
from bot.chat.wording import counted, day_in_words, distance, iso, moment_in_words
from bot.errors import UsageError
from bot.fleet.hosts import WatchedHost
from bot.fleet.licence import licence_of
from bot.fleet.policy import PolicyState
from bot.fleet.verdicts import HostVerdict, host_verdicts
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.release import Release
from bot.matrix.support import SupportLevel

if TYPE_CHECKING:
    from bot.advisories.patch_level import PatchLevel


def sign(verdict: HostVerdict) -> Mark:
    """A host's sign with the words that go with it."""
    assessment = verdict.assessment
    if assessment is None:
        return Mark("❔", "unknown version")
    if assessment.stage is LifecycleStage.PRERELEASE:
        return Mark("❔", "pre-release, for tests")
    eol = assessment.release.lifecycle.eol
    until = day_in_words(eol) if eol else "a day that is not known"
    if assessment.stage is LifecycleStage.EOL:
        return Mark("☠️", f"end of life since {until}")
    if assessment.support.level is SupportLevel.UNLISTED:
        return Mark("❔", f"not on the list, updates until {until}")
    if assessment.support.level is SupportLevel.PARTIAL:
        return Mark("❎", f"partial support, updates until {until}")
    if assessment.stage is LifecycleStage.MAINTENANCE:
        return Mark("🔶", f"critical updates only, until {until}")
    return Mark("🟢", f"supported until {until}")


CANNOT_TELL = "cannot tell if patched"
"""What is said of a host that may have known holes or not: the third answer, beside "vulnerable" and "fixed"."""


def row(verdict: HostVerdict) -> tuple[RichText, ...]:
    """A host in a line: name, what it runs, the verdict, what else matters.

    What Xen Orchestra's list says stands there where the sign says nothing but the end of life.
    """
    host, level = verdict.host.host, verdict.assessment.support.level if verdict.assessment else None
    said = {
        "coordinator": host.is_coordinator,
        "partial support": verdict.is_eol and level is SupportLevel.PARTIAL,
        "not on the list": verdict.is_eol and level is SupportLevel.UNLISTED,
        "not approved": verdict.policy is PolicyState.NOT_APPROVED,
    }
    patches = verdict.patch_level
    holes = [counted(len(patches.vulnerable), "known hole")] if patches and patches.vulnerable else []
    is_alive = verdict.assessment and not verdict.is_eol and not verdict.host.is_off
    if is_alive and verdict.patch_state == "cannot_tell":  # what has ended has worse than that
        holes = [CANNOT_TELL]
    more = ", ".join((*(words for words, holds in said.items() if holds), *holes, *remarks(verdict.host)))
    return (line(Strong(verdict.name)), line(verdict.runs), line(sign(verdict)), line(more))


def remarks(watched: WatchedHost) -> list[str]:
    """What else an operator would want to know of a host. Of one that is off, nothing else holds now."""
    host, since = watched.host, watched.down_since
    if watched.is_off:
        return [f"off since {moment_in_words(since)}, last known version" if since else "off"]
    said = {"restart pending": host.reboot_required, "disabled": host.enabled is False}
    updates = [f"{host.pending_updates} updates pending"] if host.pending_updates else []
    return [words for words, holds in said.items() if holds] + updates


SOON = 30
"""Days before a certificate or a licence ends that it is told."""


def what_ends(watched: WatchedHost, day: date) -> Iterator[str]:
    """What of a host ends soon or has ended, and since when it waits for a restart; nothing of one that is off."""
    host = watched.host
    if watched.is_off:
        return
    for what, ends in (("certificate", host.certificate_expires), ("licence", licence_of(host).expires)):
        if ends and (ends.date() - day).days <= SOON:
            verb = "ended" if ends.date() < day else "ends"
            yield f"its {what} {verb} on {day_in_words(ends.date())} ({distance(ends.date(), day)})"
    if since := watched.restart_since:
        yield f"restart pending since {day_in_words(since.date())}"


def host_data(verdict: HostVerdict, day: date) -> Data:
    """A host as CONTRACT.md section 2 has it, with what else is known of it.

    In the place of a version that the matrix lacks stand the names nearest to it.
    """
    if verdict.assessment:
        assessment = assessment_data(verdict.assessment)
    else:
        nearest = [suggestion_name(suggestion, day) for suggestion in verdict.part.suggestions]
        assessment = {"outcome": "unknown_version", "suggestions": nearest}
    patch = _patch_data(verdict.patch_level, verdict.host.host.reboot_required)
    return {**_facts(verdict.host), "assessment": assessment, "policy": verdict.policy, "patch": patch}


def _patch_data(level: "PatchLevel | None", restart_required: bool | None) -> Data:
    from bot.chat.patch_wording import patch_data  # with advisories, which few look-ups need

    return patch_data(level, restart_required)


def _facts(watched: WatchedHost) -> Data:
    """What a host says of itself, and whether it runs."""
    host = watched.host
    return {
        "name": host.name,
        "uuid": host.uuid,
        "address": host.address,
        "enabled": host.enabled,
        "product_brand": host.product_brand,
        "product_version": host.product_version,
        "build": host.build,
        "platform_version": host.platform_version,
        "coordinator": host.is_coordinator,
        "power": watched.power.value,
        "edition": host.edition,
        "licence_expires": host.licence_expires.isoformat() if host.licence_expires else None,
        "booted_at": host.booted_at.isoformat() if host.booted_at else None,
        "reboot_required": host.reboot_required,
        "pending_updates": host.pending_updates,
        "xen": host.software.xen if host.software else None,
        "xapi": host.software.xapi if host.software else None,
        "certificate_expires": iso(host.certificate_expires) if host.certificate_expires else None,
        "updated_at": iso(host.updated_at) if host.updated_at else None,
        "updates_synced_at": iso(host.updates_synced_at) if host.updates_synced_at else None,
        "restart_since": iso(watched.restart_since) if watched.restart_since else None,
    }


def watched_of(ports: Ports) -> Watched:
    """What is needed to show a fleet; UsageError where it is not configured."""
    if ports.watched is None:
        raise UsageError("There is no fleet to show: add `targets` or `xen_orchestra` to the configuration.")
    return ports.watched


def hosts_with_verdicts(ports: Ports, watched: Watched, day: date) -> list[HostVerdict]:
    """All hosts, the worst first; of equals those that do not answer, then by pool and name."""
    found = host_verdicts(ports.matrix, ports.reader, watched.store.hosts(), day, watched.sources, ports.policy)
    return sorted(found, key=lambda each: (each.badness, each.host.is_reachable, each.pool_name, each.name))


def hosts_by_release(ports: Ports, watched: Watched, day: date) -> Mapping[Release, int]:
    """How many hosts of the fleet run which release; those of a prerelease or an unknown version count for none."""
    found = hosts_with_verdicts(ports, watched, day)
    return Counter(each.assessment.release for each in found if each.assessment and not each.is_prerelease)


def fleet_data(verdicts: Sequence[HostVerdict], day: date, **more: Any) -> LazyData:
    """Hosts as CONTRACT.md section 2 has them, and how many run which release, in the order of the hosts.

    `more` are further facts that stand beside them.
    """
    made = {"releases": lambda: _releases_data(verdicts), "hosts": lambda: _hosts_data(verdicts, day)}
    return LazyData({"as_of": day.isoformat(), **more}, made)


def _releases_data(verdicts: Iterable[HostVerdict]) -> list[Data]:
    """A version that the matrix lacks stands among the releases by its own name, without a stage."""
    releases: dict[str, Data] = {}
    for each in verdicts:
        assessment = each.assessment
        name = assessment.name if assessment else each.runs
        stage, left = (assessment.stage.value, assessment.days_left) if assessment else (None, None)
        releases.setdefault(name, {"name": name, "hosts": 0, "stage": stage, "days_left": left})["hosts"] += 1
    return list(releases.values())


def _hosts_data(verdicts: Iterable[HostVerdict], day: date) -> list[Data]:
    """Hosts that run the same share the data of their verdict, and of their patches."""
    assessments: dict[tuple[str, bool], Data] = {}
    patches: dict[tuple[PatchLevel | None, bool | None], Data] = {}
    hosts = []
    for each in verdicts:
        seen, what = each.host, (each.runs, each.is_prerelease)
        patch = each.patch_level, seen.host.reboot_required
        if patch not in patches:
            patches[patch] = _patch_data(*patch)
        if what not in assessments:
            assessments[what] = host_data(each, day)["assessment"]
        away = seen.unreachable_since or seen.down_since
        sight = {
            "pool": seen.pool.name or each.pool_name,
            "pool_uuid": seen.pool.uuid,
            "mixed_versions": seen.mixed_since is not None,
            "target": seen.sources[0] if seen.sources else None,
            "targets": list(seen.sources),
            "site": seen.site,
            "tags": sorted(each.tags),
            "observed_at": iso(seen.observed_at),
            "reachable": seen.is_reachable,
            "unreachable_since": iso(away) if away else None,
        }
        verdict = {"assessment": assessments[what], "policy": each.policy, "patch": patches[patch]}
        hosts.append({**_facts(seen), **verdict, **sight})
    return hosts
