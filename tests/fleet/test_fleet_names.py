"""What hosts and pools are called among others: whatever they call themselves, no two look alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.fleet.hosts import WatchedHost
from bot.fleet.names import Nameable, fleet_names, told_apart
from bot.xapi.observation import Pool
from tests.fleet.fleets import START, host

LONG = "a-name-of-a-host-that-goes-on-and-on-and-on-and-on-and-on-and-on"


def _watched(
    uuid: str, name: str, address: str = "192.0.2.1", sources: tuple[str, ...] = ("lab",), pool: Pool | None = None
) -> WatchedHost:
    own = host("a")._replace(uuid=uuid, name=name, address=address)
    return WatchedHost(own, pool or Pool(f"pool-{uuid}", "", uuid), sources, START)


@pytest.mark.parametrize(
    ("hosts", "called"),
    [
        ([("xen-1",), ("xen-2",)], ["xen-1", "xen-2"]),
        ([("lh", "", ("a",)), ("lh", "", ("b",)), ("lh", "", ("c",))], ["lh (a)", "lh (b)", "lh (c)"]),
        ([("lh", "192.0.2.1", ("xo",)), ("lh", "192.0.2.2", ("xo",))], ["lh (192.0.2.1)", "lh (192.0.2.2)"]),
        ([("lh", "192.0.2.1", ("a", "xo")), ("lh", "192.0.2.1", ("xo",))], ["lh (a)", "lh (1)"]),
        ([("lh", "192.0.2.1", ("a", "xo")), ("lh", "192.0.2.2", ("xo",))], ["lh (a)", "lh (192.0.2.2)"]),
        (
            [("lh", "10.0.0.1", ("a",)), ("lh", "10.0.0.2", ("a",)), ("lh", "10.0.0.1", ("b",))],
            ["lh (a, 10.0.0.1)", "lh (10.0.0.2)", "lh (b)"],
        ),
        ([("LH", "", ("a",)), ("lh", "", ("b",))], ["LH (a)", "lh (b)"]),
        ([("lh", "", ("a",)), ("lh ", "", ("b",)), ("l\u200bh", "", ("c",))], ["lh (a)", "lh (b)", "lh (c)"]),
        ([(f"{LONG}1", "", ("a",)), (f"{LONG}2", "", ("b",))], [f"{LONG[:59]}… (a)", f"{LONG[:59]}… (b)"]),
        ([("lh", "", ("a",)), ("lh", "", ("b",)), ("lh (a)", "", ("c",))], ["lh (0)", "lh (b)", "lh (a)"]),
        ([("", "192.0.2.1"), ("", "192.0.2.2")], ["192.0.2.1", "192.0.2.2"]),
        ([("", "192.0.2.1", ("a",)), ("192.0.2.1", "", ("b",))], ["192.0.2.1 (a)", "192.0.2.1 (b)"]),
        ([("", ""), ("", "")], ["0", "1"]),
        ([("lh", "", ()), ("lh", "", ()), ("xen-1", "", ())], ["lh (0)", "lh (1)", "xen-1"]),
        ([("<!channel>\n*x*",), ("xen-1",)], ["<!channel> *x*", "xen-1"]),
    ],
)
def test_where_names_are_equal_the_target_or_the_address_stands_beside_them(
    hosts: list[tuple[str, str, tuple[str, ...]]], called: list[str]
) -> None:
    names = fleet_names(_watched(str(at), *each) for at, each in enumerate(hosts))
    assert [names.hosts[str(at)] for at in range(len(hosts))] == called


TEXTS = st.text("aA(1) ", max_size=4)


@given(st.lists(st.tuples(TEXTS, TEXTS, st.lists(TEXTS, max_size=2).map(tuple)), max_size=8))
def test_whatever_hosts_call_themselves_no_two_look_alike(hosts: list[tuple[str, str, tuple[str, ...]]]) -> None:
    names = fleet_names(_watched(f"uuid-{at}", *each) for at, each in enumerate(hosts))
    assert len({name.casefold() for name in names.hosts.values()}) == len(hosts)
    assert len({name.casefold() for name in names.pools.values()}) == len(hosts)
    assert all(names.hosts.values())


@pytest.mark.parametrize(
    ("pools", "called"),
    [
        ([Pool("p", "lab", "1")], ["lab"]),
        ([Pool("p", "lab", "1"), Pool("q", "lab", "2")], ["lab (a)", "lab (b)"]),
        ([Pool("p", "", "1"), Pool("q", "", "2")], ["lh (a)", "lh (b)"]),
        ([Pool("p", "", "nobody"), Pool("q", "lab", "2")], ["lh (a)", "lab"]),
        ([Pool("p", "Lab", "1"), Pool("q", "lab ", "2")], ["Lab (a)", "lab (b)"]),
    ],
)
def test_pools_are_told_apart_as_well(pools: list[Pool], called: list[str]) -> None:
    hosts = [
        _watched(str(at), "lh", "", (source,), pool)
        for at, (source, pool) in enumerate(zip("ab", pools, strict=False), 1)
    ]
    if len(pools) == 1:
        hosts.append(_watched("2", "lh", "", ("b",), Pool("other", "other", "2")))
    names = fleet_names(hosts).pools
    assert [names[pool.uuid] for pool in pools] == called


def test_a_pool_of_several_without_a_name_is_its_coordinators() -> None:
    pool = Pool("p", "", "2")
    names = fleet_names(_watched(uuid, f"xen-{uuid}", pool=pool) for uuid in "123")
    assert names.pools == {"p": "pool of xen-2"}


def test_hosts_that_give_no_uuid_keep_their_names() -> None:
    one, other = _watched("", "xen-1"), _watched("", "xen-2")
    names = fleet_names([one, other])
    assert [names.of(host)[0] for host in (one, other)] == ["xen-1", "xen-2"]


def test_without_any_mark_of_its_own_a_thing_is_told_by_its_key() -> None:
    things = {"k1": Nameable("x", ("m",)), "k2": Nameable("x", ("M",)), "k3": Nameable("x", ("m", "n"))}
    assert told_apart(things) == {"k1": "x (k1)", "k2": "x (k2)", "k3": "x (n)"}
