"""What lists mean: whatever they leave out, say twice or say wrongly."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.xapi.observation import Power
from bot.xapi.target import Endpoint, TlsMode, Trust
from tests.xapi.network import FakeNetwork
from tests.xo.orchestras import HOST, POOL, answering, failed, http, lines, orchestra, seen, telling

XO = orchestra(Endpoint("192.0.2.9", 443, Trust(TlsMode.INSECURE)))


def _host(**changed: Any) -> dict[str, Any]:
    return {key: value for key, value in {**HOST, **changed}.items() if value is not None}


def test_a_list_as_an_array_is_read_where_lines_were_asked_for() -> None:
    pools = http(b'[\n{"id": "pool-1", "name_label": "lab", "master": "host-1"}\n]', "application/json")
    hosts = http(b"[" + b",".join(lines([HOST, _host(id="host-2", name_label="xen-2")]).splitlines()) + b"]")
    (observed,) = seen(XO, connect=FakeNetwork(answering(pools, hosts)))
    assert [host.uuid for host in observed.hosts] == ["host-1", "host-2"]


def test_a_host_of_a_pool_that_is_not_listed_is_in_a_pool_made_of_what_is_known() -> None:
    others = [_host(id="a", **{"$pool": "p", "$poolId": None}), _host(id="b", **{"$poolId": "p"})]
    (observed,) = seen(XO, connect=FakeNetwork(telling(others, pools=())))
    assert observed.pool == ("p", "", "")
    assert [host.uuid for host in observed.hosts] == ["a", "b"]


def test_a_host_without_a_pool_is_one_of_its_own() -> None:
    (observed,) = seen(XO, connect=FakeNetwork(telling([_host(**{"$pool": None, "$poolId": None})])))
    assert observed.pool == ("host-1", "", "host-1")
    assert observed.hosts[0].is_coordinator


def test_what_a_host_does_not_say_is_not_known() -> None:
    (observed,) = seen(XO, connect=FakeNetwork(telling([{"id": "host-1"}])))
    (host,) = observed.hosts
    assert set(host._replace(uuid="", name="", address="", is_coordinator=False)) == {"", False, None}


@pytest.mark.parametrize("field", ["enabled", "version", "rebootRequired", "startTime", "license_expiry", "build"])
@pytest.mark.parametrize("value", [[], {}, "", float("inf"), -1, None])
def test_a_value_of_another_kind_is_not_known(field: str, value: Any) -> None:
    (observed,) = seen(XO, connect=FakeNetwork(telling([{**HOST, field: value}])))
    (host,) = observed.hosts
    assert None in host[4:13]


ENDS = datetime(2026, 12, 5, tzinfo=UTC)
AT = int(ENDS.timestamp())


@pytest.mark.parametrize(
    ("certificates", "ends"),
    [
        ([{"fingerprint": "AA:BB", "notAfter": AT + 9}, {"fingerprint": "CC:DD", "notAfter": AT}], ENDS),
        ([{"notAfter": str(AT)}], ENDS),
        ([{"notAfter": "soon"}, {"notAfter": None}, {}, None, 7, "x", {"notAfter": AT}], ENDS),
        ([{"notAfter": AT + 1}] * 16 + [{"notAfter": AT}], ENDS + timedelta(seconds=1)),
        ([], None),
        ({"notAfter": AT}, None),
        (None, None),
    ],
)
def test_of_a_hosts_certificates_the_one_that_ends_first_counts(certificates: Any, ends: datetime | None) -> None:
    (observed,) = seen(XO, connect=FakeNetwork(telling([_host(certificates=certificates)])))
    assert observed.hosts[0].certificate_expires == ends


@pytest.mark.parametrize(("expiry", "year"), [(4_102_444_799, 2099), (4_102_444_800, None), (253_402_300_799, None)])
def test_a_licence_that_never_ends_has_no_end(expiry: int, year: int | None) -> None:
    (observed,) = seen(XO, connect=FakeNetwork(telling([_host(license_expiry=expiry)])))
    (host,) = observed.hosts
    assert (host.licence_expires and host.licence_expires.year) == year


def test_what_runs_is_never_told_whatever_a_record_has() -> None:
    record = _host(software_version={"xen": "4.17.6-9"}, xen="4.17.6-9", patches=["XS82ECU1086"], version="8.2.1")
    (observed,) = seen(XO, connect=FakeNetwork(telling([record])))
    assert observed.hosts[0].software is None


def test_a_host_that_is_listed_twice_is_one() -> None:
    (observed,) = seen(XO, connect=FakeNetwork(telling([HOST, HOST])))
    assert len(observed.hosts) == 1


def test_the_name_that_xen_orchestra_gives_a_pool_without_one_is_none() -> None:
    (observed,) = seen(XO, connect=FakeNetwork(telling(pools=[{**POOL, "name_label": "xen-1"}])))
    assert observed.pool.name == ""


def test_no_host_at_all_is_a_failure_and_not_an_empty_fleet() -> None:
    failure = failed(XO, connect=FakeNetwork(telling(hosts=(), pools=())))
    assert (failure.code, "shows no host" in failure.message) == ("not_authorized", True)


@pytest.mark.parametrize(
    ("state", "power"),
    [
        ("Running", Power.RUNNING),
        ("Halted", Power.HALTED),
        ("Unknown", Power.UNKNOWN),
        ("halted", Power.UNKNOWN),
        ("Suspended", Power.UNKNOWN),
        ("x" * 500, Power.UNKNOWN),
        ("", None),
        (None, None),
        (7, None),
        ([], None),
    ],
)
def test_a_host_is_listed_whether_or_not_it_runs(state: object, power: Power | None) -> None:
    (observed,) = seen(XO, connect=FakeNetwork(telling([_host(power_state=state)])))
    assert [(host.product_version, host.power) for host in observed.hosts] == [("8.3.0", power)]


@pytest.mark.parametrize(
    "body", [b'["/rest/v0/hosts/1"]', b'[{"id":"a"} {"id":"b"}]', b'{"id":"a"},{"id":"b"}', b"[{}]"]
)
def test_a_list_of_something_else_is_a_bad_reply(body: bytes) -> None:
    assert failed(XO, connect=FakeNetwork(answering(http(lines([POOL])), http(body)))).code == "bad_reply"
