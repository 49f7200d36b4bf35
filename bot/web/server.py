"""The HTTP server inside `xocompat serve`: waitress, on its own threads."""

import contextlib
import threading
from typing import Any

from waitress import wasyncore  # type: ignore[import-untyped] # waitress has no types
from waitress.server import create_server  # type: ignore[import-untyped] # as above

from bot.errors import UnavailableError
from bot.web.http import BODY_MAX, Wsgi

THREADS = 16
FLUSH = 1.0
"""Seconds for answers that are made but not yet written when the server stops."""


class Server:
    """Serves an application from `start` to `stop`. UnavailableError if the port can't be had."""

    def __init__(self, application: Wsgi, port: int, host: str = "0.0.0.0") -> None:
        self._sockets: dict[int, Any] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)
        try:
            self._server = create_server(
                application,
                map=self._sockets,
                host=host,
                port=port,
                threads=THREADS,
                ident=None,
                clear_untrusted_proxy_headers=False,  # they tell that a caller on loopback is a proxy: see guard
                # The application answers 413 itself; this bounds what waitress keeps before it is asked.
                max_request_body_size=BODY_MAX + 1,
            )
        except OSError as error:
            wasyncore.close_all(self._sockets)
            why = str(error.strerror).lower()
            raise UnavailableError(f"Port {port} cannot be listened on ({why}): set PORT to a free one.") from error

    @property
    def port(self) -> int:
        """The port that is listened on, also where 0 asked for any."""
        return int(self._server.effective_port)

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Accept nothing more, let requests that are being answered end within `seconds`, and close everything."""
        self._server.accepting = False
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=seconds)
        for channel in list(self._server.active_channels.values()):
            channel.close_when_flushed = True
        self._stopping.set()
        with contextlib.suppress(OSError):  # the loop has ended already, and its trigger with it
            self._server.pull_trigger()
        self._thread.join(FLUSH)

    def _run(self) -> None:
        """waitress' own loop has no end but an exception; this one ends when all answers are written."""
        while not self._stopping.is_set() or self._server.active_channels:
            wasyncore.loop(timeout=1, use_poll=True, map=self._sockets, count=1)
        wasyncore.close_all(self._sockets)
