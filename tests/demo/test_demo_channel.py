"""The channel: who is addressed, who sees the answer, what a number presses."""

import pytest

from bot.chat.runner import CommandRunner
from bot.demo.channel import DemoChannel
from bot.terminal.capabilities import Capabilities
from tests.demo.staged import answer_to


@pytest.fixture
def channel(desk: CommandRunner) -> DemoChannel:
    return DemoChannel(desk, Capabilities())


@pytest.mark.parametrize("typed", ["/xocompat XenServer 7.2", "XenServer 7.2", "  /XOCOMPAT   XenServer 7.2 "])
def test_a_command_is_answered_to_the_one_who_typed_it(channel: DemoChannel, typed: str) -> None:
    header, verdict, *_ = answer_to(channel, typed).splitlines()
    assert header == "xocompat, only visible to you"
    assert verdict.startswith("XenServer 7.2  ❎ partial support")


def test_a_mention_is_answered_in_the_thread_with_nothing_to_share(channel: DemoChannel) -> None:
    text = answer_to(channel, "@xocompat XenServer 7.2")
    assert text.startswith("xocompat, in the thread, for everybody to see\nXenServer 7.2")
    assert "Share" not in text


def test_buttons_are_numbered_choices_in_place_of_the_hint(channel: DemoChannel) -> None:
    text = answer_to(channel, "XenServer 7.2")
    assert "1 [Upgrade path]" in text
    assert "[Share to channel]" in text
    assert "More:" not in text


def test_a_number_presses_a_button_of_the_last_reply(channel: DemoChannel) -> None:
    answer_to(channel, "XenServer 7.2")
    header, answer, *_ = answer_to(channel, "1").splitlines()
    assert header == "[Upgrade path] → xocompat, only visible to you"
    assert answer.startswith("XenServer 7.2 →")


def test_sharing_shows_the_same_reply_to_everybody(channel: DemoChannel) -> None:
    private = answer_to(channel, "XCP-ng 8.3").splitlines()
    number = next(text for text in private if "[Share" in text).split(" [Share")[0][-1]
    shared = answer_to(channel, number).splitlines()
    assert shared[0] == "[Share to channel] → xocompat, shared in #xo-admins, for everybody to see"
    assert shared[1] == private[1]
    assert not [text for text in shared if "[Share" in text and text != shared[0]]


def test_a_number_without_a_button_is_a_question(channel: DemoChannel) -> None:
    assert "XenServer 8" in answer_to(channel, "8")


def test_a_wrong_use_is_one_line_and_keeps_the_buttons(channel: DemoChannel) -> None:
    answer_to(channel, "XenServer 7.2")
    assert len(answer_to(channel, "/xocompat help \x1b[31mnothing").splitlines()) == 1
    assert answer_to(channel, "1").startswith("[Upgrade path]")


def test_the_command_alone_gives_help_for_the_channel(channel: DemoChannel) -> None:
    assert "/xocompat list" in answer_to(channel, "/xocompat")
