"""A small fleet that is kept in memory, for commands that show it, and a round that answers what a test says."""

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from bot.alerts.cycle import CycleResult
from bot.chat.command import Ports, Watched
from bot.chat.runner import CommandRunner
from bot.fleet.hosts import Source, SourceKind
from bot.fleet.ports import OrchestraState
from bot.fleet.sweep import Report
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.xapi.observation import Failure, FailureCode, Software
from bot.xo.updates import MissingUpdate, MissingUpdates, WhyNotAsked
from bot.xo.version import OrchestraVersion
from tests.fleet.fakes import FakeStore, FakeSweepLog, answered, host, refused, target

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SOURCES = (
    target("lab-a", "lab"),
    target("prod-a", "prod"),
    target("old-a", "prod", "archive"),
    target("down-a", "lab"),
    target("dead-a", "lab"),
    target("new-a"),
)
AWAY = "{} did not answer: nothing listens on its address."


def fleet() -> tuple[FakeStore, FakeSweepLog]:
    """A pool of two versions, a lone old host, one that answered once, and a target that never did."""
    store, sweeps = FakeStore(), FakeSweepLog()
    lab, prod, old, down, dead, _ = SOURCES
    before = NOON - timedelta(days=2)
    mixed = (host("xen-1"), host("xen-2", "8.2.1", coordinator=False, reboot_required=True))
    seen = (
        answered(lab, NOON, *mixed, pool="lab pool"),
        answered(
            prod, NOON, host("xen-11", "8.4.0", "XenServer"), host("xen-12", "9.9.9", coordinator=False), pool="prod"
        ),
        answered(old, NOON, host("archive-1", "7.2.0", "XenServer"), pool="archive"),
    )
    store.record((answered(down, before, host("spare-1", "8.2.0")),), before)
    run = sweeps.begin("me", NOON)
    gone = (
        refused(each, Failure(each.name, FailureCode.UNREACHABLE, AWAY.format(each.name)), NOON)
        for each in (down, dead)
    )
    store.record((*seen, *gone), NOON)
    sweeps.finish(run._replace(sources=5, failed=2), NOON)
    return store, sweeps


def ports(
    matrix: Matrix,
    reader: Reader,
    kept: tuple[FakeStore, FakeSweepLog],
    go: Callable[[date | None, Report], CycleResult] | None = None,
) -> Ports:
    """Ports with a fleet, two hours after its last sweep. `go` is a sweep that counts, of None, or one of a day."""

    def none(_: date | None, __: Report) -> CycleResult:
        raise AssertionError("nobody should be asked")

    store, sweeps = kept
    sweep = go or none
    watched = Watched(store, sweeps, SOURCES, lambda: NOON + timedelta(hours=2), lambda tell: sweep(None, tell), sweep)
    return Ports(matrix, reader, watched=watched)


class Orchestras(NamedTuple):
    """What some Xen Orchestras said."""

    versions: tuple[OrchestraVersion, ...] = ()
    updates: tuple[MissingUpdates, ...] = ()

    def states(self) -> tuple[OrchestraState, ...]:
        return tuple(map(OrchestraState, self.versions))

    def missing(self, uuids: Collection[str] | None = None) -> Iterator[MissingUpdates]:
        return (each for each in self.updates if uuids is None or each.host in uuids)


def orchestra(name: str, server: str | None, failure: Failure | None = None) -> OrchestraVersion:
    """A Xen Orchestra with the number of its xo-server, or why it did not tell that."""
    return OrchestraVersion(name, f"https://{name}.example", server, None, NOON, failure, NOON if server else None)


SILENT = Failure("silent", FailureCode.TIMEOUT, "silent did not answer in time.")
XEN_UPDATE = MissingUpdate("xen-hypervisor", "4.17.6-9.2", True)
CURL_UPDATE = MissingUpdate("curl", "8.9.1-5", None)


def patched_desk(matrix: Matrix, reader: Reader, day: date) -> CommandRunner:
    """Answers about hosts that are behind, wait for a restart, cannot be told, or are new enough, and about Xen
    Orchestras with a hole, without an answer, and newer than the data."""
    store, sweeps = FakeStore(), FakeSweepLog()
    lab, office = target("lab-a", "lab"), target("office-a")
    running = {"xen-1": "4.17.6-9", "xen-2": "4.17.5-23", "xen-3": "4.17.5-23", "xen-4": None}
    members = [
        host(
            name,
            coordinator=name == "xen-1",
            reboot_required=name == "xen-2",
            software=Software(xen=xen, xapi="26.1.4" if xen else None),
        )
        for name, xen in running.items()
    ]
    eight = host("office-1", "8.4.0", "XenServer", software=Software(xen="4.17.6-9", xapi="26.1.11"))
    run = sweeps.begin("me", NOON)
    store.record((answered(lab, NOON, *members, pool="lab"), answered(office, NOON, eight, pool="office")), NOON)
    sweeps.finish(run._replace(sources=2), NOON)
    said = Orchestras(
        (orchestra("old", "5.207.2"), orchestra("newer", "5.999.0"), orchestra("silent", None, SILENT)),
        (
            MissingUpdates("uuid-xen-1", "old", NOON, True),
            MissingUpdates("uuid-xen-3", "old", NOON, True, (CURL_UPDATE, XEN_UPDATE)),
            MissingUpdates("uuid-xen-4", "old", NOON, False, (), WhyNotAsked.HOSTS_FAILED),
        ),
    )
    known = ports(matrix, reader, (store, sweeps))
    assert known.watched
    sources = (lab, office, *(Source(name, SourceKind.XEN_ORCHESTRA) for name in ("old", "newer", "silent")))
    watched = known.watched._replace(sources=sources, orchestras=said)
    return CommandRunner(known._replace(watched=watched), lambda: day)
