"""A Xen Orchestra asked for its pools and hosts: two lists on one connection, an answer within bounds.

The token is sent only to what passed the certificate check, on the same socket; redirects are not followed. Nothing
escapes as an exception but what no server can cause.
"""

import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from bot.xapi import errors
from bot.xapi.bounds import Clock, Deadline, ProbeBounds, Secret
from bot.xapi.connection import Connect, Connection, TlsConnect
from bot.xapi.errors import ProbeError
from bot.xapi.http import OK
from bot.xapi.observation import Observation, Probed, Transport
from bot.xapi.records import Record
from bot.xapi.target import CredentialsError
from bot.xapi.tls import TlsContexts
from bot.xo import errors as refusal
from bot.xo.orchestra import Orchestra
from bot.xo.records import HOSTS, POOLS, OrchestraHost, OrchestraPool, member_of, pool_of, records, seen

BOUNDS = ProbeBounds(whole=60.0, reply=64 * 1024 * 1024, hosts=16_384)
"""As of a probe, but for a list of thousands: ten thousand hosts take about 5 MiB. `hosts` bounds pools as well."""

_TOKEN = re.compile(r"[!#-+\--:<-\[\]-~]{1,4096}")
"""What a cookie's value may have (RFC 6265, 4.1.1)."""
_PAGE = frozenset({"text/html", "application/xhtml+xml"})


def ask(
    orchestra: Orchestra,
    now: Callable[[], datetime],
    clock: Clock = time.monotonic,
    bounds: ProbeBounds = BOUNDS,
    connect: Connect | None = None,
) -> tuple[Probed, ...]:
    """An Observation of every pool with a host that runs, or the one Failure that says why that is not known.

    Blocks, `bounds.whole` seconds at most.
    """
    try:
        return _observed(orchestra, _pools(orchestra, Deadline(clock, bounds.whole), bounds, connect), now())
    except ProbeError as stopped:
        failure = stopped.failure(
            orchestra.name, orchestra.endpoint, password_from=orchestra.token_from, subject=refusal.SUBJECT
        )
        return (failure,)


def _observed(orchestra: Orchestra, pools: tuple[OrchestraPool, ...], at: datetime) -> tuple[Observation, ...]:
    return tuple(
        Observation(
            target=orchestra.name,
            address=str(orchestra.endpoint),
            observed_at=at,
            transport=Transport.XO_REST,
            tls=orchestra.endpoint.trust.mode,
            pool=pool,
            hosts=hosts,
        )
        for pool, hosts in pools
    )


def _pools(
    orchestra: Orchestra, ends: Deadline, bounds: ProbeBounds, connect: Connect | None
) -> tuple[OrchestraPool, ...]:
    token = _token(orchestra)
    line = Connection(connect or TlsConnect(TlsContexts()), orchestra.endpoint, bounds)
    try:
        line.open(ends)
        return _read(orchestra, line, token, ends)
    except TimeoutError:
        raise refusal.timed_out(bounds.whole) from None
    finally:
        line.close()


def _read(orchestra: Orchestra, line: Connection, token: Secret, ends: Deadline) -> tuple[OrchestraPool, ...]:
    pools = {pool.uuid: pool for pool in (pool_of(r, token) for r in _list(orchestra, line, "pools", token, ends))}
    members = [member_of(record, pools, token) for record in _list(orchestra, line, "hosts", token, ends)]
    return _some(seen(pools, members), members)


def _some(found: tuple[OrchestraPool, ...], members: list[OrchestraHost]) -> tuple[OrchestraPool, ...]:
    """A token without rights is shown empty lists: silence must not pass for an answer."""
    if not members:
        raise refusal.lists_no_host()
    if not found:
        raise refusal.no_host_runs(len(members))
    return found


def _list(orchestra: Orchestra, line: Connection, what: str, token: Secret, ends: Deadline) -> Iterator[Record]:
    fields = ",".join(POOLS if what == "pools" else HOSTS)
    path = f"{orchestra.path}/rest/v0/{what}?fields={fields}&ndjson=true"
    reply = line.get(path, Secret(f"authenticationToken={token.reveal()}"), ends)
    if reply.status != OK:
        raise refusal.of_status(reply.status)
    if reply.kind in _PAGE:
        raise errors.not_xapi("with a web page")
    for count, record in enumerate(records(reply.pieces), 1):
        if count > line.bounds.hosts:
            raise errors.too_large(f"more than {line.bounds.hosts} {what}")
        yield record


def _token(orchestra: Orchestra) -> Secret:
    try:
        token = orchestra.token().strip()
    except CredentialsError as missing:
        raise refusal.no_token(str(missing)) from None
    if not _TOKEN.fullmatch(token):
        raise refusal.malformed_token()
    return Secret(token)
