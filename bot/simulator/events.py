"""`event.from`: what changed since a token, at once or as soon as something does."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from bot.simulator.model import CLASSES
from bot.simulator.protocol import Int32, Record, SimDialect, Value, XapiError
from bot.simulator.release import JsonRpc
from bot.simulator.state import HostState, PoolState

_TOLD: Final = ("pool", "host")
_LONGEST: Final = 120.0


async def events_from(host: HostState, dialect: SimDialect, arguments: tuple[Value, ...]) -> Record:
    """The events of pool and hosts. An empty token gives all of them as new; every change touches all of them."""
    classes, token, timeout = arguments
    wanted = _classes(classes)
    seconds = _seconds(host, dialect, timeout)
    pool = host.pool
    if token and str(token) == _token(pool):
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await pool.wait_for_change()
    operation = "add" if not token else "mod"
    news = [] if str(token) == _token(pool) else _events(pool, wanted, operation)
    return {"events": news, "valid_ref_counts": _counts(pool), "token": _token(pool)}


def injected(pool: PoolState) -> str:
    """The token of an event that clients put in to have a token."""
    return _token(pool)


def _classes(value: Value) -> frozenset[str]:
    names = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
    return frozenset(str(name).lower() for name in names)


def _seconds(host: HostState, dialect: SimDialect, timeout: Value) -> float:
    """JSON-RPC before 7.3 takes a number without decimals for no float (host list, XenServer 7.2)."""
    picky = host.host.release.json_rpc is JsonRpc.ALWAYS_V1 and dialect is not SimDialect.XML_RPC
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or (picky and isinstance(timeout, int)):
        raise XapiError("INTERNAL_ERROR", f"Rpc.Runtime_error: Expected float, got 'I({timeout})'")
    return min(float(timeout), _LONGEST)


def _events(pool: PoolState, wanted: frozenset[str], operation: str) -> list[Value]:
    return [
        {
            "id": str(pool.revision),
            "timestamp": "0.0",
            "class": name,
            "operation": operation,
            "ref": ref,
            "snapshot": record,
        }
        for name in _TOLD
        if name in wanted or "*" in wanted
        for ref, record in pool.table(name).items()
    ]


def _counts(pool: PoolState) -> Record:
    return {
        name.lower(): Int32(len(pool.sessions) if name == "session" else len(pool.table(name)))
        for name, since in CLASSES.items()
        if since <= pool.api
    }


def _token(pool: PoolState) -> str:
    return f"{pool.revision:020d},00000000000000000000"
