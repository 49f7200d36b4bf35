"""A call in a transport: the request that it makes, and what its reply means.

Hosts from 6.5 to 7.2 answer JSON-RPC in version 1 with id 0 whatever they were asked; from 7.3 on (xapi 1.47) the
reply matches the request. An error of version 1 is an array `[CODE, params...]`, and so is one of version 2 in
emergency mode, with id 0. XML-RPC has `{Status, Value}` or `{Status, ErrorDescription}` in a struct, or a plain fault.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from bot.catalogue import message, say
from bot.xapi import xml_rpc
from bot.xapi.bounds import Deadline, ProbeBounds
from bot.xapi.connection import Connection
from bot.xapi.errors import BAD_REPLY, NOT_XAPI, TOO_LARGE, ProbeError
from bot.xapi.http import OK, HttpReply
from bot.xapi.observation import Transport
from bot.xapi.target import Secret

Param = str | Secret

WEIGHTS = {"{": 240, "[": 80, ":": 120, ",": 64}
"""Bytes that a sign of JSON stands for once it is read: a dict, a list, a key with its place, an element."""

_LIGHT = 256 * 1024
_CODE = re.compile(r"[A-Z][A-Z0-9_]{2,63}", re.ASCII)
_XML = frozenset({"text/xml", "application/xml"})
_PAGE = frozenset({"text/html", "application/xhtml+xml"})
_UNKNOWN_HERE = frozenset({404, 405, 500, 501})
"""Statuses of a host that lacks a path or stumbled over a version (500 with text/html)."""
_OTHER_JSON = message("with JSON of another kind")
_UNREADABLE = object()


class CallResult(NamedTuple):
    """A value with the transport that it came in, which may be older than the one that was used."""

    transport: Transport
    value: Any


class XapiRefused(Exception):
    """An error of XAPI: its code, and what goes with it. Both are the host's words."""

    def __init__(self, code: str, params: Iterable[object]) -> None:
        self.code = code
        self.params = tuple(str(param) for param in params)
        super().__init__()

    @property
    def is_xapi(self) -> bool:
        """Whether the code looks like one of XAPI's."""
        return bool(_CODE.fullmatch(self.code))


class NotSpoken(Exception):
    """The host does not understand this transport, and another may be tried. The text completes "it answered ...".

    `no_json` says that no JSON-RPC is left to be tried.
    """

    def __init__(self, what: str, no_json: bool = False) -> None:
        super().__init__(what)
        self.no_json = no_json


def call(
    connection: Connection, transport: Transport, method: str, params: Sequence[Param], deadline: Deadline
) -> CallResult:
    """What a method returns. XapiRefused, NotSpoken, ProbeError or TimeoutError if it does not.

    The code of a XapiRefused is emptied if a secret that was sent comes back in it.
    """
    plain = [param.reveal() if isinstance(param, Secret) else param for param in params]
    try:
        if transport is Transport.XML_RPC:
            return _call_by_xml(connection, method, plain, deadline)
        return _call_by_json(connection, transport, method, plain, deadline)
    except XapiRefused as refused:
        if any(isinstance(param, Secret) and param.reveal() in refused.code for param in params):
            refused.code = ""
        raise


def _expect_answer(reply: HttpReply) -> None:
    if reply.status in _UNKNOWN_HERE:
        raise NotSpoken(say("with HTTP status {status}", status=reply.status), no_json=reply.status != 500)
    if reply.status != OK:
        raise ProbeError(NOT_XAPI, say("with HTTP status {status}", status=reply.status))
    if reply.kind in _PAGE:
        raise ProbeError(NOT_XAPI, say("with a web page"))


def _call_by_xml(connection: Connection, method: str, params: list[str], deadline: Deadline) -> CallResult:
    reply = connection.post("/RPC2", "text/xml", xml_rpc.request(method, params), deadline)
    _expect_answer(reply)
    if reply.kind not in _XML and not reply.body.lstrip().startswith(b"<"):
        raise ProbeError(NOT_XAPI, say("with something else than XML"))
    read = xml_rpc.read(reply.body, connection.bounds)
    match read.value:
        case {"Status": "Success", "Value": value} if not read.is_fault:
            return CallResult(Transport.XML_RPC, value)
        case {"Status": "Failure", "ErrorDescription": [str(code), *params]} if not read.is_fault:
            raise XapiRefused(code, params)
        case {"faultString": str(code)} if read.is_fault:
            raise XapiRefused(code, [])
    raise ProbeError(NOT_XAPI, say(xml_rpc.OTHER))


def _call_by_json(
    connection: Connection, transport: Transport, method: str, params: list[str], deadline: Deadline
) -> CallResult:
    number = next(connection.numbers)
    asked: dict[str, Any] = {"method": method, "params": params, "id": number}
    if transport is Transport.JSON_RPC_2:
        asked["jsonrpc"] = "2.0"
    reply = connection.post("/jsonrpc", "application/json", json.dumps(asked).encode(), deadline)
    _expect_answer(reply)
    if reply.kind in _XML:
        raise NotSpoken(say("with XML where JSON was asked for"), no_json=True)
    if reply.kind != "application/json" and not reply.body.lstrip().startswith(b"{"):
        raise ProbeError(NOT_XAPI, say("with something else than JSON"))
    read = _parsed(reply.body, connection.bounds)
    if read is _UNREADABLE:
        raise ProbeError(BAD_REPLY, say("is not valid JSON in UTF-8"))
    if not isinstance(read, dict):
        raise ProbeError(NOT_XAPI, say(_OTHER_JSON))
    match read.get("error"):
        case None:
            pass
        case [str(code), *others] | {"message": str(code), "data": [*others]}:
            raise XapiRefused(code, others)
        case {"message": str(code)}:
            raise XapiRefused(code, [])
        case _:
            raise ProbeError(NOT_XAPI, say(_OTHER_JSON))
    if "result" not in read:
        raise ProbeError(NOT_XAPI, say(_OTHER_JSON))
    if read.get("id") not in (number, 0, None):
        raise ProbeError(BAD_REPLY, say("answers another question"))
    version = Transport.JSON_RPC_2 if read.get("jsonrpc") == "2.0" else Transport.JSON_RPC_1
    return CallResult(version, read["result"])


def _parsed(body: bytes, bounds: ProbeBounds) -> object:
    """The value, or _UNREADABLE: an exception would carry the body with it."""
    if len(body) > _LIGHT:
        # One character beyond the basic plane makes all of a str 4 bytes wide.
        weight = 0 if body.isascii() else 3 * len(body)
        weight += sum(body.count(sign.encode()) * each for sign, each in WEIGHTS.items())
        if weight > bounds.values:
            raise ProbeError(TOO_LARGE, say("too many values"))
    try:
        return json.loads(str(body, "utf-8"))
    except (ValueError, RecursionError):  # json's scanner stops by itself where it nests too deep
        return _UNREADABLE
