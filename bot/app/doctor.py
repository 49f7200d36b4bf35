"""Whether all that the settings name works: Slack, channels, the database, every host and every Xen Orchestra."""

import os
import shlex
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.advisories.load import advisories_of
from bot.alerts.clock_check import ClockCheck
from bot.alerts.delivery.outcome import Delivered, reason_of
from bot.alerts.routing import UTC_ZONE
from bot.app.configuration import (
    NOT_CONFIGURED,
    ReachableChannels,
    channels,
    grants,
    inventory,
    mattermost_problems,
    notifier_problems,
    notifier_targets,
    orchestras,
    plan,
    reveal,
)
from bot.app.dataset import dataset_of
from bot.app.fleet import clock_check
from bot.app.lookup import now
from bot.chat.channels import ChannelKind, kind_of
from bot.chat.lookup import old_data
from bot.chat.reply import spoken
from bot.chat.waiting import why_waiting
from bot.chat.wording import day_in_words, moment_in_words
from bot.checkup import Check
from bot.errors import ConfigError, Problem, UnavailableError, UnknownError
from bot.fleet.doctor import examine_targets
from bot.matrix.freshness import data_ages
from bot.published.fetch import Fetched, fetch, shown_source
from bot.published.sync import SyncState, SyncStatus
from bot.published.vendors import (
    ENDOFLIFE_DATE,
    XCP_NG_TABLE,
    ends_in_table,
    ends_of_product,
    vendor_disagreements,
)
from bot.settings.model import NatsKeys, Settings
from bot.settings.secret_values import password_doubts
from bot.slack.client import web_client
from bot.slack.doctor import SlackDoctorInput
from bot.slack.doctor import examine as examine_slack
from bot.slack.table_blocks import TableForm
from bot.slack.table_forms import REMEMBERED
from bot.store.database import Database
from bot.store.maintenance import check_database as check_database
from bot.store.maintenance import check_disk
from bot.store.outbox import SqlOutbox
from bot.store.renewals import SqlRenewals
from bot.store.revisions import SqlRevisions
from bot.store.table_forms import SqlTableForms
from bot.text import shown
from bot.web.listen import EVERYWHERE, LOOPBACK
from bot.xapi.probe import Prober
from bot.xo.doctor import check as check_orchestra
from bot.xo.doctor import check_dashboard, check_updates, check_version

if TYPE_CHECKING:
    from bot.notify.notifier import Notifier


def doctor(
    settings: Settings, report: Callable[[str, int, int], None], is_live: bool = False, test: str | None = None
) -> tuple[Check, ...]:
    """Check by check, in the order in which to mend things. `report` gets what is done now, and how far.

    `test` names a notifier that is sent a message.

    `is_live`: Slack is asked, too, whether it knows the blocks that replies are drawn in, and others for their dates.

    Without any token of Slack's, but with hosts, Slack is not missed: a shell needs none.
    """
    clock = clock_check()
    targets = inventory(settings.targets, os.environ).targets
    tried = examine_targets(targets, Prober(now), lambda done, total: report("Trying the targets", done, total))
    others = []
    for one in orchestras(settings.xen_orchestra, os.environ):
        name, found = f"xen_orchestra {one.name}", check_orchestra(one, now, on_date=clock.observe)
        others.append(Check(name, found.ok, found.text, found.mend))
        if version := check_version(one, now):
            others.append(Check(f"{name} version", *version))
        if found.ok:
            others.append(Check(f"{name} missing updates", *check_updates(one, now)))
            others.append(Check(f"{name} dashboard", *check_dashboard(one, now)))
    own: tuple[Check, ...] = ()
    if not settings.site.url:  # a site has no platform, no web routes and no database
        own = (
            *_slack(settings, clock.observe, is_live),
            *_mattermost(settings, clock.observe),
            *_zones(settings),
            _listens(settings),
            *_stored(settings),
            _data(settings),
            *(_second_opinions(settings) if is_live else ()),
        )
    return (
        *own,
        *_notifiers(settings),
        *_sites(settings, os.environ),
        *_secrets(settings, os.environ),
        *tried,
        *others,
        *clock_checks(clock),
        *([send_test(settings, test)] if test else ()),
    )


_SHELL_ALONE = "no token is set, so only this shell is answered"


def _slack(settings: Settings, on_date: Callable[[datetime], None], is_live: bool) -> tuple[Check, ...]:
    slack = settings.slack
    elsewhere = (
        settings.targets or settings.xen_orchestra or settings.sites.url or settings.notify or settings.mattermost.url
    )
    if elsewhere and not (slack.bot_token or slack.app_token or slack.signing_secret):
        mend = "to answer there, make the app from `xocompat manifest` and set its tokens"
        said = "no token is set, so nobody is answered there" if settings.mattermost.url else _SHELL_ALONE
        return (Check("slack", True, said, mend),)
    checked = SlackDoctorInput(
        bot_token=reveal(slack.bot_token),
        app_token=reveal(slack.app_token),
        signing_secret=reveal(slack.signing_secret),
        channels={key: each for key, each in channels(settings).items() if kind_of(each) is ChannelKind.SLACK},
        groups=tuple(dict.fromkeys(grant.who for grant in grants(settings) if grant.is_of_group)),
        tables=slack.tables,
        is_live=is_live,
    )
    return examine_slack(checked, lambda token: web_client(token, slack.api_url, on_date=on_date), now)


def _mattermost(settings: Settings, on_date: Callable[[datetime], None]) -> tuple[Check, ...]:
    if not settings.mattermost.url:
        halves = mattermost_problems(settings, os.environ)
        return tuple(Check("mattermost", False, str(each)) for each in halves)
    from bot.app.mattermost import examine_mattermost  # no other configuration needs it

    return examine_mattermost(settings, on_date)


def _notifiers(settings: Settings) -> Iterator[Check]:
    """Each notifier, as far as it can be tried without telling anything."""
    if not settings.notify:
        return
    if problems := notifier_problems(settings, os.environ):
        yield from (Check(f"notify: {each.file}", False, f"{each.key} {each.what}".strip()) for each in problems)
        return
    made, problems = _made(settings)
    yield from (Check(f"notify {each.key}", False, each.what) for each in problems)
    for notifier in made.values():
        yield from notifier.check()


def _made(settings: Settings) -> "tuple[dict[str, Notifier], list[Problem]]":
    """The notifiers that can be made, without a database: they are asked and tested only; and what others lack."""
    from bot.notify.targets import NoAlerts, NotifierParts, made_of

    parts = NotifierParts(NoAlerts(), lambda: dataset_of(settings).matrix, now, settings.sweep.every)
    return made_of(notifier_targets(settings, os.environ), parts)


def send_test(settings: Settings, name: str) -> Check:
    """Send a test to a notifier. ConfigError lists what is wrong with it, or with the notifiers' variables;
    UnknownError says that there is none of the name."""
    if name not in {each.name for each in settings.notify}:
        known = ", ".join(each.name for each in settings.notify) or "none"
        raise UnknownError(f'There is no notifier "{shown(name)}" in `notify`. There: {known}.')
    from bot.notify.notice import notice_for_test

    made, problems = _made(settings)
    if name not in made:
        raise ConfigError([each for each in problems if each.key == name])
    outcome = made[name].send(notice_for_test(name, now()))
    if isinstance(outcome, Delivered):
        return Check(f"notify {name} test", True, "it was taken: see whether it is there")
    return Check(f"notify {name} test", False, reason_of(outcome), "look at its checks above, and at docs/notify.md")


def _zones(settings: Settings) -> Iterator[Check]:
    """Channels that count days in another zone than UTC, with what their clocks show."""
    found, at = plan(settings.alerts), now()
    for channel in found.channels:
        if (zone := found.zone_of(channel)) != UTC_ZONE:
            local = found.local(channel, at)
            shown = f"{channel} counts days in {zone}, where it is {day_in_words(local.date())} {local:%H:%M}"
            yield Check("alerts.zone", True, shown)


def _sites(settings: Settings, environ: Mapping[str, str]) -> Iterator[Check]:
    """The NATS server of a site, or of a centre that has sites."""
    site, centre = settings.site, settings.sites
    if (site.name is None) != (site.url is None):
        missing = "name" if site.name is None else "url"
        yield Check("site", False, f"`site.{missing}` is not set", "a site has a name, and the URL of its NATS server")
    if not (site.url or centre.url):
        return
    try:
        from bot.sites.doctor import examine_centre, examine_site
        from bot.sites.nats_client import NatsAccount
    except ImportError:
        yield Check("nats", False, "the extra `sites` is not installed", "pip install 'xocompat[sites]'")
        return

    def account(keys: NatsKeys) -> NatsAccount:
        password = environ.get(keys.password_env, "") if keys.password_env else ""
        return NatsAccount(keys.url or "", keys.credentials_file, keys.user, lambda: password, keys.ca)

    for keys in (site, centre):
        if keys.url and keys.password_env:
            yield from _in_variable("nats password", keys.password_env, environ)
    if site.url and site.name:
        yield from examine_site(site.name, account(site))
    if centre.url:
        yield from examine_centre(account(centre), centre.expected)


def _unwritable(database: Database) -> str | None:
    """What keeps a database that is a file from being written: it is tried, and nothing is left behind."""
    if database.is_postgresql:
        return None
    path = Path(database.url.database or "").absolute()
    try:
        with tempfile.TemporaryFile(dir=path.parent):  # SQLite keeps files beside it
            pass
        if not database.is_missing:
            with path.open("r+b"):
                pass
    except OSError as error:
        return f"{path} cannot be written: {error.strerror or error}"
    return None


def _secrets(settings: Settings, environ: Mapping[str, str]) -> Iterator[Check]:
    """What is doubtful about variables and files with secrets, whether what they are for answers or not."""
    for target in settings.targets:
        name = f"target {target.name} password"
        if target.password_env:
            yield from _in_variable(name, target.password_env, environ)
        else:
            yield from _in_file(name, Path(str(target.password_file)))
    for orchestra in settings.xen_orchestra:
        yield from _in_variable(f"xen_orchestra {orchestra.name} token", orchestra.token_env, environ)
    for notifier in settings.notify:
        if environ.get(notifier.secret_env or ""):  # what is not set is told of the notifier itself
            yield from _in_variable(f"notify {notifier.name} secret", str(notifier.secret_env), environ)
    for section, keys in (("web", settings.web), ("mcp", settings.mcp)):
        for key in ("token_env", "calendar_token_env"):
            variable = getattr(keys, key, None)
            if variable and (key in keys.model_fields_set or environ.get(variable)):
                yield from _in_variable(f"{section} {key}", variable, environ)


def _in_variable(name: str, variable: str, environ: Mapping[str, str]) -> Iterator[Check]:
    value = environ.get(variable, "")
    if not value.strip():
        state = "is empty" if variable in environ else "is not set"
        yield Check(name, False, f"the variable {variable} {state}", "set it where xocompat is started")
        return
    for each in password_doubts(variable, value):
        yield Check(name, True, f"the value of {variable} {each.what}", each.mend)


def _in_file(name: str, path: Path) -> Iterator[Check]:
    """Its first line is the secret."""
    try:
        with path.open("rb") as file:
            first, mode = file.readline(4096).rstrip(b"\r\n"), os.fstat(file.fileno()).st_mode
    except OSError as error:
        yield Check(name, False, f"{path} cannot be read: {error.strerror or error}", "look at `password_file`")
        return
    if not first.strip():
        yield Check(name, False, f"{path} is empty, or its first line is", "write the password into its first line")
    for each in password_doubts("PASSWORD", first.decode(errors="replace")) if first.strip() else ():
        yield Check(f"{name} file", True, f"the first line of {path} {each.what}", each.mend)
    if mode & stat.S_IRWXO:
        allowed = f"others on this machine may use {path} (mode {stat.S_IMODE(mode):03o})"
        yield Check(f"{name} file", True, allowed, f"chmod 600 {shlex.quote(str(path))}")


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
        if unwritable := _unwritable(database):
            mend = "give this user the folder, or name another in `database`"
            yield Check("database: folder", False, unwritable, mend)
        elif not database.is_postgresql and "DYNO" in os.environ:
            mend = "add PostgreSQL (`heroku addons:create heroku-postgresql`): it sets DATABASE_URL"
            yield Check("database: folder", False, "Heroku throws its files away at every restart, once a day", mend)
        elif database.is_missing:
            yield Check("database", True, f"{database.name} will be made by `serve`")
            disk = check_disk(Path(database.url.database or ""))
            yield Check("database: disk", disk.ok, disk.text)
        if database.is_missing:
            return
        for found in check_database(database):
            name = found.name if found.name == "database" else f"database: {found.name}"
            yield Check(name, found.ok, found.text)
        reach = ReachableChannels.of(settings)
        for state in reach.told(SqlOutbox(database).states()):
            waits = f"{state.pending} {'message waits' if state.pending == 1 else 'messages wait'}"
            if not state.stopped and (why := why_waiting(state, now(), by="")):
                yield Check(f"channel {state.channel}", True, f"{waits}: {why}")
            if state.stopped:
                mend = "once that is mended it is tried again by the next sweep, or now by `xocompat sweep`"
                if state.stopped_code == NOT_CONFIGURED:
                    mend = "once that is configured they are sent"
                yield Check(f"channel {state.channel}", False, f"{waits}: {state.stopped}", mend)
        yield from _plainer_tables(SqlTableForms(database))
        yield _published(SyncStatus.of(SqlRevisions(database), shown_source(settings.list.url)))
        if settings.data.url:
            yield from _renewed(SqlRenewals(database), shown_source(settings.data.url))
    except UnavailableError:
        return  # the checks of the database say so
    finally:
        database.close()


def _plainer_tables(forms: SqlTableForms) -> Iterator[Check]:
    """Workspaces that refused a richer form of table, and what they get until it is tried again."""
    drawn: dict[int, str] = {TableForm.LINES: "lines", TableForm.TABLE: "plain tables"}
    for team, (form, at) in sorted(forms.since(now() - REMEMBERED).items()):
        if shown := drawn.get(form):
            until = moment_in_words(at + REMEMBERED)
            yield Check("tables", True, f"{team or 'a workspace'} gets {shown} until {until}: it refused richer ones")


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


def _renewed(renewals: SqlRenewals, source: str) -> Iterator[Check]:
    """Whether newer data comes, and why what came is not used."""
    attempts, stored = renewals.attempts(source), renewals.latest()
    if attempts and attempts.error:
        mend = attempts.mend or "`xocompat changes` has what it would move; the data in use stays as it was"
        yield Check("renewed data", attempts.is_only_away(now()), attempts.what, mend)
    elif stored is None:
        yield Check("renewed data", True, f"{source} was not read yet")
    else:
        came = day_in_words(stored.accepted_at.date())
        yield Check("renewed data", True, f"the last bundle is of {day_in_words(stored.day)}, and came on {came}")


def _data(settings: Settings) -> Check:
    """Of which day the data in use is, and whether that is too old."""
    matrix = dataset_of(settings).matrix
    advisories = advisories_of(matrix).day
    came = "renewed" if matrix.renewed_to else "as shipped"
    said = f"what is in use is of {day_in_words(matrix.day)}, its advisories of {day_in_words(advisories)}, {came}"
    if old := old_data(data_ages(matrix, now().date(), advisories)):
        return Check("data", True, f"{said}. {spoken(old)}", "upgrade xocompat, or set `data.url`")
    return Check("data", True, said)


def _second_opinions(settings: Settings) -> Iterator[Check]:
    """Where others have another end of life than the data. It is for people to find out who is right."""
    matrix = dataset_of(settings).matrix
    for name, url, read in (
        ("XCP-ng's table", XCP_NG_TABLE, ends_in_table),
        ("endoflife.date", ENDOFLIFE_DATE, ends_of_product),
    ):
        answer = fetch(url, None, threading.Event().wait)
        ends = read(answer.body.decode()) if isinstance(answer, Fetched) else {}
        if not ends:
            yield Check(f"dates: {name}", True, "could not be read, so nothing is said of it")
            continue
        differ = [
            f"{found.release} ends on {day_in_words(found.theirs)} there, on {day_in_words(found.ours)} here"
            for found in vendor_disagreements(matrix, ends)
        ]
        yield Check(f"dates: {name}", True, "; ".join(differ) or "no end of life differs")


def clock_checks(clock: ClockCheck) -> Iterator[Check]:
    """Whether this machine's clock agrees with the servers that were asked before, if one said what time it is."""
    if doubt := clock.doubt():
        mend = "set it (by NTP, for example): until then `serve` decides nothing and prunes nothing"
        yield Check("clock, by servers", False, doubt, mend)
    elif clock.has_observed:
        yield Check("clock, by servers", True, "it shows their day")
