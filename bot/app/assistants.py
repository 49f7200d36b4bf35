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

from bot.app.configuration import grants, set_up_log, tokens
from bot.app.dataset import live_runner
from bot.app.dumps import forbid_core_dumps
from bot.app.lookup import runner_of, today
from bot.app.operator import IfMissing, runner_with_hosts, watched_fleet
from bot.app.published import runner_with_list
from bot.chat.access import ASSISTANTS, granted_to_assistants
from bot.chat.audit import AuditEntry
from bot.chat.command import CommandSpec, Right
from bot.chat.commands import ADVISORY, HELP
from bot.chat.reply import line
from bot.chat.runner import CommandRunner
from bot.chat.session.access import Access
from bot.chat.session.responder import Answer, private
from bot.errors import ConfigError, Problem, UnavailableError, UsageError, XocompatError
from bot.settings.model import Settings
from bot.settings.secret_values import password_doubts
from bot.settings.values import Address, parse_address
from bot.web.listen import listen

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from bot.mcp.assistant import Asker, Assistant
    from bot.store.store import Store

AGAIN = 5.0
"""Seconds until a database that could not be opened is tried again: a look-up must not wait for it each time."""

_NEEDS = "Assistants need the extra `mcp`: pip install 'xocompat[mcp]'."


class AssistantDoor:
    """Runs commands for assistants. For several threads; the database is opened when something first needs it.

    `is_configured`: there are settings to read, and not defaults alone. Without a database look-ups are answered all
    the same, and in no audit trail, as in a shell.
    """

    def __init__(self, settings: Settings, is_configured: bool) -> None:
        self._settings, self._is_configured = settings, is_configured
        self._opened = ExitStack()
        self._lock = threading.Lock()
        self._watching: Callable[[], CommandRunner] | None = None
        self._store: Store | None = None
        self._prober = runner_with_hosts(settings, limited=True)
        self._why_not: XocompatError | None = None
        self._again_at = 0.0

    @contextmanager
    def runner(self, spec: CommandSpec, rights: frozenset[Right]) -> Iterator[CommandRunner]:
        """What runs a command for one with these rights. XocompatError says why that could not be had."""
        if spec.right is Right.PROBE:
            yield self._asks_hosts()
        elif spec.right is not Right.LOOKUP:
            yield self.fleet()()
        elif spec.follows and self._watching is None:
            with runner_with_list(self._settings) as with_list:
                yield with_list
        else:
            yield self._look_up(spec, rights)

    def _asks_hosts(self) -> CommandRunner:
        """Targets of sites are known with the database alone, and which target leads to a host."""
        try:
            return self.fleet()()
        except XocompatError:
            if self._settings.sites.url:
                raise
            return self._prober

    def _look_up(self, spec: CommandSpec, rights: frozenset[Right]) -> CommandRunner:
        """A release's name must not be taken for a host's, so hosts are known to an advisory's alone."""
        if self._is_configured:
            try:
                knowing = self.fleet()()
            except XocompatError:
                knowing = None  # the answer needs no database
            if knowing:
                if spec is ADVISORY and Right.FLEET in rights:
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
                    watched = self._opened.enter_context(watched_fleet(self._settings, IfMissing.REFUSE))
                except XocompatError as error:
                    self._why_not, self._again_at = error, time.monotonic() + AGAIN
                    raise
                self._watching = live_runner(watched.ports(limited=True), watched.dataset, today)
                self._store = watched.store
            return self._watching

    def record(self, entry: AuditEntry) -> None:
        """Into the audit trail, where there is a database. Never raises."""
        if self._is_configured:
            with suppress(XocompatError):
                self.fleet()
        if self._store:
            self._store.audit.record(entry)

    def claim(self, signature: str) -> bool:
        """Whether a signed request is new, to any process that shares the database; UnavailableError without one."""
        self.fleet()
        return self._store is not None and self._store.seen.claim(f"mcp {signature}")

    def close(self) -> None:
        """Write what waits, and let go of the database."""
        self._opened.close()


def serve_stdio(settings: Settings, is_configured: bool, user: str) -> int:
    """Answer the assistant at stdin and stdout until it leaves, with the rights of a shell. `user` is at that shell."""
    tool_server = _tools()
    forbid_core_dumps()
    set_up_log(settings, "error")
    door = AssistantDoor(settings, is_configured)
    try:
        tool_server(_assistant(f"{ASSISTANTS}:{user}", frozenset(Right), door)).run()
    finally:
        door.close()
    return 0


def serve_assistants(settings: Settings, where: str) -> int:
    """Answer assistants over HTTP until SIGTERM or SIGINT; 0 then. `where` is HOST:PORT, or a port of this machine's.

    ConfigError without a token, or without those of Slack's that `mcp.slack` needs; UnavailableError without a
    database, or where nothing can listen there.
    """
    address = listen_address(where)
    token = os.environ.get(settings.mcp.token_env, "").strip()
    if not token:
        said = "is not set: over HTTP assistants show a token, so choose a long one and put it into this variable"
        raise ConfigError([Problem(settings.mcp.token_env, "", said)])
    if doubts := [*password_doubts(settings.mcp.token_env, token)]:  # no client would show it so
        raise ConfigError([Problem(settings.mcp.token_env, "", f"{each.what}: {each.mend}") for each in doubts])
    tool_server = _tools()
    from bot.mcp.guarded import Named, guarded_app, serve_http

    rights = granted_to_assistants(grants(settings))
    door = AssistantDoor(settings, True)
    slack = _SlackDoor(settings, door) if settings.mcp.slack else None
    try:
        door.fleet()  # every request has its entry in the audit trail
        forbid_core_dumps()
        set_up_log(settings)
        sockets = listen(address.port or 0, [address.host])
        named = Named(address.host, int(sockets[0].getsockname()[1]))
        names = [Named(each.host, each.port) for each in settings.mcp.hosts]
        server = tool_server(_assistant(ASSISTANTS, rights, door, slack))
        app = guarded_app(server, token, named, names, slack.signature.holds if slack else None)
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


class _SlackDoor:
    """People who ask through Slack's own assistant, with the rights and the audit that they have in chat.

    ConfigError lists what of Slack's tokens is missing.
    """

    def __init__(self, settings: Settings, door: AssistantDoor) -> None:
        from bot.app.slack import platform_of
        from bot.slack.signature import SlackSignature

        _, secret = tokens(settings, "bot_token", "signing_secret")
        everyone = settings.access.lookup == "everyone"
        self._access = Access(platform_of(settings).platform, grants(settings), everyone)
        self._claim = door.claim
        self.signature = SlackSignature(secret, time.time)

    def asker(self, signature: str, said: object) -> "Asker":
        """The person that a signed request names, who is answered once for it."""
        from bot.mcp.assistant import Asker
        from bot.slack.payload import assisted_actor

        actor = assisted_actor(said)
        if actor is None:
            return Asker(_UNNAMED, None, lambda _: private("refused", line("Slack did not say who asks.")))

        def admit(spec: CommandSpec) -> frozenset[Right] | Answer:
            if not self._claim(signature):
                return private("replayed", line("That request was answered before: ask again."))
            # Which hosts an advisory is of depends on what else somebody may do, which help asks for, too.
            admitted = self._access.admit(actor, HELP if spec is ADVISORY else spec)
            return admitted if isinstance(admitted, Answer) else admitted.rights

        return Asker(actor.user, actor.team, admit)


_UNNAMED = "slack"
"""Who asked, for the audit trail, where Slack did not say it."""


def _assistant(
    name: str, rights: frozenset[Right], door: AssistantDoor, slack: _SlackDoor | None = None
) -> "Assistant":
    from bot.mcp.assistant import Assistant, with_rights

    log: FilteringBoundLogger = structlog.get_logger().bind()
    by_slack = slack.asker if slack else None
    return Assistant(with_rights(name, rights), door.runner, door.record, log, by_slack)


def _tools() -> "Callable[[Assistant], MCPServer]":
    """What makes a server of the tools. UnavailableError without the library."""
    try:
        from bot.mcp.tools import tool_server
    except ModuleNotFoundError as error:
        raise UnavailableError(_NEEDS) from error
    return tool_server
