"""Hosts in the demo: simulated, asked through the real client, and never in the way of a look-up."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO

import pytest

from bot.app.demo import demo
from bot.chat.runner import CommandRunner
from bot.demo.channel import DemoChannel
from bot.demo.hosts import SimulatedHosts
from bot.simulator import demo_fleet
from bot.xapi.probe import Prober
from tests.demo.staged import MORNING, answer_to, staged
from tests.demo.terminals import TtyStream
from tests.xapi.probing import seen


@pytest.fixture(scope="module")
def channel(desk: CommandRunner) -> Iterator[DemoChannel]:
    with staged(desk, demo_fleet()) as (channel, _):
        yield channel


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("xen-12", "xen-12 (prod)  XCP-ng 8.2.1  ✅ full support  ☠️ no security updates"),
        ("is my host office-1 ok?", "office-1  XenServer 8.4.0  ✅ full support  🟢 gets security updates"),
        ("lab-a", "lab-a  2 hosts in 1 pool  🚨 1 has known holes"),
        ("who is on 8.2", "2 of 8 hosts in 1 pool  8.2  ☠️ 2 get no security updates"),
        ("status", "8 hosts in 5 pools  ☠️ 4 get no security updates"),
        ("probe xen-12", "xen-12 is a host, not a target: prod-a leads to it."),
        ("xen-99", 'I know no host "xen-99". Near: '),
        ("flet", 'I know no command "flet". Did you mean fleet?'),
    ],
)
def test_hosts_are_known_by_their_names(channel: DemoChannel, typed: str, expected: str) -> None:
    header, _, answer = answer_to(channel, typed).partition("\n")
    assert header == "xocompat, only visible to you"
    assert answer.startswith(expected)


def test_the_target_that_is_named_is_the_one_to_ask_anew(channel: DemoChannel) -> None:
    assert "1 [Probe lab-b]" in answer_to(channel, "lab-b")


def test_the_channel_says_whom_it_asks_before_the_verdict_comes(channel: DemoChannel) -> None:
    asking, verdict = channel.answer("/xocompat probe prod-a")
    assert asking == "xocompat, only visible to you\nAsking prod-a … (at most 30 seconds)"
    assert verdict.startswith(
        "Pool prod (asked prod-a)  ☠️ 2 of 3 hosts get no security updates  🚨 all 3 hosts have known holes\n"
    )


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("probe lab-a", "Pool lab (asked lab-a)  🟢 both hosts get security updates"),
        ("probe lab-b", "Pool lab (asked lab-b)  🟢 both hosts get security updates"),
        ("/xocompat PROBE LAB-A", "Pool lab (asked lab-a)"),
        ("probe edge-a", "edge-1 (asked edge-a)  XCP-ng 7.6.0  ✅ full support  ☠️ no security updates"),
        ("probe office-a", "office-1 (asked office-a)  XenServer 8.4.0  ✅ full support  🟢 gets security updates"),
        ("probe archive-a", "archive-1 (asked archive-a)  XenServer 7.2.0  ❎ partial support  ☠️ no security updates"),
        ("probe down-a", "down-a did not answer: nothing listens on its address. Is the host up"),
        ("Probe moved-a", "moved-a showed another certificate than the pinned one, so nothing was sent."),
    ],
)
def test_every_host_of_the_demo_shows_what_it_is_there_for(channel: DemoChannel, typed: str, expected: str) -> None:
    _, answer = channel.answer(typed)
    assert answer.startswith(expected)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("probe", "Which host? I can ask these:"),
        ("probe 127.0.0.1", "I only ask hosts by their name in the inventory"),
        ("probe https://xen", "I only ask hosts by their name in the inventory"),
        ("probe lab-x", 'I know no host "lab-x". Near: lab-a, lab-b.'),
        ("probe lab-a lab-b", "I ask one host at a time: probe lab-a, then probe lab-b."),
        ("probe 🚀", "The inventory has lab-a, lab-b, prod-a, edge-a, office-a and 3 more."),
        ("probe <!channel>", "That is no name of a host."),
        ("probe lab-a on 2028-02-30", '"2028-02-30" is not a day: write it as 2028-12-01.'),
    ],
)
def test_what_names_no_host_is_said_at_once_and_nobody_asked(channel: DemoChannel, typed: str, expected: str) -> None:
    (answer,) = channel.answer(typed)
    assert expected in answer


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("probe lab-a", "xen-2: restart pending since 14 Nov 2026."),
        ("probe prod-a", "xen-13: its certificate ends on 5 Dec 2026 (in 12 days)."),
        ("probe prod-a", "xen-12: restart pending since 14 Nov 2026."),
        ("probe office-a", "Its licence ends on 18 Dec 2026 (in 25 days)."),
    ],
)
def test_what_ends_and_what_waits_is_told_in_a_line(channel: DemoChannel, typed: str, expected: str) -> None:
    _, answer = channel.answer(typed)
    assert expected in answer.splitlines()


def test_patch_levels_of_every_kind_are_in_the_demo() -> None:
    with SimulatedHosts(demo_fleet()) as hosts:
        asked = [each for each in hosts.known().inventory.targets if each.name in ("lab-a", "prod-a", "office-a")]
        probed = [member for each in asked for member in seen(Prober(lambda: MORNING).probe(each)).hosts]
    told = {member.name: (member.software.xen, member.reboot_required) for member in probed if member.software}
    assert told == {
        "xen-1": ("4.17.6-9", False),
        "xen-2": ("4.17.5-23", True),
        "xen-11": ("4.17.5-23", False),
        "xen-12": ("4.13.5-9.45", True),
        "xen-13": ("4.13.5-9.49", False),
        "office-1": ("4.17.6-6", False),
    }


def test_a_host_that_waits_for_a_restart_no_longer_does_once_it_is_upgraded(desk: CommandRunner) -> None:
    with staged(desk, demo_fleet()) as (channel, _):
        answer_to(channel, "do upgrade xen-2")
        assert "restart pending" not in answer_to(channel, "probe lab-a")


def test_a_probe_can_be_repeated_and_shared(channel: DemoChannel) -> None:
    *_, answer = channel.answer("probe prod-a")
    assert "1 [Probe again]   2 [Share to channel]" in answer
    asking, again = channel.answer("1")
    assert asking.startswith("[Probe again] → xocompat, only visible to you\nAsking prod-a")
    assert again.splitlines()[0] == answer.splitlines()[0]
    asking, shared = channel.answer("2")
    assert asking.startswith("[Share to channel] → xocompat, shared in #xo-admins")
    assert "[Share" not in shared


def test_hosts_that_cannot_be_simulated_leave_the_look_ups_alone(desk: CommandRunner) -> None:
    impossible = replace(demo_fleet()[0], port=70_000)
    with staged(desk, [impossible]) as (channel, _):
        for typed in ("probe lab-a", "fleet", "tomorrow", "do up lab-a"):
            (answer,) = channel.answer(typed)
            assert answer.startswith("The demo's hosts cannot be simulated here. There is no port 70000")
        assert "XenServer 7.2  ❎" in "".join(channel.answer("XenServer 7.2"))


def test_who_leaves_at_once_leaves_nothing_behind(channel: DemoChannel) -> None:
    assert [*channel.answer("fleet")]  # the other tests' channel has all its threads by now
    before = {*threading.enumerate()}
    with SimulatedHosts(demo_fleet()):
        pass
    for thread in threading.enumerate():
        if thread.name.startswith("demo-hosts"):
            thread.join(10)
    assert {*threading.enumerate()} <= before


def played(hosts: int | None, typed: str | None = None) -> str:
    out = StringIO() if typed is None else TtyStream()
    assert demo(None, hosts, StringIO() if typed is None else TtyStream(typed), out, {"TERM": "dumb"}) == 0
    return out.getvalue()


def test_the_opening_names_the_hosts() -> None:
    opening = played(None, "exit\n")
    assert "8 simulated hosts to ask: lab-a, lab-b, prod-a, edge-a" in opening
    assert "Type probe lab-a to ask one." in opening
    assert "moves the clock; do upgrade xen-12 plays the operator." in opening


def test_a_large_fleet_is_told_by_its_first_and_last_and_can_be_asked() -> None:
    out = played(1000, "probe sim-00500\nprobe sim-1\n")
    assert "1,000 simulated hosts to ask: sim-00001 to sim-01000.\nType probe sim-00001 to ask one." in out
    assert "do upgrade sim-00009-1 plays the operator" in out
    assert "sim-00500-1 (asked sim-00500)  X" in out
    assert 'I know no host "sim-1". Near: sim-0' in out


@pytest.mark.parametrize(("hosts", "asked"), [(None, ["prod-a"]), (1, ["sim-00001"]), (3, ["sim-00001", "sim-00003"])])
def test_the_transcript_asks_hosts_that_are_there(hosts: int | None, asked: list[str]) -> None:
    out = played(hosts)
    assert [line.rpartition(" ")[2] for line in out.splitlines() if "/xocompat probe" in line] == asked
    assert out.count("(at most 30 seconds)") == len(asked)
    assert "I know no host" not in out


def test_a_host_goes_by_its_own_name_its_targets_or_its_pools() -> None:
    with SimulatedHosts(demo_fleet()) as hosts:
        assert [host.name for host in hosts.find("XEN-12")] == ["xen-12"]
        assert [host.name for host in hosts.find("prod-a")] == ["xen-11"]
        assert [host.name for host in hosts.find("prod")] == ["xen-11", "xen-12", "xen-13"]
        assert hosts.find("nobody") == ()


def test_hosts_are_put_back_as_they_were_at_first() -> None:
    with SimulatedHosts(demo_fleet()) as hosts:
        (down,), (up,) = hosts.find("xen-1"), hosts.find("spare-1")
        before = down.now, up.now
        down.go_down()
        up.come_up()
        hosts.reset()
        assert (down.now, up.now) == before
