"""The centre's side of sites: it hears them, has them asked, and records what they found.

Several centres on one database share all of it: each sign of life, and each message with observations, goes to one of
them. What is recorded twice changes nothing, as the newest answer of each source counts.
"""

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import NamedTuple

from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from structlog.typing import FilteringBoundLogger

from bot import __version__
from bot.errors import UnavailableError
from bot.fleet.hosts import Change, PollResult, SourceKind
from bot.fleet.sites import (
    Heartbeat,
    KnownSites,
    MessageServer,
    RemoteTarget,
    Site,
    SiteStore,
    SiteTallies,
    site_silent,
)
from bot.sites.messages import (
    AskMessage,
    HeardMessage,
    InventoryMessage,
    MessageError,
    ObservedMessage,
    ProbedMessage,
    ProbeMessage,
    TooOldError,
)
from bot.sites.nats_client import NatsConnection, NatsDelivery, NobodyError
from bot.sites.subjects import ASK_STREAM, CENTRE, DEAD_STREAM, EVERY_SITE, OBSERVED_STREAM, SiteSubjects, site_of
from bot.store.database import RefusedError
from bot.text import shown
from bot.xapi.observation import Failure, FailureCode, Probed

FLUSH = 2.0
"""Seconds between two looks at what was heard, and at what other centres have stored."""

CLOCKS = 300.0
"""Seconds after which the server's clock is compared with ours again."""

CHUNK = 16
"""Targets in a question. A worker has as many targets in hand as it asks at a time, and one question more: so many are
asked again when it dies. The slowest host of a question holds up its others, too.
"""

ACK_WAIT = 25.0
"""Seconds after which a question whose worker gives no sign of life is given to another."""

PENDING = 256
"""Questions that workers of one site may have at a time."""

PROBE = 35.0
"""Seconds that a site has to answer a question: a probe takes 30 at most."""

COUNTED = 15.0
"""Seconds after which it is counted again what waits in the server."""

PULLED = 16
"""Messages that are recorded together; each has up to a hundred results."""

TRIES = 5
"""After so many a message that cannot be recorded is set aside."""

RETRY = 5.0
"""Seconds until it is tried again."""

HEARD_MAX = 10_000
"""Signs of life that wait to be stored: those of more workers than any fleet has are let go."""

MESSAGE_MAX = 2 * 1024 * 1024
"""Bytes that a stream takes at a time, with all that stands around a body."""

WORKERS_MAX = 64
"""Signs of life of one site that are kept as they were read."""

_HOUR, _DAY = 3600.0, 86_400.0


def streams() -> tuple[StreamConfig, ...]:
    """The streams of the centre. Each site may fill its own subject up, and no other's."""
    return (
        StreamConfig(
            name=ASK_STREAM,
            subjects=[EVERY_SITE.ask],
            retention=RetentionPolicy.WORK_QUEUE,
            discard=DiscardPolicy.NEW,
            discard_new_per_subject=True,
            max_msgs_per_subject=4000,
            max_age=_HOUR,
            duplicate_window=120.0,
            max_msg_size=MESSAGE_MAX,
            storage=StorageType.FILE,
            num_replicas=1,
        ),
        StreamConfig(
            name=OBSERVED_STREAM,
            subjects=[EVERY_SITE.observed],
            retention=RetentionPolicy.WORK_QUEUE,
            discard=DiscardPolicy.NEW,
            discard_new_per_subject=True,
            max_msgs_per_subject=2000,
            max_age=7 * _DAY,
            duplicate_window=120.0,
            max_msg_size=MESSAGE_MAX,
            storage=StorageType.FILE,
            num_replicas=1,
        ),
        StreamConfig(
            name=DEAD_STREAM,
            subjects=[EVERY_SITE.dead],
            retention=RetentionPolicy.LIMITS,
            discard=DiscardPolicy.OLD,
            max_msgs_per_subject=100,
            max_age=30 * _DAY,
            max_msg_size=MESSAGE_MAX,
            storage=StorageType.FILE,
            num_replicas=1,
        ),
    )


class CentrePlan(NamedTuple):
    """What a centre works with. `record` stores answers as bot.fleet.ports.SweepStore, `tried_since` says who gave any.

    `clock` is the time in UTC; `doubt` says why it cannot be believed: nothing is recorded then. `since` is since when
    sites count as silent if they are not heard, `expected` are those that are missed in any case.
    """

    store: SiteStore
    record: Callable[[Sequence[PollResult], datetime], tuple[Change, ...]]
    tried_since: Callable[[SourceKind, datetime], Collection[str]]
    clock: Callable[[], datetime]
    doubt: Callable[[], str | None]
    expected: tuple[str, ...]
    silent_after: timedelta
    since: datetime


class SiteCentre:
    """See the module. Everything but `start` and `stop` may be called by any thread.

    It implements bot.fleet.sites.RemoteSweeps and RemoteProbes.
    """

    def __init__(self, plan: CentrePlan, connection: NatsConnection, log: FilteringBoundLogger) -> None:
        self._plan, self._connection, self._log = plan, connection, log
        self._lock = threading.Lock()
        self._heard: dict[tuple[str, str], Heartbeat] = {}
        self._understood: dict[str, dict[bytes, Heartbeat]] = {}
        self._read: Mapping[str, tuple[str, Site]] = {}
        self._known = KnownSites(self._with_expected(()), plan.silent_after, plan.since)
        self._consumers: set[str] = set()
        self._is_new = threading.Event()
        self._stop = threading.Event()
        self._server_ahead = timedelta()
        self._clock_checked = 0.0
        self._ready = threading.Event()
        self._threads: list[threading.Thread] = []
        self._recorded: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._waiting: Mapping[str, int] | None = None
        self._dead: Mapping[str, int] | None = None
        self._counted = 0.0
        self._recorder = ThreadPoolExecutor(1, thread_name_prefix="record")
        self._too_old: set[tuple[str, str]] = set()
        connection.listen(EVERY_SITE.inventory, CENTRE, self._hear)
        connection.on_connect(self._connected)

    def start(self, records: bool = True) -> None:
        """Connect and listen; `records`: take what sites have found, too."""
        self.refresh()
        self._known = self._known._replace(server=MessageServer(False, self._plan.clock()))
        self._connection.start()
        for run in (self._keep_up, *((self._record,) if records else ())):
            thread = threading.Thread(target=run, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, seconds: float = 5.0) -> bool:
        """End; False if some of it hangs."""
        self._stop.set()
        for thread in self._threads:
            thread.join(seconds)
        self._recorder.shutdown(wait=False)
        self._connection.close()
        return not any(thread.is_alive() for thread in self._threads)

    def wait_until_ready(self, seconds: float) -> bool:
        """Whether it is connected, with all streams there, within some seconds."""
        return self._ready.wait(seconds)

    def tallies(self) -> SiteTallies:
        """What was counted lately. Nobody is asked for it now."""
        return SiteTallies(dict(self._recorded), dict(self._refused), self._waiting, self._dead)

    # Whom it knows

    def known(self) -> KnownSites:
        return self._known

    def _with_expected(self, found: Sequence[Site]) -> tuple[Site, ...]:
        names = {site.name for site in found}
        missing = (Site(name) for name in self._plan.expected if name not in names)
        return tuple(sorted((*found, *missing), key=lambda site: site.name))

    def refresh(self) -> None:
        """Read what this centre and others have heard. UnavailableError without the database."""
        self._read = self._plan.store.sites(self._read)
        sites = self._with_expected([site for _, site in self._read.values()])
        self._known = self._known._replace(sites=sites)

    def _hear(self, subject: str, body: bytes) -> bytes | None:
        """A worker's sign of life; the answer says whether it is understood. Runs in the connection's thread: quick."""
        site = site_of(subject)
        if site is None:
            return None
        known = self._known.named(site)
        beat = self._understand(site, body, known)
        if beat is None:
            return None
        with self._lock:
            if len(self._heard) < HEARD_MAX:
                self._heard[site, beat.worker] = beat
        if known is None or known.targets != beat.targets or self._known.is_silent(known, beat.heard_at):
            self._is_new.set()
        return HeardMessage(__version__, beat.is_too_old).pack()

    def _understand(self, site: str, body: bytes, known: Site | None) -> Heartbeat | None:
        """A sign of life that is heard now; None for anything else.

        A worker says the same again and again: what names the targets that are known anyway is read once.
        """
        now, digest = self._plan.clock(), hashlib.sha256(body).digest()
        read_before = self._understood.setdefault(site, {}) if known else {}
        if (beat := read_before.get(digest)) and known and beat.targets is known.targets:
            return beat._replace(heard_at=now)
        is_too_old = False
        try:
            said = InventoryMessage.unpack(body)
        except TooOldError:
            said, is_too_old = InventoryMessage.who(body), True
        except MessageError:
            return None
        targets = said.at_centre(site)
        beat = Heartbeat(site, said.worker, said.version, now, targets, is_too_old)
        if known and known.targets == targets:
            beat = beat._replace(targets=known.targets)
            if len(read_before) >= WORKERS_MAX or any(one.targets is not known.targets for one in read_before.values()):
                read_before.clear()
            read_before[digest] = beat
        return beat

    def _connected(self) -> None:
        self._consumers = set()
        self._ready.clear()
        self._clock_checked = 0.0
        self._is_new.set()

    def _keep_up(self) -> None:
        while not self._stop.is_set():
            self._is_new.wait(FLUSH)
            self._is_new.clear()
            try:
                self._look_at_the_server()
                self._store_what_was_heard()
                self.refresh()
                if self._connection.up.is_set():
                    self._set_up()
                    self._count()
            except UnavailableError as error:
                self._log.warning("sites cannot be kept up with", reason=str(error))
                self._stop.wait(FLUSH)

    def _look_at_the_server(self) -> None:
        """Whether it is there."""
        is_up, before = self._connection.up.is_set(), self._known.server
        if before is None or before.is_up != is_up:
            self._known = self._known._replace(server=MessageServer(is_up, self._plan.clock()))
        if not is_up:
            self._waiting = self._dead = None
            self._counted = 0.0

    def _count(self) -> None:
        """What waits in the server, now and then."""
        if self._counted and time.monotonic() - self._counted < COUNTED:
            return
        self._waiting, self._dead = (
            {site_of(subject) or "": count for subject, count in self._connection.messages(stream).items()}
            for stream in (OBSERVED_STREAM, DEAD_STREAM)
        )
        self._counted = time.monotonic()

    def _store_what_was_heard(self) -> None:
        with self._lock:
            heard, self._heard = self._heard, {}
        try:
            self._plan.store.hear(heard.values())
        except UnavailableError:
            with self._lock:
                self._heard = {**heard, **self._heard}
            raise
        for (site, worker), beat in heard.items():
            if beat.is_too_old and (site, worker) not in self._too_old:
                self._log.warning("a worker is too old", site=site, worker=shown(worker), version=shown(beat.version))
                self._too_old.add((site, worker))

    def _set_up(self) -> None:
        """Make streams, and a queue for each site that is known."""
        connection = self._connection
        if not self._ready.is_set():
            for stream in streams():
                connection.make_stream(stream)
            connection.make_consumer(OBSERVED_STREAM, CENTRE, EVERY_SITE.observed, ACK_WAIT, 4 * PULLED)
        for site in self._known.sites:
            if site.name not in self._consumers:
                connection.make_consumer(ASK_STREAM, site.name, SiteSubjects(site.name).ask, ACK_WAIT, PENDING)
                self._consumers.add(site.name)
        if time.monotonic() - self._clock_checked > CLOCKS or not self._clock_checked:
            self._server_ahead = connection.server_ahead(OBSERVED_STREAM, self._plan.clock)
            self._clock_checked = time.monotonic()
        self._ready.set()

    # Asking

    def ask(self, run: str, names: Collection[str]) -> Collection[str]:
        """As bot.fleet.sites.RemoteSweeps. What an earlier sweep still asks for is asked for no more."""
        by_site: dict[str, list[str]] = {}
        for name in names:
            target = RemoteTarget(name)
            by_site.setdefault(target.site, []).append(target.own_name)
        silent, unasked = self._known.silent(self._plan.clock()), set[str]()
        for site, own_names in by_site.items():
            if site in silent or not self._ask_site(site, own_names, run):
                unasked.add(site)
        return unasked

    def _ask_site(self, site: str, names: Sequence[str], run: str) -> bool:
        subject = SiteSubjects(site).ask
        chunks = [names[begin : begin + CHUNK] for begin in range(0, len(names), CHUNK)]
        keys = [f"{site}.{run}.{number}" for number in range(len(chunks))]
        messages = [
            (subject, AskMessage(key, tuple(chunk)).pack(), key) for key, chunk in zip(keys, chunks, strict=True)
        ]
        try:
            self._connection.purge(ASK_STREAM, subject)
            return self._connection.store_all(messages) == len(messages)
        except UnavailableError as error:
            self._log.warning("a site cannot be asked", site=site, reason=str(error))
            return False

    def answered(self, since: datetime) -> Collection[str]:
        return self._plan.tried_since(SourceKind.SITE, since)

    def probe(self, target: RemoteTarget) -> Probed:
        """As bot.fleet.sites.RemoteProbes. A site that is not heard is not waited for."""
        site, now = self._known.named(target.site), self._plan.clock()
        silent = site_silent(target.site, target.name, site, now)
        if site is None or self._known.is_silent(site, now):
            return silent
        try:
            body = ProbeMessage(target.own_name).pack()
            answer = ProbedMessage.unpack(self._connection.request(SiteSubjects(target.site).probe, body, PROBE))
        except NobodyError:
            return silent._replace(
                what=f"No worker of site {target.site} is there now, so {target.name} was not asked."
            )
        except MessageError as error:
            said = f"Site {target.site} gave an answer about {target.name} that cannot be used: {error}."
            return Failure(target.name, FailureCode.BAD_REPLY, said, "Is its xocompat of another version?")
        except UnavailableError:
            if not self._connection.up.is_set():
                said = f"The NATS server cannot be reached from here, so {target.name} was not asked."
                return Failure(target.name, FailureCode.UNREACHABLE, said, "See `sites.url`, and whether it runs.")
            said = f"Site {target.site} has not answered for {target.name} within {PROBE:.0f} seconds."
            return Failure(target.name, FailureCode.TIMEOUT, said, "Are its workers busy? Try again in a few minutes.")
        if answer.result.target != target.own_name:
            said = f"Site {target.site} answered about something else than {target.name}."
            return Failure(target.name, FailureCode.BAD_REPLY, said)
        result = answer.result.at_centre(target.site, answer.sent_at - self._plan.clock())
        return result.answers[0]

    # Recording

    def _record(self) -> None:
        while not self._stop.is_set():
            if not self._ready.wait(FLUSH):
                continue
            if self._plan.doubt():
                self._stop.wait(FLUSH)
                continue
            try:
                self.record(self._connection.pull(OBSERVED_STREAM, CENTRE, PULLED, FLUSH))
            except UnavailableError as error:
                self._log.warning("observations of sites wait", reason=str(error))
                self._connected()  # a stream that somebody deleted is made again
                self._stop.wait(FLUSH)

    def record(self, deliveries: Sequence[NatsDelivery]) -> None:
        """Record messages, together where that is possible, each alone else. What cannot be is tried again later.

        UnavailableError without the database: then nothing is to blame on the messages.
        """
        readable: list[tuple[NatsDelivery, list[PollResult]]] = []
        for delivery in deliveries:
            try:
                readable.append((delivery, self._results(delivery)))
            except MessageError as error:
                self._refuse(delivery, str(error))
        if not readable:
            return
        together = [result for _, results in readable for result in results]
        broken = self._recorder.submit(self._plan.record, together, self._plan.clock()).exception()
        if isinstance(broken, UnavailableError) and not isinstance(broken, RefusedError):
            for delivery, _ in readable:
                delivery.nak(RETRY)
            raise broken
        if broken and len(readable) == 1:
            self._log.error("an answer cannot be recorded", exc_info=broken)
            self._refuse(readable[0][0], type(broken).__name__)
            return
        if broken:
            for delivery, _ in readable:  # one of them alone may be the reason
                self.record([delivery])
            return
        for delivery, results in readable:
            delivery.ack()
            self._recorded[site_of(delivery.subject) or ""] += len(results)

    def _results(self, delivery: NatsDelivery) -> list[PollResult]:
        """What a message says, by our clock. Whose it is, its subject says: that is what a site's permissions bind."""
        site = site_of(delivery.subject)
        if site is None:
            raise MessageError("its subject names no site")
        message = ObservedMessage.unpack(delivery.body)
        ahead = message.sent_at - (delivery.stored_at - self._server_ahead)
        return [result.at_centre(site, ahead) for result in message.results]

    def _refuse(self, delivery: NatsDelivery, reason: str) -> None:
        """Try it again later, or set it aside after the last try."""
        site = site_of(delivery.subject) or "unknown"
        self._log.warning("a site's message was refused", site=site, tries=delivery.tries, reason=reason)
        self._refused[site] += delivery.tries == 1
        if delivery.tries < TRIES:
            delivery.nak(RETRY)
            return
        try:
            self._connection.store(
                SiteSubjects(site).dead, delivery.body, f"dead.{site}.{delivery.stored_at.timestamp()}"
            )
        except UnavailableError:
            delivery.nak(RETRY)
            return
        delivery.ack()
