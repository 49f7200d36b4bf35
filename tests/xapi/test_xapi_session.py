"""Every way in which hosts have spoken, over real TLS sockets."""

import pytest

from bot.xapi.observation import Transport
from bot.xapi.probe import BOUNDS
from bot.xapi.target import TlsMode, Trust
from tests.xapi.fake import COORDINATOR, HOSTS, LOGIN, LOGOUT, PASSWORD, POOLS, SUPPORTER, Era, FakeXapi, host, serving
from tests.xapi.probing import NOW, Serve, prober, seen, target
from tests.xapi.server import Request

PROBE = [LOGIN, POOLS, HOSTS, LOGOUT]


def test_a_modern_host_is_asked_four_things_on_one_connection(serve: Serve, pinned: Trust) -> None:
    xapi = FakeXapi()
    server = serve(serving(xapi))
    observed = seen(prober().probe(target(server.endpoint(pinned))))
    assert (observed.transport, observed.tls, observed.observed_at) == (Transport.JSON_RPC_2, TlsMode.PINNED, NOW)
    assert (observed.target, observed.address) == ("lab", f"127.0.0.1:{server.port}")
    assert xapi.methods == PROBE
    assert xapi.sessions == 0
    assert server.accepted == 1


def test_a_host_that_answers_version_1_is_spoken_to_in_version_1(serve: Serve, pinned: Trust) -> None:
    xapi = FakeXapi(Era.JSON_1_ONLY)
    server = serve(serving(xapi))
    observed = seen(prober().probe(target(server.endpoint(pinned))))
    assert observed.transport is Transport.JSON_RPC_1
    assert [way for _, _, way in xapi.calls] == ["json-rpc-2", *["json-rpc-1"] * 3]
    assert server.accepted == 1


def test_it_is_told_how_long_the_asking_took(serve: Serve, pinned: Trust) -> None:
    found = seen(prober().probe(target(serve(serving(FakeXapi())).endpoint(pinned))))
    assert 0 < found.seconds < BOUNDS.whole


def test_a_host_without_json_is_asked_in_xml_at_once(serve: Serve, pinned: Trust) -> None:
    xapi = FakeXapi(Era.XML_ONLY)
    server = serve(serving(xapi))
    observed = seen(prober().probe(target(server.endpoint(pinned))))
    assert observed.transport is Transport.XML_RPC
    assert xapi.methods == PROBE
    assert server.accepted == 1
    assert server.received.count(b"POST /jsonrpc") == 1


def test_a_host_without_originators_is_logged_in_to_with_three_parameters(serve: Serve, pinned: Trust) -> None:
    xapi = FakeXapi(Era.XML_ONLY, takes_originator=False)
    seen(prober().probe(target(serve(serving(xapi)).endpoint(pinned))))
    assert xapi.methods == [LOGIN, *PROBE]
    assert xapi.calls[1][1] == ["xocompat", PASSWORD, "1.1"]


@pytest.mark.parametrize("era", Era)
def test_how_a_host_speaks_is_remembered(era: Era, serve: Serve, pinned: Trust) -> None:
    xapi, requests = FakeXapi(era, takes_originator=era is not Era.XML_ONLY), list[Request]()
    asked, asker = target(serve(serving(xapi, requests)).endpoint(pinned)), prober()
    first = seen(asker.probe(asked))
    requests.clear()
    assert seen(asker.probe(asked))._replace(seconds=first.seconds) == first
    assert len(requests) == 4


@pytest.mark.parametrize("status", ["404 Not Found", "500 Internal Error", "405 Method Not Allowed"])
def test_a_host_whose_json_path_fails_is_asked_in_xml(status: str, serve: Serve, pinned: Trust) -> None:
    class Odd(FakeXapi):
        def answer(self, request: Request) -> bytes:
            if "/jsonrpc" not in request.line:
                return super().answer(request)
            return f"HTTP/1.1 {status}\r\ncontent-type: text/html\r\ncontent-length: 4\r\n\r\noops".encode()

    observed = seen(prober().probe(target(serve(serving(Odd(Era.XML_ONLY))).endpoint(pinned))))
    assert observed.transport is Transport.XML_RPC


def test_a_host_that_stumbles_over_version_2_is_asked_in_version_1(serve: Serve, pinned: Trust) -> None:
    class Odd(FakeXapi):
        def answer(self, request: Request) -> bytes:
            if b'"jsonrpc"' not in request.body:
                return super().answer(request)
            return b"HTTP/1.1 500 Internal Error\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n"

    observed = seen(prober().probe(target(serve(serving(Odd())).endpoint(pinned))))
    assert observed.transport is Transport.JSON_RPC_1


@pytest.mark.parametrize("era", Era)
def test_a_password_arrives_as_it_is_with_an_originator_of_its_own(era: Era, serve: Serve, pinned: Trust) -> None:
    xapi, asker = FakeXapi(era), prober()
    asked = target(serve(serving(xapi)).endpoint(pinned))
    for _ in range(2):
        seen(asker.probe(asked))
    logins = [params for method, params, _ in xapi.calls if method == LOGIN]
    assert [params[:3] for params in logins] == [["xocompat", PASSWORD, "1.1"]] * 2
    one, other = (params[3] for params in logins)
    assert one != other
    assert all(name.startswith("xocompat-") and len(name) < 32 for name in (one, other))


@pytest.mark.parametrize("era", Era)
def test_requests_keep_the_limits_of_xapi(era: Era, serve: Serve, pinned: Trust) -> None:
    requests = list[Request]()
    seen(prober().probe(target(serve(serving(FakeXapi(era), requests)).endpoint(pinned))))
    for request in requests:
        assert request.head_size < 1024
        assert all(name == name.lower() for name in request.headers)
        assert request.headers["content-length"] == str(len(request.body))
        assert "transfer-encoding" not in request.headers
        assert request.headers["content-type"] in ("application/json", "text/xml")


@pytest.mark.parametrize("era", Era)
def test_each_era_tells_the_same_of_a_pool(era: Era, serve: Serve, pinned: Trust) -> None:
    members = {SUPPORTER: host("a-supporter", version="8.3.0"), COORDINATOR: host("b-coordinator", enabled=False)}
    asked = target(serve(serving(FakeXapi(era, members))).endpoint(pinned))
    observed = seen(prober().probe(asked))
    assert observed.pool == ("uuid-of-pool", "lab", "uuid-of-b-coordinator")
    assert [host.name for host in observed.hosts] == ["b-coordinator", "a-supporter"]
    assert [host.is_coordinator for host in observed.hosts] == [True, False]
    assert [host.enabled for host in observed.hosts] == [False, True]
    assert observed.mixed_versions


def test_a_host_that_closes_after_each_reply_is_called_anew(serve: Serve, pinned: Trust) -> None:
    class Closing(FakeXapi):
        def answer(self, request: Request) -> bytes:
            return super().answer(request).replace(b"\r\n", b"\r\nconnection: close\r\n", 1)

    xapi = Closing()
    server = serve(serving(xapi))
    seen(prober().probe(target(server.endpoint(pinned))))
    assert xapi.methods == PROBE
    assert server.accepted == 4
