"""No host can make a probe take more than its bounds: of time, however the bytes drip, of bytes, of memory."""

import json
import socket
import threading
import time
import tracemalloc

import pytest

from bot.xapi.address import SocketAddress, resolve
from bot.xapi.bounds import Deadline, ProbeBounds
from bot.xapi.connection import TlsConnect
from bot.xapi.observation import FailureCode
from bot.xapi.probe import BOUNDS, Prober
from bot.xapi.rpc import WEIGHTS
from bot.xapi.target import Endpoint, TlsMode, Trust
from bot.xapi.tls import TlsContexts
from tests.xapi.fake import (
    CERTIFICATES,
    HOSTS,
    LOGIN,
    LOGOUT,
    METRICS,
    POOLS,
    UPDATES,
    Era,
    FakeXapi,
    host,
    http,
    saying,
    serving,
)
from tests.xapi.network import Clock, FakeNetwork
from tests.xapi.probing import NOW, QUICK, Serve, failed, prober, seen, target
from tests.xapi.server import PATIENCE, Request, Script, Talk

LAB = Endpoint("192.0.2.1", 443, Trust(TlsMode.INSECURE))


def _within(seconds: float, begun: float) -> bool:
    """With a quarter of a second for a machine that is busy."""
    return time.monotonic() - begun < seconds + 0.25


def test_the_bounds_are_those_of_the_contract() -> None:
    assert (BOUNDS.connect, BOUNDS.login, BOUNDS.whole, BOUNDS.reply) == (5, 15, 30, 8 * 1024 * 1024)


def test_an_address_where_nobody_answers_ends_in_time(pinned: Trust) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]  # the queue is full: further calls are not even refused
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        begun = time.monotonic()
        failure = failed(prober(QUICK).probe(target(Endpoint("127.0.0.1", full.getsockname()[1], pinned))))
        assert failure.code is FailureCode.TIMEOUT
        assert "within 0.4 seconds" in failure.message
        assert _within(QUICK.connect, begun)
        for one in waiting:
            one.close()


def test_a_host_that_never_shows_its_certificate_ends_in_time(serve: Serve, pinned: Trust) -> None:
    begun = time.monotonic()
    failure = failed(prober(QUICK).probe(target(serve(Talk.wait_until_closed, plain=True).endpoint(pinned))))
    assert failure.code is FailureCode.TIMEOUT
    assert _within(QUICK.connect, begun)


def test_a_handshake_that_drips_ends_in_time(serve: Serve, pinned: Trust) -> None:
    def drip(talk: Talk) -> None:
        talk.send(b"\x16\x03\x03\x40\x00")
        while talk.drip(b"\0"):
            pass

    begun = time.monotonic()
    failure = failed(prober(QUICK).probe(target(serve(drip, plain=True).endpoint(pinned))))
    assert failure.code is FailureCode.TIMEOUT
    assert _within(QUICK.connect, begun)


class Slow(Clock):
    """Each reading takes half a second: as a probe reads it before it waits for bytes, so does each byte."""

    def __call__(self) -> float:
        self.now += 0.5
        return self.now


SLOW = ProbeBounds(connect=5, login=15, whole=40, logout=10)
"""Bounds that such a clock soon reaches, and the machine that runs the tests does not."""


def _dripping(xapi: FakeXapi, method: str, start: int = 0) -> Script:
    """Answers well, but one method's answer from some byte on in single bytes, each in a TLS record of its own."""

    def script(talk: Talk) -> None:
        while request := talk.request():
            reply = xapi.answer(request)
            if method.encode() not in request.body:
                talk.send(reply)
                continue
            talk.send(reply[:start])
            for byte in reply[start:]:
                talk.send(bytes([byte]))

    return script


@pytest.mark.parametrize("start", [0, 20, 90])
def test_a_login_that_drips_ends_in_time(start: int, serve: Serve, pinned: Trust) -> None:
    clock, server = Slow(), serve(_dripping(FakeXapi(), LOGIN, start))
    failure = failed(Prober(lambda: NOW, clock, SLOW).probe(target(server.endpoint(pinned))))
    assert failure.code is FailureCode.TIMEOUT
    assert "login within 15 seconds" in failure.message
    assert clock.now - 1000.0 <= SLOW.connect + SLOW.login


@pytest.mark.parametrize("start", [0, 90])
def test_records_that_drip_end_in_time_and_are_logged_out_of(start: int, serve: Serve, pinned: Trust) -> None:
    clock, xapi = Slow(), FakeXapi()
    server = serve(_dripping(xapi, HOSTS, start))
    failure = failed(Prober(lambda: NOW, clock, SLOW).probe(target(server.endpoint(pinned))))
    assert failure.code is FailureCode.TIMEOUT
    assert clock.now - 1000.0 <= SLOW.whole
    assert xapi.methods == [LOGIN, POOLS, HOSTS, LOGOUT]
    assert xapi.sessions == 0


def test_a_logout_that_drips_ends_in_time_and_spoils_nothing(serve: Serve, pinned: Trust) -> None:
    clock, server = Slow(), serve(_dripping(FakeXapi(), LOGOUT))
    seen(Prober(lambda: NOW, clock, SLOW).probe(target(server.endpoint(pinned))))
    assert clock.now - 1000.0 <= 2 * SLOW.logout + 10.0


@pytest.mark.parametrize("method", [LOGIN, POOLS, HOSTS, LOGOUT])
def test_a_host_that_says_nothing_more_is_left_in_time(method: str, serve: Serve, pinned: Trust) -> None:
    xapi, left = FakeXapi(), threading.Event()

    def script(talk: Talk) -> None:
        while request := talk.request():
            if method.encode() not in request.body:
                talk.send(xapi.answer(request))
                continue
            talk.wait_until_closed()
            left.set()

    begun = time.monotonic()
    probed = prober(QUICK).probe(target(serve(script).endpoint(pinned)))
    assert _within(QUICK.whole, begun)
    assert left.wait(PATIENCE), "the probe closes the connection"
    if method == LOGOUT:
        seen(probed)
    else:
        assert failed(probed).code is FailureCode.TIMEOUT


@pytest.mark.parametrize("tick", [0.5, 1.0, 4.0, 40.0])
@pytest.mark.parametrize("era", Era)
def test_the_whole_probe_takes_thirty_seconds_however_slow_each_byte_is(era: Era, tick: float) -> None:
    clock = Clock()
    network = FakeNetwork(FakeXapi(era).answer, piece=1, clock=clock, tick=tick)
    failure = failed(Prober(lambda: NOW, clock, connect=network).probe(target(LAB)))
    assert failure.code is FailureCode.TIMEOUT
    assert clock.now - 1000.0 <= 30.0
    assert all(wire.closed for wire in network.wires)


def test_a_slow_host_that_keeps_within_the_bounds_is_heard() -> None:
    clock = Clock()
    network = FakeNetwork(FakeXapi().answer, clock=clock, tick=1.0)
    seen(Prober(lambda: NOW, clock, connect=network).probe(target(LAB)))
    assert clock.now - 1000.0 == 8.0


def test_a_refused_login_may_take_the_five_seconds_that_old_hosts_take() -> None:
    clock = Clock()
    network = FakeNetwork(FakeXapi(password="another").answer, clock=clock, tick=5.5)
    failure = failed(Prober(lambda: NOW, clock, connect=network).probe(target(LAB)))
    assert failure.code is FailureCode.LOGIN_REFUSED


def test_a_name_that_is_looked_up_too_long_is_given_up() -> None:
    with pytest.raises(TimeoutError):
        resolve("name.invalid", 443, Deadline(Clock(), 0.0))

    def stuck(host: str, port: int, deadline: Deadline) -> list[SocketAddress]:
        raise TimeoutError(host, port, deadline)

    asker = prober(QUICK, TlsConnect(TlsContexts(), stuck))
    failure = failed(asker.probe(target(Endpoint("stuck.example.org", 443, Trust(TlsMode.INSECURE)))))
    assert failure.code is FailureCode.TIMEOUT


@pytest.mark.parametrize(
    "framing",
    [
        "content-length: {size}",
        "transfer-encoding: chunked",
        "content-type: application/json",  # until the connection ends
    ],
)
@pytest.mark.parametrize("method", [LOGIN, POOLS])
def test_a_reply_that_is_too_large_is_not_read_to_its_end(
    method: str, framing: str, serve: Serve, pinned: Trust
) -> None:
    xapi, size, sent = FakeXapi(), 64 * 1024 * 1024, list[int]()

    def script(talk: Talk) -> None:
        while request := talk.request():
            if method.encode() not in request.body:
                talk.send(xapi.answer(request))
                continue
            talk.send(f"HTTP/1.1 200 OK\r\n{framing.format(size=size)}\r\n\r\n".encode())
            chunk = b"10000\r\n" + b" " * 65536 + b"\r\n" if "chunked" in framing else b" " * 65536
            for _ in range(size // 65536):
                sent.append(65536)
                talk.send(chunk)

    failure = failed(prober(BOUNDS._replace(reply=QUICK.reply)).probe(target(serve(script).endpoint(pinned))))
    assert failure.code is FailureCode.REPLY_TOO_LARGE
    assert sum(sent) < size / 2
    assert xapi.sessions == 0


def test_a_length_over_the_bound_is_refused_at_once(serve: Serve, pinned: Trust) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 8388609\r\n\r\n"
    failure = failed(prober().probe(target(serve(saying(head)).endpoint(pinned))))
    assert failure.code is FailureCode.REPLY_TOO_LARGE
    assert "8 MiB" in failure.message


def test_tiny_chunks_do_not_get_around_the_bound() -> None:
    body = b"1\r\n \r\n" * 50_000 + b"0\r\n\r\n"
    network = FakeNetwork(lambda _: b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + body)
    failure = failed(prober(QUICK, network).probe(target(LAB)))
    assert failure.code is FailureCode.REPLY_TOO_LARGE


def test_a_pool_of_a_full_house_is_read_in_full(serve: Serve, pinned: Trust) -> None:
    patches = [f"OpaqueRef:{number:036}" for number in range(270)]
    hosts = {f"OpaqueRef:host-{number}": host(f"xen-{number:02}", patches=patches) for number in range(1, 65)}
    observed = seen(prober().probe(target(serve(serving(FakeXapi(hosts=hosts))).endpoint(pinned))))
    assert len(observed.hosts) == 64
    assert observed.hosts[0].is_coordinator


def test_more_hosts_than_any_pool_has_are_too_many() -> None:
    hosts: dict[str, object] = {f"OpaqueRef:{number}": {} for number in range(20)}
    asker = prober(ProbeBounds(hosts=19), FakeNetwork(FakeXapi(hosts=hosts).answer))
    assert failed(asker.probe(target(LAB))).code is FailureCode.REPLY_TOO_LARGE


FULL = 8 * 1024 * 1024 - 200


JSON_PIECES = ["[],", '{"":0},', '{"%d":0},', "0.1,", '"ab",', "[[[[]]]],", '"\\ud83d\\ude00😀",', "       "]


def _pieces(piece: str, room: int) -> bytes:
    """A text of so many bytes, made of pieces whose names differ."""
    one = (piece * 1000 if "%" not in piece else "".join(piece % n for n in range(1000))).encode()
    return one * (room // len(one))


@pytest.mark.parametrize("piece", JSON_PIECES)
def test_the_worst_json_of_eight_mebibytes_stays_within_memory(piece: str) -> None:
    body = b'{"jsonrpc":"2.0","id":0,"result":[' + _pieces(piece, FULL) + b"0]}"
    _assert_modest(Era.JSON_2, http(body))


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("piece", JSON_PIECES)
def test_json_that_is_just_light_enough_stays_within_memory(piece: str, wide: bool) -> None:
    weight = sum(piece.count(sign) * weighs for sign, weighs in WEIGHTS.items()) or 1
    room = BOUNDS.values - (3 * FULL if wide else 0)
    values = _pieces(piece, min(room * len(piece.encode()) // weight, FULL) - 1000)
    body = b'{"jsonrpc":"2.0","id":0,"result":[' + values + ('"😀"' if wide else "0").encode() + b"]}"
    _assert_modest(Era.JSON_2, http(body + b" " * (FULL - len(body))))


@pytest.mark.parametrize(
    "piece",
    [
        "<value/>",
        "<value><struct><member><name>%d</name><value/></member></struct></value>",
        "<value>&#x1f600;😀</value>",
        " ",
    ],
)
def test_the_worst_xml_of_eight_mebibytes_stays_within_memory(piece: str) -> None:
    body = b"<methodResponse><params><param><value><array><data>" + _pieces(piece, FULL)
    body += b"</data></array></value></param></params></methodResponse>"
    _assert_modest(Era.XML_ONLY, http(body, "text/xml"))


def _assert_modest(era: Era, worst: bytes) -> None:
    """A probe that ends in a failure, and takes no more memory than leaves room below 150 MB for the rest."""
    xapi = FakeXapi(era)

    def answer(request: Request) -> bytes:
        return worst if HOSTS.encode() in request.body else xapi.answer(request)

    asker = prober(BOUNDS, FakeNetwork(answer))
    tracemalloc.start()
    try:
        probed = asker.probe(target(LAB))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert failed(probed).code in (FailureCode.BAD_REPLY, FailureCode.REPLY_TOO_LARGE)
    assert peak < 75e6, f"{peak / 1e6:.0f} MB"
    assert xapi.sessions == 0


def test_the_most_that_is_read_in_every_reply_of_a_probe_stays_within_memory() -> None:
    """Each is weighed for itself: none may still be there, but the hosts, when the next one comes."""
    members = {name: host(name, "Citrix Hypervisor", updates=["u"], certificates=["c"]) for name in ("one", "two")}
    records = {
        POOLS: {"pool": {"uuid": "p", "master": "one"}},
        HOSTS: members,
        METRICS: {"m": {"live": True}},
        CERTIFICATES: {"c": {"type": "host"}},
        UPDATES: {"u": {"name_label": "XS82ECU1086"}},
    }
    many = b"".join(b',"a%d":0' % number for number in range(270_000))
    replies = {}
    for method, said in records.items():
        begin = json.dumps({"jsonrpc": "2.0", "id": 0, "result": said}).encode().removesuffix(b"}}}")
        replies[method.encode()] = http(begin + many + b"}}}")
    xapi = FakeXapi()

    def answer(request: Request) -> bytes:
        return next((reply for method, reply in replies.items() if method in request.body), None) or xapi.answer(
            request
        )

    asker = prober(BOUNDS, FakeNetwork(answer))
    tracemalloc.start()
    try:
        observed = seen(asker.probe(target(LAB)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [member.software and member.software.hotfixes for member in observed.hosts] == [("XS82ECU1086",)] * 2
    assert peak < 75e6, f"{peak / 1e6:.0f} MB"
