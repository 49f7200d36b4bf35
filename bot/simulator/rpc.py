"""From an HTTP request to its response: which protocol a path speaks, and how results and errors are written in it."""

import asyncio
from typing import Final, NamedTuple

from bot.simulator import json_wire, xml_wire
from bot.simulator.dispatch import answer
from bot.simulator.faults import Delay, Refuse
from bot.simulator.http import Headers, SimRequest, SimResponse, internal_error
from bot.simulator.page import page
from bot.simulator.protocol import Call, SimDialect, Unreadable, XapiError
from bot.simulator.release import JsonRpc
from bot.simulator.state import HostState

_CORS: Final[Headers] = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Headers", "X-Requested-With"))
_JSON: Final[Headers] = (("content-type", "application/json"),)
_XML: Final[Headers] = (("content-type", "text/xml"),)
_PARSE_ERROR: Final = 1


class RpcCall(NamedTuple):
    """A request with the call in it, if it holds one."""

    request: SimRequest
    call: Call | None

    @property
    def method(self) -> str:
        """The method called; what faults are matched with."""
        return self.call.method if self.call else ""


def question_of(host: HostState, request: SimRequest) -> RpcCall:
    """Reads a request's call. Raises Refused where the body makes none."""
    if request.method != "POST":
        return RpcCall(request, None)
    era = host.host.release.json_rpc
    by_json = era is not JsonRpc.NONE and request.path.startswith("/jsonrpc")
    try:
        return RpcCall(request, json_wire.read_call(request.body, era) if by_json else xml_wire.read_call(request.body))
    except Unreadable as error:
        if era is JsonRpc.NONE:
            return RpcCall(request, None)
        raise internal_error(str(error)) from None


async def response_to(host: HostState, question: RpcCall) -> SimResponse:
    """The host's response, after the time that its calls take."""
    request, call = question
    if request.method != "POST":
        return page(host.host.release, request)
    if call is None:
        return _response(request, _XML + _CORS, xml_wire.written_fault(_PARSE_ERROR, "Failed to parse supplied XML"))
    await asyncio.sleep(host.host.latency)
    try:
        for fault in host.host.faults:
            await _before(fault, call)
        result = await answer(host, call)
    except XapiError as error:
        return _error(host, request, call, error)
    if call.dialect is SimDialect.XML_RPC:
        return _response(request, _XML + _CORS, xml_wire.written_result(call, result))
    return _response(request, _JSON + _CORS, json_wire.written_result(call, result))


async def _before(fault: object, call: Call) -> None:
    """Faults that come before the call is looked at."""
    match fault:
        case Delay(seconds, on) if on in ("", call.method):
            await asyncio.sleep(seconds)
        case Refuse(code, params, on) if on in ("", call.method):
            raise XapiError(code, *params)


def _error(host: HostState, request: SimRequest, call: Call, error: XapiError) -> SimResponse:
    headers = () if error.outside_dispatch else _CORS
    if call.dialect is SimDialect.XML_RPC:
        return _response(request, _XML + headers, xml_wire.written_error(error))
    return _response(request, _JSON + headers, json_wire.written_error(call, error, host.host.release))


def _response(request: SimRequest, headers: Headers, text: str) -> SimResponse:
    """Text of the fleet's description that is no UTF-8 comes out as it went in."""
    body = text.encode(errors="surrogateescape")
    return SimResponse(200, "OK", headers, body, request.close, "1.0" if request.version == "1.0" else "1.1")
