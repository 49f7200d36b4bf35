"""A conversation cut at every byte, or ended at every byte by silence, gives a failure, never a wrong observation."""

import pytest

from bot.xapi.observation import Failure, FailureCode, Observation
from bot.xapi.target import Endpoint, TlsMode, Trust
from tests.xapi.fake import HOSTS, LOGIN, LOGOUT, POOLS, Era, FakeXapi, http, serving
from tests.xapi.network import FakeNetwork
from tests.xapi.probing import Serve, assert_fit_to_be_told, failed, prober, seen, target
from tests.xapi.server import Request, Talk

LAB = target(Endpoint("192.0.2.1", 443, Trust(TlsMode.INSECURE)))
FRAMINGS = ("length", "chunked", "until the end")


def _framed(reply: bytes, framing: str) -> bytes:
    head, _, body = reply.partition(b"\r\n\r\n")
    if framing == "length":
        return reply
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"content-length")]
    if framing == "until the end":
        return b"\r\n".join([*lines, b"", body])
    half = len(body) // 2
    chunks = b"".join(b"%x;name=value\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:]) if part)
    return b"\r\n".join([*lines, b"transfer-encoding: chunked", b"", chunks + b"0\r\ntrailer: value\r\n\r\n"])


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("era", Era)
def test_replies_are_read_however_they_are_framed_and_cut_up(era: Era, framing: str) -> None:
    for piece in (1, 2, 7, 65536):
        xapi = FakeXapi(era)

        def answer(request: Request, xapi: FakeXapi = xapi) -> bytes:
            return _framed(xapi.answer(request), framing)

        assert isinstance(prober(connect=FakeNetwork(answer, piece)).probe(LAB), Observation)
        assert xapi.sessions == 0


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("method", [LOGIN, POOLS, HOSTS])
@pytest.mark.parametrize("era", Era)
def test_a_reply_that_ends_at_any_byte_is_a_failure(era: Era, method: str, framing: str) -> None:
    whole = 0
    cut = 0
    while cut < max(whole, 1):
        xapi = FakeXapi(era)

        def answer(request: Request, xapi: FakeXapi = xapi, cut: int = cut) -> bytes:
            nonlocal whole
            reply = _framed(xapi.answer(request), framing)
            if method.encode() not in request.body or (era is Era.XML_ONLY and "/jsonrpc" in request.line):
                return reply
            whole = len(reply)
            return reply[:cut]

        probed = prober(connect=FakeNetwork(answer)).probe(LAB)
        if not (framing == "until the end" and reply_is_whole(probed)):
            assert failed(probed).code in (FailureCode.BAD_REPLY, FailureCode.NOT_XAPI), cut
        cut += 1
    assert whole > 100


def reply_is_whole(probed: Observation | Failure) -> bool:
    """Without a length the end of a body that misses only white space cannot be told from its true end."""
    return isinstance(probed, Observation)


def test_a_logout_that_breaks_off_spoils_nothing() -> None:
    xapi = FakeXapi()
    network = FakeNetwork(lambda request: xapi.answer(request)[: 30 if LOGOUT.encode() in request.body else None])
    assert isinstance(prober(connect=network).probe(LAB), Observation)


@pytest.mark.parametrize("method", [POOLS, HOSTS])
@pytest.mark.parametrize("cut", [0, 10, 120])
def test_after_a_broken_reply_a_new_connection_logs_out(method: str, cut: int, serve: Serve, pinned: Trust) -> None:
    xapi = FakeXapi()

    def script(talk: Talk) -> None:
        while request := talk.request():
            reply = xapi.answer(request)
            if method.encode() in request.body:
                talk.send(reply[:cut])
                return
            talk.send(reply)

    server = serve(script)
    assert failed(prober().probe(target(server.endpoint(pinned)))).code is FailureCode.BAD_REPLY
    assert server.accepted == 2
    assert xapi.methods[-1] == LOGOUT
    assert xapi.sessions == 0


def test_bytes_that_nobody_asked_for_are_not_taken_for_the_next_answer(serve: Serve, pinned: Trust) -> None:
    xapi = FakeXapi()
    stray = http(b'{"jsonrpc":"2.0","id":2,"result":{"OpaqueRef:x":{"uuid":"stray"}}}')

    def script(talk: Talk) -> None:
        while request := talk.request():
            talk.send(xapi.answer(request) + (stray if LOGIN.encode() in request.body else b""))

    observed = seen(prober().probe(target(serve(script).endpoint(pinned))))
    assert observed.pool.uuid == "uuid-of-pool"


def test_a_failure_in_the_middle_is_fit_to_be_told(serve: Serve, pinned: Trust) -> None:
    xapi = FakeXapi(errors={HOSTS: ["OpaqueRef:3c7a4c52-7b1f-4d55-9a8b-5e0f6a0c1d2e"]})
    assert_fit_to_be_told(prober().probe(target(serve(serving(xapi)).endpoint(pinned))))
