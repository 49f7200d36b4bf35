"""One connection to a host, from the accepted socket to its close: TLS, requests, calls and faults, responses."""

import asyncio
from contextlib import suppress
from html import escape
from typing import Final

from bot.simulator import rpc
from bot.simulator.dispatch import answer
from bot.simulator.faults import (
    ConnectionEnd,
    Delay,
    Fault,
    FaultMoment,
    FaultyDelivery,
    Refuse,
    Reset,
    Silence,
    delivery,
)
from bot.simulator.http import (
    Headers,
    HttpRefused,
    RequestReader,
    SimRequest,
    SimResponse,
    Stream,
    internal_error,
)
from bot.simulator.releases import JsonRpc, SimRelease
from bot.simulator.rpc import Call, SimDialect, Unreadable, XapiError
from bot.simulator.state import HostState
from bot.simulator.tls import SimContexts

_HANDSHAKE_SECONDS: Final = 60.0
_LAST_SECONDS: Final = 2.0
_CORS: Final[Headers] = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Headers", "X-Requested-With"))
_JSON: Final[Headers] = (("content-type", "application/json"),)
_XML: Final[Headers] = (("content-type", "text/xml"),)
_HTML: Final[Headers] = (("content-type", "text/html"),)
_PARSE_ERROR: Final = 1


async def serve(host: HostState, stream: Stream, contexts: SimContexts) -> None:
    """Answers a client until one of the two leaves; the caller closes. A connection that breaks ends it quietly."""
    host.traffic.connections += 1
    with suppress(OSError):  # TimeoutError is one of them
        if await stopped(host.host.faults, stream, FaultMoment.ACCEPT):
            return
        context = contexts.get(host.certificate, host.host.offered_tls)
        async with asyncio.timeout(_HANDSHAKE_SECONDS):
            await stream.handshake(context)
        host.traffic.handshakes += 1
        stream.on_bytes = host.traffic.count_bytes
        if not await stopped(host.host.faults, stream, FaultMoment.HANDSHAKE):
            await _answer_requests(host, stream)


async def _answer_requests(host: HostState, stream: Stream) -> None:
    requests = RequestReader(stream, host.host.release.header_limit)
    try:
        while (request := await requests.next()) is not None:
            call = _read_call(host, request)
            method = call.method if call else ""
            if call:
                host.traffic.add(call, request.path, request.headers.get("user-agent", ""))
            if await stopped(host.host.faults, stream, FaultMoment.REQUEST, method):
                return
            response = await _response(host, request, call)
            faults = tuple(fault for fault in host.host.faults if fault.on in ("", method))
            if await deliver(stream, delivery(faults, response)) is not ConnectionEnd.KEEP:
                return
    except HttpRefused as refusal:
        async with asyncio.timeout(_LAST_SECONDS):
            await stream.write_last(refusal.response.wire)


async def stopped(faults: tuple[Fault, ...], stream: Stream, moment: FaultMoment, method: str = "") -> bool:
    """Whether a fault ends the connection at this moment."""
    for fault in faults:
        match fault:
            case Silence(when, on) if when is moment and on in ("", method):
                await stream.until_closed()
                return True
            case Reset(when, on) if when is moment and on in ("", method):
                stream.reset()
                return True
    return False


async def deliver(stream: Stream, response: FaultyDelivery) -> ConnectionEnd:
    """Writes a response as its faults want it."""
    for chunk in response.chunks:
        await stream.write(chunk)
        if response.pause:
            await asyncio.sleep(response.pause)
    if response.ending is ConnectionEnd.CLOSE:
        stream.close_tls()
    return response.ending


def _read_call(host: HostState, request: SimRequest) -> Call | None:
    """The call in a request, if it can hold one. Raises HttpRefused where the body makes none."""
    if request.method != "POST":
        return None
    era = host.host.release.json_rpc
    by_json = era is not JsonRpc.NONE and request.path.startswith("/jsonrpc")
    try:
        return rpc.read_json(request.body, era) if by_json else rpc.read_xml(request.body)
    except Unreadable as error:
        if era is JsonRpc.NONE:
            return None
        raise internal_error(str(error)) from None


async def _response(host: HostState, request: SimRequest, call: Call | None) -> SimResponse:
    """The host's response, after the time that its calls take."""
    if request.method != "POST":
        return _page(host.host.release, request)
    if call is None:
        return _rpc_response(request, _XML + _CORS, rpc.xml_fault_text(_PARSE_ERROR, "Failed to parse supplied XML"))
    kind = _XML if call.dialect is SimDialect.XML_RPC else _JSON
    await asyncio.sleep(host.host.latency)
    try:
        for fault in host.host.faults:
            match fault:
                case Delay(seconds, on) if on in ("", call.method):
                    await asyncio.sleep(seconds)
                case Refuse(code, params, on) if on in ("", call.method):
                    raise XapiError(code, *params)
        result = await answer(host, call)
    except XapiError as error:
        text = rpc.error_text(call, error, host.host.release)
        return _rpc_response(request, kind if error.outside_dispatch else kind + _CORS, text)
    return _rpc_response(request, kind + _CORS, rpc.result_text(call, result))


def _rpc_response(request: SimRequest, headers: Headers, text: str) -> SimResponse:
    """Text of the fleet's description that is no UTF-8 comes out as it went in."""
    body = text.encode(errors="surrogateescape")
    return SimResponse(200, "OK", headers, body, request.close, "1.0" if request.version == "1.0" else "1.1")


def _page(release: SimRelease, request: SimRequest) -> SimResponse:
    """What a browser gets: the page at `/`, whose title names the release up to 8.2, and nothing else."""
    if request.method == "OPTIONS":
        return SimResponse(200, "OK", (("Access-Control-Allow-Methods", "PUT"),), b"", request.close)
    if request.method == "GET" and request.path in ("/", "/index.html"):
        title = escape(release.title)
        text = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
        return SimResponse(200, "OK", _HTML, text.encode(), request.close)
    status, reason, text = 404, "Not Found", f"{request.path} was not found on this server."
    if request.method != "GET":
        status, reason, text = 501, "Method not implemented", f"{request.method} not supported."
    body = f"<html><head><title>{status} {reason}</title></head><body>{escape(text)}</body></html>"
    return SimResponse(status, reason, _HTML, body.encode(), close=True)
