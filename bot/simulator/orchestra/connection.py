"""A stand-in as it is now, and one visitor of it, from the accepted socket to its close."""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from bot.simulator.certificate import SimCertificate
from bot.simulator.connection import deliver, stopped
from bot.simulator.faults import ConnectionEnd, Delay, Fault, FaultMoment, delivery
from bot.simulator.http import HttpRefused, Requests, SimRequest
from bot.simulator.orchestra import objects
from bot.simulator.orchestra.answers import BASE, Asked, Rights, in_chunks, listing, refusal
from bot.simulator.orchestra.objects import Object
from bot.simulator.seen import Visits
from bot.simulator.state import PoolState
from bot.simulator.stream import Stream
from bot.simulator.tls import SimContexts, SimTls

_KEPT: Final = 1000
_LAST_SECONDS: Final = 2.0


@dataclass(slots=True)
class State:
    """What a stand-in answers with. `certificate` has its names settled; `forgotten` are names of hosts."""

    certificate: SimCertificate
    tokens: dict[str, Rights]
    faults: tuple[Fault, ...] = ()
    forgotten: frozenset[str] = frozenset()
    visits: Visits = field(default_factory=Visits)
    asked: deque[Asked] = field(default_factory=lambda: deque(maxlen=_KEPT))


async def serve(state: State, stream: Stream, contexts: SimContexts, pools: Sequence[PoolState]) -> None:
    """Answers a visitor until one of the two leaves; the caller closes. Broken connections end it without a word."""
    state.visits.connections += 1
    with suppress(OSError):
        if await stopped(state.faults, stream, FaultMoment.ACCEPT):
            return
        await stream.handshake(contexts.get(state.certificate, SimTls.MODERN))
        state.visits.handshakes += 1
        stream.visits = state.visits
        if not await stopped(state.faults, stream, FaultMoment.HANDSHAKE):
            await _converse(state, stream, pools)


async def _converse(state: State, stream: Stream, pools: Sequence[PoolState]) -> None:
    requests = Requests(stream, None)
    try:
        while (request := await requests.next()) is not None:
            if await _answered(state, stream, request, pools) is not ConnectionEnd.KEEP:
                return
    except HttpRefused as refused:
        await stream.within(_LAST_SECONDS, stream.say_last(refused.response.wire))


async def _answered(state: State, stream: Stream, request: SimRequest, pools: Sequence[PoolState]) -> ConnectionEnd:
    what = request.path.removeprefix(BASE)
    faults = tuple(fault for fault in state.faults if fault.on in ("", what))
    if await stopped(faults, stream, FaultMoment.REQUEST, what):
        return ConnectionEnd.CUT
    for fault in faults:
        if isinstance(fault, Delay):
            await asyncio.sleep(fault.seconds)
    response = refusal(request, state.tokens) or listing(request, _objects(state, what, pools))
    state.asked.append(Asked(request.path, request.query, response.status))
    return await deliver(stream, delivery(faults, response) if faults else in_chunks(response))


def _objects(state: State, what: str, pools: Sequence[PoolState]) -> list[Object] | None:
    match what:
        case "pools":
            return list(objects.pools(pools))
        case "hosts":
            return list(objects.hosts(pools, state.forgotten))
    return None
