"""The composition root: settings in, wired objects out. The only place that knows all rooms.

What only some commands need is imported where it is needed, so that a look-up in the shell stays fast.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from bot.chat.command import Ports as Asked
from bot.chat.desk import Desk
from bot.errors import ConfigError, Problem, XocompatError
from bot.matrix.load import load_matrix
from bot.query.reading import Reader

if TYPE_CHECKING:
    from bot.chat.command import Fleet
    from bot.fleet.inventory import Inventory
    from bot.settings.model import Settings
    from bot.slack.doctor import Check
    from bot.slack.service import Service
    from bot.web.http import Wsgi

THREADS, WAITING = 8, 100
READY_KEPT = 30.0
APP_LOAD_ERROR = 4
"""What gunicorn takes as "don't start this worker again"."""


def today() -> date:
    """The day in UTC: the same for everybody in a channel."""
    return datetime.now(UTC).date()


def desk(day: date | None = None, settings: "Settings | None" = None) -> Desk:
    """Answers for the shipped data, as of a fixed day if one is given; with settings, for the hosts in them, too."""
    matrix = load_matrix()
    ports = Asked(matrix, Reader(matrix), _fleet(settings) if settings else None)
    return Desk(ports, (lambda: day) if day else today)


def _fleet(settings: "Settings") -> "Fleet":
    from bot.targets import inventory

    return _asking(inventory(settings.targets, os.environ))


def _asking(inventory: "Inventory") -> "Fleet":
    """An inventory with the asking of it over the network."""
    from bot.chat.command import Fleet
    from bot.fleet.probing import Probing
    from bot.xapi.probe import Prober

    prober = Prober(lambda: datetime.now(UTC))
    return Fleet(inventory, Probing(prober.probe, time.monotonic))


def demo(day: date | None, hosts: int | None, stdin: TextIO | None, stdout: TextIO, environ: Mapping[str, str]) -> int:
    """The chat in a terminal, with a few simulated hosts or so many, asked as real ones are. The exit status: 0."""
    from functools import cache

    from bot.demo import Cast, console
    from bot.demo.hosts import SimulatedHosts
    from bot.demo.simulator import demo_fleet, large_fleet

    with SimulatedHosts(large_fleet(hosts) if hosts else demo_fleet()) as simulated:
        alone = desk(day)

        @cache
        def with_hosts() -> Desk:
            return alone._replace(ports=alone.ports._replace(fleet=_asking(simulated.inventory())))

        return console(alone, stdin, stdout, environ, cast=Cast(simulated.names, with_hosts))


def manifest(http_url: str | None = None) -> dict[str, Any]:
    """The manifest of the Slack app: for Socket Mode, or for HTTP at a public address."""
    from bot.slack.manifest import manifest as made

    return made(http_url)


def doctor(settings: "Settings") -> "tuple[Check, ...]":
    """Whether the settings work with Slack, check by check."""
    from bot.slack.client import web_client
    from bot.slack.doctor import Patient, examine

    slack = settings.slack
    patient = Patient(
        bot_token=_reveal(slack.bot_token),
        app_token=_reveal(slack.app_token),
        signing_secret=_reveal(slack.signing_secret),
        channel=settings.alerts.channel,
    )
    return examine(patient, lambda token: web_client(token, slack.api_url), lambda: datetime.now(UTC))


def serve(settings: "Settings", deaf_after: float = 120.0, threads: int = THREADS, waiting: int = WAITING) -> int:
    """Answer in Slack until SIGTERM or SIGINT; 0 then. UnavailableError if Slack refuses us or was not heard for long.

    Socket Mode if there is an app token, else HTTP; the web routes in both. `deaf_after` is in seconds, `threads` and
    `waiting` bound the work that follows an acknowledgement.
    """
    import signal

    from bot.web.server import Server

    _log(settings)
    service = wire(settings, bool(settings.slack.app_token), deaf_after, threads, waiting)
    server = Server(routes(settings, service), settings.port)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    server.start()
    service.start(stop)
    service.log.info("serving", port=server.port, way="Socket Mode" if service.ears else "HTTP")
    try:
        service.watch(stop)
    finally:
        stop.set()
        all_done = service.drain(server.stop)
        service.log.info("stopped", all_done=all_done)
    if not all_done:
        # The interpreter would wait for the thread that hangs, and a supervisor would have to kill us.
        sys.stderr.flush()
        os._exit(0)
    return 0


def web() -> "Wsgi":
    """The WSGI application for gunicorn: Slack over HTTP, settings from the environment and ./xocompat.yaml."""
    from bot.settings import load_settings

    try:
        settings = load_settings(None, os.environ, Path.cwd())
        _log(settings)
        service = wire(settings, socket_mode=False)
    except XocompatError as error:
        sys.stderr.writelines(f"xocompat: {line}\n" for line in error.lines)
        raise SystemExit(APP_LOAD_ERROR) from None
    service.start(threading.Event())
    return routes(settings, service)


def wire(
    settings: "Settings", socket_mode: bool, deaf_after: float = 120.0, threads: int = THREADS, waiting: int = WAITING
) -> "Service":
    """Put the Slack side together. ConfigError lists what it needs and has not."""
    import tempfile

    import structlog

    from bot.slack.access import Access
    from bot.slack.answers import Answers
    from bot.slack.bolt import bolt_app
    from bot.slack.client import web_client
    from bot.slack.ears import Ears
    from bot.slack.home import Identity
    from bot.slack.kit import Kit
    from bot.slack.post import Post
    from bot.slack.seen import SqliteSeen, runtime_folder
    from bot.slack.service import Service
    from bot.slack.work import Work

    log = structlog.get_logger().bind()
    tokens = _needed(settings, "bot_token", "app_token" if socket_mode else "signing_secret")
    client = web_client(tokens[0], settings.slack.api_url)
    # Within a command, which Slack wants acknowledged after three seconds.
    identity = Identity(web_client(tokens[0], settings.slack.api_url, timeout=2), time.monotonic)
    kit = Kit(
        log=log,
        answers=Answers(desk(), today),
        access=Access(identity, everyone=settings.access.lookup == "everyone"),
        post=Post(client),
        work=Work(threads, waiting),
        notices=Work(2, 2 * waiting, "notices"),
        seen=SqliteSeen(log, runtime_folder(os.environ, Path(tempfile.gettempdir())), time.time),
    )
    app = bolt_app(client, identity, kit)
    heard_by = web_client(tokens[1], settings.slack.api_url) if socket_mode else None
    ears = Ears(log, app, heard_by, time.monotonic, deaf_after) if heard_by else None
    return Service(log, app, identity, kit.work, kit.notices, ears)


def routes(settings: "Settings", service: "Service") -> "Wsgi":
    """All that is answered over HTTP; Slack's requests only with a signing secret to check them by."""
    from bot.slack.door import Door
    from bot.slack.manifest import EVENTS_PATH
    from bot.web.health import Kept, health
    from bot.web.http import Request, Response, Route, wsgi

    ready: Callable[[], str | None] = service.not_ready
    found = health([ready if service.ears else Kept(ready, READY_KEPT, time.monotonic)])
    if secret := _reveal(settings.slack.signing_secret):
        door = Door(service.app, secret, time.time)

        def receive(request: Request) -> Response:
            answer = door.receive(request.body, request.headers)
            return Response(answer.status, answer.body, answer.first_headers())

        found[EVENTS_PATH] = Route("POST", receive)
    return wsgi(found)


def _needed(settings: "Settings", *keys: str) -> list[str]:
    values = {key: _reveal(getattr(settings.slack, key)) for key in keys}
    how = "is not set: make the Slack app from `xocompat manifest`, and take it from the app's settings"
    if missing := [Problem(f"SLACK_{key.upper()}", "", how) for key, value in values.items() if not value]:
        raise ConfigError(missing)
    return [value for value in values.values() if value]


def _log(settings: "Settings") -> None:
    from bot import logs

    slack, told = settings.slack, settings.log
    secrets = filter(None, map(_reveal, (slack.bot_token, slack.app_token, slack.signing_secret, slack.client_secret)))
    logs.configure(told.format if "format" in told.model_fields_set else None, told.level, secrets)


def _reveal(secret: Any) -> str | None:
    return secret.get_secret_value() if secret else None
