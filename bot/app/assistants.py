"""`xocompat mcp`: what assistants ask, wired to the data, the inventory and the database of the settings."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

import structlog
from structlog.typing import FilteringBoundLogger

from bot.app.configuration import grants, set_up_log
from bot.app.dataset import live_runner
from bot.app.dumps import forbid_core_dumps
from bot.app.lookup import runner_of, today
from bot.app.operator import runner_with_hosts, watched_fleet
from bot.app.published import runner_with_list
from bot.chat.access import ASSISTANTS, granted_to_assistants
from bot.chat.audit import AuditEntry
from bot.chat.command import CommandSpec, Right
from bot.chat.commands import ADVISORY
from bot.chat.runner import CommandRunner
from bot.errors import ConfigError, Problem, UnavailableError, UsageError, XocompatError
from bot.settings.model import Settings
from bot.settings.values import Address, parse_address
from bot.web.listen import listen

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from bot.mcp.assistant import Assistant

AGAIN = 5.0
"""Seconds until a database that could not be opened is tried again: a look-up must not wait for it each time."""

_NEEDS = "Assistants need the extra `mcp`: pip install 'xocompat[mcp]'."


class AssistantDoor:
    """Runs commands for assistants. For several threads; the database is opened when something first needs it.

    `is_configured`: there are settings to read, and not defaults alone. Without a database look-ups are answered all
    the same, and in no audit trail, as in a shell.
    """

    def __init__(self, settings: Settings, is_configured: bool, rights: frozenset[Right]) -> None:
        self._settings, self._is_configured, self._rights = settings, is_configured, rights
        self._opened = ExitStack()
        self._lock = threading.Lock()
        self._watching: Callable[[], CommandRunner] | None = None
        self._record: Callable[[AuditEntry], None] | None = None
        self._prober = runner_with_hosts(settings, limited=True)
        self._why_not: XocompatError | None = None
        self._again_at = 0.0

    @contextmanager
    def runner(self, spec: CommandSpec) -> Iterator[CommandRunner]:
        """What runs a command. XocompatError says why that could not be had."""
        if spec.right is Right.PROBE:
            yield self._asks_hosts()
        elif spec.right is not Right.LOOKUP:
            yield self.fleet()()
        elif spec.follows and self._watching is None:
            with runner_with_list(self._settings) as with_list:
                yield with_list
        else:
            yield self._look_up(spec)

    def _asks_hosts(self) -> CommandRunner:
        """Targets of sites are known with the database alone, and which target leads to a host."""
        try:
            return self.fleet()()
        except XocompatError:
            if self._settings.sites.url:
                raise
            return self._prober

    def _look_up(self, spec: CommandSpec) -> CommandRunner:
        """A release's name must not be taken for a host's, so hosts are known to an advisory's alone."""
        if self._is_configured:
            try:
                knowing = self.fleet()()
            except XocompatError:
                knowing = None  # the answer needs no database
            if knowing:
                if spec is ADVISORY and Right.FLEET in self._rights:
                    return knowing
                return knowing._replace(ports=knowing.ports._replace(fleet=None, watched=None, alerting=None))
        return runner_of(self._settings if self._is_configured else None)

    def fleet(self) -> Callable[[], CommandRunner]:
        """What gives the runner for now, with the fleet. XocompatError as `watched_fleet`, for AGAIN seconds."""
        with self._lock:
            if self._watching is None:
                if self._why_not and time.monotonic() < self._again_at:
                    raise self._why_not
                try:
                    watched = self._opened.enter_context(watched_fleet(self._settings, only_looks=True))
                except XocompatError as error:
                    self._why_not, self._again_at = error, time.monotonic() + AGAIN
                    raise
                self._watching = live_runner(watched.ports(limited=True), watched.dataset, today)
                self._record = watched.store.audit.record
            return self._watching

    def record(self, entry: AuditEntry) -> None:
        """Into the audit trail, where there is a database. Never raises."""
        if self._is_configured:
            with suppress(XocompatError):
                self.fleet()
        if self._record:
            self._record(entry)

    def close(self) -> None:
        """Write what waits, and let go of the database."""
        self._opened.close()


def serve_stdio(settings: Settings, is_configured: bool, user: str) -> int:
    """Answer the assistant at stdin and stdout until it leaves, with the rights of a shell. `user` is at that shell."""
    tool_server = _tools()
    set_up_log(settings, "error")
    rights = frozenset(Right)
    door = AssistantDoor(settings, is_configured, rights)
    try:
        tool_server(_assistant(f"{ASSISTANTS}:{user}", rights, door)).run()
    finally:
        door.close()
    return 0


def serve_assistants(settings: Settings, where: str) -> int:
    """Answer assistants over HTTP until SIGTERM or SIGINT; 0 then. `where` is HOST:PORT, or a port of this machine's.

    ConfigError without a token; UnavailableError without a database, or where nothing can listen there.
    """
    address = listen_address(where)
    token = os.environ.get(settings.mcp.token_env, "").strip()
    if not token:
        said = "is not set: over HTTP assistants show a token, so choose a long one and put it into this variable"
        raise ConfigError([Problem(settings.mcp.token_env, "", said)])
    tool_server = _tools()
    from bot.mcp.guarded import Named, guarded_app, serve_http

    rights = granted_to_assistants(grants(settings))
    door = AssistantDoor(settings, True, rights)
    try:
        door.fleet()  # every request has its entry in the audit trail
        forbid_core_dumps()
        set_up_log(settings)
        sockets = listen(address.port or 0, [address.host])
        named = Named(address.host, int(sockets[0].getsockname()[1]))
        names = [Named(each.host, each.port) for each in settings.mcp.hosts]
        app = guarded_app(tool_server(_assistant(ASSISTANTS, rights, door)), token, named, names)
        for number in (signal.SIGTERM, signal.SIGINT):  # the server takes them while it runs, and raises them again
            signal.signal(number, lambda *_: None)
        serve_http(app, [*sockets])
    finally:
        door.close()
    return 0


def listen_address(where: str) -> Address:
    """HOST:PORT, or PORT alone for this machine's own programs. UsageError for anything else."""
    try:
        address = parse_address(f"127.0.0.1:{where}" if where.isdecimal() else where)
    except ValueError:
        address = Address("")
    if address.port is None:
        raise UsageError(f"{where!a} is no place to listen: write HOST:PORT, such as 127.0.0.1:8700.")
    return address


def _assistant(name: str, rights: frozenset[Right], door: AssistantDoor) -> "Assistant":
    from bot.mcp.assistant import Assistant

    log: FilteringBoundLogger = structlog.get_logger().bind()
    return Assistant(name, rights, door.runner, door.record, log)


def _tools() -> "Callable[[Assistant], MCPServer]":
    """What makes a server of the tools. UnavailableError without the library."""
    try:
        from bot.mcp.tools import tool_server
    except ModuleNotFoundError as error:
        raise UnavailableError(_NEEDS) from error
    return tool_server
