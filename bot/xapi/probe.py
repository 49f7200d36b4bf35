"""The probe: login, pool.get_all_records, host.get_all_records, logout, on one connection; an answer within bounds.

Where they have something to say, three more are asked for, within seconds, and a probe does without their answers:
host_metrics (which of several hosts run), Certificate (when those of several hosts end), and pool_update (names of
hotfixes). When the certificate of the host that answers ends is in the handshake already.

A pool's supporter that leads to its coordinator is followed once, to a listed address. Nothing escapes as an exception
but what no host can cause.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from bot.catalogue import message, say
from bot.xapi.account import Admission, account_of
from bot.xapi.address import is_ip, normal, same_host
from bot.xapi.bounds import Clock, Deadline, ProbeBounds
from bot.xapi.certificate import valid_until
from bot.xapi.connection import Connect, Connection, TlsConnect
from bot.xapi.errors import COORDINATOR_NOT_LISTED, LOGIN_TIMEOUT, REPLY_TIMEOUT, SECOND_REDIRECT, ProbeError
from bot.xapi.observation import Failure, Observation, Probed
from bot.xapi.records import (
    Beside,
    ends_of_certificates,
    has_certificates,
    has_hotfixes,
    host_of,
    host_records,
    hotfix_names,
    live_metrics,
    pool_record,
)
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
            return error.failure(target.name, target.endpoint, other=message("member"))
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
                raise ProbeError(COORDINATOR_NOT_LISTED, number if is_plain else say("something that is no IP address"))
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
        pool = pool_record(session.call("pool.get_all_records", deadline))
        records = host_records(session.call("host.get_all_records", deadline), self._bounds)
        observed_at, shown = self._now(), valid_until(session.certificate)
        several, more = len(records) > 1, deadline.within(self._bounds.metrics)

        def beside(kind: str, read: Callable[[Any], dict[str, T]], worth_it: bool) -> dict[str, T]:
            """What the pool says of a class, read at once; nothing where it does not, in time and in its form."""
            with suppress(ProbeError, NotCoordinator, TimeoutError):
                return read(session.call(f"{kind}.get_all_records", more)) if worth_it else {}
            return {}

        said = Beside(
            beside("host_metrics", live_metrics, several),
            beside("pool_update", hotfix_names, any(map(has_hotfixes, records.values()))),
            beside("Certificate", ends_of_certificates, several and any(map(has_certificates, records.values()))),
            pool.synced_at,
        )
        found = []
        for reference, record in records.items():
            host = session.cleaned(host_of(record, reference == pool.coordinator, said))
            if host.is_coordinator and shown:
                host = host._replace(certificate_expires=shown)
            found.append(host)
        found.sort(key=lambda host: (not host.is_coordinator, host.name.casefold(), host.uuid))
        return Observation(
            target=target.name,
            address=str(session.endpoint),
            observed_at=observed_at,
            transport=session.transport,
            tls=session.endpoint.trust.mode,
            pool=session.cleaned(pool.pool(records)),
            hosts=tuple(found),
        )


def _listed(target: Target, address: str) -> Endpoint | None:
    """The listed endpoint that an address leads to. Of several ports there, rather another than the one just asked."""
    listed = [endpoint for endpoint in (*target.also, target.endpoint) if same_host(endpoint.host, address)]
    return next((endpoint for endpoint in listed if endpoint != target.endpoint), listed[0] if listed else None)
