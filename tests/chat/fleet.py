"""A small fleet that is kept in memory, for commands that show it, and a round that answers what a test says."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from bot.alerts.cycle import CycleResult
from bot.chat.command import Ports, Watched
from bot.fleet.sweep import Tell
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.xapi.observation import Failure, FailureCode
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
    go: Callable[[date | None, Tell], CycleResult] | None = None,
) -> Ports:
    """Ports with a fleet, two hours after its last sweep. `go` is a sweep that counts, of None, or one of a day."""

    def none(_: date | None, __: Tell) -> CycleResult:
        raise AssertionError("nobody should be asked")

    store, sweeps = kept
    sweep = go or none
    watched = Watched(store, sweeps, SOURCES, lambda: NOON + timedelta(hours=2), lambda tell: sweep(None, tell), sweep)
    return Ports(matrix, reader, watched=watched)
