"""A supporter leads to its coordinator: followed once, to a listed address alone, after that one's own TLS check."""

import pytest

from bot.xapi.observation import FailureCode
from bot.xapi.probe import Prober
from bot.xapi.target import Endpoint, TlsMode, Trust
from tests.xapi.fake import HOSTS, LOGIN, LOGOUT, POOLS, Era, FakeXapi, serving
from tests.xapi.network import Clock, FakeNetwork
from tests.xapi.probing import NOW, Certificates, Serve, failed, prober, seen, target
from tests.xapi.server import Request, Server

NOWHERE = Trust(TlsMode.PINNED, b"\0" * 32)


def _supporter(serve: Serve, leads_to: str, era: Era = Era.JSON_2) -> Server:
    return serve(serving(FakeXapi(era, errors={LOGIN: ["HOST_IS_SLAVE", leads_to]})))


@pytest.mark.parametrize("era", Era)
def test_a_supporter_leads_to_a_listed_coordinator(era: Era, serve: Serve, pinned: Trust) -> None:
    coordinator = serve(serving(FakeXapi(era)))
    supporter = _supporter(serve, "127.0.0.1", era)
    observed = seen(prober().probe(target(supporter.endpoint(pinned), coordinator.endpoint(pinned))))
    assert observed.address == f"127.0.0.1:{coordinator.port}"
    assert observed.target == "lab"


@pytest.mark.parametrize(
    "leads_to",
    ["192.0.2.66", "localhost", "127.0.0.1:443", "evil.example.org", "", " ", "::ffff:127.0.0.1", "0x7f000001"],
)
def test_an_address_that_is_not_listed_is_not_followed(leads_to: str, serve: Serve, pinned: Trust) -> None:
    listed = serve(serving(FakeXapi()))
    asked = target(_supporter(serve, leads_to).endpoint(pinned), listed.endpoint(pinned))
    failure = failed(prober().probe(asked))
    assert failure.code is FailureCode.COORDINATOR_REFUSED
    assert listed.accepted == 0


def test_a_redirect_without_an_address_is_not_followed(serve: Serve, pinned: Trust) -> None:
    xapi = FakeXapi(errors={LOGIN: ["HOST_IS_SLAVE"]})
    failure = failed(prober().probe(target(serve(serving(xapi)).endpoint(pinned))))
    assert failure.code is FailureCode.COORDINATOR_REFUSED


def test_the_address_that_was_refused_is_told_if_it_is_one(serve: Serve, pinned: Trust) -> None:
    refused = failed(prober().probe(target(_supporter(serve, "192.0.2.66").endpoint(pinned))))
    assert "192.0.2.66" in refused.message
    assert "`also` of lab" in refused.message


@pytest.mark.parametrize("words", ["<!channel>", "fe80::1%<!channel>", "a.b \x1b[31m", "x" * 5000])
def test_words_in_place_of_an_address_are_not_told(words: str, serve: Serve, pinned: Trust) -> None:
    refused = failed(prober().probe(target(_supporter(serve, words).endpoint(pinned))))
    assert "no IP address" in refused.message


def test_a_second_redirect_is_not_followed(serve: Serve, pinned: Trust) -> None:
    second = _supporter(serve, "127.0.0.1")
    first = _supporter(serve, "127.0.0.1")
    failure = failed(prober().probe(target(first.endpoint(pinned), second.endpoint(pinned))))
    assert failure.code is FailureCode.COORDINATOR_REFUSED
    assert f"lab's coordinator 127.0.0.1:{second.port} leads to yet another" in failure.message
    assert (first.accepted, second.accepted) == (1, 1)


def test_a_host_that_leads_to_itself_is_asked_once_more_and_no_oftener(serve: Serve, pinned: Trust) -> None:
    server = _supporter(serve, "127.0.0.1")
    assert failed(prober().probe(target(server.endpoint(pinned)))).code is FailureCode.COORDINATOR_REFUSED
    assert server.accepted == 2


def test_a_coordinator_with_another_certificate_gets_no_byte(
    serve: Serve, pinned: Trust, certificates: Certificates
) -> None:
    coordinator = serve(serving(FakeXapi()), certificates.other.context())
    asked = target(_supporter(serve, "127.0.0.1").endpoint(pinned), coordinator.endpoint(pinned))
    failure = failed(prober().probe(asked))
    assert failure.code is FailureCode.TLS_PIN_MISMATCH
    assert f"`xocompat trust lab {coordinator.endpoint(pinned)}`" in failure.message
    assert coordinator.received == b""


def test_a_coordinator_is_trusted_as_it_is_listed(serve: Serve, pinned: Trust, certificates: Certificates) -> None:
    coordinator = serve(serving(FakeXapi()), certificates.other.context())
    own = coordinator.endpoint(Trust(TlsMode.PINNED, certificates.other.pin))
    seen(prober().probe(target(_supporter(serve, "127.0.0.1").endpoint(pinned), own)))


def test_a_host_that_becomes_a_supporter_in_the_middle_is_left_and_followed(serve: Serve, pinned: Trust) -> None:
    was, now = FakeXapi(errors={HOSTS: ["HOST_IS_SLAVE", "127.0.0.1"]}), FakeXapi()
    asked = target(serve(serving(was)).endpoint(pinned), serve(serving(now)).endpoint(pinned))
    seen(prober().probe(asked))
    assert was.methods == [LOGIN, POOLS, HOSTS, LOGOUT]
    assert (was.sessions, now.sessions) == (0, 0)


@pytest.mark.parametrize(
    ("listed", "leads_to"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:DB8:0:0::1"),
        ("2001:db8::1", "[2001:db8::1]"),
        ("xen-1.example.org", "XEN-1.example.org."),
    ],
)
def test_spellings_of_one_address_are_the_same(listed: str, leads_to: str) -> None:
    supporter, coordinator = FakeXapi(errors={LOGIN: ["HOST_IS_SLAVE", leads_to]}), FakeXapi()
    answering = iter([supporter])
    network = FakeNetwork(lambda request: next(answering, coordinator).answer(request))
    away = Endpoint(listed, 8443, NOWHERE)
    observed = seen(prober(connect=network).probe(target(Endpoint("192.0.2.1", 443, NOWHERE), away)))
    assert network.called[-1] == away
    assert observed.address == str(away)
    assert coordinator.methods == [LOGIN, POOLS, HOSTS, LOGOUT]


def test_time_is_left_to_log_out_of_the_coordinator_too() -> None:
    clock, coordinator = Clock(), FakeXapi()
    answering = iter([FakeXapi(errors={LOGIN: ["HOST_IS_SLAVE", "192.0.2.7"]})])

    def answer(request: Request) -> bytes:
        if HOSTS.encode() in request.body:
            clock.now += 29
        return next(answering, coordinator).answer(request)

    asked = target(Endpoint("192.0.2.1", 443, NOWHERE), Endpoint("192.0.2.7", 443, NOWHERE))
    failure = failed(Prober(lambda: NOW, clock, connect=FakeNetwork(answer, clock=clock)).probe(asked))
    assert failure.code is FailureCode.TIMEOUT
    assert coordinator.methods == [LOGIN, POOLS, HOSTS, LOGOUT]
    assert coordinator.sessions == 0
