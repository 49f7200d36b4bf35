"""The operator's own words, for the shell alone."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import SecretStr
from structlog.typing import FilteringBoundLogger

from bot.alerts.cycle import SendResult
from bot.app.configuration import ReachableChannels, policy, reveal, set_up_log
from bot.app.fleet import hosts_of
from bot.app.lookup import runner_of, today
from bot.chat.channels import ChannelKind
from bot.chat.runner import CommandRunner
from bot.errors import ConfigError, UnavailableError
from bot.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.alerts.clock_check import ClockCheck
    from bot.app.dataset import Dataset
    from bot.app.fleet import WatchedFleet
    from bot.app.sending import LinkingPlatform
    from bot.fleet.sites import RemoteSites
    from bot.store.store import Store

UPDATES_WITHIN = 30.0
"""Seconds that a sweep in a shell takes for asking Xen Orchestras for their versions and the updates that their hosts
miss, at most; hosts that nobody had time for are asked first the next time."""

PATIENCE = 2.0
"""Seconds that a sweep in a shell waits for a channel's pause to end."""


def runner_with_hosts(settings: Settings, limited: bool = False) -> CommandRunner:
    """Asks the settings' hosts, and judges them by the data in use; no database is needed for that. `limited` as in
    chat.
    """
    alone, fleet = runner_of(settings), hosts_of(settings).fleet(limited)
    return alone._replace(ports=alone.ports._replace(fleet=fleet, policy=policy(settings.policy)))


@contextmanager
def runner_with_names(settings: Settings) -> Iterator[CommandRunner | None]:
    """Knows the operator's hosts by name, for reading alone; without a database yet the inventory.

    None: there are none. UnavailableError as `runner_with_fleet`.
    """
    from bot.app.dataset import stored_published

    if not (settings.targets or settings.xen_orchestra):
        yield None
        return
    with stored_published(settings) as stored:
        has_database = stored is not None
    if not has_database:
        yield runner_with_hosts(settings)
        return
    with runner_with_fleet(settings) as with_fleet:
        yield with_fleet


class IfMissing(StrEnum):
    """What becomes of a database that is not there yet: who only looks leaves nothing behind."""

    MAKE = "make"
    REFUSE = "refuse"
    PASS = "pass"
    """There is one for the command alone, which is gone after it."""


@contextmanager
def runner_with_fleet(settings: Settings, missing: IfMissing = IfMissing.MAKE) -> Iterator[CommandRunner]:
    """Shows, sweeps and manages the fleet, with its database. UnavailableError says why that could not be opened.

    Alerts of a sweep are sent at once, as far as Slack takes them.
    """
    with watched_fleet(settings, missing) as watched:
        yield CommandRunner(watched.ports(), today)


@contextmanager
def watched_fleet(settings: Settings, missing: IfMissing = IfMissing.MAKE) -> "Iterator[WatchedFleet]":
    """The same with all that the fleet is watched by."""
    from bot.store.database import Database
    from bot.store.maintenance import existing

    database = Database(reveal(settings.database) or "")
    if missing is IfMissing.MAKE or not database.is_missing:
        with _watched(settings) as watched:
            yield watched
        return
    if missing is IfMissing.REFUSE:
        existing(database)
    with _passing_folder() as folder:
        passing = SecretStr(f"sqlite:///{folder}/passing.db")
        with _watched(settings.model_copy(update={"database": passing})) as watched:
            yield watched


def _passing_folder() -> TemporaryDirectory[str]:
    try:
        return TemporaryDirectory()
    except OSError as error:
        raise UnavailableError(
            f"No temporary file can be written ({error.strerror}): set TMPDIR to a folder."
        ) from None


@contextmanager
def _watched(settings: Settings) -> "Iterator[WatchedFleet]":
    from bot.app.fleet import clock_check, current_dataset, open_settings, terms_of, watch_fleet
    from bot.store.database import DamagedError

    set_up_log(settings, "error")
    log: FilteringBoundLogger = structlog.get_logger().bind()
    store = open_settings(settings, log)
    try:
        dataset = current_dataset(store, settings.list.url)
        check = clock_check()
        terms = terms_of(
            settings,
            lambda: _send(settings, store, log, dataset),
            dataset=dataset,
            check=check,
            updates_within=UPDATES_WITHIN,
        )
        with _sites(settings, store, check, log) as sites:
            hosts = hosts_of(settings, on_date=check.observe, sites=sites)
            yield watch_fleet(store, hosts, terms, log, threading.Event())
        try:
            store.audit.flush()
        except DamagedError:
            raise  # the answer may be whole, the database is not
        except UnavailableError:
            pass  # it is tried once more, and the log says if that fails
    finally:
        store.close()


@contextmanager
def _sites(
    settings: Settings, store: "Store", check: "ClockCheck", log: FilteringBoundLogger
) -> "Iterator[RemoteSites | None]":
    """The sites of the settings, if there are any; NATS is asked once something needs it."""
    if not settings.sites.url:
        yield None
        return
    from bot.app.sites import SitesOnDemand

    sites = SitesOnDemand(settings, store, check, log)
    try:
        yield sites
    finally:
        sites.close()


def _send(
    settings: Settings, store: "Store", log: FilteringBoundLogger, dataset: "Callable[[], Dataset]"
) -> SendResult:
    from bot.app.sending import senders_of

    platforms: dict[ChannelKind, LinkingPlatform] = {}
    if settings.slack.bot_token:
        from bot.app.slack import platform_of

        platforms[ChannelKind.SLACK] = platform_of(settings).platform
    try:
        if settings.mattermost.url:
            from bot.app.mattermost import mattermost_of

            platforms[ChannelKind.MATTERMOST] = mattermost_of(settings).platform
        senders = senders_of(settings, platforms, store, log, dataset)
    except ConfigError as error:
        return SendResult(why_not=f"{error.lines[0]}.")
    if senders is None:
        return SendResult(why_not="SLACK_BOT_TOKEN is not set, so nothing can be sent from here.")
    try:
        delivered = senders.worker.pass_once(PATIENCE).delivered
        last = store.sweeps.last_finished()
        senders.renew(log, last and last.finished_at)
        return SendResult(delivered, by=senders.worker.by, why_not_to=ReachableChannels.of(settings).why_not)
    finally:
        senders.worker.close()


def manifest(http_url: str | None = None) -> dict[str, Any]:
    """The manifest of the Slack app: for Socket Mode, or for HTTP at a public address."""
    from bot.slack.manifest import manifest as made

    return made(http_url)
