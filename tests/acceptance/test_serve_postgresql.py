"""`serve` while its PostgreSQL is stopped and started again, as an upgrade of the server does it."""

import json
from collections.abc import Callable

from bot.store.tables import sweeps
from tests.acceptance.bots import limited
from tests.acceptance.postgresql import OwnServer
from tests.acceptance.waiting import until
from tests.acceptance.watched import TOLD, Watch


def test_a_stop_and_a_start_of_postgresql_leave_a_clean_log(
    watch_on: Callable[[str], Watch], own_server: OwnServer
) -> None:
    """Each line is an event of ours that says what could not be done: nothing of a library's, and no traceback."""
    watch = watch_on(own_server.start())
    bot = watch.bot(limited(stale=2), every="2s")
    until(lambda: len(watch.messages) == TOLD, 20, "all is told")
    for _ in range(3):
        own_server.stop()
        until(lambda: bot.ask("GET", "/readyz")[0] == 503, 20, "not ready")
        undone = len(bot.events("job not done"))
        until(lambda n=undone: len(bot.events("job not done")) > n, 20, "no sweep")  # type: ignore[misc] # no default
        own_server.start()
        bot.wait_until_ready()
        count = len(watch.rows(sweeps))
        until(lambda count=count: len(watch.rows(sweeps)) > count, 30, "another sweep")  # type: ignore[misc] # mypy: no such default
    assert bot.stop() == 0
    events = [json.loads(line) for line in bot.told.splitlines()]
    since = [event["event"] for event in events].index("serving")
    assert not [event for event in events[since:] if "logger" in event], bot.told
    assert "Traceback" not in bot.told
    assert all("reason" in event for event in events if event["level"] in ("warning", "error")), bot.told
