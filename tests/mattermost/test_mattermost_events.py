"""What Mattermost says by WebSocket: mentions and direct messages are answered once, whatever the connection does."""

import pytest

from bot.app.mattermost import MattermostService
from bot.mattermost.events import EventStream
from tests.acceptance.waiting import until
from tests.mattermost.conftest import Crew, Side
from tests.mattermost.state import Post


def _below(people: Crew, post: Post) -> list[Post]:
    return [each for each in people.server.posts(people.ops) if each.root_id == (post.root_id or post.id)]


def _answers(people: Crew, post: Post, count: int = 1) -> list[Post]:
    """The bot's posts below a post, once there are so many."""

    def found() -> list[Post] | None:
        ours = [each for each in _below(people, post) if each.user_id == people.server.bot.id]
        return ours if len(ours) >= count else None

    return people.server.wait(found, "answers")


@pytest.mark.usefixtures("listening")
def test_a_mention_is_answered_in_its_thread_for_everybody(people: Crew) -> None:
    asked = people.server.say(people.bob, people.ops, "so @xocompat, XenServer 7.2?")
    (answer,) = _answers(people, asked)
    assert "XenServer 7.2" in answer.message
    again = people.server.say(people.bob, people.ops, "@xocompat XCP-ng 8.3", thread=asked)
    assert "XCP-ng 8.3" in _answers(people, again, 2)[1].message


@pytest.mark.usefixtures("listening")
def test_a_direct_message_needs_no_name(people: Crew) -> None:
    direct = people.server.direct(people.bob)
    people.server.say(people.bob, direct, "XenServer 7.2")
    assert people.server.wait_post(people.bob, direct, "partial").root_id


@pytest.mark.usefixtures("listening")
def test_a_slow_one_says_what_is_done_and_then_becomes_the_answer(people: Crew) -> None:
    asked = people.server.say(people.ann, people.ops, "@xocompat probe xen-1")
    (answer,) = _answers(people, asked)
    people.server.wait_edit(answer, "XCP-ng 8.3")
    assert len(_below(people, asked)) == 1


@pytest.mark.usefixtures("listening")
def test_a_refusal_is_for_the_asker_alone(people: Crew) -> None:
    """In their conversation with the bot, as few servers let a bot make an ephemeral post."""
    asked = people.server.say(people.bob, people.ops, "@xocompat fleet")
    assert "the right `fleet`" in people.told("the right", people.bob).message
    assert _below(people, asked) == []


def test_bots_and_others_are_not_answered(people: Crew, listening: Side) -> None:
    other = people.server.user("other", is_bot=True)
    people.server.join(other, people.ops)
    quiet = [
        people.server.say(other, people.ops, "@xocompat XCP-ng 8.3", props={"from_bot": "true"}),
        people.server.say(people.bob, people.ops, "@xocompat XCP-ng 8.3", props={"from_webhook": "true"}),
        people.server.say(people.server.bot, people.ops, "@xocompat XCP-ng 8.3"),
        people.server.say(people.bob, people.ops, "XCP-ng 8.3 @xocompat-2 @else"),
    ]
    last = people.server.say(people.bob, people.ops, "@xocompat XenServer 7.2")
    _answers(people, last)
    listening.settle()
    assert [_below(people, each) for each in quiet] == [[]] * len(quiet)


def test_two_that_listen_answer_once(people: Crew, listening: Side) -> None:
    service: MattermostService = listening.service
    parts = ("log", "client", "directory", "conversation", "clock")
    twin = EventStream(*(getattr(service.events, f"_{name}") for name in parts))
    twin.start()
    try:
        people.server.wait_connected(2)
        asked = [people.server.say(people.bob, people.ops, f"@xocompat XCP-ng 8.{minor}") for minor in (1, 2, 3)]
        for each in asked:
            _answers(people, each)
    finally:
        twin.close()
    listening.settle()
    assert [len(_below(people, each)) for each in asked] == [1, 1, 1]


def test_what_was_said_while_the_connection_was_away_is_answered(people: Crew, listening: Side) -> None:
    people.server.drop()
    asked = people.server.say(people.bob, people.ops, "@xocompat XenServer 7.2")
    _answers(people, asked)
    people.server.restart()  # no connection is known any more
    asked = people.server.say(people.bob, people.ops, "@xocompat XCP-ng 8.3")
    _answers(people, asked)
    listening.settle()
    assert len(_below(people, asked)) == 1


def test_silence_is_noticed_and_a_revoked_token_is_told(
    people: Crew, listening: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.mattermost.events.PING", 0.2)
    monkeypatch.setattr("bot.mattermost.events.SILENT_AFTER", 0.6)
    people.server.drop()
    people.server.wait_connected()
    people.server.freeze()
    until(lambda: listening.service.not_ready() == "Mattermost is silent", 5, "silence")
    people.server.thaw()
    until(lambda: listening.service.not_ready() is None, 10, "heard again")
    people.server.revoke(people.server.token)
    until(lambda: "refuses the bot's token" in (listening.service.not_ready() or ""), 10, "refused")


@pytest.mark.usefixtures("listening")
def test_into_a_channel_that_it_was_invited_to_the_bot_says_what_it_does(people: Crew) -> None:
    new = people.server.channel("new", members=[people.bob])
    people.server.join(people.server.bot, new)
    said = people.server.wait_post(people.bob, new, "`/xocompat ")
    assert said.user_id == people.server.bot.id
