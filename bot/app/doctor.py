"""Whether all that the settings name works: Slack, channels, the database, every host and every Xen Orchestra."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime

from bot.alerts.clock_check import ClockCheck
from bot.app.configuration import channels, grants, inventory, orchestras, reveal
from bot.app.fleet import clock_check
from bot.app.lookup import now
from bot.chat.wording import day_in_words
from bot.checkup import Check
from bot.errors import UnavailableError
from bot.fleet.doctor import examine_targets
from bot.published.fetch import shown_source
from bot.published.sync import SyncState, SyncStatus
from bot.settings.model import Settings
from bot.slack.client import web_client
from bot.slack.doctor import SlackDoctorInput
from bot.slack.doctor import examine as examine_slack
from bot.store.database import Database
from bot.store.maintenance import check_database as check_database
from bot.store.outbox import SqlOutbox
from bot.store.revisions import SqlRevisions
from bot.web.listen import EVERYWHERE, LOOPBACK
from bot.xapi.probe import Prober
from bot.xo.doctor import check as check_orchestra


def doctor(settings: Settings, report: Callable[[str, int, int], None]) -> tuple[Check, ...]:
    """Check by check, in the order in which to mend things. `report` gets what is done now, and how far.

    Without any token of Slack's, but with hosts, Slack is not missed: a shell needs none.
    """
    clock = clock_check()
    targets = inventory(settings.targets, os.environ).targets
    tried = examine_targets(targets, Prober(now), lambda done, total: report("Trying the targets", done, total))
    slack, others = _slack(settings, clock.observe), []
    for one in orchestras(settings.xen_orchestra, os.environ):
        found = check_orchestra(one, now, on_date=clock.observe)
        others.append(Check(f"xen_orchestra {one.name}", found.ok, found.text, found.mend))
    return (*slack, _listens(settings), *_stored(settings), *tried, *others, *clock_checks(clock))


def _slack(settings: Settings, on_date: Callable[[datetime], None]) -> tuple[Check, ...]:
    slack = settings.slack
    if settings.targets and not (slack.bot_token or slack.app_token or slack.signing_secret):
        mend = "to answer there, make the app from `xocompat manifest` and set its tokens"
        return (Check("slack", True, "no token is set, so only this shell is answered", mend),)
    checked = SlackDoctorInput(
        bot_token=reveal(slack.bot_token),
        app_token=reveal(slack.app_token),
        signing_secret=reveal(slack.signing_secret),
        channels=channels(settings),
        groups=tuple(dict.fromkeys(grant.who for grant in grants(settings) if grant.is_of_group)),
    )
    return examine_slack(checked, lambda token: web_client(token, slack.api_url, on_date=on_date), now)


def _listens(settings: Settings) -> Check:
    """Where `serve` would listen."""
    slack = settings.slack
    over_http = bool(slack.signing_secret) and not slack.app_token
    hosts = ", ".join(settings.web.listen or (EVERYWHERE if over_http else LOOPBACK))
    return Check("web routes", True, f"`serve` listens on port {settings.port} of {hosts}; `web.listen` says where")


def _stored(settings: Settings) -> Iterator[Check]:
    """The database, if there is any yet, and channels whose messages Slack does not take."""
    database = Database(reveal(settings.database) or "")
    try:
        if database.is_missing:
            yield Check("database", True, f"{database.name} will be made by `serve`")
            return
        yield from (Check(f"database: {found.name}", found.ok, found.text) for found in check_database(database))
        for state in SqlOutbox(database).states():
            if state.stopped:
                waits = f"{state.pending} {'message waits' if state.pending == 1 else 'messages wait'}"
                mend = "once that is mended it is tried again by the next sweep, or now by `xocompat sweep`"
                yield Check(f"channel {state.channel}", False, f"{waits}: {state.stopped}", mend)
        yield _published(SyncStatus.of(SqlRevisions(database), shown_source(settings.list.url)))
    except UnavailableError:
        return  # the checks of the database say so
    finally:
        database.close()


def _published(found: SyncStatus) -> Check:
    """When the published list was read, and why its page is not used."""
    if found.attempts and found.attempts.error:
        is_passing = found.state(now()) is not SyncState.UNREACHABLE
        return Check("published list", is_passing, found.attempts.what, found.attempts.mend or "look at `list.url`")
    if problem := next(iter(found.problems), None):
        where = f"line {problem.line}: " if problem.line else ""
        count = len(found.problems)
        more = f" (and {count - 1} more)" if count > 1 else ""
        mend = "`xocompat changes` has all of it; the list in use stays as it was"
        return Check("published list", False, f"{found.source} is not used: {where}{problem.message}{more}", mend)
    if found.read_at is None:
        return Check("published list", True, f"{found.source} was not read yet")
    used = f"the page of {day_in_words(found.in_use.fetched_at.date())}" if found.in_use else "the shipped list"
    read = f"{found.source} was read on {day_in_words(found.read_at.date())}"
    return Check("published list", True, f"{read}, in use is {used}")


def clock_checks(clock: ClockCheck) -> Iterator[Check]:
    """Whether this machine's clock agrees with the servers that were asked before, if one said what time it is."""
    if doubt := clock.doubt():
        mend = "set it (by NTP, for example): until then `serve` decides nothing and prunes nothing"
        yield Check("clock, by servers", False, doubt, mend)
    elif clock.has_observed:
        yield Check("clock, by servers", True, "it shows their day")
