"""Passwords and session references are in no repr, no error and no observation, whoever says them."""

import traceback
from collections.abc import Callable

import pytest

from bot.xapi.observation import Failure, Transport
from bot.xapi.session import REMEMBERED, Dialects, HostDialect
from bot.xapi.target import Endpoint, Secret, TlsMode, Trust
from tests.xapi.fake import COORDINATOR, LOGIN, PASSWORD, POOLS, REFERENCE, Era, FakeXapi, host, serving
from tests.xapi.network import Clock, FakeNetwork
from tests.xapi.probing import Serve, assert_fit_to_be_told, prober, seen, target
from tests.xapi.server import Request

LAB = Endpoint("192.0.2.1", 443, Trust(TlsMode.INSECURE))


@pytest.mark.parametrize("show", [repr, str, "{}".format])
def test_a_secret_shows_itself_nowhere(show: Callable[[object], str]) -> None:
    assert PASSWORD not in show(Secret(PASSWORD))
    assert PASSWORD not in show([Secret(PASSWORD)])
    assert PASSWORD not in show(target(LAB))


@pytest.mark.parametrize("era", Era)
def test_a_host_that_says_the_secrets_is_not_repeated(era: Era, serve: Serve, pinned: Trust) -> None:
    said = f"I am {PASSWORD} and {REFERENCE}"
    xapi = FakeXapi(era, {COORDINATOR: host(said, brand=said, version=REFERENCE, edition=PASSWORD, address=REFERENCE)})
    xapi.pools["OpaqueRef:pool"]["name_label"] = said
    (record,) = xapi.hosts.values()
    record["software_version"] |= {"xen": said, "xapi_build": REFERENCE, "date": PASSWORD, "xen_livepatches": said}
    record["cpu_info"] = {"vendor": said}
    observed = seen(prober().probe(target(serve(serving(xapi)).endpoint(pinned))))
    assert_fit_to_be_told(observed)
    assert observed.pool.name == "I am [hidden] and [hidden]"


@pytest.mark.parametrize("said", [PASSWORD, REFERENCE, "HOST_IS_SLAVE"])
@pytest.mark.parametrize("method", [LOGIN, POOLS])
@pytest.mark.parametrize("era", Era)
def test_an_error_that_says_the_secrets_is_not_repeated(
    era: Era, method: str, said: str, serve: Serve, pinned: Trust
) -> None:
    xapi = FakeXapi(era, errors={method: [said, PASSWORD, REFERENCE]})
    probed = prober().probe(target(serve(serving(xapi)).endpoint(pinned)))
    assert isinstance(probed, Failure)
    assert_fit_to_be_told(probed)


def test_hotfixes_that_say_the_secrets_are_not_repeated(serve: Serve, pinned: Trust) -> None:
    record = host(brand="Citrix Hypervisor", updates=["OpaqueRef:u-1", "OpaqueRef:u-2"])
    xapi = FakeXapi(hosts={COORDINATOR: record})
    xapi.updates = {"OpaqueRef:u-1": {"name_label": REFERENCE}, "OpaqueRef:u-2": {"name_label": PASSWORD}}
    observed = seen(prober().probe(target(serve(serving(xapi)).endpoint(pinned))))
    assert_fit_to_be_told(observed)
    assert observed.hosts[0].software is not None
    assert observed.hosts[0].software.hotfixes == ("[hidden]", "[hidden]")


def test_a_fault_of_our_own_tells_no_secret_in_its_traceback() -> None:
    xapi = FakeXapi()

    def answer(request: Request) -> bytes:
        if POOLS.encode() in request.body:
            raise LookupError("a fault in the middle")
        return xapi.answer(request)

    with pytest.raises(LookupError) as fault:
        prober(connect=FakeNetwork(answer)).probe(target(LAB))
    shown = "".join(traceback.format_exception(fault.value))
    assert PASSWORD not in shown
    assert REFERENCE not in shown
    assert xapi.sessions == 0, "logged out even then"


def test_a_dialect_is_forgotten_after_a_day() -> None:
    clock, old = Clock(), HostDialect(Transport.XML_RPC, originator=False)
    dialects = Dialects(clock)
    dialects.learn(LAB, old)
    clock.now += REMEMBERED - 1
    assert dialects.of(LAB) == old
    dialects.learn(LAB, old)
    clock.now += 1
    assert dialects.of(LAB) == HostDialect()
