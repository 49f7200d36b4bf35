"""Answers calls: the checks that come first, in xapi's order, then logins, records, events and the few writes."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from bot.simulator.classes import CLASSES, EMERGENCY_CALLS, GETTERS, OTHERS, REMOVED, UNLISTED, may, messages
from bot.simulator.fleets import Role
from bot.simulator.releases import JsonRpc
from bot.simulator.rpc import VOID, Call, Int32, Record, SimDialect, Value, XapiError
from bot.simulator.state import HostState, PoolState

_LOGIN: Final = "session.login_with_password"
_WITH_EVENTS: Final = ("pool", "host")
_LONGEST_WAIT: Final = 120.0


async def answer(host: HostState, call: Call) -> Value:
    """The value that the call gives on this host; raises XapiError."""
    emergency, api = host.host.emergency, host.host.release.api
    if emergency and call.method not in EMERGENCY_CALLS:
        raise XapiError(*emergency, outside_dispatch=True)
    if call.method == "system.listMethods":
        return messages(api)
    if call.method.startswith("system.isAlive:"):
        return _first_param(call)
    if call.method == "host.is_in_emergency_mode":
        return bool(emergency)
    if call.method == _LOGIN:
        return await _login(host, call.params)
    if call.method.startswith("Async."):
        raise XapiError("Fault", f"No async mode for this operation (rpc: {call.method.removeprefix('Async.')})")
    expected, received = _parameter_count(host, call.method), len(call.params) - 1
    if received != expected:
        raise XapiError("MESSAGE_PARAMETER_COUNT_MISMATCH", call.method, str(expected), str(received))
    ref = str(_first_param(call))
    session = host.pool.sessions.find(ref)
    if session is None:
        raise XapiError("SESSION_INVALID", ref)
    if not host.is_coordinator:
        raise XapiError("HOST_IS_SLAVE", host.pool.coordinator.address)
    if REMOVED.get(call.method.partition(".")[0], (99,)) <= api:
        raise XapiError("MESSAGE_REMOVED")
    if not may(session.user.role, call.method):
        raise XapiError("RBAC_PERMISSION_DENIED", call.method.lower(), "No permission in user session.")
    if call.method == "session.logout":
        del host.pool.sessions.open[session.ref]
        return VOID
    if call.method == "event.from":
        return await _events_from(host, call.dialect, call.params[1:])
    if call.method == "event.inject":
        return _event_token(host.pool)
    if call.method.partition(".")[2].startswith("get_"):
        return _get(host.pool, call.method, call.params[1:])
    _write(host.pool, call.method, call.params[1:])
    return VOID


def _parameter_count(host: HostState, method: str) -> int:
    """How many parameters the message takes, its session aside."""
    api = host.host.release.api
    name, _, verb = method.partition(".")
    if method in OTHERS and OTHERS[method][1] <= api:
        return OTHERS[method][0]
    known = name in CLASSES and CLASSES[name] <= api and (name not in UNLISTED or not verb.startswith("get_all"))
    if known and verb.startswith("get_"):
        return GETTERS.get(verb, 1)  # the others get a field of one object
    raise XapiError("MESSAGE_METHOD_UNKNOWN", method)


def _first_param(call: Call) -> Value:
    if not call.params:
        raise XapiError("INTERNAL_ERROR", "(Failure hd)")
    return call.params[0]


async def _login(host: HostState, params: tuple[Value, ...]) -> str:
    """A new session's reference. A supporter redirects before it looks at the password.

    `originator` came with 6.2. Real hosts take and forget what is too many; simulated older ones refuse it, as clients
    for them expect.
    """
    if len(params) < 2 or (len(params) > 3 and not host.host.release.takes_originator):
        raise XapiError("MESSAGE_PARAMETER_COUNT_MISMATCH", _LOGIN, "2", str(len(params)))
    if not all(isinstance(param, str) for param in params):
        raise XapiError("INTERNAL_ERROR", "Rpc.Runtime_error: expected a string")
    name, password, *rest = map(str, params)
    if not host.is_coordinator:
        raise XapiError("HOST_IS_SLAVE", host.pool.coordinator.address)
    pool = host.pool
    user = next((user for user in pool.pool.users if user.name == name and user.password == password), None)
    if user is not None and user.role is not Role.NONE:
        return pool.sessions.start(user, rest[1] if len(rest) > 1 else "", host.host.name).ref
    await asyncio.sleep(pool.pool.refusal_seconds)
    if user is not None:
        raise XapiError("SESSION_AUTHORIZATION_FAILED", name, f"Subject {name} has no roles assigned.")
    raise XapiError("SESSION_AUTHENTICATION_FAILED", name, "Authentication failure")


def _get(pool: PoolState, method: str, arguments: tuple[Value, ...]) -> Value:
    name, _, verb = method.partition(".")
    table = pool.table(name)
    wanted = str(arguments[0]) if arguments else ""
    match verb:
        case "get_all":
            return list(table)
        case "get_all_records" | "get_all_records_where":  # the expression is taken for "true"
            return table
        case "get_by_name_label":
            return [ref for ref, record in table.items() if record.get("name_label") == wanted]
        case "get_by_uuid":
            ref = next((ref for ref, record in table.items() if record["uuid"] == wanted), None)
            if ref is None:
                raise XapiError("UUID_INVALID", name, wanted)
            return ref
    if wanted not in table:
        raise XapiError("HANDLE_INVALID", name, wanted)
    if verb == "get_record":
        return table[wanted]
    if verb.removeprefix("get_") not in table[wanted]:
        raise XapiError("MESSAGE_METHOD_UNKNOWN", method)
    return table[wanted][verb.removeprefix("get_")]


def _write(pool: PoolState, method: str, arguments: tuple[Value, ...]) -> None:
    """The few calls that change something: enough to tell an account that may from one that may not."""
    ref = str(arguments[0])
    host = pool.hosts.get(ref)
    match method:
        case "pool.set_name_label" if ref == pool.ref:
            pool.name = str(arguments[1])
        case "host.set_name_label" if host:
            host.host = replace(host.host, label=str(arguments[1]))
        case "host.enable" | "host.disable" if host:
            host.host = replace(host.host, enabled=method == "host.enable")
        case _:
            raise XapiError("HANDLE_INVALID", method.partition(".")[0], ref)
    pool.touch()


async def _events_from(host: HostState, dialect: SimDialect, arguments: tuple[Value, ...]) -> Record:
    """What changed in pool and hosts since a token, at once or as soon as something does.

    An empty token gives all of them as new; every change touches all of them. JSON-RPC before 7.3 takes a number
    without decimals for no float (host list, XenServer 7.2).
    """
    classes, token, timeout = arguments
    names = classes if isinstance(classes, Sequence) and not isinstance(classes, str) else ()
    wanted = frozenset(str(name).lower() for name in names)
    picky = host.host.release.json_rpc is JsonRpc.ALWAYS_V1 and dialect is not SimDialect.XML_RPC
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or (picky and isinstance(timeout, int)):
        raise XapiError("INTERNAL_ERROR", f"Rpc.Runtime_error: Expected float, got 'I({timeout})'")
    pool = host.pool
    if token and str(token) == _event_token(pool):
        with suppress(TimeoutError):
            async with asyncio.timeout(min(float(timeout), _LONGEST_WAIT)):
                await pool.wait_for_change()
    changed = str(token) != _event_token(pool)
    events: list[Value] = [
        {
            "id": str(pool.revision),
            "timestamp": "0.0",
            "class": name,
            "operation": "mod" if token else "add",
            "ref": ref,
            "snapshot": record,
        }
        for name in _WITH_EVENTS
        if changed and (name in wanted or "*" in wanted)
        for ref, record in pool.table(name).items()
    ]
    counts: Record = {
        name.lower(): Int32(len(pool.sessions.open) if name == "session" else len(pool.table(name)))
        for name, since in CLASSES.items()
        if since <= pool.api
    }
    return {"events": events, "valid_ref_counts": counts, "token": _event_token(pool)}


def _event_token(pool: PoolState) -> str:
    return f"{pool.revision:020d},00000000000000000000"
