"""The probe: login, pool.get_all_records, host.get_all_records, logout, on one connection; an answer within bounds.

A pool's supporter that leads to its coordinator is followed once, to a listed address. Nothing escapes as an exception
but what no host can cause.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from bot.xapi import errors
from bot.xapi.account import Admission, account_of
from bot.xapi.address import is_ip, normal, same_host
from bot.xapi.bounds import Clock, Deadline, ProbeBounds
from bot.xapi.connection import Connect, Connection, TlsConnect
from bot.xapi.errors import ProbeError
from bot.xapi.observation import Failure, Observation, Probed
from bot.xapi.records import host_records, hosts_of, pool_of
from bot.xapi.session import Dialects, Supporter, XapiSession, log_in
from bot.xapi.target import Endpoint, Target
from bot.xapi.tls import TlsContexts

BOUNDS = ProbeBounds()

T = TypeVar("T")
U = TypeVar("U")

Visit = Callable[[Target, Connection, Deadline, Deadline], T]
"""What is done on a line: the work by the first deadline, logging out by the second."""


class Prober:
    """Asks targets, and remembers how each of them speaks. Thread-safe: one for the whole program."""

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
        answer = self._answer(target, self._observe)
        return answer if isinstance(answer, Failure) else answer._replace(seconds=self._clock() - begun)

    def admit(self, target: Target) -> Admission | Failure:
        """Whether the target lets its user in, and what that user may do. Blocks, 30 seconds at most."""
        return self._answer(target, self._log_in_only)

    def meet(self, target: Target, member: Endpoint) -> Failure | None:
        """What keeps a member from being asked, should a redirect lead there; None if its certificate passes.

        Only the TLS handshake is sent. Blocks, 5 seconds at most.
        """
        line = Connection(self._connect, member, self._bounds)
        try:
            line.open(Deadline(self._clock, self._bounds.connect))
        except ProbeError as stopped:
            return _at(stopped, member).failure(target.name, target.endpoint, other="member")
        finally:
            line.close()
        return None

    def _answer(self, target: Target, visit: Visit[T]) -> T | Failure:
        try:
            return self._ask(target, visit)
        except ProbeError as stopped:
            return stopped.failure(target.name, target.endpoint, target.username, target.password_from)

    def _ask(self, target: Target, visit: Visit[T]) -> T:
        ends = Deadline(self._clock, self._bounds.whole)
        # What is kept free at the end is for logging out: a session that is left behind takes one from others.
        work = ends.within(self._bounds.whole - self._bounds.logout)
        try:
            return self._on_line(target, target.endpoint, visit, work, ends)
        except Supporter as supporter:
            leads_to = supporter.address
        coordinator = _listed(target, leads_to)
        if coordinator is None:
            raise errors.coordinator_not_listed(_shown(leads_to))
        try:
            return self._on_line(target, coordinator, visit, work, ends)
        except Supporter:
            raise _at(errors.second_redirect(), coordinator) from None

    def _on_line(self, target: Target, endpoint: Endpoint, visit: Visit[T], work: Deadline, ends: Deadline) -> T:
        line = Connection(self._connect, endpoint, self._bounds)
        try:
            return visit(target, line, work, ends)
        except ProbeError as stopped:
            raise _at(stopped, endpoint) from None
        finally:
            line.close()

    def _observe(self, target: Target, line: Connection, work: Deadline, ends: Deadline) -> Observation:
        session, (pools, hosts, seen) = self._in_session(target, line, self._records, work, ends)
        records = host_records(hosts, self._bounds)
        pool, coordinator = pool_of(pools, records)
        return Observation(
            target=target.name,
            address=str(line.endpoint),
            observed_at=seen,
            transport=session.transport,
            tls=line.endpoint.trust.mode,
            pool=session.cleaned(pool),
            hosts=tuple(session.cleaned(host) for host in hosts_of(records, coordinator)),
        )

    def _records(self, session: XapiSession, work: Deadline) -> tuple[Any, Any, datetime]:
        pools = session.call("pool.get_all_records", work)
        hosts = session.call("host.get_all_records", work)
        return pools, hosts, self._now()

    def _log_in_only(self, target: Target, line: Connection, work: Deadline, ends: Deadline) -> Admission:
        _, account = self._in_session(target, line, account_of, work, ends)
        return Admission(target.name, str(line.endpoint), line.endpoint.trust.mode, account)

    def _in_session(
        self,
        target: Target,
        line: Connection,
        ask: Callable[[XapiSession, Deadline], U],
        work: Deadline,
        ends: Deadline,
    ) -> tuple[XapiSession, U]:
        """What is asked in a session of its own, and the session, which has ended."""
        session = self._log_in(target, line, work)
        try:
            return session, ask(session, work)
        except TimeoutError:
            raise errors.reply_timeout(self._bounds.whole) from None
        finally:
            session.log_out(ends.within(self._bounds.logout))

    def _log_in(self, target: Target, line: Connection, work: Deadline) -> XapiSession:
        line.open(work)
        deadline = work.within(self._bounds.login)
        try:
            return log_in(line, target, self._dialects, deadline)
        except TimeoutError:
            raise errors.login_timeout(deadline.seconds) from None


def probe(
    target: Target,
    now: Callable[[], datetime],
    clock: Clock = time.monotonic,
    bounds: ProbeBounds = BOUNDS,
    connect: Connect | None = None,
) -> Probed:
    """One probe of a target by itself, nothing remembered. Whoever asks more than once keeps a Prober."""
    return Prober(now, clock, bounds, connect).probe(target)


def _listed(target: Target, address: str) -> Endpoint | None:
    """The listed endpoint that an address leads to. Of several ports there, rather another than the one just asked."""
    listed = [endpoint for endpoint in (*target.also, target.endpoint) if same_host(endpoint.host, address)]
    return next((endpoint for endpoint in listed if endpoint != target.endpoint), listed[0] if listed else None)


def _shown(address: str) -> str:
    """An address that a host told us, if it is a plain number: a name or the zone of an address could be any words."""
    number = normal(address)
    return number if is_ip(number) and "%" not in number else "something that is no IP address"


def _at(stopped: ProbeError, endpoint: Endpoint) -> ProbeError:
    stopped.at = endpoint
    return stopped
