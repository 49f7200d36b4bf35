"""`xocompat site`: a worker that asks the targets of its own configuration, and brings what it finds to the centre."""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from functools import partial
from secrets import token_hex

import structlog
from structlog.typing import FilteringBoundLogger

from bot import __version__
from bot.app.configuration import inventory, set_up_log
from bot.app.dumps import forbid_core_dumps
from bot.app.lookup import now
from bot.app.memory import settle_down, share_arenas
from bot.errors import ConfigError, Problem
from bot.fleet.sources import Probing
from bot.settings.model import NatsKeys, Settings
from bot.sites.nats_client import NatsAccount, NatsConnection
from bot.sites.site import SitePlan, SiteRuntime
from bot.sites.subjects import SiteSubjects
from bot.xapi.connection import TlsConnect
from bot.xapi.probe import Prober
from bot.xapi.tls import TlsContexts

CONCURRENCY = 32
"""Targets that are asked at a time unless the configuration says otherwise: each costs a quarter of a megabyte, and a
site has hundreds of targets, not ten thousand.
"""

STACK = 512 * 1024
"""Bytes that a thread may have for its stack: a probe needs a few, and there are as many threads as `concurrency`."""


def site(settings: Settings) -> int:
    """Work until SIGTERM or SIGINT; 0 then. ConfigError lists what the settings lack."""
    forbid_core_dumps()
    share_arenas()
    set_up_log(settings)
    log: FilteringBoundLogger = structlog.get_logger().bind()
    stop = threading.Event()
    runtime = runtime_of(settings, log)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    log.info("working", site=settings.site.name, targets=len(settings.targets), version=__version__)
    del settings  # as read, thousands of targets take more than all that is made of them
    settle_down()
    runtime.start()
    stop.wait()
    all_done = runtime.stop()
    log.info("stopped", all_done=all_done)
    if not all_done:
        sys.stderr.flush()
        os._exit(0)  # a thread that asks a silent host would keep the process from ending
    return 0


def runtime_of(settings: Settings, log: FilteringBoundLogger) -> SiteRuntime:
    """A worker as the settings want it. ConfigError lists what they lack."""
    keys = settings.site
    problems = [
        Problem("site", key, what)
        for key, what, there in (
            ("name", "is not set: say which site this is, such as paris", keys.name),
            ("url", "is not set: say where NATS is, such as tls://nats.example.org:4222", keys.url),
        )
        if not there
    ]
    if not settings.targets:
        problems.append(Problem("targets", "", "is empty: a site asks its own targets, so list them here"))
    if problems:
        raise ConfigError(problems)
    name = str(keys.name)
    threading.stack_size(STACK)
    targets = inventory(settings.targets, os.environ).targets
    prober = Prober(now, connect=TlsConnect(TlsContexts()))
    probing = Probing(prober.probe, time.monotonic)
    worker = f"{socket.gethostname()}:{os.getpid()}:{token_hex(4)}"
    plan = SitePlan(
        name,
        worker,
        targets,
        probing.probe,
        settings.sweep.every,
        settings.sweep.concurrency if "concurrency" in settings.sweep.model_fields_set else CONCURRENCY,
        now,
        time.monotonic,
    )
    account = account_of(keys, os.environ, "site")
    connection = NatsConnection(account, f"xocompat site {name}", log, SiteSubjects(name).inbox)
    return SiteRuntime(plan, connection, log)


def account_of(keys: NatsKeys, environ: Mapping[str, str], section: str) -> NatsAccount:
    """Where and as whom to connect. ConfigError for a password that is not to be had."""
    if keys.user and not environ.get(keys.password_env or ""):
        what = (
            f"the variable {keys.password_env} is not set" if keys.password_env else "is not set, and `user` needs it"
        )
        raise ConfigError([Problem(section, "password_env", what)])
    password = partial(environ.__getitem__, keys.password_env) if keys.user and keys.password_env else None
    return NatsAccount(keys.url or "", keys.credentials_file, keys.user, password, keys.ca)
