"""JSON-RPC as xapi reads and writes it (`ocaml-rpc`, jsonrpc.ml)."""

import json
from datetime import datetime

from bot.simulator.protocol import Call, SimDialect, Unreadable, Value, XapiError, wire_time
from bot.simulator.release import JsonRpc, SimRelease


def read_call(body: bytes, era: JsonRpc) -> Call:
    """The call in a body; Unreadable if it is none, such as a batch, or one without an id."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("Not JSON.") from None
    if not isinstance(read, dict):
        raise Unreadable("Invalid request body")
    dialect = _dialect(read, era)
    sent = _id(read)
    return Call(dialect, _method(read), _params(read, dialect), sent if era is JsonRpc.MATCHING else 0)


def written_result(call: Call, result: Value) -> str:
    if call.dialect is SimDialect.JSON_RPC_2:
        return _text({"jsonrpc": "2.0", "result": result, "id": call.id})
    return _text({"result": result, "error": None, "id": call.id})


def written_error(call: Call, error: XapiError, release: SimRelease) -> str:
    if error.outside_dispatch:
        return _raised_outside(error, release)
    if call.dialect is SimDialect.JSON_RPC_2:
        told: Value = {"code": release.error_code, "message": error.code, "data": list(error.params)}
        return _text({"jsonrpc": "2.0", "error": told, "id": call.id})
    return _text({"result": None, "error": error.description, "id": call.id})


def _raised_outside(error: XapiError, release: SimRelease) -> str:
    """Whatever the request was like: its id is lost, and version 2 gets an array for an error."""
    if release.emergency_in_version_2:
        return _text({"jsonrpc": "2.0", "error": error.description, "id": 0})
    return _text({"result": None, "error": error.description, "id": 0})


def _dialect(read: dict[str, Value], era: JsonRpc) -> SimDialect:
    version = read.get("jsonrpc")
    if era is JsonRpc.ALWAYS_V1 or "jsonrpc" not in read:
        return SimDialect.JSON_RPC_1
    if version != "2.0":
        raise Unreadable("Invalid field 'jsonrpc' in request body")
    return SimDialect.JSON_RPC_2


def _method(read: dict[str, Value]) -> str:
    method = read.get("method")
    if not isinstance(method, str):
        raise Unreadable("Invalid field 'method' in request body")
    return method


def _params(read: dict[str, Value], dialect: SimDialect) -> tuple[Value, ...]:
    params = read.get("params")
    if isinstance(params, list):
        return tuple(params)
    if dialect is SimDialect.JSON_RPC_2 and isinstance(params, dict):
        return (params,)
    if dialect is SimDialect.JSON_RPC_2 and params is None:
        return ()
    raise Unreadable("Invalid field 'params' in request body")


def _id(read: dict[str, Value]) -> str | int:
    given = read.get("id")
    if isinstance(given, bool) or not isinstance(given, (str, int)):
        raise Unreadable("Invalid field 'id' in request body")
    return given


def _text(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return wire_time(value)
    raise TypeError(f"no value of the API: {value!r}")
