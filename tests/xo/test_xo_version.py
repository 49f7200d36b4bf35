"""A Xen Orchestra's version, asked without a token over real TLS: by WebSocket, else by its API's description."""

import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import sha1

import pytest

from bot.simulator import Body, Delay, SimHost, Simulator, lone, release
from bot.simulator.faults import Fault, Raw, Silence, Truncate, html_page, http_error, http_redirect
from bot.simulator.orchestra import TOKEN, Rights, ShownOrchestra, SimulatedOrchestra
from bot.xapi.bounds import ProbeBounds
from bot.xapi.observation import FailureCode
from bot.xapi.target import Endpoint, TlsMode, Trust
from bot.xo.orchestra import Orchestra
from bot.xo.version import FRAMES, OrchestraVersion, ask_version
from tests.xapi.server import Server, Talk
from tests.xo.orchestras import NOW, assert_fit_to_be_told, orchestra, simulated

AMPLE = ProbeBounds(login=20.0, whole=40.0)
QUICK = AMPLE._replace(login=0.3)
"""For a WebSocket that does not answer; there is time for the other way."""
Serve = Callable[..., Server]


@pytest.fixture(scope="module")
def xo() -> Iterator[SimulatedOrchestra]:
    with (
        Simulator([lone(SimHost("xen-1", release("XCP-ng", "8.3")))]) as simulator,
        SimulatedOrchestra(simulator) as xo,
    ):
        yield xo
        assert all("token" not in str(asked) for asked in xo.seen.requests)


def told(asked: Orchestra, bounds: ProbeBounds = AMPLE) -> OrchestraVersion:
    version = ask_version(asked, lambda: NOW, bounds=bounds)
    assert TOKEN not in repr(version)
    if version.failure:
        assert_fit_to_be_told(version.failure)
        assert (version.xo_server, version.rest_api, version.known_at) == (None, None, None)
    return version


def test_it_tells_xo_servers_number_to_anybody(xo: SimulatedOrchestra) -> None:
    xo.renew({"another": Rights.NONE})
    version = told(simulated(xo, "no token is read"))
    assert version == ("xo", f"https://{xo.address}", "5.207.2", None, NOW, None, NOW)
    assert [asked.path for asked in xo.seen.requests[-1:]] == ["/api/"]


@pytest.mark.parametrize(
    "shown", [ShownOrchestra(websockets=False), ShownOrchestra(server=None)], ids=["behind a proxy", "not told"]
)
def test_where_no_number_comes_by_websocket_the_api_has_one(xo: SimulatedOrchestra, shown: ShownOrchestra) -> None:
    xo.show(shown)
    version = told(simulated(xo))
    assert (version.xo_server, version.rest_api, version.failure) == (None, "0.37.0", None)


def test_where_neither_is_told_it_is_a_failure_that_says_what_to_do(xo: SimulatedOrchestra) -> None:
    xo.show(ShownOrchestra(api=None, websockets=False))
    failure = told(simulated(xo)).failure
    assert failure
    assert failure.code is FailureCode.NOT_XAPI
    assert failure.message == (
        "xo does not tell its version: it takes no WebSocket at /api/ (HTTP status 404), and the description of its "
        "API names none. Let the proxy before it pass WebSockets on."
    )
    xo.show(ShownOrchestra(api=None, server=None))
    failure = told(simulated(xo)).failure
    assert failure
    assert failure.code is FailureCode.BAD_REPLY


OTHER_ID = Body(b'{"id":2,"result":"5.207.2"}', on="api")
"""No answer to our question, which is waited for."""


@pytest.mark.parametrize(
    "fault",
    [
        http_redirect("wss://192.0.2.1/api/", on="api"),
        http_error(502, "Bad Gateway", on="api"),
        html_page(on="api"),
        Silence(on="api"),
        Delay(1.0, on="api"),
        OTHER_ID,
        Raw(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", on="api"),
        Raw(b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: AAAA\r\n\r\n", on="api"),
        Raw(b"SSH-2.0-OpenSSH_9.6\r\n", on="api"),
        Raw(b"", on="api"),
        *(
            Body(body, on="api")
            for body in (
                b"",
                b"null",
                b"5.207.2",
                b"[" * 60_000,
                b'{"id":1,"result":' + b"9" * 5_000 + b"}",
                b'{"id":1,"result":5}',
                b'{"id":1,"result":"<!channel> 5.207.2"}',
                b'{"id":1,"result":"' + b"5." * 3_000 + b'1"}',
                b'{"id":1,"result":"\xff"}',
                b'{"id":1,"error":{"code":2}}',
                b" " * (FRAMES + 1),
                b" " * (8 << 20),
            )
        ),
    ],
    ids=lambda fault: repr(fault)[:50],
)
def test_whatever_is_wrong_with_the_websocket_the_other_way_is_taken(xo: SimulatedOrchestra, fault: Fault) -> None:
    xo.show(ShownOrchestra())
    xo.fail(fault)
    version = told(simulated(xo), QUICK if isinstance(fault, Silence | Delay) or fault == OTHER_ID else AMPLE)
    xo.fail()
    assert (version.xo_server, version.rest_api, version.failure) == (None, "0.37.0", None)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (http_redirect("https://192.0.2.1/", on="swagger.json"), FailureCode.NOT_XAPI),
        (http_error(500, on="swagger.json"), FailureCode.NOT_XAPI),
        (html_page(on="swagger.json"), FailureCode.NOT_XAPI),
        (Truncate(80, on="swagger.json"), FailureCode.NOT_XAPI),
        (Body(b'{"info":{"version":"<b>1.0"}}', on="swagger.json"), FailureCode.NOT_XAPI),
        (Body(b'{"info":{"title":"' + b"x" * 20_000 + b'"}}', on="swagger.json"), FailureCode.NOT_XAPI),
        (Body(b'{"a":' + b"[" * (9 << 20), on="swagger.json"), FailureCode.NOT_XAPI),
        (Silence(on="swagger.json"), FailureCode.TIMEOUT),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_wrong_with_both_ways_is_a_failure(xo: SimulatedOrchestra, fault: Fault, code: FailureCode) -> None:
    xo.show(ShownOrchestra(websockets=False))
    xo.fail(fault)
    failure = told(simulated(xo), AMPLE._replace(whole=2.0) if isinstance(fault, Silence) else AMPLE).failure
    xo.fail()
    assert failure
    assert failure.code is code


def test_nothing_is_sent_where_the_certificate_is_another(serve: Serve, pinned: Trust) -> None:
    server = serve(lambda talk: talk.wait_until_closed())
    trust = pinned._replace(pin=b"\0" * 32)
    failure = told(orchestra(server.endpoint(trust))).failure
    assert failure
    assert (failure.code, server.received, server.accepted) == (FailureCode.TLS_PIN_MISMATCH, b"", 1)


def test_nobody_there_is_told_at_once() -> None:
    failure = told(orchestra(Endpoint("127.0.0.1", 1, Trust(TlsMode.INSECURE)))).failure
    assert failure
    assert failure.code is FailureCode.UNREACHABLE


def test_a_path_before_the_api_is_kept_and_nothing_of_the_token_is_sent(serve: Serve, pinned: Trust) -> None:
    lines: list[str] = []

    def refuse(talk: Talk) -> None:
        while request := talk.request():
            lines.append(request.line)
            assert not any(name.lower() in ("cookie", "authorization") for name in request.headers)
            talk.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    server = serve(refuse)
    version = told(orchestra(server.endpoint(pinned), path="/xo"))
    assert version.failure
    assert version.url == f"https://127.0.0.1:{server.port}/xo"
    assert lines == ["GET /xo/api/ HTTP/1.1", "GET /xo/rest/v0/docs/swagger.json HTTP/1.1"]
    assert TOKEN.encode() not in server.received


def _upgrade(talk: Talk) -> None:
    """The handshake as a server makes it."""
    request = talk.request()
    assert request
    key = request.headers["sec-websocket-key"]
    accept = b64encode(sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode(), usedforsecurity=False).digest())
    talk.send(b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")


ANSWER = b'{"jsonrpc":"2.0","id":1,"result":"5.207.2"}'


@pytest.mark.parametrize(
    ("frames", "number"),
    [
        (b"\x81\x2b" + ANSWER, "5.207.2"),
        (b"\x89\x01x\x81\x0e" + b'{"method":"x"}' + b"\x81\x2b" + ANSWER, "5.207.2"),
        (b"\x01\x10" + ANSWER[:16] + b"\x80\x1b" + ANSWER[16:], "5.207.2"),
        (b"\x88\x02\x03\xe8", None),
        (b"\x82\x2b" + ANSWER, None),
        (b"\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff" + b" " * 70_000, None),
        (b"\xf1\x2b" + ANSWER, None),
        (b"\x81\x2b" + ANSWER[:20], None),
        (b"\x81\x00" * 100, None),
        (b"\x8a\x00" * 40_000, None),
    ],
    ids=["plain", "after others", "in parts", "closed", "binary", "endless", "reserved", "half", "empty", "pongs"],
)
def test_frames_of_every_kind_end_in_a_number_or_in_a_failure(
    serve: Serve, pinned: Trust, frames: bytes, number: str | None
) -> None:
    def script(talk: Talk) -> None:
        if not server.talks[1:]:
            _upgrade(talk)
            talk.send(frames)
            if number:
                talk.wait_until_closed()

    server = serve(script)
    version = told(orchestra(server.endpoint(pinned)))
    assert version.xo_server == number
    assert bool(version.failure) == (number is None)


def test_a_frame_in_drips_ends_with_the_time(serve: Serve, pinned: Trust) -> None:
    def script(talk: Talk) -> None:
        if len(server.talks) == 1:
            _upgrade(talk)
            talk.drip(b"\x81\x2b" + b" " * 40, 0.1)

    server = serve(script)
    begun = time.monotonic()
    failure = told(orchestra(server.endpoint(pinned)), AMPLE._replace(login=0.5, whole=0.8)).failure
    assert failure
    assert failure.code is FailureCode.TIMEOUT
    assert time.monotonic() - begun < 5
