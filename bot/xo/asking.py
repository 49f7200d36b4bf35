"""A Xen Orchestra asked for its pools and hosts: two lists on one connection, an answer within bounds.

The token is sent only to what passed the certificate check, on the same socket; redirects are not followed. Nothing
escapes as an exception but what no server can cause.
"""

import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from bot.xapi import trouble
from bot.xapi.bounds import Bounds, Clock, Deadline
from bot.xapi.dial import Connect, TlsConnect
from bot.xapi.fields import Record
from bot.xapi.http import OK
from bot.xapi.line import Line
from bot.xapi.observation import Observation, Probed, Transport
from bot.xapi.secret import Secret
from bot.xapi.target import CredentialsError
from bot.xapi.tls import Contexts
from bot.xapi.trouble import Trouble
from bot.xo import refusal
from bot.xo.listing import HOSTS, POOLS, Member, Seen, member_of, pool_of, seen
from bot.xo.orchestra import Orchestra
from bot.xo.reading import records

BOUNDS = Bounds(whole=60.0, reply=64 * 1024 * 1024, hosts=16_384)
"""As of a probe, but for a list of thousands: ten thousand hosts take about 5 MiB. `hosts` bounds pools as well."""

_TOKEN = re.compile(r"[!#-+\--:<-\[\]-~]{1,4096}")
"""What a cookie's value may have (RFC 6265, 4.1.1)."""
_PAGE = frozenset({"text/html", "application/xhtml+xml"})


def ask(
    orchestra: Orchestra,
    now: Callable[[], datetime],
    clock: Clock = time.monotonic,
    bounds: Bounds = BOUNDS,
    connect: Connect | None = None,
) -> tuple[Probed, ...]:
    """An Observation of every pool with a host that runs, or the one Failure that says why that is not known.

    Blocks, `bounds.whole` seconds at most.
    """
    try:
        return _observed(orchestra, _pools(orchestra, Deadline(clock, bounds.whole), bounds, connect), now())
    except Trouble as stopped:
        failure = stopped.failure(
            orchestra.name, orchestra.endpoint, password_from=orchestra.token_from, subject=refusal.SUBJECT
        )
        return (failure,)


def _observed(orchestra: Orchestra, pools: tuple[Seen, ...], at: datetime) -> tuple[Observation, ...]:
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


def _pools(orchestra: Orchestra, ends: Deadline, bounds: Bounds, connect: Connect | None) -> tuple[Seen, ...]:
    token = _token(orchestra)
    line = Line(connect or TlsConnect(Contexts()), orchestra.endpoint, bounds)
    try:
        line.open(ends)
        return _read(orchestra, line, token, ends)
    except TimeoutError:
        raise refusal.slow(bounds.whole) from None
    finally:
        line.close()


def _read(orchestra: Orchestra, line: Line, token: Secret, ends: Deadline) -> tuple[Seen, ...]:
    pools = {pool.uuid: pool for pool in (pool_of(r, token) for r in _list(orchestra, line, "pools", token, ends))}
    members = [member_of(record, pools, token) for record in _list(orchestra, line, "hosts", token, ends)]
    return _some(seen(pools, members), members)


def _some(found: tuple[Seen, ...], members: list[Member]) -> tuple[Seen, ...]:
    """A token without rights is shown empty lists: silence must not pass for an answer."""
    if not members:
        raise refusal.shows_nothing()
    if not found:
        raise refusal.sees_nothing(len(members))
    return found


def _list(orchestra: Orchestra, line: Line, what: str, token: Secret, ends: Deadline) -> Iterator[Record]:
    fields = ",".join(POOLS if what == "pools" else HOSTS)
    path = f"{orchestra.path}/rest/v0/{what}?fields={fields}&ndjson=true"
    reply = line.get(path, Secret(f"authenticationToken={token.reveal()}"), ends)
    if reply.status != OK:
        raise refusal.refused(reply.status)
    if reply.kind in _PAGE:
        raise trouble.not_xapi("with a web page")
    for count, record in enumerate(records(reply.pieces), 1):
        if count > line.bounds.hosts:
            raise trouble.too_large(f"more than {line.bounds.hosts} {what}")
        yield record


def _token(orchestra: Orchestra) -> Secret:
    try:
        token = orchestra.token().strip()
    except CredentialsError as missing:
        raise refusal.no_token(str(missing)) from None
    if not _TOKEN.fullmatch(token):
        raise refusal.unspeakable_token()
    return Secret(token)
