"""One visitor of a host, from the accepted socket to its close."""

import asyncio
from contextlib import suppress

from bot.simulator.faults import ConnectionEnd, Fault, FaultMoment, FaultyDelivery, Reset, Silence, delivery
from bot.simulator.http import HttpRefused, Requests
from bot.simulator.rpc import RpcCall, question_of, response_to
from bot.simulator.state import HostState
from bot.simulator.stream import Stream
from bot.simulator.tls import SimContexts

_HANDSHAKE_SECONDS = 60.0
_LAST_SECONDS = 2.0


async def serve(host: HostState, stream: Stream, contexts: SimContexts) -> None:
    """Answers a visitor until one of the two leaves; the caller closes. Broken connections end it without a word."""
    host.visits.connections += 1
    with suppress(OSError):  # TimeoutError is one of them
        await _greet(host, stream, contexts)


async def _greet(host: HostState, stream: Stream, contexts: SimContexts) -> None:
    if await stopped(host.host.faults, stream, FaultMoment.ACCEPT):
        return
    context = contexts.get(host.certificate, host.host.offered_tls)
    await stream.within(_HANDSHAKE_SECONDS, stream.handshake(context))
    host.visits.handshakes += 1
    stream.visits = host.visits
    if not await stopped(host.host.faults, stream, FaultMoment.HANDSHAKE):
        await _converse(host, stream)


async def _converse(host: HostState, stream: Stream) -> None:
    requests = Requests(stream, host.host.release.header_limit)
    try:
        while (request := await requests.next()) is not None:
            question = question_of(host, request)
            if question.call:
                host.visits.note(question.call, request.path, request.headers.get("user-agent", ""))
            if await stopped(host.host.faults, stream, FaultMoment.REQUEST, question.method):
                return
            if await _answered(host, stream, question) is not ConnectionEnd.KEEP:
                return
    except HttpRefused as refusal:
        await stream.within(_LAST_SECONDS, stream.say_last(refusal.response.wire))


async def _answered(host: HostState, stream: Stream, question: RpcCall) -> ConnectionEnd:
    response = await response_to(host, question)
    faults = tuple(fault for fault in host.host.faults if fault.on in ("", question.method))
    return await deliver(stream, delivery(faults, response))


async def deliver(stream: Stream, way: FaultyDelivery) -> ConnectionEnd:
    """Writes an answer out its way."""
    for chunk in way.chunks:
        await stream.write(chunk)
        if way.pause:
            await asyncio.sleep(way.pause)
    if way.ending is ConnectionEnd.CLOSE:
        stream.goodbye()
    return way.ending


async def stopped(faults: tuple[Fault, ...], stream: Stream, moment: FaultMoment, method: str = "") -> bool:
    """Whether a fault ends the connection at this moment."""
    for fault in faults:
        match fault:
            case Silence(when, on) if when is moment and on in ("", method):
                await stream.until_left()
                return True
            case Reset(when, on) if when is moment and on in ("", method):
                stream.reset()
                return True
    return False
