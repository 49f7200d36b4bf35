"""What an auditor wants to know of the fleet: what has no security updates or soon won't, and what nobody ever saw."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from bot.catalogue import say, say_about
from bot.chat.command import Ports
from bot.chat.data import Data
from bot.chat.export import Row, csv_table, markdown_table
from bot.chat.hosts import hosts_with_verdicts, watched_of
from bot.chat.wording import iso
from bot.fleet.verdicts import HostVerdict
from bot.matrix.lifecycle import months_later

MONTHS = 12
"""An end of life within so many is near."""


class Finding(StrEnum):
    """What there is to say of a host, or of a source of hosts, the worst first. A host has one of them."""

    NEVER_SEEN = "never_seen"
    """A source that never answered, or was never asked: nobody knows which hosts are behind it."""
    UNKNOWN_VERSION = "unknown_version"
    WITHOUT_UPDATES = "without_updates"
    PRERELEASE = "prerelease"
    ENDS_WITHIN_12_MONTHS = "ends_within_12_months"
    SUPPORTED = "supported"


class ReportEntry(NamedTuple):
    """A host, or (without a `host`) a source that was never seen, with its tags in order."""

    finding: Finding
    host: str | None
    pool: str | None
    sources: tuple[str, ...]
    tags: tuple[str, ...]
    release: str | None = None
    eol_on: date | None = None
    days_left: int | None = None
    observed_at: str | None = None
    reachable: bool | None = None


class FleetReport(NamedTuple):
    """All entries of a day, the worst first."""

    day: date
    entries: tuple[ReportEntry, ...]

    def tags(self) -> list[str | None]:
        """The tags in order; None, for what has none, is the last where there is such a thing."""
        named = sorted({tag for entry in self.entries for tag in entry.tags})
        return [*named, *([None] if any(not entry.tags for entry in self.entries) else [])]

    def counts(self, tag: str | None) -> Counter[Finding]:
        """How many entries with a tag (None: without any) there are of each kind."""
        return Counter(entry.finding for entry in self.entries if (tag in entry.tags if tag else not entry.tags))

    def csv(self) -> str:
        """A line for each entry and tag: what has two tags is there twice, so that a spreadsheet can sum up by tag."""
        return csv_table(
            ("tag", *_ENTRY_HEADER),
            ((tag, *_row(each)) for each in self.entries for tag in (each.tags or (None,))),
        )

    def markdown(self) -> str:
        """Counts by tag, then what needs somebody."""
        rows: list[Row] = [(tag or say("(no tag)"), *_numbers(self.counts(tag))) for tag in self.tags()]
        every: Row = (
            say_about("hosts with any tag or none", "all"),
            *_numbers(Counter(entry.finding for entry in self.entries)),
        )
        needy = [entry for entry in self.entries if entry.finding is not Finding.SUPPORTED]
        return (
            f"# {say('Fleet on {day}', day=self.day.isoformat())}\n\n"
            + markdown_table(("tag", "hosts", *_FINDINGS), [*rows, every])
            + "\n"
            + markdown_table((*_ENTRY_HEADER, "tags"), ((*_row(each), " ".join(each.tags)) for each in needy))
        )

    def data(self) -> Data:
        """Counts by tag (`null`: without any) and of all, and every entry."""
        total = Counter(entry.finding for entry in self.entries)
        return {
            "as_of": self.day.isoformat(),
            "total": _counts_data(total),
            "tags": [{"tag": tag, **_counts_data(self.counts(tag))} for tag in self.tags()],
            "entries": [
                {
                    **dict(zip(_ENTRY_HEADER, _row(each), strict=True)),
                    "targets": list(each.sources),
                    "tags": list(each.tags),
                }
                for each in self.entries
            ],
        }


_ENTRY_HEADER = ("finding", "host", "pool", "targets", "release", "eol_on", "days_left", "observed_at", "reachable")
_FINDINGS = tuple(finding.value for finding in Finding)


def _row(entry: ReportEntry) -> Row:
    return (
        entry.finding.value,
        entry.host,
        entry.pool,
        " ".join(entry.sources),
        entry.release,
        entry.eol_on.isoformat() if entry.eol_on else None,
        entry.days_left,
        entry.observed_at,
        entry.reachable,
    )


def _numbers(found: Counter[Finding]) -> tuple[int, ...]:
    """How many hosts, then how many entries of each kind: a source that was never seen is no host."""
    return (found.total() - found[Finding.NEVER_SEEN], *(found[finding] for finding in Finding))


def _counts_data(found: Counter[Finding]) -> Data:
    return dict(zip(("hosts", *_FINDINGS), _numbers(found), strict=True))


def fleet_report(ports: Ports, day: date) -> FleetReport:
    """The whole fleet on a day, as it was last seen. UsageError where none is configured."""
    watched = watched_of(ports)
    answered = {state.name for state in watched.store.sources() if state.ok_at}
    silent = [
        ReportEntry(Finding.NEVER_SEEN, None, None, (source.name,), tuple(sorted(source.tags)))
        for source in watched.sources
        if source.name not in answered
    ]
    hosts = _entries(hosts_with_verdicts(ports, watched, day), day)
    order = [*Finding]
    return FleetReport(day, tuple(sorted((*silent, *hosts), key=lambda entry: order.index(entry.finding))))


def _entries(verdicts: Sequence[HostVerdict], day: date) -> Iterator[ReportEntry]:
    for each in verdicts:
        seen, assessment = each.host, each.assessment
        yield ReportEntry(
            _finding(each, day),
            each.name,
            seen.pool.name or each.pool_name,
            seen.sources,
            tuple(sorted(each.tags)),
            assessment.name if assessment else each.runs,
            assessment.release.lifecycle.eol if assessment and not each.is_prerelease else None,
            assessment.days_left if assessment else None,
            iso(seen.observed_at),
            seen.is_reachable,
        )


def _finding(verdict: HostVerdict, day: date) -> Finding:
    if verdict.assessment is None:
        return Finding.UNKNOWN_VERSION
    if verdict.is_eol:
        return Finding.WITHOUT_UPDATES
    if verdict.is_prerelease:
        return Finding.PRERELEASE
    eol = verdict.assessment.release.lifecycle.eol
    return Finding.ENDS_WITHIN_12_MONTHS if eol and eol <= months_later(day, MONTHS) else Finding.SUPPORTED
