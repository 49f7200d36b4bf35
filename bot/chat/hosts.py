"""Hosts of a pool with their verdicts: lines for people, JSON for scripts."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from bot.chat.data import Data, assessment_data, suggestion_name
from bot.chat.reply import Line, Mark, Strong, line
from bot.fleet.findings import judging, worst_first
from bot.matrix.assess import Assessment
from bot.matrix.known import Matrix
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.listing import SupportLevel
from bot.matrix.wording import day_in_words
from bot.query.query import QueryPart
from bot.query.reading import Reader
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


def row(judged: Judged) -> tuple[Line, ...]:
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
