"""Bots as operators start them, and one with small limits for the tests of those."""

import http.client
import sys
from pathlib import Path

from tests.acceptance.lab import APP_TOKEN, ROOT, SECRET, Process, environment
from tests.acceptance.waiting import free_port, until

SOCKET = {"SLACK_APP_TOKEN": APP_TOKEN}
HTTP = {"SLACK_SIGNING_SECRET": SECRET}

_LIMITED = """
import os, sys
from pathlib import Path
from bot.app.serve import serve
from bot.app.slack import ServiceLimits
from bot.errors import XocompatError
from bot.settings import load_settings
try:
    sys.exit(serve(load_settings(None, os.environ, Path.cwd()), limits=ServiceLimits(**{limits!r})))
except XocompatError as error:
    sys.exit(f"xocompat: {{error}}")
"""


class Bot(Process):
    """A bot in a process."""

    def __init__(
        self, folder: Path, api: str, way: dict[str, str], command: list[str] | None = None, port: int = 0
    ) -> None:
        self.port = port or free_port()
        home = folder / f"bot-{self.port}"
        home.mkdir()
        command = command or [sys.executable, "-m", "bot", "serve"]
        cwd = home if command[0] == sys.executable else ROOT
        # One database for all bots of a test, and not the checkout's, where gunicorn starts.
        kept = {"DATABASE_URL": f"sqlite:///{folder / 'xocompat.db'}"}
        super().__init__(command, home / "log", environment(home, api, self.port, **{**kept, **way}), cwd)

    def ask(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> tuple[int, str]:
        """The status and body of an answer of the bot's own web server."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body if method == "POST" else None, headers or {})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def wait_until_ready(self, seconds: float = 20) -> None:
        until(lambda: self.ask("GET", "/readyz")[0] == 200, seconds, f"ready ({self.told})")


def limited(**limits: float) -> list[str]:
    """The command for a bot with limits other than an operator's: lost_after, threads, waiting, stale."""
    return [sys.executable, "-c", _LIMITED.format(limits=limits)]


def procfile(kind: str) -> list[str]:
    """The command of a kind of process, run by a shell as platforms do."""
    lines = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines())
    return ["sh", "-c", f"exec {lines[kind]}"]
