"""Hosts of a pool with their verdicts: lines for people, JSON for scripts."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from bot.chat.command import Ports, Watched
from bot.chat.data import Data, assessment_data, suggestion_name
from bot.chat.reply import Mark, RichText, Strong, line
from bot.errors import UsageError
from bot.fleet.hosts import WatchedHost
from bot.fleet.verdicts import Verdict, judging, worst_first
from bot.matrix.assess import Assessment
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.matrix import Matrix
from bot.matrix.support import SupportLevel
from bot.matrix.wording import day_in_words
from bot.query.query import QueryPart
from bot.query.reader import Reader
from bot.query.text import shown
from bot.xapi.observation import Host


class Judged(NamedTuple):
    """A host with what to think of it; `assessment` is None for a version that the matrix lacks."""

    host: Host
    part: QueryPart
    assessment: Assessment | None

    @property
    def is_eol(self) -> bool:
        return self.assessment is not None and self.assessment.stage is LifecycleStage.EOL


def judge(matrix: Matrix, reader: Reader, hosts: Iterable[Host], day: date) -> list[Judged]:
    """Hosts with their verdicts, the worst first, of equals the coordinator first."""
    verdict = judging(matrix, reader, day)
    ordered = sorted(((verdict(host), host) for host in hosts), key=lambda pair: worst_first(*pair))
    return [Judged(host, *found) for found, host in ordered]


def sign(judged: Judged) -> Mark:
    """A host's sign with the words that go with it."""
    assessment = judged.assessment
    if assessment is None:
        return Mark("❓", "unknown version")
    eol = assessment.release.lifecycle.eol
    until = day_in_words(eol) if eol else "a day that is not known"
    if assessment.stage is LifecycleStage.EOL:
        return Mark("☠️", f"end of life since {until}")
    if assessment.support.level is SupportLevel.UNLISTED:
        return Mark("❔", f"not on the list, updates until {until}")
    if assessment.support.level is SupportLevel.PARTIAL:
        return Mark("❎", f"partial support, updates until {until}")
    if assessment.stage is LifecycleStage.MAINTENANCE:
        return Mark("🟠", f"critical updates only, until {until}")
    return Mark("✅", f"supported until {until}")


def name_of(host: Host) -> str:
    """What a host is called here: its name, or its uuid if it has none."""
    return shown(host.name) or shown(host.uuid) or "a host without a name"


def runs(host: Host) -> str:
    """Brand and version, as the host says them."""
    return shown(f"{host.product_brand or 'unknown brand'} {host.product_version or 'unknown version'}")


def row(judged: Judged) -> tuple[RichText, ...]:
    """A host in a line: name, what it runs, the verdict, what else matters."""
    host = judged.host
    role = ["coordinator"] if host.is_coordinator else []
    said = ", ".join((*role, *_support(judged), *remarks(host)))
    return (line(Strong(name_of(host))), line(runs(host)), line(sign(judged)), line(said))


def _support(judged: Judged) -> Iterator[str]:
    """What Xen Orchestra's list says, where the sign tells of the end of life alone."""
    if judged.assessment and judged.is_eol:
        if judged.assessment.support.level is SupportLevel.PARTIAL:
            yield "partial support"
        elif judged.assessment.support.level is SupportLevel.UNLISTED:
            yield "not on the list"


def remarks(host: Host) -> list[str]:
    """What else an operator would want to know of a host."""
    said = {"restart pending": host.reboot_required, "disabled": host.enabled is False}
    updates = [f"{host.pending_updates} updates pending"] if host.pending_updates else []
    return [words for words, holds in said.items() if holds] + updates


def host_data(judged: Judged, day: date) -> Data:
    """A host as CONTRACT.md section 2 has it, with what else is known of it."""
    return {**facts_data(judged.host), "assessment": verdict_data(judged, day)}


def verdict_data(judged: Judged, day: date) -> Data:
    """The verdict on a host; in its place the nearest names to a version that the matrix lacks."""
    return assessment_data(judged.assessment) if judged.assessment else _unknown(judged.part, day)


def facts_data(host: Host) -> Data:
    """What a host says of itself."""
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
        "edition": host.edition,
        "licence_expires": host.licence_expires.isoformat() if host.licence_expires else None,
        "booted_at": host.booted_at.isoformat() if host.booted_at else None,
        "reboot_required": host.reboot_required,
        "pending_updates": host.pending_updates,
    }


def _unknown(part: QueryPart, day: date) -> Data:
    return {"outcome": "unknown_version", "suggestions": [suggestion_name(s, day) for s in part.suggestions]}


class Listed(NamedTuple):
    """A watched host with its verdict, and the tags of all sources that have it."""

    watched: WatchedHost
    judged: Judged
    tags: frozenset[str]

    @property
    def pool(self) -> str:
        """The pool's name, or the host's own where the pool has none."""
        return self.watched.pool.name or self.watched.host.name


def watched_of(ports: Ports) -> Watched:
    """What is needed to show a fleet; UsageError where it is not configured."""
    if ports.watched is None:
        raise UsageError("There is no fleet to show: add `targets` or `xen_orchestra` to the configuration.")
    return ports.watched


def hosts_with_verdicts(ports: Ports, watched: Watched, day: date) -> list[Listed]:
    """All hosts, the worst first; of equals those that are not seen, then by pool and name."""
    tags = {source.name: source.tags for source in watched.sources}
    verdict = judging(ports.matrix, ports.reader, day)
    listed = []
    for seen in watched.store.hosts():
        of_sources = frozenset(tag for name in seen.sources for tag in tags.get(name, ()))
        listed.append(Listed(seen, Judged(seen.host, *verdict(seen.host)), of_sources))
    return sorted(listed, key=_urgency)


def _urgency(listed: Listed) -> tuple[object, ...]:
    badness = Verdict(listed.judged.part, listed.judged.assessment).badness
    return (badness, listed.watched.is_reachable, listed.pool, listed.watched.host.name)


def fleet_data(listed: list[Listed], day: date) -> list[Data]:
    """Hosts as CONTRACT.md section 2 has them. Hosts of a version share their verdict's data."""
    verdicts: dict[tuple[str | None, str | None], Data] = {}
    found = []
    for each in listed:
        host, seen = each.watched.host, each.watched
        runs = (host.product_brand, host.product_version)
        if runs not in verdicts:
            verdicts[runs] = verdict_data(each.judged, day)
        found.append({**facts_data(host), "assessment": verdicts[runs], **_sight(each, seen)})
    return found


def _sight(listed: Listed, seen: WatchedHost) -> Data:
    return {
        "pool": listed.pool,
        "pool_uuid": seen.pool.uuid,
        "mixed_versions": seen.mixed_since is not None,
        "target": seen.sources[0] if seen.sources else None,
        "targets": list(seen.sources),
        "tags": sorted(listed.tags),
        "observed_at": f"{seen.observed_at:%Y-%m-%dT%H:%M:%SZ}",
        "reachable": seen.is_reachable,
        "unreachable_since": f"{seen.unreachable_since:%Y-%m-%dT%H:%M:%SZ}" if seen.unreachable_since else None,
    }
