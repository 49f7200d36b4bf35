"""The demo's page: it changes, the channel is told once, and every answer follows it at once."""

from collections.abc import Iterator

import pytest

from bot.chat.runner import CommandRunner
from bot.demo.channel import DemoChannel
from bot.simulator import SimHost, SimPool, release
from tests.demo.staged import answer_to, staged

POOL = SimPool((SimHost("xen-1", release("XCP-ng", "8.3")),), name="lab")


@pytest.fixture
def channel(desk: CommandRunner) -> Iterator[DemoChannel]:
    with staged(desk, [POOL]) as (channel, _):
        answer_to(channel, "fleet")
        yield channel


def test_a_page_that_changed_is_told_in_the_channel(channel: DemoChannel) -> None:
    answer = answer_to(channel, "do publish")
    assert answer.startswith("the demo\nXen Orchestra's page is another one now.")
    assert "to the channel\n📄 The Host Compatibility List changed: XenServer 9.1 added (full support)" in answer
    assert 'XCP-ng 8.3 LTS lost "all extra features"' in answer
    assert "more" not in answer


def test_the_same_page_is_told_once(channel: DemoChannel) -> None:
    answer_to(channel, "do publish")
    again = answer_to(channel, "Do  Publish")
    assert "nothing changed" in again
    assert "📄" not in again


def test_answers_follow_the_page_at_once(channel: DemoChannel) -> None:
    assert "XenServer 9.1  ✅" not in answer_to(channel, "list")
    answer_to(channel, "do publish")
    assert "XenServer 9.1" in answer_to(channel, "list")
    assert "XenServer 9.1  ✅ full support" in answer_to(channel, "XenServer 9.1")
    assert "🚀" not in answer_to(channel, "XCP-ng 8.3").split("\n")[1]
    assert "XenServer 9.1" in answer_to(channel, "changes")


def test_a_list_without_official_support_keeps_saying_so(channel: DemoChannel) -> None:
    before = answer_to(channel, "XenServer 6.2")
    answer_to(channel, "do publish")
    assert "no official support" in before.casefold()
    assert "no official support" in answer_to(channel, "XenServer 6.2").casefold()


def test_where_time_runs_back_the_shipped_list_is_in_use_again(channel: DemoChannel) -> None:
    answer_to(channel, "do publish")
    answer_to(channel, "on 2026-11-01")
    assert "XenServer 9.1" not in answer_to(channel, "list")


def test_help_names_it(channel: DemoChannel) -> None:
    assert "`do publish`        changes Xen Orchestra's page" in answer_to(channel, "help")
