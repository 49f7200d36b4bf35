"""What the process answers over HTTP: health and metrics, the calendar, open data, and Slack's own requests."""

import os
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from bot.advisories.load import advisories_of
from bot.alerts.delivery.retry import DeliveryStatus
from bot.alerts.delivery.worker import OutboxWorker
from bot.alerts.facts import SweepHealth
from bot.alerts.rules import overdue
from bot.app.configuration import reveal
from bot.app.dataset import Dataset
from bot.app.fleet import WatchedFleet
from bot.chat.channels import ChannelKind, kind_of
from bot.chat.command import Ports
from bot.chat.commands.changes import sync_trouble
from bot.chat.commands.timeline import timeline_picture
from bot.chat.lookup import old_data
from bot.chat.reply import spoken
from bot.errors import UnavailableError
from bot.fleet.sites import KnownSites, SiteTallies
from bot.fleet.verdicts import patch_states
from bot.matrix.freshness import data_ages
from bot.matrix.release import Product, Release
from bot.published.sync import SyncStatus
from bot.settings.model import Settings
from bot.slack.http import RequestVerifier
from bot.slack.listeners import is_sent
from bot.slack.manifest import EVENTS_PATH
from bot.slack.service import Service
from bot.store.maintenance import write
from bot.web.access import PageAccess, guarded
from bot.web.calendar import TYPE, calendar
from bot.web.documents import Document, documents
from bot.web.health import CachedCheck, HealthCheck, health
from bot.web.metrics import MetricsSnapshot, ProbeMetrics, metrics
from bot.web.server import Handler, HttpRequest, HttpResponse, HttpRoute, Wsgi, wsgi

if TYPE_CHECKING:
    from bot.app.mattermost import MattermostService

SVG_HEADERS = {
    "content-type": "image/svg+xml",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    "x-content-type-options": "nosniff",
}
"""A picture that is opened alone is a document: it may load and run nothing."""

READY_KEPT, WRITTEN_KEPT = 30.0, 2.0
"""Seconds that Slack is not asked again whether it takes our token, and the database whether it takes a row."""

UNTOLD = "SLACK_BOT_TOKEN is not set: alerts are kept, and nobody is told of them"


def pages(
    settings: Settings,
    watched: WatchedFleet,
    probes: ProbeMetrics,
    service: Service | None,
    sender: OutboxWorker | None,
    proxied: bool,
    mattermost: "MattermostService | None" = None,
    site_tallies: Callable[[], SiteTallies] | None = None,
) -> Wsgi:
    """All that is answered; Slack's requests only with a signing secret to check them by.

    `proxied`: a proxy is expected in front, so a caller on this machine may be anybody.
    """
    web = settings.web
    # Who shows one in a header shows it without white space around it, as `echo TOKEN | …` leaves it in a variable.
    token, calendar_token = (
        lambda name=name: os.environ.get(name, "").strip() for name in (web.token_env, web.calendar_token_env)
    )
    shown = metrics(probes, lambda: _snapshot(watched, sender, service, site_tallies))
    notices: list[HealthCheck] = [lambda: _channels(watched), lambda: _published(watched), lambda: _data(watched)]
    if sites := watched.hosts.sites:
        notices.append(lambda: _message_server(sites.known()))
    if not (settings.slack.bot_token or settings.notify or settings.mattermost.url):
        notices.append(lambda: UNTOLD)
    routes = {
        **health(_checks(watched, service, mattermost), notices),
        **(mattermost.routes if mattermost else {}),
        "/metrics": HttpRoute("GET", guarded(shown, PageAccess(token, proxied=proxied))),
        "/calendar.ics": HttpRoute("GET", guarded(_calendar(watched), PageAccess(token, calendar_token, proxied))),
        "/timeline.svg": HttpRoute("GET", _timeline(watched)),
        "/data/": HttpRoute("GET", _open_data(watched)),
    }
    if service and (secret := reveal(settings.slack.signing_secret)):
        verifier = RequestVerifier(service.app, secret, time.time)

        def receive(request: HttpRequest) -> HttpResponse:
            answer = verifier.receive(request.body, request.headers)
            return HttpResponse(answer.status, answer.body, answer.first_headers(), lambda: is_sent(answer))

        routes[EVENTS_PATH] = HttpRoute("POST", receive)
    return wsgi(routes)


def _checks(
    watched: WatchedFleet, service: Service | None, mattermost: "MattermostService | None"
) -> dict[str, HealthCheck]:
    """Why the process can't do its work, by what is looked at. Nothing here names a host."""
    found: dict[str, HealthCheck] = {
        "the database": CachedCheck(lambda: _database(watched), WRITTEN_KEPT, time.monotonic),
        "the clock": watched.clock_check.doubt,
        "the last sweep": lambda: _sweeps(watched),
    }
    if service:
        asks_slack = service.socket is None
        ready = service.not_ready
        found["Slack"] = CachedCheck(ready, READY_KEPT, time.monotonic) if asks_slack else ready
    if mattermost:
        found["Mattermost"] = mattermost.not_ready
    return found


def _database(watched: WatchedFleet) -> str | None:
    """Whether it takes something: a full disk shows in nothing else. Its name may be a host's, and is left out."""
    database = watched.store.database
    try:
        write(database, watched.clock())
    except UnavailableError as error:
        return f"the database {str(error).removeprefix(database.name).strip()}"
    return None


def _sweeps(watched: WatchedFleet) -> str | None:
    evaluation = watched.evaluation
    if not evaluation.configured:
        return None
    try:
        last = watched.store.sweeps.last_finished()
    except UnavailableError:
        return None  # the check of the database says so
    late = overdue(SweepHealth(evaluation.every, last and last.finished_at, evaluation.since), watched.clock())
    if late is None:
        return None
    since, every = (timedelta(seconds=round(span.total_seconds())) for span in (late, evaluation.every))
    return f"no sweep has finished for {since}, one every {every} is expected"


def _channels(watched: WatchedFleet) -> str | None:
    try:
        stopped = [state for state in watched.told(watched.store.outbox) if state.stopped]
    except UnavailableError:
        return None  # the check of the database says so
    return "; ".join(f"{state.channel}: {state.stopped}" for state in stopped) or None


def _published(watched: WatchedFleet) -> str | None:
    """A page that can't be used stops nobody from asking about the list in use."""
    if watched.follows is None:
        return None
    try:
        status = SyncStatus.of(watched.store.revisions, watched.follows.name)
        return sync_trouble(status, watched.clock())
    except UnavailableError:
        return None  # the check of the database says so


def _data(watched: WatchedFleet) -> str | None:
    """The same for a bundle of data, where one is followed, and that what it brings is old all the same.

    Why stands in the log and in `doctor`: it may name an address.
    """
    if watched.renews is None:
        return None
    try:
        attempts = watched.store.renewals.attempts(watched.renews.name)
    except UnavailableError:
        return None  # the check of the database says so
    if attempts is not None and attempts.error is not None and not attempts.is_only_away(watched.clock()):
        return "the data is not renewed: the data in use stays as it was"
    matrix = watched.dataset().matrix
    old = old_data(data_ages(matrix, watched.clock().date(), advisories_of(matrix).day))
    return spoken(old) if old else None


def _message_server(known: KnownSites) -> str | None:
    """Sites are a part of the work: without their server all else goes on."""
    is_away = known.server is not None and not known.server.is_up
    return "the NATS server of the sites cannot be reached" if is_away else None


def _snapshot(
    watched: WatchedFleet,
    sender: OutboxWorker | None,
    service: Service | None,
    site_tallies: Callable[[], SiteTallies] | None,
) -> MetricsSnapshot:
    at, store, matrix = watched.clock(), watched.store, watched.dataset().matrix
    findings = watched.evaluation.findings(at)
    deliveries = sender.counters.by_channel() if sender else {}
    return MetricsSnapshot(
        at=at,
        findings=findings,
        patch_states=patch_states(findings),
        sources=store.fleet.sources(),
        alerts=store.alerts.outlines(),
        channels=watched.told(store.outbox),
        last_sweep=store.sweeps.last_finished(),
        ambiguous=sum(
            count
            for (channel, status), count in deliveries.items()
            if status is DeliveryStatus.AMBIGUOUS and kind_of(channel) is ChannelKind.SLACK
        ),
        deliveries=deliveries,
        plainer_tables=service.forms.counts() if service and service.forms else {},
        ages=data_ages(matrix, at.date(), advisories_of(matrix).day),
        sites=watched.hosts.sites.known() if watched.hosts.sites else None,
        site_tallies=site_tallies() if site_tallies else None,
    )


def _timeline(watched: WatchedFleet) -> Handler:
    """Open to all, so it shows the vendors' dates and nothing of the fleet."""

    def answer(_: HttpRequest) -> HttpResponse:
        picture = timeline_picture(watched.dataset().matrix, Product, watched.clock().date())
        return HttpResponse(200, picture.svg(), SVG_HEADERS)

    return answer


def _open_data(watched: WatchedFleet) -> Handler:
    """Open to all, as the timeline. Made when somebody asks, and anew where the data or the day is another."""

    @lru_cache(maxsize=1)
    def made(known: Dataset, day: date) -> dict[str, Document]:
        from bot.chat.open_data import TYPES, open_data

        found = open_data(Ports(known.matrix, known.reader), day)
        return {f"/data/{path}": Document.of(text, TYPES[PurePosixPath(path).suffix]) for path, text in found.items()}

    return documents(lambda: made(watched.dataset(), watched.clock().date()))


def _calendar(watched: WatchedFleet) -> Handler:
    def answer(_: HttpRequest) -> HttpResponse:
        try:
            releases = _releases(watched)
        except UnavailableError as error:
            return HttpResponse(503, f"{error}\n")
        read_at = datetime.combine(watched.dataset().matrix.lifecycle_read_on, time_of_day(), UTC)
        return HttpResponse(200, calendar(releases, read_at), {"content-type": TYPE})

    return answer


def _releases(watched: WatchedFleet) -> set[Release]:
    """What a watched host runs or a channel watches."""
    matrix = watched.dataset().matrix
    run = {finding.assessment.release for finding in watched.evaluation.findings(watched.clock()) if finding.assessment}
    named = ((watch.product, watch.release) for watch in watched.store.watches.all())
    watched_too = (matrix.release(Product(product), number) for product, number in named if product and number)
    return run | {release for release in watched_too if release}
