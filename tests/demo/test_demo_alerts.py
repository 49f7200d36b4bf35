"""The demo from sweep to resolution: alerts appear, are heeded, get worse as the clock moves, end with an upgrade."""

import re
from collections.abc import Iterator

import pytest

from bot.chat.runner import CommandRunner
from bot.demo.channel import DemoChannel
from bot.demo.world import DemoSession
from bot.simulator import branch_fleet, demo_fleet
from tests.demo.staged import answer_to, staged


@pytest.fixture
def both(desk: CommandRunner) -> Iterator[tuple[DemoChannel, DemoSession]]:
    with staged(desk, demo_fleet(), branch_fleet()) as both:
        yield both


@pytest.fixture
def channel(both: tuple[DemoChannel, DemoSession]) -> DemoChannel:
    """One in which the first alerts are told."""
    channel, _ = both
    answer_to(channel, "fleet")
    return channel


@pytest.fixture(scope="module")
def unchanged(desk: CommandRunner) -> Iterator[DemoChannel]:
    """One for words that change nothing."""
    with staged(desk, demo_fleet(), branch_fleet()) as (channel, _):
        answer_to(channel, "fleet")
        yield channel


def _number(channel: DemoChannel, what: str) -> str:
    """The number of the open alert whose line begins so."""
    found = re.search(rf"^ *(\d+) .*{what}", answer_to(channel, "alerts"), re.MULTILINE)
    assert found
    return found[1]


def test_what_the_first_sweep_finds_is_told_unasked(both: tuple[DemoChannel, DemoSession]) -> None:
    channel, _ = both
    answer = answer_to(channel, "fleet")
    assert answer.startswith("xocompat, only visible to you\n11 hosts in 6 pools")
    assert "xocompat, to the channel\n☠️ XCP-ng 8.2 LTS reached end of life on 16 Sep 2025" in answer
    start, _, alerts = answer.partition("From now on I watch for this channel  11 hosts")[2].partition("to the channel")
    assert "Never answered: down-a, moved-a." in start
    told = re.findall(r"alerts? [\d, and]+ · as of", alerts)
    follow = sum(len(re.findall(r"\d+", numbers)) for numbers in told)
    assert f"the first stand below ({follow} alerts)" in start
    assert alerts.count("to the channel") == len(told) - 1, "the start comes first, and each subject has its message"
    assert re.search(r"\d+ \[Acknowledge\]   \d+ \[Snooze\]   \d+ \[Show hosts\]", alerts)
    assert answer_to(channel, "fleet").count("to the channel") == 0
    assert "From now on" not in answer_to(channel, "tomorrow")


def test_hosts_of_the_xen_orchestra_are_watched_and_nobody_can_probe_them(unchanged: DemoChannel) -> None:
    assert "3 of 11 hosts in 1 pool  xo" in answer_to(unchanged, "fleet xo")
    assert "branch-1 is a host, not a target: no target leads to it" in answer_to(unchanged, "probe branch-1")


def test_a_number_acknowledges_and_leaves_the_other_alerts_their_numbers(channel: DemoChannel) -> None:
    number = _number(channel, "XCP-ng 8.2 LTS reached")
    answer_to(channel, f"snooze {_number(channel, 'XCP-ng 7.6 reached')} 7d")
    answer_to(channel, f"alerts {number}")
    acknowledged = answer_to(channel, "1")
    assert acknowledged.startswith(f"[Acknowledge] → xocompat, only visible to you\n👍 acknowledged  alert {number}")
    assert "its message about XCP-ng 8.2 LTS (edited)" in acknowledged
    assert "Next step: upgrade to XCP-ng 8.3 LTS." in acknowledged.partition("(edited)")[2]
    assert "acknowledged by you on 23 Nov 2026" in acknowledged
    assert "[Snooze] → xocompat" in answer_to(channel, "2")


def test_an_upgrade_resolves_the_alert(channel: DemoChannel) -> None:
    done = answer_to(channel, "do upgrade xen-12, xen-13")
    assert done.startswith("the demo\nxen-12 and xen-13 run XCP-ng 8.3.")
    swept = answer_to(channel, "1")
    assert "xen-12 (pool prod): from XCP-ng 8.2.1 to XCP-ng 8.3.0" in swept
    assert "its message about XCP-ng 8.2 LTS (edited)\n✅ XCP-ng 8.2 LTS: no host runs it any more" in swept
    assert "    xocompat, in the thread about XCP-ng 8.2 LTS\n    ✅ XCP-ng 8.2 LTS" in swept
    assert "XCP-ng 8.2 LTS" not in answer_to(channel, "alerts")


def test_tomorrow_the_pool_has_been_mixed_for_a_day(channel: DemoChannel) -> None:
    answer = answer_to(channel, "tomorrow")
    assert answer.startswith("the demo\nIt is 24 Nov 2026 now, 1 day later. All hosts are asked …")
    assert "⚠️ Pool prod has run several versions for more than a day" in answer


def test_who_never_answered_is_told_of_after_the_third_sweep_and_then_nothing_is_new(channel: DemoChannel) -> None:
    assert "down-a" not in answer_to(channel, "tomorrow")
    assert "⚠️ down-a has never answered, asked since" in answer_to(channel, "tomorrow")
    assert "There is nothing new to tell." in answer_to(channel, "tomorrow")


def test_a_snooze_ends_when_its_day_comes(channel: DemoChannel) -> None:
    answer_to(channel, f"snooze {_number(channel, 'XCP-ng 8.2 LTS reached')} 2026-11-26")
    assert "snooze is over" not in answer_to(channel, "tomorrow")
    assert "The snooze is over: ☠️ XCP-ng 8.2 LTS" in answer_to(channel, "on 2026-11-26")


def test_thresholds_pass_and_the_end_comes(channel: DemoChannel) -> None:
    answer_to(channel, "digest off")
    answer = answer_to(channel, "on 2028-11-01")
    assert "⏳ XCP-ng 8.3 LTS gets no security updates from 30 Nov 2028: 29 days left" in answer
    assert "branch-1, branch-2, branch-3 (branch), xen-1" in answer
    assert "new: 30-day mark passed" in answer
    assert "threshold: 7-day mark passed" in answer_to(channel, "on 2028-11-24")
    ended = answer_to(channel, "on 2028-11-30")
    assert "☠️ XCP-ng 8.3 LTS reached end of life on 30 Nov 2028 (today)" in ended
    assert "threshold: the day has come" in ended


def test_a_reminder_is_told_in_the_thread_alone(channel: DemoChannel) -> None:
    answer_to(channel, "digest off")
    answer = answer_to(channel, "on 2027-03-01")
    assert "Still so: ☠️ XCP-ng 7.6" in answer
    assert "XCP-ng 7.6 (edited)" not in answer


def test_look_ups_and_probes_are_as_of_the_clocks_day(channel: DemoChannel) -> None:
    answer_to(channel, "on 2028-12-01")
    assert "As of 1 Dec 2028" in answer_to(channel, "XCP-ng 8.3")
    probed = answer_to(channel, "probe lab-a")
    assert "☠️ both hosts get no security updates" in probed
    assert "1 Dec 2028" in probed


def test_a_new_week_brings_the_digest_unless_it_is_off(channel: DemoChannel) -> None:
    assert "This week" not in answer_to(channel, "tomorrow")
    assert "This week  XCP-ng 8.3 LTS ends next" in answer_to(channel, "next week")
    answer_to(channel, "digest off")
    assert "This week" not in answer_to(channel, "next week")


def test_back_in_time_everything_begins_anew(channel: DemoChannel) -> None:
    answer_to(channel, "do upgrade prod")
    answer_to(channel, "on 2026-12-01")
    assert "XCP-ng 8.2 LTS" not in answer_to(channel, "alerts")
    answer = answer_to(channel, "today")
    assert "It is 23 Nov 2026 now. All hosts are asked …\nTime runs back in a demo alone" in answer
    assert "☠️ XCP-ng 8.2 LTS reached end of life" in answer
    assert " open alerts" in answer_to(channel, "alerts all")
    assert "It is 23 Nov 2026 already." in answer_to(channel, "today")


def test_hosts_that_come_up_are_found(channel: DemoChannel) -> None:
    assert "moved-1 and spare-1 are up." in answer_to(channel, "do up moved-a down-a")
    assert "✅ all 9 targets answered" in answer_to(channel, "sweep")
    assert "xen-1 is down." in answer_to(channel, "do down xen-1")
    assert "lab-a: does not answer any more" in answer_to(channel, "sweep")
    assert "2 of 13 hosts in 1 pool  unreachable" in answer_to(channel, "fleet unreachable")


def test_what_is_done_stands_in_the_audit_trail(unchanged: DemoChannel) -> None:
    answer_to(unchanged, "XenServer 7.2")
    answer_to(unchanged, "@xocompat timeline")
    audit = answer_to(unchanged, "audit")
    for expected in ("`check XenServer 7.2`", "`fleet`", "#xo-admins, mention"):
        assert expected in audit


def test_the_fleet_is_exported_as_in_a_shell(unchanged: DemoChannel) -> None:
    header, *rows = answer_to(unchanged, "export prod").splitlines()
    assert header.startswith("pool,pool_uuid,host,")
    assert len(rows) == 3
    assert "Hosts can't be chosen by nonsense" in answer_to(unchanged, "export nonsense")


def test_the_channel_watches_by_its_name(channel: DemoChannel) -> None:
    assert "watching: #xo-admins is told about XCP-ng 8.3" in answer_to(channel, "watch XCP-ng 8.3 lead 1000d")
    assert "1,000-day mark passed" in answer_to(channel, "sweep")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ack", "Say which alert, for example: ack 17."),
        ("ack 999", "There is no alert 999. Open: 1 ("),
        ("snooze 1 yesterday", '"yesterday" is no time to snooze'),
        ("fleet xyz", 'I can\'t narrow the fleet down by "xyz".'),
        ("watch foo", 'I know no platform "foo"'),
        ("do", "Say what happens to which host: do upgrade xen-12, do down xen-1, do up spare-1."),
        ("do xen-1", "Say what happens to which host"),
        ("do upgrade nobody", 'There is no simulated host "nobody"'),
        ("do upgrade xen-1", "xen-1 runs XCP-ng 8.3 already."),
        ("do you know XCP-ng 8.3?", "XCP-ng 8.3 LTS  ✅"),
        ("trust moved-a", '"trust" is for the operator\'s shell: xocompat trust moved-a.'),
        ("xocompat trust moved-a", '"trust" is for the operator\'s shell: xocompat trust moved-a.'),
        ("xocompat fleet prod", "3 of 11 hosts"),
        ("on yesterday", '"yesterday" is no day to go to.'),
        ("help", "In this demo alone, without /xocompat"),
        ("x" * 500, "I know no platform"),
    ],
)
def test_odd_words_are_answered_sensibly(unchanged: DemoChannel, typed: str, expected: str) -> None:
    assert expected in answer_to(unchanged, typed)
