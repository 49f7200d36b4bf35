"""A worker of a site: asks what the centre wants to know, or what is due while nobody asks, and brings the answers.

Passwords stay here. What the centre says is a name to look up among the site's own targets, never where to connect.
"""

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import NamedTuple

from structlog.typing import FilteringBoundLogger

from bot import __version__
from bot.errors import UnavailableError
from bot.sites.messages import (
    AskMessage,
    HeardMessage,
    InventoryMessage,
    MessageError,
    ProbedMessage,
    ProbeMessage,
    TargetResult,
    in_messages,
)
from bot.sites.nats_client import NatsConnection, NatsDelivery, NobodyError
from bot.sites.subjects import ASK_STREAM, WORKERS, SiteSubjects
from bot.text import shown
from bot.xapi.observation import Failure, FailureCode, Observation, Probed
from bot.xapi.target import Target

BEAT = 20.0
"""Seconds between signs of life."""

PROGRESS = 8.0
"""Seconds between signs to the server that a chunk is being asked: several within its ack wait."""

UNHEARD = 2.0
"""Seconds until the next one after a sign of life that nobody answered: the centre may begin later than its sites."""

PULLED = 20.0
"""Seconds that a worker waits for a chunk at a time: each wait costs the server of hundreds of sites a little."""

LOOK = 2.0
"""Seconds between two tries to get work where there can be none: without a connection, or before there is a queue."""

PROBES = 8
"""Probes that people wait for, at a time."""

DRAIN = 6.0
"""Seconds for what is being asked when the worker has to end."""

LATE = 1.25
"""A target is due by the worker's own schedule after so many periods without anybody who asked for it."""

HELD_FOR = timedelta(days=7)
HELD_HOSTS = 50_000
"""How old what was found while cut off may get, and how many hosts it may have, until the oldest is let go."""

Ask = Callable[[Target], Probed]


class FoundMeanwhile:
    """What was found while it could not be brought: the newest observation and the newest failure of each target.

    Thread-safe. The oldest goes first, where there is too much or it gets too old.
    """

    def __init__(self, oldest: timedelta = HELD_FOR, hosts: int = HELD_HOSTS) -> None:
        self._oldest, self._hosts_max = oldest, hosts
        self._lock = threading.Lock()
        self._found: dict[tuple[str, bool], TargetResult] = {}
        self._hosts = 0

    def add(self, results: Iterable[TargetResult], now: datetime) -> None:
        """Keep results, each in place of an older one of its target and kind."""
        with self._lock:
            for result in results:
                key = result.target, isinstance(result.answer, Observation)
                before = self._found.get(key)
                if before is None or before.at <= result.at:
                    self._let_go(key)
                    self._found[key] = result
                    self._hosts += _size(result)
            by_age = sorted(self._found, key=lambda key: self._found[key].at)
            for key in by_age:
                if self._hosts <= self._hosts_max and now - self._found[key].at <= self._oldest:
                    break
                self._let_go(key)

    def _let_go(self, key: tuple[str, bool]) -> None:
        if gone := self._found.pop(key, None):
            self._hosts -= _size(gone)

    def take(self, now: datetime) -> list[TargetResult]:
        """All of it, the oldest first; whoever takes it brings it, or adds it again."""
        with self._lock:
            found, self._found, self._hosts = self._found, {}, 0
        return sorted((one for one in found.values() if now - one.at <= self._oldest), key=lambda one: one.at)

    def __len__(self) -> int:
        return len(self._found)


def _size(result: TargetResult) -> int:
    return 1 + (len(result.answer.hosts) if isinstance(result.answer, Observation) else 0)


class SitePlan(NamedTuple):
    """What a worker works by. `ask` asks one target; `every` is how often all are due, `concurrency` how many at once.

    `clock` is the time in UTC, `monotonic` seconds that nobody sets. `id` tells this worker apart from all others.
    """

    name: str
    id: str
    targets: Sequence[Target]
    ask: Ask
    every: timedelta
    concurrency: int
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]


class SiteRuntime:
    """All that a worker does, on threads of its own, from `start` until `stop`."""

    def __init__(self, plan: SitePlan, connection: NatsConnection, log: FilteringBoundLogger) -> None:
        self._plan, self._connection, self._log = plan, connection, log
        self._subjects = SiteSubjects(plan.name)
        self._targets = {target.name: target for target in plan.targets}
        self._asked_at = dict.fromkeys(self._targets, plan.monotonic() - plan.every.total_seconds() * LATE)
        self._stop = threading.Event()
        self._beat_now = threading.Event()
        self._probing = ThreadPoolExecutor(PROBES, thread_name_prefix="probe")
        self._asking = ThreadPoolExecutor(plan.concurrency, thread_name_prefix="ask")
        self._chunks = ThreadPoolExecutor(plan.concurrency + 1, thread_name_prefix="chunk")
        self._in_hand = 0
        self._less_in_hand = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._told_too_old = False
        self.meanwhile = FoundMeanwhile()
        connection.listen(self._subjects.probe, WORKERS, self._probe, self._probing)
        connection.on_connect(self._beat_now.set)

    def start(self) -> None:
        """Connect, and begin."""
        self._connection.start()
        for run in (self._beat, self._pull, self._keep_up):
            thread = threading.Thread(target=run, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, seconds: float = DRAIN) -> bool:
        """Finish what is being asked, within some seconds; False if some of it hangs. What is left others ask."""
        ends = self._plan.monotonic() + seconds
        self._stop.set()
        self._beat_now.set()
        self._connection.stop_listening()
        for thread in self._threads:
            thread.join(max(0.1, ends - self._plan.monotonic()))
        self._chunks.shutdown(wait=False)
        with self._less_in_hand:
            none_left = self._less_in_hand.wait_for(lambda: self._in_hand == 0, max(0.1, ends - self._plan.monotonic()))
        for pool in (self._probing, self._asking):
            pool.shutdown(wait=False, cancel_futures=True)
        self._connection.close()
        return none_left and not any(thread.is_alive() for thread in self._threads)

    # Signs of life

    def _beat(self) -> None:
        while not self._stop.is_set():
            is_heard = self._connection.up.is_set() and self.say_alive()
            self._beat_now.wait(BEAT if is_heard else UNHEARD)
            self._beat_now.clear()

    def say_alive(self) -> bool:
        """Tell the centre which worker this is, and which targets there are; whether a centre listens."""
        targets = tuple((target.name, tuple(target.tags)) for target in self._plan.targets)
        message = InventoryMessage(self._plan.id, __version__, targets)
        try:
            heard = HeardMessage.unpack(self._connection.request(self._subjects.inventory, message.pack(), 5.0))
        except (UnavailableError, MessageError):
            return False
        if heard.is_too_old and not self._told_too_old:
            self._log.error(
                "this worker is too old for the centre", version=__version__, centre=shown(heard.version, 40)
            )
        self._told_too_old = heard.is_too_old
        return True

    # What the centre asks

    def _probe(self, _: str, body: bytes) -> bytes:
        """Answer a question that somebody waits for."""
        try:
            name = ProbeMessage.unpack(body).target
        except MessageError as error:
            result = self._failed("", FailureCode.BAD_REPLY, f"The centre's question cannot be read: {error}.")
        else:
            target = self._targets.get(name)
            result = self._result(target) if target else self._unknown(name)
        return ProbedMessage(self._plan.clock(), result).pack()

    def _pull(self) -> None:
        """Take chunks: another one while those in hand have no more targets than are asked at a time. It keeps threads
        busy while the slowest hosts of others are waited for; all that is in hand is asked again when this worker dies.
        """
        while not self._stop.is_set():
            with self._less_in_hand:
                if not self._less_in_hand.wait_for(lambda: self._in_hand <= self._plan.concurrency, LOOK):
                    continue
            found: list[NatsDelivery] = []
            try:
                if self._connection.up.wait(LOOK):
                    found = self._connection.pull(ASK_STREAM, self._plan.name, 1, PULLED)
            except NobodyError:
                self._stop.wait(LOOK)  # the centre has not made this site's queue yet
            except UnavailableError as error:
                self._log.debug("no work could be had", reason=str(error))
                self._stop.wait(LOOK)
            for delivery in found:
                self._take(delivery)

    def _take(self, delivery: NatsDelivery) -> None:
        """Have a chunk asked in the background; one that comes as this worker ends is left to others."""
        if self._stop.is_set():
            delivery.nak(0.0)
            return
        try:
            wanted = AskMessage.unpack(delivery.body)
        except MessageError as error:
            self._log.error("what the centre asks cannot be read", reason=str(error))
            delivery.ack()
            return
        size = len(wanted.targets)

        def is_done(done: "Future[None]") -> None:
            with self._less_in_hand:
                self._in_hand -= size
                self._less_in_hand.notify_all()
            if error := done.exception():
                self._log.error("a chunk broke", exc_info=error)

        with self._less_in_hand:
            self._in_hand += size
        self._chunks.submit(self._chunk, delivery, wanted).add_done_callback(is_done)

    def _chunk(self, delivery: NatsDelivery, wanted: AskMessage) -> None:
        """Ask a chunk; it is acknowledged once the stream has what was found, so that another worker can take it."""
        unknown = [self._unknown(name) for name in wanted.targets if name not in self._targets]
        results, is_whole = self._ask_all(
            [self._targets[name] for name in wanted.targets if name in self._targets], delivery.in_progress
        )
        if not self._bring([*unknown, *results], wanted.ask):
            self.meanwhile.add(results, self._plan.clock())
            return
        if is_whole:
            delivery.ack()
        else:
            delivery.nak(0.0)

    def _ask_all(
        self, targets: Sequence[Target], still_at_it: Callable[[], None] = lambda: None
    ) -> tuple[list[TargetResult], bool]:
        """Ask targets, at most `concurrency` at a time; what came, and whether that is all: this worker may end."""
        futures = [self._asking.submit(self._result, target) for target in targets if not self._stop.is_set()]
        left = set(futures)
        told_at = self._plan.monotonic()
        while left:
            _, left = wait(left, timeout=1.0)
            if self._stop.is_set():
                left = {future for future in left if not future.cancel()}
            if self._plan.monotonic() - told_at >= PROGRESS:
                told_at = self._plan.monotonic()
                still_at_it()
        done = [future.result() for future in futures if future.done() and not future.cancelled()]
        return done, len(done) == len(targets)

    # What is due

    def _keep_up(self) -> None:
        while not self._stop.wait(1.0):
            self.sweep_what_is_due()
            if self._connection.up.is_set():
                self.bring_what_was_found()

    def sweep_what_is_due(self) -> None:
        """Ask those targets that nobody has had asked for too long."""
        before = self._plan.monotonic() - self._plan.every.total_seconds() * LATE
        due = [target for target in self._plan.targets if self._asked_at[target.name] <= before]
        if due:
            results, _ = self._ask_all(due)
            self.meanwhile.add(results, self._plan.clock())

    def bring_what_was_found(self) -> None:
        """Bring what was found while it could not be brought, the oldest first."""
        if not self.meanwhile:
            return
        results = self.meanwhile.take(self._plan.clock())
        if not self._bring(results, None):
            self.meanwhile.add(results, self._plan.clock())

    def _bring(self, results: Sequence[TargetResult], ask: str | None) -> bool:
        """Put results into the stream; False where it did not acknowledge all of them."""
        try:
            for part in _parts(results):
                names = ",".join(f"{one.target} {one.at.isoformat() if ask is None else ''}" for one in part)
                key = hashlib.sha256(f"{self._plan.name} {ask} {names}".encode()).hexdigest()
                bodies = in_messages(part, self._plan.id, self._plan.clock(), ask)
                for number, body in enumerate(bodies):
                    self._connection.store(self._subjects.observed, body, f"{key}.{number}")
        except UnavailableError as error:
            self._log.warning("what was found is kept for later", reason=str(error), results=len(results))
            return False
        return True

    # Single targets

    def _result(self, target: Target) -> TargetResult:
        """What a target answers now."""
        asked_at = self._plan.clock()
        answer = self._plan.ask(target)
        self._asked_at[target.name] = self._plan.monotonic()
        at = answer.observed_at if isinstance(answer, Observation) else asked_at
        return TargetResult(target.name, at, answer)

    def _unknown(self, name: str) -> TargetResult:
        said = f'The site\'s inventory has no target "{shown(name)}".'
        return self._failed(name, FailureCode.UNKNOWN_HOST, said)

    def _failed(self, name: str, code: FailureCode, said: str) -> TargetResult:
        return TargetResult(name, self._plan.clock(), Failure(name, code, said))


PART = 100
"""Results that go into one message, where they fit: what is recorded together, or fails together."""


def _parts(results: Sequence[TargetResult]) -> Iterable[Sequence[TargetResult]]:
    return (results[begin : begin + PART] for begin in range(0, len(results), PART))
