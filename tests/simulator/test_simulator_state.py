"""Pools: supporters, emergencies, and what changes while they run."""

import threading

import pytest

from bot.simulator import SimCertificate, SimHost, SimPool, Simulator, SimulatorError, lone, release
from tests.simulator.client import Connection, connected
from tests.simulator.conftest import OneHost, Simulate

LOGIN = "session.login_with_password"


def hosts_of(connection: Connection, session: str) -> dict[str, dict[str, object]]:
    records = connection.json("host.get_all_records", session)["result"]
    return {record["name_label"]: record for record in records.values()}


def test_a_supporter_sends_logins_to_the_coordinator_before_it_looks_at_the_password(lab: Simulator) -> None:
    coordinator, supporter = lab["xen-1"].address, lab["xen-2"].address
    assert (coordinator.host, supporter.host) == ("127.0.0.1", "127.0.0.2")
    assert coordinator.port == supporter.port
    with connected(supporter) as connection:
        error = connection.json(LOGIN, "nobody", "wrong")["error"]
        assert (error["message"], error["data"]) == ("HOST_IS_SLAVE", [coordinator.host])
        assert connection.json("system.isAlive:x", "x")["result"] == "x"


def test_a_supporter_sends_sessions_on_too(lab: Simulator) -> None:
    with connected(lab["xen-1"].address) as first, connected(lab["xen-2"].address) as second:
        session = first.login()
        assert second.json("pool.get_all", session)["error"]["message"] == "HOST_IS_SLAVE"
        assert second.json("pool.get_all", "OpaqueRef:none")["error"]["message"] == "SESSION_INVALID"


def test_the_coordinator_describes_the_whole_pool(lab: Simulator) -> None:
    with connected(lab["xen-1"].address) as connection:
        session = connection.login()
        (pool,) = connection.json("pool.get_all_records", session)["result"].values()
        hosts = connection.json("host.get_all_records", session)["result"]
        assert pool["name_label"] == "lab"
        assert hosts[pool["master"]]["address"] == lab["xen-1"].address.host
        assert connection.json("session.get_this_host", session, session)["result"] == pool["master"]
        assert len(hosts) == 2


def test_another_host_can_become_coordinator(lab: Simulator) -> None:
    lab["xen-2"].coordinate()
    with connected(lab["xen-1"].address) as connection:
        assert connection.json(LOGIN, "root", "demo")["error"]["data"] == [lab["xen-2"].address.host]
    with connected(lab["xen-2"].address) as connection:
        assert hosts_of(connection, connection.login())["xen-1"]


def test_in_a_rolling_upgrade_records_have_the_coordinators_fields(simulate: Simulate) -> None:
    old = release("XCP-ng", "8.2")
    simulator = simulate(SimPool((SimHost("xen-1", old), SimHost("xen-2", old))))
    with connected(simulator["xen-1"].address) as connection:
        session = connection.login()
        assert "https_only" not in hosts_of(connection, session)["xen-2"]
        simulator["xen-1"].upgrade(release("XCP-ng", "8.3"))
        hosts = hosts_of(connection, session)
    assert "https_only" in hosts["xen-2"]
    assert [hosts[name]["API_version_minor"] for name in ("xen-1", "xen-2")] == [21, 16]


@pytest.mark.parametrize(
    ("product", "name", "reply"),
    [
        ("XCP-ng", "8.3", {"jsonrpc": "2.0", "error": ["HOST_BROKEN", "a"], "id": 0}),
        ("XenServer", "8", {"result": None, "error": ["HOST_BROKEN", "a"], "id": 0}),
        ("XCP-ng", "8.2", {"result": None, "error": ["HOST_BROKEN", "a"], "id": 0}),
    ],
)
def test_an_emergency_answers_in_the_shape_of_its_era(
    one_host: OneHost, product: str, name: str, reply: object
) -> None:
    host = one_host(product, name)
    with connected(host.address) as connection:
        session = connection.login()
        host.enter_emergency("HOST_BROKEN", "a")
        assert connection.json(LOGIN, "root", "wrong") == reply
        assert connection.json("pool.get_all", session) == reply
        assert "<value>HOST_BROKEN</value>" in connection.xml(LOGIN, "root", "demo")
        assert connection.json("host.is_in_emergency_mode")["result"] is True
        host.recover()
        assert connection.json("pool.get_all", session)["result"]


def test_a_host_that_goes_down_refuses_connections_and_cuts_those_it_has(one_host: OneHost) -> None:
    host = one_host()
    with connected(host.address) as connection:
        connection.login()
        host.go_down()
        with pytest.raises((EOFError, ConnectionError)):
            connection.login()
    with pytest.raises(ConnectionRefusedError), connected(host.address):
        pass
    host.come_up()
    with connected(host.address) as connection:
        connection.login()


def test_a_host_may_be_down_from_the_start(simulate: Simulate) -> None:
    host = simulate(lone(SimHost("xen-1", release("XCP-ng", "8.3"), up=False)))["xen-1"]
    with pytest.raises(ConnectionRefusedError), connected(host.address):
        pass
    host.come_up()
    with connected(host.address) as connection:
        connection.login()


def test_events_come_when_something_changes(lab: Simulator) -> None:
    host = lab["xen-1"]
    with connected(host.address) as connection:
        session = connection.login()
        (pool,) = connection.json("pool.get_all", session)["result"]
        everything = connection.json("event.from", session, ["pool", "host"], "", 0.0)["result"]
        assert [event["operation"] for event in everything["events"]] == ["add"] * 3
        assert everything["valid_ref_counts"]["host"] == 2
        token = connection.json("event.inject", session, "pool", pool)["result"]
        assert connection.json("event.from", session, ["host"], token, 0.0)["result"]["events"] == []
        change = threading.Timer(0.05, host.upgrade, [release("XCP-ng", "8.3").saying(product_version="8.3.1")])
        change.start()
        news = connection.json("event.from", session, ["host"], token, 30.0)["result"]
        change.join()
    versions = {event["snapshot"]["software_version"]["product_version"] for event in news["events"]}
    assert versions == {"8.3.0", "8.3.1"}
    assert news["token"] > token


def test_a_fleet_that_can_not_be_says_what_is_wrong() -> None:
    host = SimHost("xen-1", release("XCP-ng", "8.3"))
    with pytest.raises(SimulatorError, match="Two hosts have one name: xen-1"):
        Simulator([lone(host), lone(host)])
    with pytest.raises(SimulatorError, match="no host called xen-9"):
        Simulator([SimPool((host,), coordinator="xen-9")])


def test_a_host_is_known_by_its_name_only(lab: Simulator) -> None:
    assert [host.name for host in lab.hosts] == ["xen-1", "xen-2"]
    with pytest.raises(LookupError, match="xen-9"):
        lab["xen-9"]
    assert lab["xen-1"].certificate == SimCertificate("xen-1", names=("xen-1", "127.0.0.1"))
