"""Clients that nobody here wrote log in and read: PyPI's XenAPI by XML-RPC, npm's xen-api by all there is."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from bot.simulator import SimHost, SimPool, SimTls, SimulatedHost, Simulator, release
from tests.parts import missing
from tests.simulator.conftest import OneHost, Simulate
from tests.simulator.oracle.getting import node, xen_api

SCRIPT = Path(__file__).parent / "oracle" / "read.mjs"
ERAS = [("XenServer", "5.6"), ("XenServer", "6.2"), ("XenServer", "7.2"), ("XCP-ng", "7.6"), ("XCP-ng", "8.3")]
LAB = {"pool": "lab", "coordinator": "xen-1", "hosts": [["xen-1", "XCP-ng", "8.3.0"], ["xen-2", "XCP-ng", "8.2.1"]]}


@pytest.fixture(scope="session")
def python_client() -> Any:
    """The module XenAPI, which has no types."""
    try:
        return import_module("XenAPI")
    except ImportError:
        missing("PyPI's XenAPI: pip install XenAPI")


@pytest.fixture(scope="session")
def npm_client() -> Path:
    return xen_api()


@pytest.fixture
def mixed(simulate: Simulate) -> Simulator:
    """A pool in a rolling upgrade."""
    hosts = (SimHost("xen-1", release("XCP-ng", "8.3")), SimHost("xen-2", release("XCP-ng", "8.2")))
    return simulate(SimPool(hosts, name="lab"))


@contextmanager
def session_of(python_client: Any, host: SimulatedHost, path: str = "/") -> Iterator[Any]:
    session = python_client.Session(f"https://{host.address}{path}", ignore_ssl=True)
    try:
        yield session
    finally:
        session("close")()


def command(npm_client: Path, host: SimulatedHost, *more: str) -> list[str]:
    return [node(), str(SCRIPT), str(npm_client), f"https://{host.address}", "root", *(more or ["demo"])]


def read(npm_client: Path, host: SimulatedHost, *more: str) -> Any:
    """What the client of npm understood."""
    done = subprocess.run(command(npm_client, host, *more), capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("product", "name"), ERAS)
def test_pypis_client_reads_every_era(python_client: Any, one_host: OneHost, product: str, name: str) -> None:
    host = one_host(product, name, tls=SimTls.QUICK)
    with session_of(python_client, host, "") as session:
        session.login_with_password("root", "demo", *(["1.0", "test"] if name > "6.1" else []))
        (record,) = session.xenapi.host.get_all_records().values()
        (pool,) = session.xenapi.pool.get_all_records().values()
        assert record["software_version"]["product_brand"] == product
        assert record["address"] == host.address.host
        assert record["enabled"] is True
        assert session.xenapi.host.get_uuid(pool["master"]) == record["uuid"]
        assert session.API_version == "{}.{}".format(*host.now.release.api)
        session.xenapi.session.logout()
    assert not host.sessions
    assert {call.dialect for call in host.seen.calls} == {"xml-rpc"}
    assert {call.path for call in host.seen.calls} == {"/RPC2"}


def test_pypis_client_understands_what_goes_wrong(python_client: Any, mixed: Simulator) -> None:
    with session_of(python_client, mixed["xen-2"]) as session, pytest.raises(python_client.Failure) as sent_on:
        session.login_with_password("root", "wrong")
    assert sent_on.value.details == ["HOST_IS_SLAVE", "127.0.0.1"]
    with session_of(python_client, mixed["xen-1"]) as session:
        with pytest.raises(python_client.Failure) as refused:
            session.login_with_password("root", "wrong")
        assert refused.value.details[0] == "SESSION_AUTHENTICATION_FAILED"
        session.login_with_password("root", "demo")
        mixed["xen-1"].end_sessions()
        assert len(session.xenapi.host.get_all()) == 2, "it logs in again by itself"
        mixed["xen-1"].enter_emergency("HOST_STILL_BOOTING")
        with pytest.raises(python_client.Failure) as booting:
            session.xenapi.pool.get_all()
        assert booting.value.details == ["HOST_STILL_BOOTING"]


@pytest.mark.parametrize(("product", "name"), ERAS)
def test_npms_client_reads_every_era(npm_client: Path, one_host: OneHost, product: str, name: str) -> None:
    host = one_host(product, name)
    found = read(npm_client, host)
    assert found["hosts"] == [["xen-1", product, host.now.release.software_version["product_version"]]]
    assert found["coordinator"] == "xen-1"
    assert not host.sessions
    expected = {"xml-rpc"} if host.now.release.api < (2, 3) else {"json-rpc-2", "json-rpc-1"}
    assert {call.dialect for call in host.seen.calls} <= expected


def test_npms_client_finds_the_coordinator_from_a_supporter(npm_client: Path, mixed: Simulator) -> None:
    assert read(npm_client, mixed["xen-2"]) == LAB
    assert mixed["xen-2"].seen.methods == ("session.login_with_password",)
    assert mixed["xen-1"].sessions == ()


def test_npms_client_understands_what_goes_wrong(npm_client: Path, mixed: Simulator) -> None:
    assert read(npm_client, mixed["xen-1"], "wrong")["error"][0] == "SESSION_AUTHENTICATION_FAILED"
    mixed["xen-1"].enter_emergency("HOST_BROKEN")
    assert read(npm_client, mixed["xen-1"])["error"] == [-32600], "xapi's array is no error of JSON-RPC 2"
    mixed["xen-1"].upgrade(release("XenServer", "8"))
    assert read(npm_client, mixed["xen-1"])["error"] == ["HOST_BROKEN"]


def test_npms_client_hears_of_changes(npm_client: Path, mixed: Simulator) -> None:
    words = command(npm_client, mixed["xen-1"], "demo", "watch")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=sys.stderr, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "watching\n"
        mixed["xen-1"].upgrade(release("XCP-ng", "8.3").saying(product_version="8.3.9"))
        found = json.loads(process.stdout.readline())
        assert process.wait(10) == 0
    assert found["changed"] == "8.3.9"
    assert sorted(found["objects"]) == [
        *["Certificate"] * 4,
        *("host", "host", "host_metrics", "host_metrics", "pool"),
    ]
