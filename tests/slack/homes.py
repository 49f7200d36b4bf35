"""App Homes for tests: a fleet and alerts in memory, the page of it for somebody with some rights."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from bot.alerts.alert import AffectedHost, Alert, AlertSubject, Condition, Detail, Rule
from bot.alerts.evaluate import act_on
from bot.alerts.ports import AlertAct, AlertAction
from bot.alerts.routing import AlertPlan
from bot.chat.command import Alerting, Ports, Right
from bot.chat.home_page import home_page
from bot.chat.reply import Reply, RichText
from bot.errors import UnavailableError
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from tests.alerts.fakes import MemoryBook, MemoryDigests, MemoryWatches, settle
from tests.chat.fleet import fleet, ports

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
OPS = "C0000OPS"
XEN_2, SPARE = AffectedHost("uuid-xen-2", "xen-2", "lab pool"), AffectedHost("uuid-spare-1", "spare-1", "spare-1")
ARCHIVE = AffectedHost("uuid-archive-1", "archive-1", "archive")
XCP_82 = AlertSubject("release:XCP-ng:8.2", "XCP-ng 8.2 LTS", "XCP-ng", "8.2")
XS_72 = AlertSubject("release:XenServer:7.2", "XenServer 7.2", "XenServer", "7.2")
CONCERNS = (
    Condition(OPS, Rule.EOL, XCP_82, (SPARE, XEN_2), date(2025, 9, 16), 0),
    Condition(
        OPS,
        Rule.MIXED_POOL,
        AlertSubject("pool:lab", "lab pool"),
        (XEN_2,),
        detail=Detail("versions", {"versions": ["XCP-ng 8.2.1", "8.3.0"]}),
    ),
    Condition(OPS, Rule.EOL, XS_72, (ARCHIVE,), date(2018, 4, 13), 0),
    Condition(OPS, Rule.SUPPORT, XS_72, (ARCHIVE,), detail=Detail("support", {"lack": "partial"})),
)


class AwayBook(MemoryBook):
    """A book in a database that is not to be had."""

    def open(self) -> tuple[Alert, ...]:
        raise UnavailableError("xocompat.db is locked by another process: try again.")


@dataclass
class Page:
    """What App Home is made of."""

    matrix: Matrix
    reader: Reader
    concerns: tuple[Condition, ...] = CONCERNS
    book: MemoryBook = field(default_factory=MemoryBook)

    def __post_init__(self) -> None:
        if self.concerns:
            settle(self.book, self.concerns, NOW - timedelta(days=3))

    def see(self, rights: frozenset[Right], lacking: RichText) -> tuple[Reply, ...]:
        plan = AlertPlan(OPS)
        alerting = Alerting(self.book, MemoryWatches(), MemoryDigests(), plan, lambda: NOW)
        known = ports(self.matrix, self.reader, fleet())._replace(alerting=alerting)
        return home_page(known, rights, NOW, lacking)

    def acknowledge(self, number: int) -> None:
        act_on(self.book, (number,), AlertAct(AlertAction.ACKNOWLEDGE, "U0000002", NOW - timedelta(days=1)))


def alone(matrix: Matrix, reader: Reader, rights: frozenset[Right]) -> tuple[Reply, ...]:
    """The page of a bot that knows releases alone."""
    return home_page(Ports(matrix, reader), rights, NOW, ())


def many(count: int) -> tuple[Condition, ...]:
    """So many releases that end, each with many hosts of long names."""
    hosts = tuple(AffectedHost(f"u-{at}", f"xen-{at:05d}.{'a-rather-long-name.' * 8}org", f"p{at}") for at in range(40))
    return tuple(
        Condition(
            OPS,
            rule,
            AlertSubject(f"version:{at}", f"Xen {at}"),
            hosts,
            date(2025, 9, 16),
            0,
            detail=Detail("text", {"text": "x " * 200}),
        )
        for at in range(count)
        for rule in (Rule.EOL, Rule.SUPPORT, Rule.MAINTENANCE, Rule.UNKNOWN_VERSION)
    )
