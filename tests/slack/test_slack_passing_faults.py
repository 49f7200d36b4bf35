"""An answer that meets a passing fault of Slack's: once the fault is over the asker has it, once."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import LogCapture
from structlog.typing import FilteringBoundLogger

from bot.alerts.delivery.retry import RetryPolicy
from bot.chat import answer_queue
from bot.chat.answer_queue import AnswerQueue
from bot.chat.button_value import ActionValue, encode
from bot.chat.platform import Actor
from bot.chat.reply import Reply, line
from bot.slack.blocks import messages
from tests.alerts.delivery.slack import Kept, Slack
from tests.alerts.delivery.weather import Fault, Script
from tests.slack.conftest import Furnish, Probing, Room
from tests.slack.runners import LONG, Long
from tests.slack.signed import command, mention, press
from tests.slack.test_slack_app_home import opened

JSON = "application/json"
LAB, THREAD = "C0000001", "1795434045.000100"
ME = Actor("U0000001", "T0000001", LAB)
LOOK_UP = "XenServer 7.2: partial support, no security updates"
VERDICT = (
    "Pool lab (asked xen-1): 1 of 2 hosts gets no security updates, 1 of 2 hosts has known holes, "
    "cannot tell if patched: 1 of 2 hosts"
)
CUT = "the connection is closed before anything is read"
TAKEN = (Fault.DROPPED_AFTER, Fault.BROKEN_AFTER)
FAULTS = [Fault.LIMITED, Fault.BROKEN_BEFORE, Fault.AWAY, Fault.DROPPED_BEFORE, *TAKEN, Fault.GARBLED, CUT]
each_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: getattr(fault, "name", "CUT"))
each_late_fault = pytest.mark.parametrize("fault", FAULTS[:-1], ids=lambda fault: fault.name)


class WithRest(Long):
    """Has an answer of which a part goes into the thread, where it is shared."""

    REPLY = LONG._replace(blocks=LONG.blocks[:1], rest=LONG.blocks[1:])

    def run(self, *_: Any) -> Reply:
        return self.REPLY


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_queue, "ANSWER_POLICY", RetryPolicy(pause=0.05, longest=0.2))


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as slack:
        slack.room(LAB).messages.append(Kept(THREAD, "a question", [], None, None))
        yield slack


@pytest.fixture
def queue(log: FilteringBoundLogger) -> Iterator[AnswerQueue]:
    queue = AnswerQueue(log)
    yield queue
    queue.drain(10)


@pytest.fixture
def plain(furnish: Furnish, slack: Slack, queue: AnswerQueue) -> Callable[..., Room]:
    def make(*runner: Any, **more: Any) -> Room:
        room = furnish(*runner, api=slack.api, queue=queue, **more)
        assert room.conversation.services.platform.is_member(ME)  # asked once, and known from then on
        return room

    return make


@pytest.fixture
def slow(probing: Probing, slack: Slack, queue: AnswerQueue) -> Room:
    room = probing(api=slack.api, queue=queue)
    assert room.conversation.services.platform.is_member(ME)
    return room


def _strike(slack: Slack, method: str, fault: Any, times: int = 1) -> None:
    """The next calls of a method meet a fault."""
    if fault is CUT:
        slack.cuts = times
    else:
        slack.weather = Script([fault] * times, method)


def _settle(room: Room, queue: AnswerQueue) -> None:
    room.settle()
    assert queue.wait_until_idle(30)


def _said(slack: Slack) -> list[str]:
    return [each.text for each in slack.room(LAB).messages if each.thread_ts == THREAD]


@each_fault
def test_a_mention_is_answered_once(plain: Callable[..., Room], slack: Slack, queue: AnswerQueue, fault: Any) -> None:
    room = plain()
    _strike(slack, "chat.postMessage", fault)
    room.post(mention("<@U0000BOT> XenServer 7.2"), JSON)
    _settle(room, queue)
    assert _said(slack) == [LOOK_UP]


@each_late_fault
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_mention_with_a_long_answer_has_each_message_once_and_in_order(
    plain: Callable[..., Room], slack: Slack, queue: AnswerQueue, fault: Any, at: int
) -> None:
    room = plain(Long())
    slack.weather = Script([*[Fault.NONE] * at, fault])
    room.post(mention("<@U0000BOT> list"), JSON)
    _settle(room, queue)
    kept = [each.blocks for each in slack.room(LAB).messages if each.thread_ts == THREAD]
    assert kept == [json.loads(json.dumps(each.blocks)) for each in messages(LONG)]


@each_late_fault
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
def test_a_slow_mention_is_one_message_that_becomes_the_answer(
    slow: Room, slack: Slack, queue: AnswerQueue, fault: Any, method: str
) -> None:
    _strike(slack, method, fault)
    slow.post(mention("<@U0000BOT> probe xen-1"), JSON)
    _settle(slow, queue)
    assert _said(slack) == [VERDICT]


@each_fault
def test_a_slow_command_is_answered_once_in_place_of_what_was_said(
    slow: Room, slack: Slack, queue: AnswerQueue, fault: Any
) -> None:
    _strike(slack, "respond", fault)
    slow.post(command("probe xen-1", slack.response_url))
    _settle(slow, queue)
    assert slack.private == [VERDICT]


@each_fault
def test_a_command_with_several_messages_has_each_of_them_once(
    plain: Callable[..., Room], slack: Slack, queue: AnswerQueue, fault: Any
) -> None:
    room = plain(Long())
    _strike(slack, "respond", fault)
    assert room.post(command("list", slack.response_url)).body == ""
    _settle(room, queue)
    assert len(slack.private) == 3


@each_fault
def test_a_button_is_answered(plain: Callable[..., Room], slack: Slack, queue: AnswerQueue, fault: Any) -> None:
    """Beside what others see, where nothing can be looked up or replaced: twice if Slack took it and did not say so."""
    room = plain()
    _strike(slack, "respond", fault)
    room.post(press("ask_1", encode(ActionValue("XenServer 7.2")), slack.response_url))
    _settle(room, queue)
    assert set(slack.private) == {LOOK_UP}
    assert len(slack.private) == (2 if fault in TAKEN else 1)


@each_fault
def test_app_home_is_shown(plain: Callable[..., Room], slack: Slack, queue: AnswerQueue, fault: Any) -> None:
    room = plain(home_page=lambda *_: (Reply("page", line("The page.")),))
    _strike(slack, "views.publish", fault)
    room.post(opened(), JSON)
    _settle(room, queue)
    assert "The page." in str(slack.pages["U0000001"][-1])


@each_fault
def test_a_window_opens_once_or_a_message_says_it(slow: Room, slack: Slack, queue: AnswerQueue, fault: Any) -> None:
    _strike(slack, "views.open", fault)
    answer = slow.post(command("probe", slack.response_url, trigger_id="1.2.trigger"))
    _settle(slow, queue)
    assert len(slack.windows) + ("I can ask these" in answer.body) == 1
    assert (fault is Fault.LIMITED) == (not slack.windows)


@each_fault
def test_a_reply_on_the_bots_own_page_is_a_window_or_a_message_to_the_person(
    plain: Callable[..., Room], slack: Slack, queue: AnswerQueue, fault: Any
) -> None:
    room = plain()
    slack.room("U0000001")
    _strike(slack, "views.open", fault)
    home = {"view": {"type": "home"}, "trigger_id": "1.2.trigger", "container": {"type": "view"}, "channel": {}}
    room.post(press("ask_1", encode(ActionValue("XenServer 7.2")), None, **home))
    _settle(room, queue)
    assert len(slack.windows) + len(slack.room("U0000001").messages) == 1


def test_a_shared_answer_is_in_the_channel_once(plain: Callable[..., Room], slack: Slack, queue: AnswerQueue) -> None:
    room = plain(WithRest())
    _strike(slack, "chat.postMessage", Fault.DROPPED_AFTER)
    room.post(press("share_1", encode(ActionValue("list")), slack.response_url))
    _settle(room, queue)
    _, first, *below = slack.room(LAB).messages
    assert "shared by" in str(first.blocks)
    assert [each.thread_ts for each in below] == [first.ts] * (len(messages(WithRest.REPLY)) - 1)


@pytest.mark.parametrize("times", [3, 4])
def test_several_faults_in_a_row_pass_too(
    plain: Callable[..., Room], slack: Slack, queue: AnswerQueue, times: int
) -> None:
    room = plain()
    _strike(slack, "chat.postMessage", Fault.BROKEN_AFTER, times)
    room.post(mention("<@U0000BOT> XenServer 7.2"), JSON)
    _settle(room, queue)
    assert _said(slack) == [LOOK_UP]


@pytest.mark.parametrize(("fault", "copies"), [(Fault.DROPPED_BEFORE, 1), (Fault.DROPPED_AFTER, 2)])
def test_without_the_right_to_look_it_is_sent_again(
    plain: Callable[..., Room], slack: Slack, queue: AnswerQueue, fault: Fault, copies: int
) -> None:
    room = plain()
    slack.scopes.discard("channels:history")
    _strike(slack, "chat.postMessage", fault)
    room.post(mention("<@U0000BOT> XenServer 7.2"), JSON)
    _settle(room, queue)
    assert _said(slack) == [LOOK_UP] * copies


def test_what_slack_will_never_take_is_not_tried_again(
    plain: Callable[..., Room], slack: Slack, queue: AnswerQueue, kept_log: LogCapture
) -> None:
    room = plain()
    slack.room(LAB).archived = True
    room.post(mention("<@U0000BOT> XenServer 7.2"), JSON)
    _settle(room, queue)
    assert len(slack.of("chat.postMessage")) == 1
    assert kept_log.entries[-1]["event"] == "not delivered"


def test_an_acknowledgement_does_not_stay_where_slack_refuses_the_answer(
    slow: Room, slack: Slack, queue: AnswerQueue
) -> None:
    _strike(slack, "chat.update", Fault.ODD)
    slow.post(mention("<@U0000BOT> probe xen-1"), JSON)
    _settle(slow, queue)
    (said,) = _said(slack)
    assert said.startswith("There is an answer, but it could not be shown: Slack answered unheard_of.")


def test_who_waits_for_slack_keeps_nobody_else_waiting(
    plain: Callable[..., Room], slack: Slack, queue: AnswerQueue
) -> None:
    room = plain(threads=2, waiting=20)
    slack.weather = Script([Fault.LIMITED] * 16, limited=300)
    for at in range(16):
        room.post(mention("<@U0000BOT> XenServer 7.2", event_id=f"Ev{at}"), JSON)
    room.settle()  # no thread of the pool waits for five minutes
    assert _said(slack) == []
    room.post(mention("<@U0000BOT> XCP-ng 8.3", event_id="Ev99"), JSON)
    room.settle()
    assert len(_said(slack)) == 1
    assert queue.drain(10)  # the last try, which works now
    assert len(_said(slack)) == 17


def test_what_still_waits_at_the_end_and_is_not_taken_is_in_the_log(
    plain: Callable[..., Room], slack: Slack, queue: AnswerQueue, kept_log: LogCapture
) -> None:
    room = plain()
    slack.weather = Script([Fault.LIMITED] * 4, limited=300)
    for at in range(2):
        room.post(mention("<@U0000BOT> XenServer 7.2", event_id=f"Ev{at}"), JSON)
    room.settle()
    assert not queue.drain(10)
    lost = [entry for entry in kept_log.entries if entry["event"] == "not delivered"]
    assert sorted(entry["lost"] for entry in lost) == [1, 2]
    assert _said(slack) == []


def test_only_so_many_wait(
    plain: Callable[..., Room],
    slack: Slack,
    kept_log: LogCapture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answer_queue, "WAITING_MAX", 1)
    room = plain()
    slack.weather = Script([Fault.LIMITED] * 2, limited=300)
    for at in range(2):
        room.post(mention("<@U0000BOT> XenServer 7.2", event_id=f"Ev{at}"), JSON)
    room.settle()
    events = [entry["event"] for entry in kept_log.entries]
    assert (events.count("tried again"), events.count("not delivered")) == (1, 1)


def test_of_two_pages_for_one_person_the_newer_one_stays(
    plain: Callable[..., Room], slack: Slack, queue: AnswerQueue
) -> None:
    pages = iter(["old", "new"])
    room = plain(home_page=lambda *_: (Reply("page", line(next(pages))),))
    slack.weather = Script([Fault.LIMITED], "views.publish")
    for _ in range(2):
        room.post(opened(), JSON)
        room.settle()
    assert queue.wait_until_idle(30)
    (page,) = slack.pages["U0000001"]
    assert "new" in str(page)


def test_an_answer_is_looked_for_around_its_last_try(
    plain: Callable[..., Room], slack: Slack, queue: AnswerQueue
) -> None:
    room = plain()
    _strike(slack, "chat.postMessage", Fault.DROPPED_AFTER)
    room.post(mention("<@U0000BOT> XenServer 7.2"), JSON)
    _settle(room, queue)
    (asked,) = slack.of("conversations.replies")
    oldest = datetime.fromtimestamp(float(asked.fields["oldest"]), UTC)
    assert abs(datetime.now(UTC) - oldest) < timedelta(minutes=31)
