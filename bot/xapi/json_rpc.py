"""JSON-RPC as XAPI speaks it, versions 1 and 2.

Hosts from 6.5 to 7.2 answer version 1 with id 0 whatever they were asked; from 7.3 on (xapi 1.47) the reply matches the
request. An error of version 1 is an array `[CODE, params...]`, and so is one of version 2 in emergency mode, with id 0.
"""

import json
from typing import Any

from bot.xapi import errors
from bot.xapi.bounds import ProbeBounds
from bot.xapi.call import CallResult, XapiRefused
from bot.xapi.observation import Transport

PATH = "/jsonrpc"
KIND = "application/json"
OTHER = "with JSON of another kind"
_UNREADABLE = object()

WEIGHTS = {"{": 240, "[": 80, ":": 120, ",": 64}
"""Bytes that a sign of JSON stands for once it is read: a dict, a list, a key with its place, an element."""
_LIGHT = 256 * 1024


def request(transport: Transport, method: str, params: list[str], number: int) -> bytes:
    """The body that asks for a method."""
    asked: dict[str, Any] = {"method": method, "params": params, "id": number}
    if transport is Transport.JSON_RPC_2:
        asked["jsonrpc"] = "2.0"
    return json.dumps(asked).encode()


def read(body: bytes, number: int, bounds: ProbeBounds) -> CallResult:
    """What a body says, and in which version. Refused if it is an error of XAPI, Trouble if it is no JSON-RPC."""
    reply = _parsed(body, bounds)
    if reply is _UNREADABLE:
        raise errors.bad_reply("is not valid JSON in UTF-8")
    if not isinstance(reply, dict):
        raise errors.not_xapi(OTHER)
    transport = Transport.JSON_RPC_2 if reply.get("jsonrpc") == "2.0" else Transport.JSON_RPC_1
    if reply.get("error") is not None:
        raise _refused(reply["error"])
    if "result" not in reply:
        raise errors.not_xapi(OTHER)
    if reply.get("id") not in (number, 0, None):
        raise errors.bad_reply("answers another question")
    return CallResult(transport, reply["result"])


def _refused(error: object) -> Exception:
    match error:
        case [str(code), *params]:
            return XapiRefused(code, params)
        case {"message": str(code), "data": [*params]}:
            return XapiRefused(code, params)
        case {"message": str(code)}:
            return XapiRefused(code, [])
    return errors.not_xapi(OTHER)


def _parsed(body: bytes, bounds: ProbeBounds) -> object:
    """The value, or _UNREADABLE: an exception would carry the body with it."""
    if len(body) > _LIGHT and _weight(body) > bounds.values:
        raise errors.too_large("too many values")
    try:
        return json.loads(str(body, "utf-8"))
    except (ValueError, RecursionError):  # json's scanner stops by itself where it nests too deep
        return _UNREADABLE


def _weight(body: bytes) -> int:
    wide = (
        0 if body.isascii() else 3 * len(body)
    )  # one character beyond the basic plane makes all of a str 4 bytes wide
    return wide + sum(body.count(sign.encode()) * weight for sign, weight in WEIGHTS.items())
