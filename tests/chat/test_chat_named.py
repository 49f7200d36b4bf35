"""The names of our own things, typed alone: the verdict on what they are, for who may see the fleet."""

from collections.abc import Iterator
from datetime import date

import pytest

from bot.chat.command import Caller, Ports, Right
from bot.chat.commands import CHECK, PROBE
from bot.chat.reply import plain
from bot.chat.runner import CommandRunner
from bot.fleet.hosts import WatchedHost
from bot.fleet.inventory import Inventory
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.simulator import Simulator
from bot.xapi.target import Target
from tests.chat.fleet import fleet, ports
from tests.fleet.fakes import FakeStore
from tests.simulated import HOSTILE, fleet_of, rolling_pool

ALL = frozenset(Right)
LOOKUP = frozenset({Right.LOOKUP})
TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def known(matrix: Matrix, reader: Reader) -> CommandRunner:
    """Answers about the fleet of the tests."""
    return CommandRunner(ports(matrix, reader, fleet()), lambda: TODAY)


@pytest.mark.parametrize(
    ("typed", "hosts"),
    [
        ("xen-12", ["xen-12"]),
        ("XEN-11", ["xen-11"]),
        ("my host xen-11 ok?", ["xen-11"]),
        ("is xen-2 still supported?", ["xen-2"]),
        ("what does archive-1 run", ["archive-1"]),
        ("`xen-11`", ["xen-11"]),
        ("status of xen-1, please", ["xen-1"]),
        ("uuid-xen-11", ["xen-11"]),
        ("lab-a", ["xen-2", "xen-1"]),
        ("lab", ["spare-1", "xen-2", "xen-1"]),
        ("lab pool", ["xen-2", "xen-1"]),
        ("is my pool prod ok?", ["archive-1", "xen-12", "xen-11"]),
        ("archive", ["archive-1"]),
        ("xen-11 and xen-2", ["xen-2", "xen-11"]),
        ("xen-11, xen-12, archive-1", ["archive-1", "xen-12", "xen-11"]),
        ("lab eol", ["spare-1", "xen-2"]),
        ("prod-a eol", ["xen-12", "xen-11"]),
        ("is xen-11 eol?", ["xen-11"]),
        ("when does xen-1 go eol", ["xen-1"]),
        ("xen-1 xen-11", []),
        ("new-a", []),
        ("xen-1 on 2028-12-01", ["xen-1"]),
    ],
)
def test_a_name_of_ours_is_shown_as_fleet_shows_it(known: CommandRunner, typed: str, hosts: list[str]) -> None:
    reply = known.answer(typed, ALL)
    data = reply.data or {}
    assert (reply.kind, data["outcome"], reply.exit_status) == ("fleet", "assessed", 0)
    assert [host["name"] for host in data["hosts"]] == hosts
    assert len(reply.buttons) <= 3


def test_a_hosts_name_has_the_json_of_fleet(known: CommandRunner) -> None:
    alone, listed = known.answer("xen-2", ALL).data or {}, known.answer("fleet xen-2", ALL).data or {}
    assert alone.keys() == listed.keys()
    assert alone["hosts"] == listed["hosts"]


def test_the_first_line_about_a_host_is_its_verdict(known: CommandRunner) -> None:
    said = known.answer("xen-2", ALL).summary
    assert said.startswith("xen-2 (lab pool): XCP-ng 8.2.1, full support")
    assert said.endswith("no security updates since 16 Sep 2025, restart pending")
    assert "not seen since 23 Nov 2026" in known.answer("spare-1", ALL).summary
    assert "unknown version" in known.answer("xen-12", ALL).summary


def test_the_first_line_about_several_begins_with_the_name(known: CommandRunner) -> None:
    assert known.answer("lab pool", ALL).summary == "lab pool: 2 hosts in 1 pool, 1 gets no security updates"


@pytest.mark.parametrize(
    ("typed", "rights", "asks"),
    [
        ("xen-12", ALL, "probe prod-a"),
        ("lab-a", ALL, "probe lab-a"),
        ("lab", ALL, "sweep"),
        ("new-a", ALL, "probe new-a"),
        ("xen-2", frozenset({Right.LOOKUP, Right.FLEET}), "XCP-ng 8.2"),
    ],
)
def test_a_button_asks_it_anew_if_the_asker_may(
    known: CommandRunner, typed: str, rights: frozenset[Right], asks: str
) -> None:
    assert known.answer(typed, rights).buttons[0].words == asks


@pytest.mark.parametrize("typed", ["xen-12", "lab-a", "my host xen-11 ok?", "lab", "prod", "uuid-xen-11", "xen-13"])
def test_without_the_right_names_are_words_like_others(known: CommandRunner, desk: CommandRunner, typed: str) -> None:
    assert known.answer(typed, LOOKUP) == desk.answer(typed, LOOKUP)
    assert known.answer(typed, ALL - {Right.FLEET}).kind != "fleet"


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("xen-13", "xen-12"),
        ("lab-z", "lab-a"),
        ("archive-2", "archive-1"),
        ("spare-11", "spare-1"),
        ("prd-a", "prod-a"),
        ("xen-99", "xen-1"),
    ],
)
def test_a_name_that_is_nearly_one_gets_the_near_ones(known: CommandRunner, typed: str, near: str) -> None:
    reply = known.answer(typed, ALL)
    assert (reply.kind, reply.exit_status) == ("unknown_host", 3)
    assert near in reply.summary
    assert [button.words for button in reply.buttons][-1] == "fleet"


class Called(FakeStore):
    """A fleet of hosts with the names of other things, which counts how often it is asked."""

    asked = 0

    def hosts(self) -> tuple[WatchedHost, ...]:
        self.asked += 1
        found = super().hosts()
        names = ("XenServer 7.2", "8.2", "xenserver", "XCP-ng", "xen-8.2", "debian")
        return tuple(
            watched._replace(host=watched.host._replace(name=name)) for watched, name in zip(found, names, strict=True)
        )


@pytest.fixture
def called(matrix: Matrix, reader: Reader) -> tuple[CommandRunner, Called]:
    store, sweeps = fleet()
    own = Called()
    own.__dict__.update(store.__dict__)
    return CommandRunner(ports(matrix, reader, (own, sweeps)), lambda: TODAY), own


@pytest.mark.parametrize("typed", ["XenServer 7.2", "8.2", "xenserver", "XCP-ng", "is 8.2 ok?", "XCP-ng 8.2.1"])
def test_a_release_or_a_product_wins_and_the_fleet_is_not_asked(
    called: tuple[CommandRunner, Called], typed: str
) -> None:
    runner, store = called
    assert runner.answer(typed, ALL).kind != "fleet"
    assert store.asked == 0


def test_a_hosts_name_wins_over_a_platforms(called: tuple[CommandRunner, Called]) -> None:
    assert called[0].answer("debian", ALL).kind == "fleet"


def test_the_fleet_is_read_once(called: tuple[CommandRunner, Called]) -> None:
    runner, store = called
    runner.answer("debian", ALL)
    assert store.asked == 1


def test_a_uuid_is_no_list_of_releases(known: CommandRunner) -> None:
    for rights in (ALL, LOOKUP):
        reply = known.answer("8f2d9c1e-1b2c-4d3e-9f00-aa11bb22cc33", rights)
        assert (reply.exit_status, (reply.data or {})["assessments"]) == (3, [])


def test_a_right_for_a_channel_reaches_the_channels_hosts_alone(known: CommandRunner) -> None:
    bounded = Caller("U1", "C9", frozenset({Right.FLEET}))
    reply = known.run(CHECK, "xen-12", frozenset({Right.LOOKUP, Right.FLEET}), None, bounded)
    assert reply.kind == "unsupported_platform"


def _called(target: Target, name: str) -> Target:
    return Target(name, target.endpoint, target.username, target.password, target.password_from)


@pytest.fixture(scope="module")
def asking(matrix: Matrix, reader: Reader) -> Iterator[CommandRunner]:
    """Knows the fleet of the tests, and targets of which two lead to its hosts."""
    with Simulator([rolling_pool(HOSTILE)]) as simulator:
        given = fleet_of(simulator)
        (first,) = given.inventory.targets
        inventory = Inventory([_called(first, name) for name in ("lab-a", "prod-a")])
        known: Ports = ports(matrix, reader, fleet())._replace(fleet=given._replace(inventory=inventory))
        yield CommandRunner(known, lambda: TODAY)


@pytest.mark.parametrize(
    ("typed", "target"), [("xen-12", "prod-a"), ("XEN-11", "prod-a"), ("xen-1", "lab-a"), ("uuid-xen-2", "lab-a")]
)
def test_probing_a_host_that_is_no_target_says_which_target_leads_to_it(
    asking: CommandRunner, typed: str, target: str
) -> None:
    reply = asking.run(PROBE, typed, ALL)
    assert f"is a host, not a target: {target} leads to it." in reply.summary
    assert [button.words for button in reply.buttons] == [f"probe {target}"]
    error = (reply.data or {})["error"]
    assert (error["code"], reply.exit_status) == ("unknown_host", 1)
    assert target in error["message"]
    assert plain(reply.headline) == error["message"]
    assert asking.opening(PROBE, typed, ALL) == reply


def test_probing_tells_nothing_of_hosts_that_the_asker_may_not_see(asking: CommandRunner) -> None:
    bounded = Caller("U1", "C9", frozenset({Right.FLEET}))
    for reply in (
        asking.run(PROBE, "xen-12", frozenset({Right.LOOKUP, Right.PROBE})),
        asking.run(PROBE, "xen-12", frozenset({Right.PROBE, Right.FLEET}), None, bounded),
    ):
        assert 'I know no host "xen-12".' in reply.summary
        assert "leads to it" not in reply.summary
