"""How far a slow command has come: not more often than people can read, never after its end, within Slack's limits."""

from collections.abc import Callable

import pytest

from bot.chat.command import Progress
from bot.chat.platform import Actor, Origin, Original
from bot.chat.reply import line
from bot.chat.session.jobs import BackgroundJob
from bot.chat.session.reply_target import EphemeralTarget, ReplyTarget, ThreadTarget
from bot.chat.session.request import request_of
from bot.chat.session.responder import answered, private
from bot.slack.client import web_client
from bot.slack.membership import Groups, Identity
from bot.slack.platform import SlackPlatform
from tests.slack.runners import LONG
from tests.slack.standin import Said, StandIn

ORIGIN = Origin(Actor("U0000001", "T0000001", "C0000001"), original=Original.OURS)
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

    def __call__(self, seconds: float, task: Callable[[], None]) -> Callable[[], None]:
        self.set.append((seconds, task))
        return self.set.clear

    def ring(self, clock: Clock) -> None:
        ((seconds, task),) = self.set
        self.set.clear()
        clock.now += seconds
        task()


@pytest.fixture
def alarms() -> Alarms:
    return Alarms()


def _sweep(job: BackgroundJob, clock: Clock, seconds: int) -> None:
    """Progress ten times a second for so long."""
    for at in range(10 * seconds):
        clock.now += 0.1
        job.report(Progress(line("Asked"), at, 10 * seconds))


def _platform(standin: StandIn) -> SlackPlatform:
    client = web_client("xoxb-of-the-tests", standin.api)
    return SlackPlatform(client, client, Identity(client, lambda: 0.0), Groups(client, lambda: 0.0))


def _privately(standin: StandIn) -> EphemeralTarget:
    return EphemeralTarget(_platform(standin), ORIGIN._replace(address=standin.response_url))


def _job(target: ReplyTarget, clock: Clock, alarms: Alarms, words: str = "probe lab-a") -> BackgroundJob:
    return BackgroundJob(request_of("command", ORIGIN, words), target, clock, later=alarms)


def test_a_response_url_has_uses_left_for_the_reply(standin: StandIn, clock: Clock, alarms: Alarms) -> None:
    target = _privately(standin)
    job = _job(target, clock, alarms)
    _sweep(job, clock, 120)
    assert len(standin.of("respond")) == 2
    assert all(call.fields["replace_original"] for call in standin.of("respond"))
    assert job.end()
    target.finish(answered(LONG))
    assert len(standin.of("respond")) == 5
    assert standin.of("chat.postEphemeral") == []


def test_in_a_thread_progress_is_shown_every_two_seconds_at_most(
    standin: StandIn, clock: Clock, alarms: Alarms
) -> None:
    standin.answers["chat.postMessage"] = {"ok": True, "ts": "1.2"}
    target = ThreadTarget(_platform(standin), ORIGIN, "C0000001", "1.1")
    job = _job(target, clock, alarms)
    target.open(DONE.reply)
    _sweep(job, clock, 20)
    assert len(standin.of("chat.update")) in (9, 10)
    assert standin.of("chat.update")[0].fields["text"].startswith("Asked ")


def test_nothing_is_shown_after_the_end(standin: StandIn, clock: Clock, alarms: Alarms) -> None:
    job = _job(_privately(standin), clock, alarms)
    assert [job.end(), job.end()] == [True, False]
    _sweep(job, clock, 10)
    assert standin.calls == []


def test_progress_that_slack_does_not_take_does_not_end_the_work(
    standin: StandIn, clock: Clock, alarms: Alarms
) -> None:
    standin.answers["respond"] = Said("no_service", 500)
    target = _privately(standin)
    job = _job(target, clock, alarms)
    _sweep(job, clock, 20)
    assert len(standin.of("respond")) == 1
    assert job.end()


def test_what_came_too_soon_is_shown_when_its_time_has_come(standin: StandIn, clock: Clock, alarms: Alarms) -> None:
    target = _privately(standin)
    job = _job(target, clock, alarms, "sweep")
    for count in (1, 2, 39):
        job.report(Progress(line("Asked"), count, 40))
    assert standin.calls == []
    alarms.ring(clock)
    assert [call.fields["text"] for call in standin.of("respond")] == ["Asked  39 of 40"]
    assert (clock.now, alarms.set) == (2.0, [])


def test_an_end_leaves_no_progress_to_be_shown(standin: StandIn, clock: Clock, alarms: Alarms) -> None:
    target = _privately(standin)
    job = _job(target, clock, alarms, "sweep")
    job.report(Progress(line("Asked"), 1, 40))
    assert job.end()
    assert (alarms.set, standin.calls) == ([], [])


def test_that_nothing_has_come_yet_is_not_shown(standin: StandIn, clock: Clock, alarms: Alarms) -> None:
    target = _privately(standin)
    job = _job(target, clock, alarms, "sweep")
    clock.now += 60
    job.report(Progress(line("Asking")))
    job.report(Progress(line("Asking"), 0, 40))
    assert (alarms.set, standin.calls) == ([], [])
