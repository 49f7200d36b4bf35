"""App Homes for tests: a fleet and alerts in memory, the page of it for somebody with some rights."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from bot.alerts.alert import Alert, Concern, Concerned, Rule, Subject
from bot.alerts.plan import Plan
from bot.alerts.ports import Act, Action
from bot.chat.command import Alerting, Ports, Right
from bot.chat.overview import overview
from bot.chat.reply import Line, Reply
from bot.errors import UnavailableError
from bot.matrix.known import Matrix
from bot.query.reading import Reader
from tests.alerts.fakes import MemoryBook, MemoryDigests, MemoryWatches, judged
from tests.chat.fleet import fleet, ports

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
OPS = "C0000OPS"
XEN_2, SPARE = Concerned("uuid-xen-2", "xen-2", "lab pool"), Concerned("uuid-spare-1", "spare-1", "spare-1")
ARCHIVE = Concerned("uuid-archive-1", "archive-1", "archive")
XCP_82 = Subject("release:XCP-ng:8.2", "XCP-ng 8.2 LTS", "XCP-ng", "8.2")
XS_72 = Subject("release:XenServer:7.2", "XenServer 7.2", "XenServer", "7.2")
CONCERNS = (
    Concern(OPS, Rule.EOL, XCP_82, (SPARE, XEN_2), date(2025, 9, 16), 0),
    Concern(OPS, Rule.MIXED_POOL, Subject("pool:lab", "lab pool"), (XEN_2,), detail="XCP-ng 8.2.1 and 8.3.0"),
    Concern(OPS, Rule.EOL, XS_72, (ARCHIVE,), date(2018, 4, 13), 0),
    Concern(OPS, Rule.SUPPORT, XS_72, (ARCHIVE,), detail="partial support"),
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
    concerns: tuple[Concern, ...] = CONCERNS
    book: MemoryBook = field(default_factory=MemoryBook)

    def __post_init__(self) -> None:
        if self.concerns:
            self.book.settle(judged(self.concerns, lambda _: "over"), NOW - timedelta(days=3))

    def see(self, rights: frozenset[Right], lacking: Line) -> tuple[Reply, ...]:
        plan = Plan(OPS)
        alerting = Alerting(self.book, MemoryWatches(), MemoryDigests(), plan, lambda: NOW)
        known = ports(self.matrix, self.reader, fleet())._replace(alerting=alerting)
        return overview(known, rights, NOW, lacking)

    def acknowledge(self, number: int) -> None:
        self.book.act((number,), Act(Action.ACKNOWLEDGE, "U0000002", NOW - timedelta(days=1)))


def alone(matrix: Matrix, reader: Reader, rights: frozenset[Right]) -> tuple[Reply, ...]:
    """The page of a bot that knows releases alone."""
    return overview(Ports(matrix, reader), rights, NOW, ())


def many(count: int) -> tuple[Concern, ...]:
    """So many releases that end, each with many hosts of long names."""
    hosts = tuple(Concerned(f"u-{at}", f"xen-{at:05d}.{'a-rather-long-name.' * 8}org", f"p{at}") for at in range(40))
    return tuple(
        Concern(OPS, rule, Subject(f"version:{at}", f"Xen {at}"), hosts, date(2025, 9, 16), 0, detail="x " * 200)
        for at in range(count)
        for rule in (Rule.EOL, Rule.SUPPORT, Rule.MAINTENANCE, Rule.UNKNOWN_VERSION)
    )
