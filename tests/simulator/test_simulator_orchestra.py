"""The stand-in for a Xen Orchestra, asked with the standard library: it has the shapes of the REST API."""

import http.client
import json
import ssl
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import websocket

from bot.simulator import SimHost, SimPool, Simulator, SimUpdate, release
from bot.simulator.orchestra import TOKEN, Rights, ShownOrchestra, SimulatedOrchestra

COOKIE = {"Cookie": f"theme=dark; authenticationToken={TOKEN}"}
XEN = SimUpdate("xen-hypervisor", "4.17.6", "9.5.1.xcpng8.3", "- Fix XSA-491")
POOL = SimPool(
    (
        SimHost("xen-1", release("XCP-ng", "8.3"), misses=(XEN,)),
        SimHost("xen-2", release("XenServer", "7.2"), misses=(SimUpdate("XS72E014", guidances="restartHost"),)),
    ),
    name="lab",
)


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


def test_a_version_is_told_to_who_has_no_token_and_not_to_one_that_is_wrong(stand_in: SimulatedOrchestra) -> None:
    told = json.loads(_get(stand_in, "/rest/v0/docs/swagger.json", {}).text)
    assert list(told) == sorted(told)
    assert told["info"]["version"] == "0.37.0"
    assert _get(stand_in, "/rest/v0/docs/swagger.json", {"Cookie": "authenticationToken=wrong"}).status == 401


def _websocket(stand_in: SimulatedOrchestra) -> websocket.WebSocket:
    unchecked = {"cert_reqs": ssl.CERT_NONE}
    return websocket.create_connection(f"wss://{stand_in.address}/api/", sslopt=unchecked, timeout=10)


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("system.getServerVersion", {"result": "5.207.2"}),
        ("system.getVersion", {"result": "0.1"}),
        ("vm.start", {"error": {"code": -32601, "message": "method not found: vm.start", "data": "vm.start"}}),
    ],
)
def test_its_websocket_answers_without_a_login(
    stand_in: SimulatedOrchestra, method: str, answer: dict[str, Any]
) -> None:
    socket = websocket.create_connection(
        f"wss://{stand_in.address}/api/", sslopt={"cert_reqs": ssl.CERT_NONE}, timeout=10
    )
    try:
        socket.ping("still there")
        assert socket.recv_data(control_frame=True) == (websocket.ABNF.OPCODE_PONG, b"still there")
        socket.send(json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": {"x": "y" * 200}}))
        assert json.loads(socket.recv()) == {"jsonrpc": "2.0", "id": 7, **answer}
    finally:
        socket.close()


def test_behind_a_proxy_it_takes_no_websocket(stand_in: SimulatedOrchestra) -> None:
    stand_in.show(ShownOrchestra(websockets=False))
    try:
        with pytest.raises(websocket.WebSocketBadStatusException, match="404"):
            websocket.create_connection(
                f"wss://{stand_in.address}/api/", sslopt={"cert_reqs": ssl.CERT_NONE}, timeout=10
            )
    finally:
        stand_in.show(ShownOrchestra())


def test_what_a_host_misses_has_the_shape_of_its_product(stand_in: SimulatedOrchestra) -> None:
    new, old = (host["id"] for host in _hosts(stand_in))
    (package,) = json.loads(_get(stand_in, f"/rest/v0/hosts/{new}/missing_patches", COOKIE).text)
    assert package.keys() == {"name", "version", "release", "description", "license", "size", "url", "changelog"}
    assert package["changelog"].keys() == {"date", "author", "description"}
    (update,) = json.loads(_get(stand_in, f"/rest/v0/hosts/{old}/missing_patches", COOKIE).text)
    assert {"name", "description", "date", "guidances", "paid", "upgrade"} <= update.keys()
    assert _get(stand_in, "/rest/v0/hosts/nobody/missing_patches", COOKIE).status == 404


def test_the_dashboard_is_an_administrators_and_counts_hosts_that_failed() -> None:
    hosts = (
        SimHost("xen-1", release("XCP-ng", "8.3"), misses=(XEN,)),
        SimHost("xen-2", release("XCP-ng", "8.3"), misses=None),
        SimHost("xen-3", release("XCP-ng", "8.3"), up=False),
    )
    tokens = {TOKEN: Rights.ADMIN, "reader": Rights.READ}
    with Simulator([SimPool(hosts)]) as simulator, SimulatedOrchestra(simulator, tokens) as xo:
        told = json.loads(_get(xo, "/rest/v0/dashboard", COOKIE).text)["missingPatches"]
        assert (told["hasAuthorization"], told["nHosts"], told["nHostsFailed"]) == (True, 3, 2)
        assert (told["nHostsWithMissingPatches"], told["nPoolsWithMissingPatches"]) == (1, 1)
        second = _hosts(xo)[1]["id"]
        assert _get(xo, f"/rest/v0/hosts/{second}/missing_patches", COOKIE).text == "[]", "the failure does not show"
        assert _get(xo, "/rest/v0/dashboard", {"Cookie": "authenticationToken=reader"}).status == 403
        xo.show(ShownOrchestra(lists_updates=False))
        assert json.loads(_get(xo, "/rest/v0/dashboard", COOKIE).text)["missingPatches"] == {"hasAuthorization": False}
        refused = _get(xo, f"/rest/v0/hosts/{second}/missing_patches", COOKIE)
        assert (refused.status, json.loads(refused.text)["error"]) == (403, "feature Unauthorized")
