"""A PostgreSQL that is there and does not answer, as on a disk that hangs: `serve` says so in its time."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.acceptance.bots import Bot
from tests.acceptance.test_serve_postgresql import OwnServer, own_server
from tests.acceptance.waiting import until
from tests.acceptance.watched import TOLD, Watch

__all__ = ["own_server"]

WITHIN = 3.0


@contextmanager
def _hanging(server: OwnServer) -> Iterator[None]:
    """All of its processes stand still."""
    processes = server.processes()
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def test_readyz_and_healthz_answer_in_their_time_while_the_database_hangs(
    watch_on: Callable[[str], Watch], own_server: OwnServer
) -> None:
    watch = watch_on(own_server.start())
    bot = watch.bot()
    until(lambda: len(watch.messages) == TOLD, 20, "all is told")
    bot.wait_until_ready()
    with _hanging(own_server):
        until(lambda: bot.ask("GET", "/readyz")[0] == 503, 10, "not ready")
        with ThreadPoolExecutor(30) as pool:
            many = [pool.submit(_timed, bot, "/readyz") for _ in range(30)]
            (status, _), took = _timed(bot, "/healthz")
            assert (status, took < WITHIN) == (200, True)
            for each in many:
                (status, said), took = each.result()
                assert (status, took < WITHIN) == (503, True)
                assert "the database: no answer within 2.5 seconds" in said
    until(lambda: bot.ask("GET", "/readyz")[0] == 200, 90, "ready again")


def _timed(bot: Bot, path: str) -> tuple[tuple[int, str], float]:
    begun = time.monotonic()
    return bot.ask("GET", path), time.monotonic() - begun
