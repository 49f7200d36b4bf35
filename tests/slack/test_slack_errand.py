"""How far a slow command has come: not more often than people can read, never after its end, within Slack's limits."""

import pytest

from bot.chat.command import Progress
from bot.chat.reply import line
from bot.slack.answers import Answer, private
from bot.slack.asker import Asker
from bot.slack.client import web_client
from bot.slack.errand import Errand
from bot.slack.place import Original, Private
from bot.slack.post import Post
from bot.slack.public import InThread
from bot.slack.question import question
from tests.slack.conftest import TOKEN
from tests.slack.standin import Said, StandIn

ASKER = Asker("U0000001", "T0000001", "C0000001")
DONE = private("done", line("done"))


class Clock:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _sweep(errand: Errand, clock: Clock, seconds: int) -> None:
    """Progress ten times a second for so long."""
    for at in range(10 * seconds):
        clock.now += 0.1
        errand.tell(Progress(line("Asked"), at, 10 * seconds))


def _post(standin: StandIn) -> Post:
    return Post(web_client(TOKEN, standin.api))


def test_a_response_url_has_uses_left_for_the_reply(standin: StandIn, clock: Clock) -> None:
    place = Private(_post(standin), ASKER, standin.response_url, Original.OURS)
    errand = Errand(question("command", ASKER, "probe lab-a"), place, clock)
    _sweep(errand, clock, 120)
    assert len(standin.of("respond")) == 2
    assert all(call.fields["replace_original"] for call in standin.of("respond"))
    assert errand.end()
    place.finish(Answer("done", DONE.messages * 3, ""))
    assert len(standin.of("respond")) == 5
    assert standin.of("chat.postEphemeral") == []


def test_in_a_thread_progress_is_shown_every_two_seconds_at_most(standin: StandIn, clock: Clock) -> None:
    standin.answers["chat.postMessage"] = {"ok": True, "ts": "1.2"}
    place = InThread(_post(standin), ASKER, "C0000001", "1.1")
    errand = Errand(question("mention", ASKER, "probe lab-a"), place, clock)
    place.open(DONE.messages[0])
    _sweep(errand, clock, 20)
    assert len(standin.of("chat.update")) in (9, 10)
    assert standin.of("chat.update")[0].fields["text"].startswith("Asked ")


def test_nothing_is_shown_after_the_end(standin: StandIn, clock: Clock) -> None:
    errand = Errand(
        question("command", ASKER, "probe lab-a"),
        Private(_post(standin), ASKER, standin.response_url, Original.OURS),
        clock,
    )
    assert [errand.end(), errand.end()] == [True, False]
    _sweep(errand, clock, 10)
    assert standin.calls == []


def test_progress_that_slack_does_not_take_does_not_end_the_work(standin: StandIn, clock: Clock) -> None:
    standin.answers["respond"] = Said("no_service", 500)
    place = Private(_post(standin), ASKER, standin.response_url, Original.OURS)
    errand = Errand(question("command", ASKER, "probe lab-a"), place, clock)
    _sweep(errand, clock, 20)
    assert len(standin.of("respond")) == 1
    assert errand.end()
