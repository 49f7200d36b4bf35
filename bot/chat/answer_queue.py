"""Answers that a passing fault kept from the asker: they wait here, on no thread, and are sent again in their time.

Alerts have the outbox, which outlasts the process. An answer is worth something to one person for some minutes, so it
waits in memory; when the process ends, what waits gets a last try.
"""

import heapq
import threading
import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from typing import NamedTuple, TypeVar

from structlog.typing import FilteringBoundLogger

from bot.alerts.delivery.outcome import (
    Delivered,
    Lookup,
    NotSent,
    Outcome,
    Queued,
    Unknown,
    is_passing,
    reason_of,
)
from bot.alerts.delivery.retry import RetryPolicy
from bot.chat.platform import Actor
from bot.chat.reply import Reply, notice, say_line

M = TypeVar("M")

THREADS = 4
WAITING_MAX = 500
TRIED_FOR = 1770.0
"""Seconds for which an answer is tried: Slack takes replies to a request for half an hour."""

LOOK_UPS = 3
"""Look-ups that failed, after which an answer is sent again without one."""

BLIND = 5
"""Times that a message which nobody can look up, or replace, may be sent in doubt: a response_url has no more uses."""

ANSWER_POLICY = RetryPolicy(pause=1.0, longest=30.0)


class Pause(NamedTuple):
    """A try failed; the next one is due in so many seconds."""

    seconds: float
    outcome: Outcome


Sending = Generator[Pause, None, Outcome]
"""An answer being sent: goes on where it stopped after each Pause, and returns what became of it."""


def tries(
    send: Callable[[], Outcome],
    look_up: Callable[[], Lookup] | None = None,
    blind: int | None = None,
    seconds: float = TRIED_FOR,
    clock: Callable[[], float] = time.monotonic,
) -> Sending:
    """Send one message until it is there, what is wrong does not pass, or its `seconds` end before the next try.

    Where nobody knows whether it is there, it is looked up before it is sent again. What can't be looked up is sent
    again unseen: twice is better than not at all, but it is in doubt `blind` times at most.
    """
    ends = clock() + seconds
    failures = doubts = blocked = 0
    outcome = fault = send()
    while is_passing(outcome):
        failures += 1
        doubts += isinstance(fault, Unknown)
        named = fault.retry_after if isinstance(fault, NotSent) else None
        pause = ANSWER_POLICY.after(failures) if named is None else max(named, ANSWER_POLICY.pause)
        if doubts == blind or clock() + pause > ends:
            break
        yield Pause(pause, outcome)
        if look_up and isinstance(outcome, Unknown) and blocked < LOOK_UPS:
            found = look_up()
            if isinstance(found, Delivered):
                return found
            if isinstance(found, NotSent):  # not to be asked now
                blocked += 1
                fault = found
                continue
        outcome = fault = send()
    return outcome


def in_turn(messages: Iterable[M], send: Callable[[M], Sending]) -> Sending:
    """Send several messages, each once the one before it is there; what became of the last that was tried."""
    outcome: Outcome = Delivered(None)
    for message in messages:
        outcome = yield from send(message)
        if not isinstance(outcome, Delivered):
            break
    return outcome


def first_try(sending: Sending) -> Outcome:
    """What comes of a first try, where nobody makes another one."""
    try:
        return next(sending).outcome
    except StopIteration as ended:
        outcome: Outcome = ended.value
        return outcome


def undelivered(outcome: Outcome) -> Reply:
    """What takes the place of "Asking …" where the answer can't."""
    why = "" if isinstance(outcome, Delivered) else reason_of(outcome)
    return notice(
        say_line("There is an answer, but it could not be shown: {why}. Ask again, in other words or later.", why=why)
    )


class _Waiting(NamedTuple):
    """`due` by the queue's clock; `place` makes an order of those that are due together."""

    due: float
    place: int
    sending: Sending
    actor: Actor
    key: str | None


class AnswerQueue:
    """For several threads. `clock` is in seconds. Bounded in number, and no thread is held by what waits."""

    def __init__(self, log: FilteringBoundLogger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="answers")
        self._changed = threading.Condition()  # guards all below
        self._places = count()
        self._heap: list[_Waiting] = []
        self._newest: dict[str, int] = {}
        self._under_way = 0
        self._closed = False
        self._thread: threading.Thread | None = None
        self.lost = 0
        """Answers that were given up since the process began."""

    def deliver(self, sending: Sending, actor: Actor, key: str | None = None) -> Outcome:
        """Try now, on this thread, and later if need be. Of those with one `key` only the newest is tried again."""
        with self._changed:
            place = next(self._places)
            if key:
                self._newest[key] = place
        try:
            pause = next(sending)
        except StopIteration as ended:
            outcome: Outcome = ended.value
            self._forget(key, place)
            return outcome
        with self._changed:
            if self._closed or len(self._heap) >= WAITING_MAX:
                return pause.outcome
            self._push(pause, place, sending, actor, key)
        reason = _reason(pause.outcome)
        self._log.info("tried again", who=actor.user, where=actor.channel, reason=reason, seconds=pause.seconds)
        return Queued(reason)

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait until nothing waits; False if that takes longer."""
        with self._changed:
            return self._changed.wait_for(lambda: not (self._heap or self._under_way), seconds)

    def drain(self, seconds: float) -> bool:
        """Take nothing more, and give what waits a last try; False if something is lost with that, which is logged."""
        lost = self.lost
        with self._changed:
            self._closed = True
            waiting, self._heap = sorted(self._heap), []
            self._under_way += len(waiting)
            self._changed.notify_all()
        for each in waiting:
            self._begin(each)
        with self._changed:
            done = self._changed.wait_for(lambda: self._under_way == 0, seconds)
            left = self._under_way
        self._pool.shutdown(wait=False, cancel_futures=True)
        if not done:
            self._log.warning("not delivered", count=left, reason="the process ends before they could be tried")
        return done and self.lost == lost

    def _push(self, pause: Pause, place: int, sending: Sending, actor: Actor, key: str | None) -> None:
        """With the lock held."""
        heapq.heappush(self._heap, _Waiting(self._clock() + pause.seconds, place, sending, actor, key))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="answers", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _run(self) -> None:
        """Until the queue is closed: hand what is due to the pool."""
        with self._changed:
            while not self._closed:
                if not self._heap:
                    self._changed.wait()
                elif (left := self._heap[0].due - self._clock()) > 0:
                    self._changed.wait(left)
                else:
                    self._under_way += 1
                    self._begin(heapq.heappop(self._heap))

    def _begin(self, waiting: _Waiting) -> None:
        self._pool.submit(self._try, waiting).add_done_callback(lambda done: self._done(done, waiting.actor))

    def _try(self, waiting: _Waiting) -> None:
        _, place, sending, actor, key = waiting
        with self._changed:
            if key and self._newest.get(key) != place:
                return  # a newer one took its place
        try:
            pause = next(sending)
        except StopIteration as ended:
            self._forget(key, place)
            self._ended(ended.value, actor)
            return
        with self._changed:
            if not self._closed:
                self._push(pause, place, sending, actor, key)
                return
        self._ended(pause.outcome, actor)

    def _done(self, tried: "Future[None]", actor: Actor) -> None:
        if not tried.cancelled() and (error := tried.exception()):
            self._log.error("incident", who=actor.user, where=actor.channel, exc_info=error)
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()

    def _ended(self, outcome: Outcome, actor: Actor) -> None:
        if isinstance(outcome, Delivered):
            self._log.info("delivered late", who=actor.user, where=actor.channel)
            return
        with self._changed:
            self.lost += 1
            lost = self.lost
        self._log.warning("not delivered", who=actor.user, where=actor.channel, reason=_reason(outcome), lost=lost)

    def _forget(self, key: str | None, place: int) -> None:
        with self._changed:
            if key and self._newest.get(key) == place:
                del self._newest[key]


def _reason(outcome: Outcome) -> str:
    return "" if isinstance(outcome, Delivered) else reason_of(outcome)
