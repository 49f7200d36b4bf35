"""How the tests ask a Xen Orchestra, and what it must have given."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.simulator.orchestra import TOKEN, SimulatedOrchestra
from bot.xapi.bounds import ProbeBounds
from bot.xapi.connection import Connect
from bot.xapi.observation import Failure, Observation, Probed
from bot.xapi.target import Endpoint, TlsMode, Trust
from bot.xo.client import BOUNDS, ask
from bot.xo.orchestra import Orchestra
from tests.xapi.server import Request, Script, Talk

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
QUICK = ProbeBounds(connect=0.4, whole=1.0, reply=256 * 1024, hosts=200)
"""Bounds for tests that run into them."""

POOL = {"id": "pool-1", "name_label": "lab", "master": "host-1"}
HOST = {
    "id": "host-1",
    "name_label": "xen-1",
    "address": "192.0.2.1",
    "version": "8.3.0",
    "productBrand": "XCP-ng",
    "build": "cloud",
    "enabled": True,
    "power_state": "Running",
    "rebootRequired": False,
    "startTime": 1_700_000_000,
    "license_expiry": 2_051_222_400,
    "$pool": "pool-1",
    "$poolId": "pool-1",
}


def orchestra(endpoint: Endpoint, token: str = TOKEN, path: str = "") -> Orchestra:
    """A Xen Orchestra named xo."""
    return Orchestra("xo", endpoint, lambda: token, "XO_TOKEN", path)


def simulated(stand_in: SimulatedOrchestra, token: str = TOKEN) -> Orchestra:
    """The stand-in, with its pin."""
    address = stand_in.address
    return orchestra(Endpoint(address.host, address.port, Trust(TlsMode.PINNED, address.pin)), token)


def answers(asked: Orchestra, bounds: ProbeBounds = BOUNDS, connect: Connect | None = None) -> tuple[Probed, ...]:
    """What it answers at a fixed moment, fit to be told."""
    given = ask(asked, lambda: NOW, bounds=bounds, connect=connect)
    assert given
    assert len(given) == 1 or not any(isinstance(answer, Failure) for answer in given)
    for answer in given:
        assert_fit_to_be_told(answer)
    return given


def seen(asked: Orchestra, bounds: ProbeBounds = BOUNDS, connect: Connect | None = None) -> tuple[Observation, ...]:
    """The observations that it must have given, at least one."""
    given = answers(asked, bounds, connect)
    observed = tuple(answer for answer in given if isinstance(answer, Observation))
    assert observed == given, given
    assert observed
    return observed


def failed(asked: Orchestra, bounds: ProbeBounds = BOUNDS, connect: Connect | None = None) -> Failure:
    """The one failure that it must have given."""
    (failure,) = answers(asked, bounds, connect)
    assert isinstance(failure, Failure), failure
    return failure


def assert_fit_to_be_told(answer: Probed) -> None:
    """No token, no control character in what we say, not too long."""
    assert TOKEN not in repr(answer)
    if isinstance(answer, Failure):
        assert "xo" in answer.message
        assert "{" not in answer.message
        assert answer.what.endswith(".")
        assert answer.message.isprintable()
        assert len(answer.message) < 400
        assert answer.message.endswith((".", "?"))


def http(body: bytes, kind: str = "application/x-ndjson", status: str = "200 OK", headers: str = "") -> bytes:
    """A reply with its length."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def lines(records: Sequence[Mapping[str, Any]]) -> bytes:
    """Records, one a line."""
    return "".join(f"{json.dumps(record)}\n" for record in records).encode()


def answering(pools: bytes, hosts: bytes) -> Callable[[Request], bytes]:
    """Whole replies to the two questions."""

    def answer(request: Request) -> bytes:
        return pools if "/rest/v0/pools?" in request.line else hosts

    return answer


def telling(
    hosts: Sequence[Mapping[str, Any]] = (HOST,), pools: Sequence[Mapping[str, Any]] = (POOL,)
) -> Callable[[Request], bytes]:
    """A server that lists these."""
    return answering(http(lines(pools)), http(lines(hosts)))


def serving(answer: Callable[[Request], bytes]) -> Script:
    """A script for a raw server that answers so."""

    def script(talk: Talk) -> None:
        while request := talk.request():
            talk.send(answer(request))

    return script
