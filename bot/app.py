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
    from types import FrameType

    from bot.chat.command import Fleet
    from bot.chat.grants import Grant
    from bot.doctor.check import Check
    from bot.fleet.inventory import Inventory
    from bot.settings.model import Settings
    from bot.slack.service import Service
    from bot.trust.consent import Consent
    from bot.web.http import Wsgi

THREADS, WAITING = 8, 100
ASKING, IN_LINE = 32, 32
"""Slow commands at once, and in line: a thread each that mostly waits. Ten who ask the same share one probe only if
none of them stands in line."""

READY_KEPT = 30.0
APP_LOAD_ERROR = 4
"""What gunicorn takes as "don't start this worker again"."""


def today() -> date:
    """The day in UTC: the same for everybody in a channel."""
    return datetime.now(UTC).date()


def desk(day: date | None = None, settings: "Settings | None" = None, limited: bool = False) -> Desk:
    """Answers for the shipped data, as of a fixed day if one is given; with settings, for the hosts in them, too.

    `limited`: nobody may have hosts asked all the time, as in chat.
    """
    matrix = load_matrix()
    ports = Asked(matrix, Reader(matrix), _fleet(settings, limited) if settings else None)
    return Desk(ports, (lambda: day) if day else today)


def _fleet(settings: "Settings", limited: bool) -> "Fleet":
    from bot.targets import inventory

    return _asking(inventory(settings.targets, os.environ), limited)


def _asking(inventory: "Inventory", limited: bool = False) -> "Fleet":
    """An inventory with the asking of it over the network."""
    from bot.chat.command import Fleet
    from bot.fleet.limits import Limits
    from bot.fleet.probing import Probing
    from bot.xapi.probe import Prober

    prober = Prober(lambda: datetime.now(UTC))
    limits = Limits(time.monotonic) if limited else None
    return Fleet(inventory, Probing(prober.probe, time.monotonic), limits)


def trust(config: Path | None, folder: Path, host: str, address: str | None, consent: "Consent", as_json: bool) -> None:
    """Show the certificate of a host of the inventory, and pin it if that is confirmed.

    UnavailableError if it is not pinned in the end, UsageError if the words name nothing.
    """
    from bot.settings import TARGETS, load_settings, sources
    from bot.settings.rewrite import read_config
    from bot.targets import inventory
    from bot.trust.consent import Shell
    from bot.trust.pick import pick
    from bot.trust.trust import Source, Trusting
    from bot.xapi.certificate import shown_by

    found = sources(config, os.environ, folder)
    # Before the settings are loaded: what is written must be this very file with one change.
    file = read_config(folder, found.file) if found.file and TARGETS not in found.own else None
    settings = load_settings(config, os.environ, folder)
    picked = pick(inventory(settings.targets, os.environ), host, address)
    shell = Shell(sys.stdin, sys.stdout, sys.stderr, os.environ)
    Trusting(shown_by, lambda: datetime.now(UTC), shell).run(picked, Source(file, TARGETS), consent, as_json)


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


def doctor(settings: "Settings", say: Callable[[str, int, int], None]) -> "tuple[Check, ...]":
    """Whether the settings work with Slack and with the hosts of the inventory, check by check.

    `say` is told how far it has come. Without any token, but with hosts, Slack is not missed: a shell needs none.
    """
    from bot.doctor.check import Check
    from bot.doctor.targets import examine
    from bot.targets import inventory
    from bot.xapi.probe import Prober

    slack, targets = settings.slack, inventory(settings.targets, os.environ).targets
    prober = Prober(lambda: datetime.now(UTC))
    if targets and not (slack.bot_token or slack.app_token or slack.signing_secret):
        mend = "to answer there, make the app from `xocompat manifest` and set its tokens"
        checks: tuple[Check, ...] = (Check("slack", True, "no token is set, so only this shell is answered", mend),)
    else:
        checks = _slack_checks(settings)
    return (*checks, *examine(targets, prober, lambda done, total: say("Trying the targets", done, total)))


def _slack_checks(settings: "Settings") -> "tuple[Check, ...]":
    from bot.slack.client import web_client
    from bot.slack.doctor import Patient, examine

    slack = settings.slack
    patient = Patient(
        bot_token=_reveal(slack.bot_token),
        app_token=_reveal(slack.app_token),
        signing_secret=_reveal(slack.signing_secret),
        channel=settings.alerts.channel,
        groups=tuple(dict.fromkeys(grant.who for grant in _grants(settings) if grant.is_of_group)),
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
    _drain_before_the_end(service)
    return routes(settings, service)


def _drain_before_the_end(service: "Service") -> None:
    """gunicorn waits for requests, not for what follows them: whoever waits for a slow command is told first."""
    import signal

    ending = signal.getsignal(signal.SIGTERM)

    def drain(number: int, frame: "FrameType | None") -> None:
        service.drain(lambda _: None)
        if callable(ending):
            ending(number, frame)

    signal.signal(signal.SIGTERM, drain)


def wire(
    settings: "Settings", socket_mode: bool, deaf_after: float = 120.0, threads: int = THREADS, waiting: int = WAITING
) -> "Service":
    """Put the Slack side together. ConfigError lists what it needs and has not."""
    import tempfile

    import structlog

    from bot.chat.audit import NoTrail
    from bot.slack.access import Access
    from bot.slack.answers import Answers
    from bot.slack.bolt import bolt_app
    from bot.slack.client import web_client
    from bot.slack.ears import Ears
    from bot.slack.errands import Errands
    from bot.slack.groups import Groups
    from bot.slack.home import Identity
    from bot.slack.kept import Kept
    from bot.slack.kit import Kit
    from bot.slack.post import Post
    from bot.slack.seen import SqliteSeen, runtime_folder
    from bot.slack.service import Service
    from bot.slack.work import Work

    log = structlog.get_logger().bind()
    tokens = _needed(settings, "bot_token", "app_token" if socket_mode else "signing_secret")
    client = web_client(tokens[0], settings.slack.api_url)
    # Within a command, which Slack wants acknowledged after three seconds.
    quick = web_client(tokens[0], settings.slack.api_url, timeout=2)
    groups = Groups(web_client(tokens[0], settings.slack.api_url, timeout=1), time.monotonic)
    identity = Identity(quick, time.monotonic)
    kit = Kit(
        log=log,
        answers=Answers(desk(settings=settings, limited=True), today),
        access=Access(identity, groups, _grants(settings), everyone=settings.access.lookup == "everyone"),
        post=Post(client),
        work=Work(threads, waiting),
        notices=Work(2, 2 * waiting, "notices"),
        seen=SqliteSeen(log, runtime_folder(os.environ, Path(tempfile.gettempdir())), time.time),
        kept=Kept(time.monotonic),
        trail=NoTrail(),
        now=lambda: datetime.now(UTC),
    )
    errands = Errands(kit, Work(ASKING, IN_LINE, "errands"))
    app = bolt_app(client, quick, identity, kit, errands)
    heard_by = web_client(tokens[1], settings.slack.api_url) if socket_mode else None
    ears = Ears(log, app, heard_by, time.monotonic, deaf_after) if heard_by else None
    return Service(log, app, identity, kit.work, kit.notices, errands, ears)


def routes(settings: "Settings", service: "Service") -> "Wsgi":
    """All that is answered over HTTP; Slack's requests only with a signing secret to check them by."""
    from bot.slack.acknowledgement import is_sent
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
            return Response(answer.status, answer.body, answer.first_headers(), lambda: is_sent(answer))

        found[EVENTS_PATH] = Route("POST", receive)
    return wsgi(found)


def _grants(settings: "Settings") -> "tuple[Grant, ...]":
    from bot.chat.grants import Grant

    return tuple(Grant(grant.who, grant.where, frozenset(grant.may)) for grant in settings.access.grants)


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
