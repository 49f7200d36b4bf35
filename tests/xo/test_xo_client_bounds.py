"""No server can make an asking take more than its bounds: of time, of bytes, of memory. Nor is its text trusted."""

import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.simulator.orchestra import TOKEN
from bot.xapi.bounds import ProbeBounds
from bot.xapi.observation import FailureCode
from bot.xapi.target import Endpoint, TlsMode, Trust
from bot.xo.client import BOUNDS, ask
from tests.xapi.network import Clock, FakeNetwork
from tests.xapi.server import Request
from tests.xo.orchestras import (
    HOST,
    NOW,
    POOL,
    QUICK,
    answering,
    answers,
    assert_fit_to_be_told,
    failed,
    http,
    lines,
    orchestra,
    seen,
    telling,
)

XO = orchestra(Endpoint("192.0.2.9", 443, Trust(TlsMode.INSECURE)))
SMALL = ProbeBounds(reply=64 * 1024, head=2048, hosts=50)
MiB = 1 << 20


def test_the_bounds_are_those_that_are_told() -> None:
    assert (BOUNDS.connect, BOUNDS.whole, BOUNDS.reply, BOUNDS.hosts) == (5, 60, 64 * MiB, 16_384)


@pytest.mark.parametrize("tick", [0.5, 4.0, 70.0])
def test_the_whole_asking_takes_a_minute_however_slow_each_byte_is(tick: float) -> None:
    clock = Clock()
    network = FakeNetwork(telling(), piece=1, clock=clock, tick=tick)
    (failure,) = ask(XO, lambda: NOW, clock, connect=network)
    assert failure[1] is FailureCode.TIMEOUT
    assert clock.now - 1000.0 <= 60.0
    assert all(wire.closed for wire in network.wires)


def test_more_hosts_or_pools_than_the_bound_are_too_many() -> None:
    hosts = [{**HOST, "id": f"host-{number}"} for number in range(201)]
    failure = failed(XO, QUICK, FakeNetwork(telling(hosts)))
    assert (failure.code, "more than 200 hosts" in failure.message) == (FailureCode.REPLY_TOO_LARGE, True)
    assert failed(XO, QUICK, FakeNetwork(telling(pools=hosts))).code is FailureCode.REPLY_TOO_LARGE
    assert len(seen(XO, QUICK, FakeNetwork(telling(hosts[:200])))[0].hosts) == 200


@pytest.mark.parametrize("chunk", [b"1\r\n \r\n", b"4000\r\n" + b" " * 0x4000 + b"\r\n"])
def test_chunks_without_end_are_given_up(chunk: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    endless = head + chunk * (QUICK.reply // len(chunk) + 9000)
    assert failed(XO, QUICK, FakeNetwork(answering(endless, b""))).code is FailureCode.REPLY_TOO_LARGE


def test_a_body_that_lasts_until_the_end_is_refused_as_it_may_be_cut() -> None:
    cut = b"HTTP/1.1 200 OK\r\n\r\n" + lines([POOL])
    failure = failed(XO, connect=FakeNetwork(answering(cut, cut)))
    assert (failure.code, "how long it is" in failure.message) == (FailureCode.BAD_REPLY, True)


def test_a_body_of_many_megabytes_is_read_in_little_memory() -> None:
    reply = http(lines([POOL]) + b" " * (20 * MiB))
    wire = FakeNetwork(answering(reply, http(lines([HOST]))))
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        seen(XO, connect=wire)
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert peak < 20 * MiB + 25 * MiB  # the test's own copy of the reply, and how its wire hands it out


class _Streaming:
    """A wire that makes up ten thousand hosts as it is read."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._left = 0

    def settimeout(self, seconds: float, /) -> None:
        assert seconds > 0

    def send(self, data: bytes, /) -> int:
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        self._waiting += head
        if b"/pools?" in data:
            self._waiting += _chunk(lines([POOL])) + b"0\r\n\r\n"
        else:
            self._left = 10_000
        return len(data)

    def recv(self, size: int, /) -> bytes:
        while self._left and len(self._waiting) < size:
            host = {**HOST, "id": f"00000000-0000-4000-8000-{self._left:012}", "name_label": f"xen-{self._left:05}"}
            self._waiting += _chunk(lines([host]))
            self._left -= 1
            if not self._left:
                self._waiting += b"0\r\n\r\n"
        piece = bytes(self._waiting[:size])
        del self._waiting[:size]
        return piece

    def getpeercert(self, _: bool, /) -> bytes | None:
        return None

    def close(self) -> None:
        pass


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def test_ten_thousand_hosts_take_a_few_seconds_and_little_memory() -> None:
    begun = time.monotonic()
    tracemalloc.start()
    try:
        (observed,) = seen(XO, connect=lambda *_: _Streaming())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(observed.hosts) == 10_000
    assert peak < 40 * MiB
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize("said", [TOKEN, f"I am {TOKEN}"])
def test_a_server_that_says_the_token_is_not_repeated(said: str) -> None:
    host = {key: said if isinstance(value, str) and key != "power_state" else value for key, value in HOST.items()}
    pool = dict.fromkeys(POOL, said)
    (observed,) = seen(XO, connect=FakeNetwork(telling([host], [pool])))
    assert "[hidden]" in observed.hosts[0].name


@settings(max_examples=300)
@given(st.binary(max_size=400), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n"]))
def test_any_bytes_end_in_an_answer(body: bytes, head: bytes) -> None:
    for answer in (answering(head + body, b""), answering(http(lines([POOL])), head + body)):
        (probed,) = answers(XO, SMALL, FakeNetwork(answer, piece=7))
        assert_fit_to_be_told(probed)


@settings(max_examples=300)
@given(st.data())
def test_a_reply_with_mistakes_in_it_ends_in_observations_or_one_failure(data: st.DataObject) -> None:
    good = telling()

    def answer(request: Request) -> bytes:
        reply = bytearray(good(request))
        for _ in range(data.draw(st.integers(0, 3))):
            at = data.draw(st.integers(0, len(reply)))
            reply[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=8))
        return bytes(reply)

    answers(XO, SMALL, FakeNetwork(answer, piece=data.draw(st.sampled_from([1, 7, 65536]))))
