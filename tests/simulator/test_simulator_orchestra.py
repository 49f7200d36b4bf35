"""The stand-in for a Xen Orchestra, asked with the standard library: it has the shapes of the REST API."""

import http.client
import json
import ssl
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from bot.simulator import SimHost, SimPool, Simulator, release
from bot.simulator.orchestra import TOKEN, Rights, SimulatedOrchestra

COOKIE = {"Cookie": f"theme=dark; authenticationToken={TOKEN}"}
POOL = SimPool((SimHost("xen-1", release("XCP-ng", "8.3")), SimHost("xen-2", release("XenServer", "7.2"))), name="lab")


class Reply(NamedTuple):
    status: int
    kind: str
    text: str


@pytest.fixture(scope="module")
def stand_in() -> Iterator[SimulatedOrchestra]:
    with Simulator([POOL]) as simulator, SimulatedOrchestra(simulator, {TOKEN: Rights.READ, "no": Rights.NONE}) as xo:
        yield xo


def _get(stand_in: SimulatedOrchestra, path: str, headers: dict[str, str], method: str = "GET") -> Reply:
    context = ssl.create_default_context(cadata=None)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection(stand_in.address.host, stand_in.address.port, context=context, timeout=10)
    try:
        connection.request(method, path, headers=headers)
        reply = connection.getresponse()
        return Reply(reply.status, reply.headers["content-type"], reply.read().decode())
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Basic YTpi"}, 401),
        ({"Cookie": "authenticationToken=wrong"}, 401),
        ({"Cookie": "authenticationToken=no"}, 403),
        ({**COOKIE, "Authorization": "Basic YTpi"}, 400),
        (COOKIE, 200),
    ],
)
def test_a_token_is_a_cookie_alone(stand_in: SimulatedOrchestra, headers: dict[str, str], status: int) -> None:
    assert _get(stand_in, "/rest/v0/hosts", headers).status == status
    assert stand_in.seen.requests[-1] == ("/rest/v0/hosts", "", status)


def test_without_fields_a_list_has_addresses(stand_in: SimulatedOrchestra) -> None:
    listed = json.loads(_get(stand_in, "/rest/v0/hosts", COOKIE).text)
    assert [address.rpartition("/")[0] for address in listed] == ["/rest/v0/hosts"] * 2


def test_with_fields_it_has_objects_of_those_and_their_address(stand_in: SimulatedOrchestra) -> None:
    reply = _get(stand_in, "/rest/v0/pools?fields=name_label,master,nothing", COOKIE)
    (pool,) = json.loads(reply.text)
    assert pool.keys() == {"name_label", "master", "href"}
    assert reply.kind.startswith("application/json")


def test_lines_have_an_object_each_and_a_limit_holds(stand_in: SimulatedOrchestra) -> None:
    reply = _get(stand_in, "/rest/v0/hosts?fields=id,name_label&ndjson=true", COOKIE)
    assert [json.loads(line)["name_label"] for line in reply.text.splitlines()] == ["xen-1", "xen-2"]
    assert reply.kind == "application/x-ndjson"
    assert len(_get(stand_in, "/rest/v0/hosts?ndjson=true&limit=1", COOKIE).text.splitlines()) == 1


def test_a_host_has_what_its_release_has(stand_in: SimulatedOrchestra) -> None:
    new, old = _hosts(stand_in)
    assert (new["version"], new["productBrand"], new["power_state"]) == ("8.3.0", "XCP-ng", "Running")
    assert new["certificates"][0]["fingerprint"].count(":") == 31
    assert "build" not in old
    assert new["$pool"] == new["$poolId"] == old["$pool"]


def _hosts(stand_in: SimulatedOrchestra) -> list[dict[str, Any]]:
    return list(json.loads(_get(stand_in, "/rest/v0/hosts?fields=*", COOKIE).text))


@pytest.mark.parametrize(("method", "path"), [("GET", "/rest/v0/vms"), ("GET", "/"), ("DELETE", "/rest/v0/hosts")])
def test_there_is_nothing_else(stand_in: SimulatedOrchestra, method: str, path: str) -> None:
    assert _get(stand_in, path, COOKIE, method).status == 404
