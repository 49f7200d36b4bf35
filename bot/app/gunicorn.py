"""What gunicorn needs of us: `--config python:bot.app.gunicorn`. Its workers serve with our own server.

gunicorn's own threads read a request to its end once it has begun: as many half-sent ones as there are threads, and
nobody is answered any more.
"""

import os
import select
from pathlib import Path
from typing import Any

from gunicorn.sock import TCP6Socket, TCPSocket  # type: ignore[import-untyped] # gunicorn has no types
from gunicorn.workers.base import Worker  # type: ignore[import-untyped] # as above

from bot.app.dumps import forbid_core_dumps
from bot.errors import UnavailableError, XocompatError
from bot.settings import load_settings
from bot.web.listen import EVERYWHERE, listen
from bot.web.server import Server

TICK = 1.0
"""Seconds between two signs of life."""


class WebWorker(Worker):  # type: ignore[misc] # as above
    """A worker process: our server on gunicorn's sockets."""

    def run(self) -> None:
        """Serve until gunicorn says that it is enough, or is gone."""
        server = Server(self.wsgi, [each.sock for each in self.sockets])
        server.start()
        while self.alive and server.is_running and self.ppid == os.getppid():
            self.notify()
            if select.select([self.PIPE[0]], [], [], TICK)[0]:  # a signal's handler writes to the other end
                os.read(self.PIPE[0], select.PIPE_BUF)
        self.wsgi.drain(server.stop)


worker_class = WebWorker


def on_starting(_: Any) -> None:
    """Before anything is read or listened on."""
    forbid_core_dumps()


def when_ready(server: Any) -> None:
    """Before there are workers: listen where `web.listen` says, else on IPv6, too, where `--bind` names all of IPv4."""
    try:
        hosts = load_settings(None, os.environ, Path.cwd()).web.listen
    except XocompatError:
        return  # the workers say what is wrong, and end
    bound = [each.getsockname() for each in server.LISTENERS]
    port = bound[0][1]
    if hosts:
        while server.LISTENERS:
            server.LISTENERS.pop().close()
    elif [address[0] for address in bound] == [EVERYWHERE[0]]:
        hosts = EVERYWHERE[1:]
    else:
        return
    try:
        for opened in listen(port, hosts):
            kind = TCP6Socket if ":" in opened.getsockname()[0] else TCPSocket
            server.LISTENERS.append(kind(opened.getsockname(), server.cfg, server.log, fd=opened.detach()))
    except UnavailableError as error:
        if not server.LISTENERS:
            raise
        server.log.info("Not on IPv6: %s", error)
    server.log.info("Listening at: %s", ",".join(map(str, server.LISTENERS)))
