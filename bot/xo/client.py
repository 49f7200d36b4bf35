"""A Xen Orchestra asked for its pools and hosts: two lists on one connection, an answer within bounds.

The token is sent only to what passed the certificate check, on the same socket; redirects are not followed. Nothing
escapes as an exception but what no server can cause.
"""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bot.catalogue import number, say
from bot.xapi.bounds import Clock, Deadline, ProbeBounds
from bot.xapi.connection import Connect, Connection, TlsConnect
from bot.xapi.errors import NOT_XAPI, TOO_LARGE, ProbeError
from bot.xapi.http import OK
from bot.xapi.observation import Observation, Probed, Transport
from bot.xapi.records import Record
from bot.xapi.target import CredentialsError, Secret
from bot.xapi.tls import TlsContexts
from bot.xo.errors import (
    MALFORMED_TOKEN,
    NO_HOST_LISTED,
    NO_TOKEN,
    SUBJECT,
    TIMED_OUT,
    error_of_status,
)
from bot.xo.orchestra import Orchestra
from bot.xo.records import HOSTS, POOLS, OrchestraPool, member_of, pool_of, pools_with_hosts, records

BOUNDS = ProbeBounds(whole=60.0, reply=64 * 1024 * 1024, hosts=16_384)
"""As of a probe, but for a list of thousands: ten thousand hosts take about 5 MiB. `hosts` bounds pools as well."""

OnDate = Callable[[datetime], None]
"""Gets the time that a Xen Orchestra's clock showed when it answered, in UTC and whole seconds."""

_TOKEN = re.compile(r"[!#-+\--:<-\[\]-~]{1,4096}")
"""What a cookie's value may have (RFC 6265, 4.1.1)."""
_PAGE = frozenset({"text/html", "application/xhtml+xml"})
_LONGEST_DATE = 64


def ask(
    orchestra: Orchestra,
    now: Callable[[], datetime],
    clock: Clock = time.monotonic,
    bounds: ProbeBounds = BOUNDS,
    connect: Connect | None = None,
    on_date: OnDate | None = None,
) -> tuple[Probed, ...]:
    """An Observation of every pool with a host, or the one Failure that says why that is not known.

    Blocks, `bounds.whole` seconds at most. `on_date` is called with each list's `Date` header, where it can be read.
    """
    endpoint, ends = orchestra.endpoint, Deadline(clock, bounds.whole)
    try:
        token = token_of(orchestra)
        connection = Connection(connect or TlsConnect(TlsContexts()), endpoint, bounds)
        try:
            connection.open(ends)
            found = _pools(connection, orchestra.path, token, ends, on_date)
        except TimeoutError:
            raise ProbeError(TIMED_OUT, f"{bounds.whole:.3g}") from None
        finally:
            connection.close()
    except ProbeError as error:
        return (error.failure(orchestra.name, endpoint, password_from=orchestra.token_from, subject=SUBJECT),)
    at = now()
    return tuple(
        Observation(
            target=orchestra.name,
            address=str(endpoint),
            observed_at=at,
            transport=Transport.XO_REST,
            tls=endpoint.trust.mode,
            pool=pool,
            hosts=hosts,
        )
        for pool, hosts in found
    )


def token_of(orchestra: Orchestra) -> Secret:
    """The token, fit to be sent. ProbeError if there is none, or if it cannot be one."""
    try:
        token = orchestra.token().strip()
    except CredentialsError as missing:
        raise ProbeError(NO_TOKEN, str(missing)) from None
    if not _TOKEN.fullmatch(token):
        raise ProbeError(MALFORMED_TOKEN)
    return Secret(token)


def listed(
    connection: Connection,
    path: str,
    token: Secret,
    ends: Deadline,
    what: str,
    fields: tuple[str, ...],
    on_date: OnDate | None = None,
) -> Iterator[Record]:
    """All objects of a kind with these fields, as they come; `path` is the Xen Orchestra's.

    ProbeError or TimeoutError where they break off.
    """
    query = f"{path}/rest/v0/{what}?fields={','.join(fields)}&ndjson=true"
    reply = connection.get(query, cookie_of(token), ends)
    if reply.status != OK:
        raise error_of_status(reply.status)
    if reply.kind in _PAGE:
        raise ProbeError(NOT_XAPI, say("with a web page"))
    date = date_of(reply.date)
    if on_date and date:
        on_date(date)
    for count, record in enumerate(records(reply.pieces), 1):
        if count > connection.bounds.hosts:
            raise ProbeError(TOO_LARGE, say("more than {most} {what}", most=number(connection.bounds.hosts), what=what))
        yield record


def cookie_of(token: Secret) -> Secret:
    """How a token is sent."""
    return Secret(f"authenticationToken={token.reveal()}")


def _pools(
    connection: Connection, path: str, token: Secret, ends: Deadline, on_date: OnDate | None
) -> tuple[OrchestraPool, ...]:
    """A token without rights is shown empty lists: they must not pass for an answer."""
    found = (pool_of(record, token) for record in listed(connection, path, token, ends, "pools", POOLS, on_date))
    pools = {pool.uuid: pool for pool in found}
    hosts = listed(connection, path, token, ends, "hosts", HOSTS, on_date)
    members = [member_of(record, pools, token) for record in hosts]
    if not members:
        raise ProbeError(NO_HOST_LISTED)
    return pools_with_hosts(pools, members)


def date_of(header: str) -> datetime | None:
    """The moment of a `Date` header (RFC 9110, 6.6.1), in UTC; None if it does not read as one."""
    if not 0 < len(header) <= _LONGEST_DATE:
        return None
    try:
        found = parsedate_to_datetime(header)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
