"""A PostgreSQL that is there and does not answer, as on a disk that hangs: `serve` says so in its time."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.acceptance.bots import Bot
from tests.acceptance.postgresql import OwnServer
from tests.acceptance.waiting import until
from tests.acceptance.watched import TOLD, Watch

WITHIN = 3.0


def test_readyz_and_healthz_answer_in_their_time_while_the_database_hangs(
    watch_on: Callable[[str], Watch], own_server: OwnServer
) -> None:
    watch = watch_on(own_server.start())
    bot = watch.bot()
    until(lambda: len(watch.messages) == TOLD, 20, "all is told")
    bot.wait_until_ready()
    own_server.hang()
    try:
        until(lambda: bot.ask("GET", "/readyz")[0] == 503, 10, "not ready")
        with ThreadPoolExecutor(30) as pool:
            many = [pool.submit(_timed, bot, "/readyz") for _ in range(30)]
            (status, _), took = _timed(bot, "/healthz")
            assert (status, took < WITHIN) == (200, True)
            for each in many:
                (status, said), took = each.result()
                assert (status, took < WITHIN) == (503, True)
                assert "the database" in said
    finally:
        own_server.go_on()
    until(lambda: bot.ask("GET", "/readyz")[0] == 200, 90, "ready again")


def _timed(bot: Bot, path: str) -> tuple[tuple[int, str], float]:
    begun = time.monotonic()
    return bot.ask("GET", path), time.monotonic() - begun
