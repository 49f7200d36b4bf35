"""Hosts with their verdicts: lines for people, JSON for scripts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from bot.catalogue import message, say, say_about, say_counted
from bot.chat.command import Ports, Watched
from bot.chat.data import Data, LazyData, assessment_data, suggestion_name
from bot.chat.reply import Mark, RichText, Strong, line
from bot.chat.wording import day_in_words, distance, iso, moment_in_words
from bot.errors import UsageError
from bot.fleet.hosts import WatchedHost
from bot.fleet.licence import licence_of
from bot.fleet.policy import PolicyState
from bot.fleet.verdicts import NO_BRAND, NO_VERSION, HostVerdict, host_verdicts
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.release import Release
from bot.matrix.support import SupportLevel
from bot.text import shown

if TYPE_CHECKING:
    from bot.advisories.patch_level import PatchLevel


def sign(verdict: HostVerdict) -> Mark:
    """A host's sign with the words that go with it."""
    assessment = verdict.assessment
    if assessment is None:
        return Mark("❔", say("unknown version"))
    if assessment.stage is LifecycleStage.PRERELEASE:
        return Mark("❔", say("pre-release, for tests"))
    eol = assessment.release.lifecycle.eol
    day = day_in_words(eol) if eol else say_about("behind since or until", "a day that is not known")
    if assessment.stage is LifecycleStage.EOL:
        return Mark("☠️", say("end of life since {day}", day=day))
    if assessment.support.level is SupportLevel.UNLISTED:
        return Mark("❔", say("not on the list, updates until {day}", day=day))
    if assessment.support.level is SupportLevel.PARTIAL:
        return Mark("❎", say("partial support, updates until {day}", day=day))
    if assessment.stage is LifecycleStage.MAINTENANCE:
        return Mark("🔶", say("critical updates only, until {day}", day=day))
    return Mark("🟢", say("supported until {day}", day=day))


def runs_in_words(verdict: HostVerdict) -> str:
    """What a host says that it runs. `HostVerdict.runs` is the same for programs: no translation changes it."""
    brand, version = verdict.brand_and_version
    return shown(f"{brand or say(NO_BRAND)} {version or say(NO_VERSION)}")


CANNOT_TELL = message("cannot tell if patched")
"""What is said of a host that may have known holes or not: the third answer, beside "vulnerable" and "fixed"."""


def row(verdict: HostVerdict) -> tuple[RichText, ...]:
    """A host in a line: name, what it runs, the verdict, what else matters.

    What Xen Orchestra's list says stands there where the sign says nothing but the end of life.
    """
    host, level = verdict.host.host, verdict.assessment.support.level if verdict.assessment else None
    facts = (
        (message("coordinator"), host.is_coordinator),
        (message("partial support"), verdict.is_eol and level is SupportLevel.PARTIAL),
        (message("not on the list"), verdict.is_eol and level is SupportLevel.UNLISTED),
        (message("not approved"), verdict.policy is PolicyState.NOT_APPROVED),
    )
    more = [say(fact) for fact, holds in facts if holds]
    is_alive = verdict.assessment and not verdict.is_eol and not verdict.host.is_off
    if is_alive and verdict.patch_state == "cannot_tell":  # what has ended has worse than that
        more.append(say(CANNOT_TELL))
    elif (patches := verdict.patch_level) and patches.vulnerable:
        more.append(say_counted(len(patches.vulnerable), "{count} known hole", "{count} known holes"))
    more += remarks(verdict.host)
    return (line(Strong(verdict.name)), line(runs_in_words(verdict)), line(sign(verdict)), line(", ".join(more)))


def remarks(watched: WatchedHost) -> list[str]:
    """What else an operator would want to know of a host. Of one that is off, nothing else holds now."""
    host, since = watched.host, watched.down_since
    if watched.is_off:
        if since is None:
            return [say("off")]
        return [say("off since {moment}, last known version", moment=moment_in_words(since))]
    found = [say("restart pending")] if host.reboot_required else []
    if host.enabled is False:
        found.append(say("disabled"))
    if host.pending_updates:
        found.append(say_counted(host.pending_updates, "{count} update pending", "{count} updates pending"))
    return found


SOON = 30
"""Days before a certificate or a licence ends that it is told."""

_CERTIFICATE = (
    message("its certificate ended on {day} ({distance})"),
    message("its certificate ends on {day} ({distance})"),
)
_LICENCE = message("its licence ended on {day} ({distance})"), message("its licence ends on {day} ({distance})")


def what_ends(watched: WatchedHost, day: date) -> Iterator[str]:
    """What of a host ends soon or has ended, and since when it waits for a restart; nothing of one that is off."""
    host = watched.host
    if watched.is_off:
        return
    for (ended, will_end), ends in ((_CERTIFICATE, host.certificate_expires), (_LICENCE, licence_of(host).expires)):
        if ends and (ends.date() - day).days <= SOON:
            text = ended if ends.date() < day else will_end
            yield say(text, day=day_in_words(ends.date()), distance=distance(ends.date(), day))
    if since := watched.restart_since:
        yield say("restart pending since {day}", day=day_in_words(since.date()))


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
        raise UsageError(say("There is no fleet to show: add `targets` or `xen_orchestra` to the configuration."))
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
