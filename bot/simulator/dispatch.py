"""Answers calls: the checks that come before one is looked at, in xapi's order, then what it asks for."""

from typing import Final

from bot.simulator.events import events_from, injected
from bot.simulator.login import login, session_of
from bot.simulator.model import CLASSES, EMERGENCY_CALLS, GETTERS, OTHERS, REMOVED, is_listed, may, messages
from bot.simulator.protocol import VOID, Call, Record, Value, XapiError
from bot.simulator.state import HostState, PoolState
from bot.simulator.writes import write

_LOGIN: Final = "session.login_with_password"


async def answer(host: HostState, call: Call) -> Value:
    """The value that the call gives on this host; raises XapiError."""
    emergency = host.host.emergency
    if emergency and call.method not in EMERGENCY_CALLS:
        raise XapiError(*emergency, outside_dispatch=True)
    if call.method == "system.listMethods":
        return messages(host.host.release.api)
    if call.method.startswith("system.isAlive:"):
        return _first(call)
    if call.method == "host.is_in_emergency_mode":
        return bool(emergency)
    if call.method == _LOGIN:
        return await login(host, call.params)
    return await _with_session(host, call)


async def _with_session(host: HostState, call: Call) -> Value:
    api = host.host.release.api
    if call.method.startswith("Async."):
        raise XapiError("Fault", f"No async mode for this operation (rpc: {call.method.removeprefix('Async.')})")
    _check_count(call, _expected(host, call.method))
    session = session_of(host, _first(call))
    name, _, verb = call.method.partition(".")
    if REMOVED.get(name, (99,)) <= api:
        raise XapiError("MESSAGE_REMOVED")
    if not may(session.user.role, call.method):
        raise XapiError("RBAC_PERMISSION_DENIED", call.method.lower(), "No permission in user session.")
    arguments = call.params[1:]
    match call.method:
        case "session.logout":
            host.pool.sessions.end(session.ref)
            return VOID
        case "event.from":
            return await events_from(host, call.dialect, arguments)
        case "event.inject":
            return injected(host.pool)
    if verb.startswith("get_"):
        return _got(host.pool, call.method, arguments)
    write(host.pool, call.method, arguments)
    return VOID


def _expected(host: HostState, method: str) -> int:
    """How many parameters the message takes, its session aside."""
    api = host.host.release.api
    name, _, verb = method.partition(".")
    if method in OTHERS and OTHERS[method][1] <= api:
        return OTHERS[method][0]
    known = name in CLASSES and CLASSES[name] <= api and (is_listed(name) or not verb.startswith("get_all"))
    if known and verb.startswith("get_"):
        return GETTERS.get(verb, 1)  # the others get a field of one object
    raise XapiError("MESSAGE_METHOD_UNKNOWN", method)


def _check_count(call: Call, expected: int) -> None:
    received = len(call.params) - 1
    if received != expected:
        raise XapiError("MESSAGE_PARAMETER_COUNT_MISMATCH", call.method, str(expected), str(received))


def _first(call: Call) -> Value:
    if not call.params:
        raise XapiError("INTERNAL_ERROR", "(Failure hd)")
    return call.params[0]


def _got(pool: PoolState, method: str, arguments: tuple[Value, ...]) -> Value:
    name, _, verb = method.partition(".")
    table = pool.table(name)
    wanted = str(arguments[0]) if arguments else ""
    match verb:
        case "get_all":
            return list(table)
        case "get_all_records" | "get_all_records_where":  # the expression is taken for "true"
            return table
        case "get_by_uuid":
            return _by_uuid(name, table, wanted)
        case "get_by_name_label":
            return [ref for ref, record in table.items() if record.get("name_label") == wanted]
        case "get_record":
            return _record(name, table, wanted)
    field = verb.removeprefix("get_")
    record = _record(name, table, wanted)
    if field not in record:
        raise XapiError("MESSAGE_METHOD_UNKNOWN", method)
    return record[field]


def _record(name: str, table: dict[str, Record], ref: str) -> Record:
    if ref not in table:
        raise XapiError("HANDLE_INVALID", name, ref)
    return table[ref]


def _by_uuid(name: str, table: dict[str, Record], uuid: str) -> str:
    for ref, record in table.items():
        if record["uuid"] == uuid:
            return ref
    raise XapiError("UUID_INVALID", name, uuid)
