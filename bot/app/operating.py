"""The operator's own words, for the shell alone."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from structlog.typing import FilteringBoundLogger

from bot.app.configured import set_up_log
from bot.app.hosts import hosts_of
from bot.app.lookups import desk, now, today
from bot.chat.desk import Desk
from bot.round import Sent
from bot.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.app.in_use import Edition
    from bot.store.store import Store
    from bot.trust.consent import Consent

PATIENCE = 2.0
"""Seconds that a sweep in a shell waits for a channel's pause to end."""


def desk_with_hosts(settings: Settings) -> Desk:
    """Asks the settings' hosts; no database is needed for that."""
    alone = desk()
    return alone._replace(ports=alone.ports._replace(fleet=hosts_of(settings).fleet()))


@contextmanager
def desk_with_fleet(settings: Settings) -> Iterator[Desk]:
    """Shows, sweeps and looks after the fleet, with its database. UnavailableError says why that can't be had.

    Alerts of a sweep are sent at once, as far as Slack takes them.
    """
    from bot.app.watching import in_use, open_settings, terms_of, watching

    set_up_log(settings, "error")
    log: FilteringBoundLogger = structlog.get_logger().bind()
    store = open_settings(settings, log)
    try:
        edition = in_use(store, settings.list.url)
        terms = terms_of(settings, lambda: _send(settings, store, log, edition), edition=edition)
        yield Desk(watching(store, hosts_of(settings), terms, log, threading.Event()).ports(), today)
    finally:
        store.close()


def _send(settings: Settings, store: "Store", log: FilteringBoundLogger, edition: "Callable[[], Edition]") -> Sent:
    from bot.app.talking import sender_of

    if not settings.slack.bot_token:
        return Sent(why_not="SLACK_BOT_TOKEN is not set, so nothing can be sent from here.")
    sender = sender_of(settings, store, log, edition)
    try:
        return Sent(sender.pass_once(PATIENCE).delivered)
    finally:
        sender.close()


def manifest(http_url: str | None = None) -> dict[str, Any]:
    """The manifest of the Slack app: for Socket Mode, or for HTTP at a public address."""
    from bot.slack.manifest import manifest as made

    return made(http_url)


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
    Trusting(shown_by, now, shell).run(picked, Source(file, TARGETS), consent, as_json)
