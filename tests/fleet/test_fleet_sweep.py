"""A sweep asks everybody, whatever happens to some, and stores what they answered."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import pytest
from structlog.testing import LogCapture
from structlog.typing import FilteringBoundLogger

from bot.errors import UnavailableError
from bot.fleet.hosts import ChangeKind, PollResult, Source
from bot.fleet.sweep import WINDOW, SweepEnd, Sweeper, SweepPace, polling
from bot.xapi.observation import Failure, FailureCode
from tests.fleet.conftest import NOON, Clock
from tests.fleet.fakes import FakeSources, FakeStore, FakeSweepLog, answered, host, refused, target

Make = Callable[..., Sweeper]


def _answer(source: Source) -> PollResult:
    return answered(source, NOON, host(f"{source.name}-1"))


def _away(source: Source) -> PollResult:
    return refused(source, Failure(source.name, FailureCode.UNREACHABLE, f"{source.name} did not answer."), NOON)


DEFAULT = SweepPace()


def unheard(_: int, __: int) -> None:
    """Nobody listens."""


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def sweeps() -> FakeSweepLog:
    return FakeSweepLog()


@pytest.fixture
def make(store: FakeStore, sweeps: FakeSweepLog, clock: Clock, log: FilteringBoundLogger) -> Make:
    def made(
        sources: Sequence[Source], poll: Callable[[Source], PollResult] = _answer, pace: SweepPace = DEFAULT
    ) -> Sweeper:
        return Sweeper(FakeSources(sources, poll), store, sweeps, clock, clock.monotonic, "me", log, pace)

    return made


def _sources(count: int) -> list[Source]:
    return [target(f"t{at}") for at in range(count)]


def test_every_source_is_asked_once_and_what_it_answered_is_stored(
    make: Make, store: FakeStore, sweeps: FakeSweepLog
) -> None:
    asked: list[str] = []

    def poll(source: Source) -> PollResult:
        asked.append(source.name)
        return _answer(source)

    swept = make(_sources(1000), poll).sweep(sweeps.begin("me", NOON), unheard, threading.Event())
    assert sorted(asked) == sorted(f"t{at}" for at in range(1000))
    assert (swept.sources, swept.failed, swept.ending) == (1000, (), SweepEnd.DONE)
    assert len(store.hosts()) == 1000
    assert {change.kind for change in swept.changes} == {ChangeKind.JOINED}
    assert store.chunks == [200] * 5


def test_no_more_are_under_way_than_allowed_and_all_of_them_are_at_once(make: Make, sweeps: FakeSweepLog) -> None:
    together = threading.Barrier(8)
    lock, now, most = threading.Lock(), 0, 0

    def poll(source: Source) -> PollResult:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        together.wait(10)  # goes on only when eight are here at the same time
        with lock:
            now -= 1
        return _answer(source)

    make(_sources(64), poll, SweepPace(8, 10)).sweep(sweeps.begin("me", NOON), unheard, threading.Event())
    assert most == 8


def test_questions_wait_in_line_by_the_window_not_by_the_thousand() -> None:
    taken = 0

    def counted() -> Iterator[Source]:
        nonlocal taken
        for source in _sources(10_000):
            taken += 1
            yield source

    may_end = threading.Event()

    def poll(source: Source) -> PollResult:
        assert may_end.wait(10)
        return _answer(source)

    with polling(poll, counted(), 4, 0.01) as outcomes:
        assert next(outcomes) is None
        assert taken == 4 * WINDOW
        may_end.set()


def test_the_failure_of_some_is_reported_and_keeps_nobody_else_from_being_asked(
    make: Make, store: FakeStore, sweeps: FakeSweepLog
) -> None:
    swept = make(_sources(10), lambda s: _away(s) if s.name in ("t3", "t7") else _answer(s)).sweep(
        sweeps.begin("me", NOON), unheard, threading.Event()
    )
    assert {failure.target for failure in swept.failed} == {"t3", "t7"}
    assert not swept.is_in_vain
    assert len(store.hosts()) == 8


def test_an_error_that_nobody_foresaw_is_logged_and_is_that_sources_failure(
    make: Make, sweeps: FakeSweepLog, kept_log: LogCapture
) -> None:
    def poll(source: Source) -> PollResult:
        if source.name == "t1":
            raise ZeroDivisionError("password in here")
        return _answer(source)

    swept = make(_sources(3), poll).sweep(sweeps.begin("me", NOON), unheard, threading.Event())
    (failure,) = swept.failed
    assert (failure.target, failure.code) == ("t1", FailureCode.BAD_REPLY)
    assert "password" not in failure.message
    (entry,) = kept_log.entries
    assert (entry["event"], entry["source"], type(entry["exc_info"])) == ("asking failed", "t1", ZeroDivisionError)


def test_a_source_that_is_not_configured_any_more_is_forgotten_before_anybody_is_asked(
    make: Make, store: FakeStore, sweeps: FakeSweepLog
) -> None:
    for names in (("a", "b"), ("b",)):
        sweeper = make([target(name) for name in names])
        swept = sweeper.sweep(sweeps.begin("me", NOON), unheard, threading.Event())
    removed = [(change.kind, change.source, change.host) for change in swept.changes]
    assert removed == [(ChangeKind.REMOVED, "a", "a-1"), (ChangeKind.REMOVED, "a", None)]
    assert [watched.host.name for watched in store.hosts()] == ["b-1"]


def test_progress_counts_up_to_all(make: Make, sweeps: FakeSweepLog) -> None:
    progress: list[tuple[int, int]] = []
    make(_sources(25)).sweep(
        sweeps.begin("me", NOON), lambda done, total: progress.append((done, total)), threading.Event()
    )
    assert progress == [(done, 25) for done in range(26)]


def test_a_sweep_that_lasts_says_that_it_lives(make: Make, sweeps: FakeSweepLog, clock: Clock) -> None:
    def poll(source: Source) -> PollResult:
        clock.pass_by(DEFAULT.beat)
        return _answer(source)

    run = sweeps.begin("me", NOON)
    make(_sources(5), poll, SweepPace(1)).sweep(run, unheard, threading.Event())
    assert sweeps.beats >= 2
    assert sweeps.held[run.id][1] > NOON + timedelta(seconds=DEFAULT.stale)


def test_a_sweep_whose_run_was_taken_over_ends_and_keeps_what_it_heard(
    make: Make, store: FakeStore, sweeps: FakeSweepLog, clock: Clock
) -> None:
    asked: list[Source] = []

    def poll(source: Source) -> PollResult:
        asked.append(source)
        if len(asked) == 3:
            clock.pass_by(2 * DEFAULT.beat)
            sweeps.held[1] = ("another", clock())
        return _answer(source)

    swept = make(_sources(100), poll, SweepPace(1)).sweep(sweeps.begin("me", NOON), unheard, threading.Event())
    assert swept.ending is SweepEnd.TAKEN_OVER
    assert 1 <= len(store.hosts()) <= len(asked) < 100


def test_a_sweep_that_is_stopped_waits_for_no_answer(make: Make, store: FakeStore, sweeps: FakeSweepLog) -> None:
    stop, may_end, begun = threading.Event(), threading.Event(), threading.Semaphore(0)

    def poll(source: Source) -> PollResult:
        begun.release()
        assert may_end.wait(10)
        return _answer(source)

    sweeper = make(_sources(10), poll, SweepPace(2))

    def stop_once_begun() -> None:
        assert begun.acquire(timeout=10)
        stop.set()

    stopper = threading.Thread(target=stop_once_begun)
    stopper.start()
    swept = sweeper.sweep(sweeps.begin("me", NOON), unheard, stop)
    stopper.join(10)
    may_end.set()
    assert (swept.ending, store.hosts()) == (SweepEnd.STOPPED, ())


def test_a_database_that_is_away_stops_the_sweep(make: Make, store: FakeStore, sweeps: FakeSweepLog) -> None:
    def poll(source: Source) -> PollResult:
        store.away = True
        return _answer(source)

    with pytest.raises(UnavailableError):
        make(_sources(10), poll, SweepPace(2)).sweep(sweeps.begin("me", NOON), unheard, threading.Event())


def test_what_a_sweep_records_is_of_the_moment_that_it_was_seen(
    make: Make, store: FakeStore, sweeps: FakeSweepLog, clock: Clock
) -> None:
    clock.pass_by(60)
    swept = make(_sources(1), _away).sweep(sweeps.begin("me", NOON), unheard, threading.Event())
    assert swept.is_in_vain
    assert store.sources()[0].unreachable_since == NOON


def test_a_sweep_that_was_taken_over_asks_only_whom_nobody_asked_since_it_began(
    make: Make, store: FakeStore, sweeps: FakeSweepLog, clock: Clock
) -> None:
    """Of what the first process recorded, the failure counts as asked, too; what is older than the run does not."""
    sources = _sources(4)
    store.record([_answer(sources[2])], NOON)
    clock.pass_by(3600)
    begun = clock()
    run = sweeps.claim(NOON, "first", begun, DEFAULT.stale)
    clock.pass_by(1)
    away = refused(sources[1], Failure("t1", FailureCode.TIMEOUT, "t1 is silent."), clock())
    store.record([answered(sources[0], clock(), host("t0-1")), away], clock())
    clock.pass_by(DEFAULT.stale)
    taken = sweeps.claim(NOON, "me", clock(), DEFAULT.stale)
    assert run
    assert taken == run._replace(is_resumed=True)
    asked, progress = list[str](), list[tuple[int, int]]()

    def poll(source: Source) -> PollResult:
        asked.append(source.name)
        return answered(source, clock(), host(f"{source.name}-1"))

    swept = make(sources, poll).sweep(taken, lambda *done: progress.append(done), threading.Event())
    assert sorted(asked) == ["t2", "t3"]
    assert progress == [(2, 4), (3, 4), (4, 4)]
    assert (swept.sources, [f.message for f in swept.failed], swept.ending) == (4, ["t1 is silent."], SweepEnd.DONE)


def test_a_sweep_that_is_stopped_is_anybodys_at_once(make: Make, sweeps: FakeSweepLog, clock: Clock) -> None:
    run, stop = sweeps.claim(NOON, "me", NOON, DEFAULT.stale), threading.Event()
    stop.set()
    assert run
    assert make(_sources(3)).sweep(run, unheard, stop).ending is SweepEnd.STOPPED
    assert sweeps.claim(NOON, "another", clock(), DEFAULT.stale)
