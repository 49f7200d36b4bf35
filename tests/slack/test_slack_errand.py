"""How far a slow command has come: not more often than people can read, never after its end, within Slack's limits."""

from collections.abc import Callable

import pytest

from bot.chat.command import Progress
from bot.chat.reply import line
from bot.slack.client import web_client
from bot.slack.jobs import BackgroundJob
from bot.slack.payload import Actor
from bot.slack.post import SlackClient
from bot.slack.reply_target import EphemeralTarget, Original, ThreadTarget
from bot.slack.request import request_of
from bot.slack.responder import RenderedReply, private
from tests.slack.conftest import TOKEN
from tests.slack.standin import Said, StandIn

ASKER = Actor("U0000001", "T0000001", "C0000001")
DONE = private("done", line("done"))


class Clock:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Alarms:
    """Alarms that ring when a test says so."""

    def __init__(self) -> None:
        self.set: list[tuple[float, Callable[[], None]]] = []

    def __call__(self, seconds: float, task: Callable[[], None]) -> "Alarms":
        self.set.append((seconds, task))
        return self

    def cancel(self) -> None:
        self.set.clear()

    def ring(self, clock: Clock) -> None:
        ((seconds, task),) = self.set
        self.set.clear()
        clock.now += seconds
        task()


@pytest.fixture
def alarms() -> Alarms:
    return Alarms()


def _sweep(errand: BackgroundJob, clock: Clock, seconds: int) -> None:
    """Progress ten times a second for so long."""
    for at in range(10 * seconds):
        clock.now += 0.1
        errand.tell(Progress(line("Asked"), at, 10 * seconds))


def _post(standin: StandIn) -> SlackClient:
    return SlackClient(web_client(TOKEN, standin.api))


def test_a_response_url_has_uses_left_for_the_reply(standin: StandIn, clock: Clock, alarms: Alarms) -> None:
    place = EphemeralTarget(_post(standin), ASKER, standin.response_url, Original.OURS)
    errand = BackgroundJob(request_of("command", ASKER, "probe lab-a"), place, clock, later=alarms)
    _sweep(errand, clock, 120)
    assert len(standin.of("respond")) == 2
    assert all(call.fields["replace_original"] for call in standin.of("respond"))
    assert errand.end()
    place.finish(RenderedReply("done", DONE.messages * 3, ""))
    assert len(standin.of("respond")) == 5
    assert standin.of("chat.postEphemeral") == []


def test_in_a_thread_progress_is_shown_every_two_seconds_at_most(
    standin: StandIn, clock: Clock, alarms: Alarms
) -> None:
    standin.answers["chat.postMessage"] = {"ok": True, "ts": "1.2"}
    place = ThreadTarget(_post(standin), ASKER, "C0000001", "1.1")
    errand = BackgroundJob(request_of("mention", ASKER, "probe lab-a"), place, clock, later=alarms)
    place.open(DONE.messages[0])
    _sweep(errand, clock, 20)
    assert len(standin.of("chat.update")) in (9, 10)
    assert standin.of("chat.update")[0].fields["text"].startswith("Asked ")


def test_nothing_is_shown_after_the_end(standin: StandIn, clock: Clock, alarms: Alarms) -> None:
    errand = BackgroundJob(
        request_of("command", ASKER, "probe lab-a"),
        EphemeralTarget(_post(standin), ASKER, standin.response_url, Original.OURS),
        clock,
        later=alarms,
    )
    assert [errand.end(), errand.end()] == [True, False]
    _sweep(errand, clock, 10)
    assert standin.calls == []


def test_progress_that_slack_does_not_take_does_not_end_the_work(
    standin: StandIn, clock: Clock, alarms: Alarms
) -> None:
    standin.answers["respond"] = Said("no_service", 500)
    place = EphemeralTarget(_post(standin), ASKER, standin.response_url, Original.OURS)
    errand = BackgroundJob(request_of("command", ASKER, "probe lab-a"), place, clock, later=alarms)
    _sweep(errand, clock, 20)
    assert len(standin.of("respond")) == 1
    assert errand.end()


def test_what_was_told_too_soon_is_shown_when_its_time_has_come(standin: StandIn, clock: Clock, alarms: Alarms) -> None:
    place = EphemeralTarget(_post(standin), ASKER, standin.response_url, Original.OURS)
    errand = BackgroundJob(request_of("command", ASKER, "sweep"), place, clock, later=alarms)
    for count in (1, 2, 39):
        errand.tell(Progress(line("Asked"), count, 40))
    assert standin.calls == []
    alarms.ring(clock)
    assert [call.fields["text"] for call in standin.of("respond")] == ["Asked  39 of 40"]
    assert (clock.now, alarms.set) == (2.0, [])


def test_an_end_leaves_nothing_that_was_told_to_be_shown(standin: StandIn, clock: Clock, alarms: Alarms) -> None:
    place = EphemeralTarget(_post(standin), ASKER, standin.response_url, Original.OURS)
    errand = BackgroundJob(request_of("command", ASKER, "sweep"), place, clock, later=alarms)
    errand.tell(Progress(line("Asked"), 1, 40))
    assert errand.end()
    assert (alarms.set, standin.calls) == ([], [])


def test_that_nothing_has_come_yet_is_not_shown(standin: StandIn, clock: Clock, alarms: Alarms) -> None:
    place = EphemeralTarget(_post(standin), ASKER, standin.response_url, Original.OURS)
    errand = BackgroundJob(request_of("command", ASKER, "sweep"), place, clock, later=alarms)
    clock.now += 60
    errand.tell(Progress(line("Asking")))
    errand.tell(Progress(line("Asking"), 0, 40))
    assert (alarms.set, standin.calls) == ([], [])
