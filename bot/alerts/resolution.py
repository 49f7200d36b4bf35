"""Why the concern of an alert is gone: it completes "resolved: ...", from what is known when it is."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property

from bot.alerts.alert import AffectedHost, Alert, Rule
from bot.alerts.ports import ResolutionReason
from bot.alerts.rules import version_of
from bot.fleet.hosts import Change, ChangeKind, Source, SourceState
from bot.fleet.verdicts import HostVerdict
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.matrix.support import SupportLevel

NAMED = 5
"""So many hosts are named."""

NO_WAY = "no route and no watch leads to this channel any more"


def resolution_reason(
    findings: Sequence[HostVerdict],
    sources: Sequence[SourceState],
    configured: Sequence[Source],
    changes: Iterable[Change],
    matrix: Matrix,
    day: date,
) -> ResolutionReason:
    """Explains alerts by the fleet as it is now; `changes` are the latest, the newest first."""
    return _Known(findings, sources, configured, changes, matrix, day).why


class _Known:
    """What is looked into; an index is made when the first alert needs it."""

    def __init__(
        self,
        findings: Sequence[HostVerdict],
        sources: Sequence[SourceState],
        configured: Sequence[Source],
        changes: Iterable[Change],
        matrix: Matrix,
        day: date,
    ) -> None:
        self._findings = findings
        self._failing = {state.name for state in sources if state.failures}
        self._configured = {source.name for source in configured}
        self._changes = tuple(changes)
        self._matrix = matrix
        self._day = day

    def why(self, alert: Alert) -> str:
        match alert.rule:
            case Rule.SWEEP_LATE:
                return "a sweep has finished"
            case Rule.UNREACHABLE:
                return self._source(alert.subject.name)
            case Rule.MIXED_POOL:
                return self._pool(alert)
            case _:
                return self._hosts(alert)

    def _source(self, name: str) -> str:
        if name not in self._configured:
            return f"{name} was removed from the configuration"
        return NO_WAY if name in self._failing else "it answers again"

    def _pool(self, alert: Alert) -> str:
        members = [here for host in alert.hosts if (here := self._by_uuid.get(host.uuid))]
        if not members:
            return f"its hosts are gone ({'; '.join(self._fates(alert))})"
        return NO_WAY if any(member.host.mixed_since for member in members) else "all its hosts run one version"

    def _hosts(self, alert: Alert) -> str:
        if any(self._still_runs(alert, host) for host in alert.hosts):
            return self._other(alert)
        if not alert.hosts:
            return "nobody in this channel watches it any more" if alert.watched else NO_WAY
        return f"no host runs it any more ({'; '.join(self._fates(alert))})"

    def _other(self, alert: Alert) -> str:
        """What else than its hosts can end it."""
        release = self._release(alert)
        if release is None:
            return NO_WAY
        life, support = release.lifecycle, self._matrix.support(release)
        if alert.rule is Rule.MAINTENANCE and life.eol and self._day >= life.eol:
            return "its end of life has come, which is told by itself"
        if alert.rule is Rule.SUPPORT and support.level is SupportLevel.FULL and support.official:
            return "the list has it in full support now"
        if alert.rule in (Rule.EOL, Rule.MAINTENANCE) and alert.due not in (life.eol, life.maintenance_ends):
            return "the day that was told is not given for it any more"
        return NO_WAY

    def _still_runs(self, alert: Alert, host: AffectedHost) -> bool:
        here = self._by_uuid.get(host.uuid)
        if here is None:
            return False
        if alert.rule is Rule.UNKNOWN_VERSION:
            return here.assessment is None and f"version:{version_of(here.host.host)}" == alert.subject.key
        return here.assessment is not None and here.assessment.release is self._release(alert)

    def _release(self, alert: Alert) -> Release | None:
        product, number = alert.subject.product, alert.subject.release
        return self._matrix.release(Product(product), number) if product in tuple(Product) and number else None

    def _fates(self, alert: Alert) -> Iterator[str]:
        """What became of the hosts, those with the same fate together."""
        together: dict[str, list[str]] = {}
        for host in alert.hosts:
            together.setdefault(self._fate(alert, host), []).append(host.name)
        for fate, names in together.items():
            more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            yield f"{', '.join(names[:NAMED])}{more} {fate}"

    def _fate(self, alert: Alert, host: AffectedHost) -> str:
        here = self._by_uuid.get(host.uuid)
        if here is None:
            return "removed from the configuration" if self._was_removed(host) else "left"
        if alert.rule is Rule.UNKNOWN_VERSION and f"version:{version_of(here.host.host)}" == alert.subject.key:
            return "known by now"
        return f"now on {version_of(here.host.host)}"

    def _was_removed(self, host: AffectedHost) -> bool:
        last = next((change for change in self._changes if change.uuid == host.uuid), None)
        return last is not None and last.kind is ChangeKind.REMOVED

    @cached_property
    def _by_uuid(self) -> dict[str, HostVerdict]:
        return {finding.host.host.uuid: finding for finding in self._findings}
