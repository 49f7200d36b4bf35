"""What a probe says in chat: hosts to choose from, large pools, names that mean harm, limits."""

from collections.abc import Callable
from datetime import date

import pytest

from bot.chat.command import Caller, Fleet, Ports, Right
from bot.chat.commands import PROBE
from bot.chat.reply import Ask, Pick, Reply, Table, plain
from bot.chat.runner import CommandRunner
from bot.errors import UsageError
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.simulator import SimHost, SimPool, Simulator, large_fleet, lone, release
from bot.terminal.capabilities import Capabilities
from bot.terminal.render import render
from tests.simulated import HOSTILE, fleet_of, rolling_pool

ALL = frozenset(Right)
Asking = Callable[[Fleet], CommandRunner]


@pytest.fixture
def asking(matrix: Matrix, reader: Reader) -> Asking:
    return lambda fleet: CommandRunner(Ports(matrix, reader, fleet), lambda: date(2026, 11, 23))


def _rows(blocks: tuple[object, ...]) -> int:
    return sum(len(block.rows) for block in blocks if isinstance(block, Table))


def _pool(count: int) -> SimPool:
    return large_fleet(count, count)[0]


def test_without_a_name_the_hosts_are_named_with_a_button_each_if_they_are_few(asking: Asking) -> None:
    with Simulator(large_fleet(2)) as simulator:
        reply = asking(fleet_of(simulator)).opening(PROBE, "", ALL)
    assert isinstance(reply, Reply)
    assert reply.buttons == (Ask("Probe sim-00001", "probe sim-00001"), Ask("Probe sim-00002", "probe sim-00002"))


def test_of_many_hosts_some_are_named_the_others_counted_and_one_can_be_picked(asking: Asking) -> None:
    with Simulator(large_fleet(50)) as simulator:
        reply = asking(fleet_of(simulator)).opening(PROBE, "", ALL)
    assert isinstance(reply, Reply)
    assert reply.buttons == (Pick("probe"),)
    assert "10 more are in the inventory." in str(reply.blocks)


def test_in_a_shell_a_name_is_needed(asking: Asking) -> None:
    with Simulator(large_fleet(1)) as simulator, pytest.raises(UsageError, match="probe sim-00001"):
        asking(fleet_of(simulator)).run(PROBE, "", ALL)


def test_an_unknown_name_offers_near_ones_and_the_list(asking: Asking) -> None:
    with Simulator(large_fleet(2)) as simulator:
        reply = asking(fleet_of(simulator)).opening(PROBE, "sim-0001", ALL)
    assert isinstance(reply, Reply)
    assert [type(button) for button in reply.buttons] == [Ask, Ask, Pick]
    assert reply.buttons[-1].label == "Pick a host"


def test_what_can_be_picked_is_what_the_asker_may_probe(asking: Asking) -> None:
    with Simulator([lone(SimHost("xen-1", release("XCP-ng", "8.3")), "lab-a", ("lab", "small"))]) as simulator:
        desk = asking(fleet_of(simulator))
        assert desk.choices(PROBE, ALL) == (("lab-a", "lab, small"),)
        assert desk.choices(PROBE, frozenset({Right.LOOKUP})) == ()


@pytest.mark.parametrize(
    ("count", "above", "below", "said"),
    [
        (20, 20, 0, ()),
        (21, 20, 1, ("These are the worst 20; 1 more host is below.",)),
        (64, 20, 44, ("These are the worst 20; 44 more hosts are below.",)),
        (70, 20, 44, ("These are the worst 20; 44 more hosts are below.", "6 more are not shown")),
    ],
)
def test_of_a_large_pool_twenty_hosts_are_above_the_rest_below_and_what_is_left_is_counted(
    asking: Asking, count: int, above: int, below: int, said: tuple[str, ...]
) -> None:
    with Simulator([_pool(count)]) as simulator:
        desk = asking(fleet_of(simulator))
        reply = desk.run(PROBE, simulator.targets[0].name, ALL)
    assert (_rows(reply.blocks), _rows(reply.rest)) == (above, below)
    text = render(reply, Capabilities(width=None))
    assert all(each in text for each in said)
    assert text.count("sim-00001-") == above + below
    assert len((reply.data or {})["hosts"]) == count


def test_a_name_that_means_harm_is_shown_as_text_on_one_line(asking: Asking) -> None:
    with Simulator([rolling_pool(HOSTILE)]) as simulator:
        reply = asking(fleet_of(simulator)).run(PROBE, "xen-1", ALL)
    shown = [plain(span) for block in reply.blocks if isinstance(block, Table) for row in block.rows for span in row]
    assert "<!channel> *bold* & `x`" in shown
    assert all(text.isprintable() for text in shown)


def test_chats_limit_is_a_failure_that_says_when_to_ask_again(asking: Asking) -> None:
    with Simulator([rolling_pool()]) as simulator:
        desk = asking(fleet_of(simulator, limited=True))
        replies = [desk.run(PROBE, "xen-1", ALL, caller=Caller("U1", "C1")) for _ in range(7)]
        assert simulator["xen-1"].seen.methods.count("session.login_with_password") == 6
    assert [reply.kind for reply in replies] == ["probe"] * 6 + ["probe_failed"]
    assert (replies[-1].data or {})["error"]["code"] == "busy"
    assert "Ask again in" in replies[-1].summary


def test_a_shell_has_no_limit(asking: Asking) -> None:
    with Simulator([rolling_pool()]) as simulator:
        desk = asking(fleet_of(simulator))
        assert {desk.run(PROBE, "xen-1", ALL).kind for _ in range(12)} == {"probe"}
