"""The probe: login, pool.get_all_records, host.get_all_records, logout, on one connection; an answer within bounds.

Of a pool of several hosts host_metrics.get_all_records, too: which of them run is worth a call, but no failed probe.

A pool's supporter that leads to its coordinator is followed once, to a listed address. Nothing escapes as an exception
but what no host can cause.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from bot.xapi.account import Admission, account_of
from bot.xapi.address import is_ip, normal, same_host
from bot.xapi.bounds import Clock, Deadline, ProbeBounds
from bot.xapi.connection import Connect, Connection, TlsConnect
from bot.xapi.errors import COORDINATOR_NOT_LISTED, LOGIN_TIMEOUT, REPLY_TIMEOUT, SECOND_REDIRECT, ProbeError
from bot.xapi.observation import Failure, Observation, Probed
from bot.xapi.records import Record, by_reference, host_of, host_records, pool_of
from bot.xapi.session import Dialects, NotCoordinator, XapiSession, log_in
from bot.xapi.target import Endpoint, Target
from bot.xapi.tls import TlsContexts

BOUNDS = ProbeBounds()

T = TypeVar("T")

Work = Callable[[Target, XapiSession, Deadline], T]
"""What is done in a session, by a deadline."""


class Prober:
    """Probes targets, and remembers how each of them speaks. Thread-safe: one for the whole program."""

    def __init__(
        self,
        now: Callable[[], datetime],
        clock: Clock = time.monotonic,
        bounds: ProbeBounds = BOUNDS,
        connect: Connect | None = None,
    ) -> None:
        self._now = now
        self._clock = clock
        self._bounds = bounds
        self._connect = connect or TlsConnect(TlsContexts())
        self._dialects = Dialects(clock)

    def probe(self, target: Target) -> Probed:
        """What the target's pool runs, or why that is not known. Blocks, 30 seconds at most."""
        begun = self._clock()
        answer = self._with_coordinator(target, self._observe)
        return answer if isinstance(answer, Failure) else answer._replace(seconds=self._clock() - begun)

    def admit(self, target: Target) -> Admission | Failure:
        """Whether the target lets its user in, and what that user may do. Blocks, 30 seconds at most."""

        def admission(target: Target, session: XapiSession, deadline: Deadline) -> Admission:
            account, endpoint = account_of(session, deadline), session.endpoint
            return Admission(target.name, str(endpoint), endpoint.trust.mode, account)

        return self._with_coordinator(target, admission)

    def meet(self, target: Target, member: Endpoint) -> Failure | None:
        """What keeps a member from being asked, should a redirect lead there; None if its certificate passes.

        Only the TLS handshake is sent. Blocks, 5 seconds at most.
        """
        connection = Connection(self._connect, member, self._bounds)
        try:
            connection.open(Deadline(self._clock, self._bounds.connect))
        except ProbeError as error:
            error.at = member
            return error.failure(target.name, target.endpoint, other="member")
        finally:
            connection.close()
        return None

    def _with_coordinator(self, target: Target, work: Work[T]) -> T | Failure:
        """What the work gives at the target, or at its coordinator if it redirects there."""
        ends = Deadline(self._clock, self._bounds.whole)
        # What is left free at the end is for logging out: a session that is left behind takes one from others.
        deadline = ends.within(self._bounds.whole - self._bounds.logout)
        try:
            try:
                return self._in_session(target, target.endpoint, work, deadline, ends)
            except NotCoordinator as redirect:
                leads_to = redirect.address
            coordinator = _listed(target, leads_to)
            if coordinator is None:
                # The host's words are repeated only if they are a plain number: a name or a zone could be any words.
                number = normal(leads_to)
                is_plain = is_ip(number) and "%" not in number
                raise ProbeError(COORDINATOR_NOT_LISTED, number if is_plain else "something that is no IP address")
            try:
                return self._in_session(target, coordinator, work, deadline, ends)
            except NotCoordinator:
                error = ProbeError(SECOND_REDIRECT)
                error.at = coordinator
                raise error from None
        except ProbeError as error:
            return error.failure(target.name, target.endpoint, target.username, target.password_from)

    def _in_session(self, target: Target, endpoint: Endpoint, work: Work[T], deadline: Deadline, ends: Deadline) -> T:
        """What the work gives, by the deadline, in a session of its own at an endpoint."""
        connection = Connection(self._connect, endpoint, self._bounds)
        try:
            connection.open(deadline)
            login = deadline.within(self._bounds.login)
            try:
                session = log_in(connection, target, self._dialects, login)
            except TimeoutError:
                raise ProbeError(LOGIN_TIMEOUT, f"{login.seconds:.3g}") from None
            try:
                return work(target, session, deadline)
            except TimeoutError:
                raise ProbeError(REPLY_TIMEOUT, f"{self._bounds.whole:.3g}") from None
            finally:
                session.log_out(ends.within(self._bounds.logout))
        except ProbeError as error:
            error.at = endpoint
            raise
        finally:
            connection.close()

    def _observe(self, target: Target, session: XapiSession, deadline: Deadline) -> Observation:
        pools = session.call("pool.get_all_records", deadline)
        hosts = session.call("host.get_all_records", deadline)
        observed_at = self._now()
        records = host_records(hosts, self._bounds)
        pool, coordinator = pool_of(pools, records)
        metrics = self._metrics(session, deadline) if len(records) > 1 else {}
        found = [host_of(record, reference == coordinator, metrics) for reference, record in records.items()]
        found.sort(key=lambda host: (not host.is_coordinator, host.name.casefold(), host.uuid))
        return Observation(
            target=target.name,
            address=str(session.endpoint),
            observed_at=observed_at,
            transport=session.transport,
            tls=session.endpoint.trust.mode,
            pool=session.cleaned(pool),
            hosts=tuple(session.cleaned(host) for host in found),
        )

    def _metrics(self, session: XapiSession, deadline: Deadline) -> dict[str, Record]:
        """The pool's host_metrics by reference; none where the pool does not give them, in time and in their form."""
        try:
            return by_reference(session.call("host_metrics.get_all_records", deadline.within(self._bounds.metrics)))
        except (ProbeError, NotCoordinator, TimeoutError):
            return {}


def _listed(target: Target, address: str) -> Endpoint | None:
    """The listed endpoint that an address leads to. Of several ports there, rather another than the one just asked."""
    listed = [endpoint for endpoint in (*target.also, target.endpoint) if same_host(endpoint.host, address)]
    return next((endpoint for endpoint in listed if endpoint != target.endpoint), listed[0] if listed else None)
