"""Many sources asked at once, on threads of our own; no more of them wait in line than keep the threads busy."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from queue import Empty, SimpleQueue
from typing import NamedTuple

from bot.fleet.watched import Source, Told

WINDOW = 2
"""Questions that are handed out, for each that is asked at a time: threads stay busy while answers are kept."""


class Answer(NamedTuple):
    """What came of asking a source: what it told, or the error that nobody foresaw."""

    source: Source
    told: Told | None
    error: BaseException | None = None


@contextmanager
def asking(
    tell: Callable[[Source], Told], sources: Iterable[Source], at_once: int, patience: float
) -> Iterator[Iterator[Answer | None]]:
    """Answers as they come; None whenever none came for `patience` seconds.

    Leaving early asks nobody any more and does not wait for the questions that are under way.
    """
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="sweep")
    try:
        yield _answers(pool, tell, iter(sources), at_once * WINDOW, patience)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _answers(
    pool: ThreadPoolExecutor, tell: Callable[[Source], Told], left: Iterator[Source], window: int, patience: float
) -> Iterator[Answer | None]:
    came: SimpleQueue[Future[Told]] = SimpleQueue()
    under_way: dict[Future[Told], Source] = {}

    def ask_more() -> None:
        for source in islice(left, window - len(under_way)):
            future = pool.submit(tell, source)
            under_way[future] = source
            future.add_done_callback(came.put)

    ask_more()
    while under_way:
        try:
            future = came.get(timeout=patience)
        except Empty:
            yield None
            continue
        source = under_way.pop(future)
        ask_more()
        error = future.exception()
        yield Answer(source, None, error) if error else Answer(source, future.result())
