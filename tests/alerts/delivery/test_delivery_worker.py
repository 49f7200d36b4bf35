"""A sender against a Slack that keeps what is posted: faults, refusals, edits, pauses."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from structlog.testing import LogCapture

from bot.alerts.delivery.outbox import Delivery, DeliveryKind
from bot.alerts.delivery.retry import DeliveryStatus, RetryPolicy
from bot.alerts.delivery.worker import OutboxWorker, Passed
from bot.chat.reply import Reply, line
from bot.errors import UnavailableError
from bot.store.database import Database
from bot.store.outbox import SqlOutbox
from tests.acceptance.waiting import free_port, until
from tests.alerts.delivery.queue import LAB, Queue
from tests.alerts.delivery.slack import Slack, transport
from tests.alerts.delivery.weather import Fault, Script
from tests.alerts.delivery.words import plainly

PROD = "C000PROD"
QUICK = RetryPolicy(between=0, settling=0.05, pause=0.02, longest=0.1, lease=10, poll=0.02)
UNHURRIED = QUICK._replace(settling=1)
"""For what must be seen before a try has settled, however slow the machine is."""
PASSING = [fault for fault in Fault if fault not in (Fault.NONE, Fault.ODD)]
MakeSender = Callable[..., OutboxWorker]
Words = Callable[[Delivery], Reply]


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def database(sqlite: Database) -> Database:
    return sqlite


@pytest.fixture
def kept_log() -> LogCapture:
    return LogCapture()


@pytest.fixture
def sender_of(slack: Slack, outbox: SqlOutbox, kept_log: LogCapture) -> Iterator[MakeSender]:
    made: list[OutboxWorker] = []
    log = structlog.wrap_logger(
        None, processors=[kept_log], wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG)
    )

    def make(pace: RetryPolicy = QUICK, by: str = "us", words: Words = plainly, timeout: int = 2) -> OutboxWorker:
        made.append(OutboxWorker(log.bind(), outbox, transport(slack.api, words, timeout=timeout), now, by, pace))
        return made[-1]

    yield make
    for sender in made:
        assert sender.close()


@pytest.fixture
def sender(sender_of: MakeSender) -> OutboxWorker:
    return sender_of()


def _keys(queue: Queue, channel: str = LAB) -> list[str]:
    return [row.key for row in queue.rows(channel) if row.kind != DeliveryKind.EDIT]


def test_everything_that_waits_is_sent_in_order(sender: OutboxWorker, queue: Queue, slack: Slack) -> None:
    bulletin = queue.bulletin()
    for kind in (DeliveryKind.THREAD_UPDATE, DeliveryKind.THREAD_UPDATE, DeliveryKind.EDIT):
        queue.message(kind, bulletin=bulletin)
    queue.message(DeliveryKind.DIGEST)
    assert sender.pass_once() == Passed(delivered=5, pending=0)
    first, *news, digest = slack.room(LAB).messages
    assert [each.key for each in (first, *news, digest)] == _keys(queue)
    assert [each.thread_ts for each in news] == [first.ts, first.ts]
    assert first.edits == [first.text]
    assert first.text.startswith("edit ")
    assert first.metadata == {"event_type": "xocompat_delivery", "event_payload": {"key": first.key}}
    assert digest.thread_ts is None


def test_channels_do_not_wait_for_each_other(sender: OutboxWorker, queue: Queue, slack: Slack) -> None:
    names = [f"C{number:07d}" for number in range(9)]
    for name in names:
        slack.room(name)
        queue.message(DeliveryKind.DIGEST, name)
        queue.message(DeliveryKind.DIGEST, name)
    slack.room(names[0]).archived = True
    assert sender.pass_once() == Passed(delivered=16, pending=2)
    assert all(slack.room(name).keys == _keys(queue, name) for name in names[1:])


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("kind", [DeliveryKind.ALERT_MESSAGE, DeliveryKind.THREAD_UPDATE, DeliveryKind.DIGEST])
def test_whatever_happens_on_the_way_it_is_there_once(
    sender: OutboxWorker, queue: Queue, slack: Slack, fault: Fault, kind: DeliveryKind
) -> None:
    if kind is DeliveryKind.THREAD_UPDATE:
        bulletin = queue.bulletin()
        sender.pass_once()
        queue.message(DeliveryKind.THREAD_UPDATE, bulletin=bulletin)
    elif kind is DeliveryKind.ALERT_MESSAGE:
        queue.bulletin()
    else:
        queue.message(kind)
    queue.message(DeliveryKind.DIGEST)
    slack.weather = Script([fault, fault])
    assert sender.pass_once().pending == 0
    assert slack.room(LAB).keys == _keys(queue)
    assert sender.counters.of(DeliveryStatus.AMBIGUOUS) == 0


@pytest.mark.parametrize("fault", [Fault.DROPPED_AFTER, Fault.BROKEN_BEFORE, Fault.LIMITED])
def test_an_edit_that_failed_is_repeated(sender: OutboxWorker, queue: Queue, slack: Slack, fault: Fault) -> None:
    bulletin = queue.bulletin()
    queue.message(DeliveryKind.EDIT, bulletin=bulletin)
    slack.weather = Script([fault], "chat.update")
    assert sender.pass_once().pending == 0
    assert slack.room(LAB).messages[0].text.startswith("edit ")


def test_a_look_up_that_fails_is_repeated(sender: OutboxWorker, queue: Queue, slack: Slack) -> None:
    class Both:
        posts, looks = (
            Script([Fault.DROPPED_AFTER]),
            Script([Fault.BROKEN_AFTER, Fault.LIMITED], "conversations.history"),
        )

        def meet(self, call, answer):  # type: ignore[no-untyped-def] # those of Script
            return (self.posts if call.method == "chat.postMessage" else self.looks).meet(call, answer)

    queue.message(DeliveryKind.DIGEST)
    slack.weather = Both()
    assert sender.pass_once().pending == 0
    assert slack.room(LAB).keys == _keys(queue)


def test_a_message_is_found_behind_many_others(sender_of: MakeSender, queue: Queue, slack: Slack) -> None:
    sender = sender_of(UNHURRIED)
    queue.message(DeliveryKind.DIGEST)
    slack.weather = Script([Fault.DROPPED_AFTER])
    assert sender.pass_once(patience=0).pending == 1
    for number in range(450):
        slack.say(LAB, f"chatter {number}")
    assert sender.pass_once().pending == 0
    assert [key for key in slack.room(LAB).keys if key] == _keys(queue)
    assert len(slack.of("conversations.history")) == 3


@pytest.mark.parametrize("kind", [DeliveryKind.DIGEST, DeliveryKind.THREAD_UPDATE])
def test_without_the_right_to_look_it_is_sent_again_and_counted(
    sender: OutboxWorker, queue: Queue, slack: Slack, kind: DeliveryKind
) -> None:
    bulletin = queue.bulletin()
    sender.pass_once()
    queue.message(kind, bulletin=bulletin if kind is DeliveryKind.THREAD_UPDATE else None)
    slack.scopes.discard("channels:history")
    slack.weather = Script([Fault.DROPPED_AFTER])
    assert sender.pass_once().pending == 0
    first, again = _keys(queue)
    assert slack.room(LAB).keys == [first, again, again]
    assert sender.counters.of(DeliveryStatus.AMBIGUOUS) == 1


def _leave(slack: Slack) -> None:
    slack.room(LAB).member = False


def _archive(slack: Slack) -> None:
    slack.room(LAB).archived = True


def _revoke(slack: Slack) -> None:
    slack.tokens = {"another"}


def _narrow(slack: Slack) -> None:
    slack.scopes.discard("chat:write")


@pytest.mark.parametrize(
    ("trouble", "code", "remedy"),
    [
        (_leave, "not_in_channel", "type /invite @xocompat there"),
        (_archive, "is_archived", "choose another one"),
        (_revoke, "invalid_auth", "set it to the app's xoxb- token"),
        (_narrow, "missing_scope", "install the app again"),
    ],
    ids=["not in the channel", "archived", "token revoked", "no scope"],
)
def test_a_refusal_stops_the_channel_with_its_remedy_and_loses_nothing(
    sender: OutboxWorker,
    outbox: SqlOutbox,
    queue: Queue,
    slack: Slack,
    kept_log: LogCapture,
    trouble: Callable[[Slack], None],
    code: str,
    remedy: str,
) -> None:
    queue.bulletin()
    queue.message(DeliveryKind.DIGEST)
    trouble(slack)
    assert sender.pass_once() == Passed(0, 2)
    assert sender.pass_once() == Passed(0, 2)
    assert len(slack.calls) == 1
    (state,) = outbox.states()
    assert state.stopped_code == code
    assert state.stopped is not None
    assert remedy in state.stopped
    (logged,) = [entry for entry in kept_log.entries if entry["event"] == "stopped"]
    assert (logged["log_level"], logged["channel"]) == ("error", LAB)
    assert remedy in logged["reason"]


def test_a_mended_channel_gets_what_it_missed(
    sender: OutboxWorker, outbox: SqlOutbox, queue: Queue, slack: Slack
) -> None:
    queue.bulletin()
    queue.message(DeliveryKind.DIGEST)
    _leave(slack)
    sender.pass_once()
    slack.room(LAB).member = True
    outbox.resume()
    assert sender.pass_once() == Passed(2, 0)
    assert slack.room(LAB).keys == _keys(queue)


def test_a_channel_left_while_a_try_was_open_stops_and_still_looks_first(
    sender_of: MakeSender, outbox: SqlOutbox, queue: Queue, slack: Slack
) -> None:
    sender = sender_of(UNHURRIED)
    queue.message(DeliveryKind.DIGEST)
    slack.weather = Script([Fault.DROPPED_AFTER])
    sender.pass_once(patience=0)
    _leave(slack)
    assert sender.pass_once() == Passed(0, 1)
    slack.room(LAB).member = True
    outbox.resume(LAB)
    assert sender.pass_once() == Passed(1, 0)
    assert slack.room(LAB).keys == _keys(queue)


def test_a_deleted_alert_message_is_posted_anew_and_its_news_follow(
    sender: OutboxWorker, queue: Queue, slack: Slack
) -> None:
    bulletin = queue.bulletin()
    sender.pass_once()
    slack.room(LAB).messages.clear()
    news = queue.message(DeliveryKind.THREAD_UPDATE, bulletin=bulletin)
    queue.message(DeliveryKind.EDIT, bulletin=bulletin)
    assert sender.pass_once().pending == 0
    first, second = slack.room(LAB).messages
    assert (second.key, second.thread_ts) == (news, first.ts)
    assert len(first.edits) == 1


def test_an_edit_of_a_deleted_alert_message_posts_it_anew(sender: OutboxWorker, queue: Queue, slack: Slack) -> None:
    bulletin = queue.bulletin()
    sender.pass_once()
    slack.room(LAB).messages.clear()
    queue.message(DeliveryKind.EDIT, bulletin=bulletin)
    assert sender.pass_once().pending == 0
    (anew,) = slack.room(LAB).messages
    assert anew.key == _keys(queue)[0]


def test_an_answer_names_the_pause_and_it_is_stored(
    sender: OutboxWorker, outbox: SqlOutbox, queue: Queue, slack: Slack, sender_of: MakeSender
) -> None:
    queue.message(DeliveryKind.DIGEST)
    slack.weather = Script([Fault.LIMITED], limited=1200)
    begun = now()
    assert sender.pass_once() == Passed(0, 1)
    (state,) = outbox.states()
    assert state.not_before is not None
    assert timedelta(seconds=1199) < state.not_before - begun < timedelta(seconds=1210)
    assert sender_of(by="after a restart").pass_once() == Passed(0, 1)
    assert len(slack.of("chat.postMessage")) == 0


def test_what_never_left_needs_no_look_up(outbox: SqlOutbox, queue: Queue, kept_log: LogCapture) -> None:
    queue.message(DeliveryKind.DIGEST)
    log = structlog.wrap_logger(None, processors=[kept_log])
    nowhere = transport(f"http://127.0.0.1:{free_port()}/api/")
    sender = OutboxWorker(log.bind(), outbox, nowhere, now, "us", QUICK._replace(pause=60, longest=60))
    assert sender.pass_once() == Passed(0, 1)
    assert sender.close()
    assert [row.state for row in queue.rows()] == ["pending"]
    assert "the connection was refused" in kept_log.entries[-1]["reason"]


def test_pauses_grow_and_a_restart_does_not_forget_it(
    sender_of: MakeSender, outbox: SqlOutbox, queue: Queue, slack: Slack
) -> None:
    queue.message(DeliveryKind.DIGEST)
    slack.weather = Script([Fault.ODD] * 4)
    pauses = []
    for name in ("first", "second", "third"):
        outbox.wait(LAB, now())
        sender_of(QUICK._replace(pause=100, longest=350), by=name).pass_once()
        until_then = outbox.states()[0].not_before
        assert until_then is not None
        pauses.append((until_then - now()).total_seconds())
    assert pauses == [pytest.approx(seconds, abs=5) for seconds in (100, 200, 350)]


def test_messages_of_a_channel_are_paced(sender_of: MakeSender, queue: Queue) -> None:
    for _ in range(3):
        queue.message(DeliveryKind.DIGEST)
    sender = sender_of(QUICK._replace(between=0.6))
    assert sender.pass_once(patience=0) == Passed(1, 2)
    begun = now()
    assert sender.pass_once() == Passed(2, 0)
    assert now() - begun > timedelta(seconds=1)


def test_blocks_that_slack_does_not_take_go_as_plain_text(sender_of: MakeSender, queue: Queue, slack: Slack) -> None:
    bulletin = queue.bulletin()
    queue.message(DeliveryKind.EDIT, bulletin=bulletin)
    slack.blocks.remove("context")
    sender = sender_of(words=lambda delivery: plainly(delivery)._replace(context=(line("quiet"),)))
    assert sender.pass_once() == Passed(2, 0)
    (kept,) = slack.room(LAB).messages
    assert kept.blocks == []
    assert kept.text.splitlines()[1] == "quiet"
    assert kept.edits == [kept.text]


def test_a_message_that_is_not_taken_as_plain_text_either_stops_the_channel(
    sender: OutboxWorker, outbox: SqlOutbox, queue: Queue, slack: Slack
) -> None:
    slack.no_text = True
    queue.message(DeliveryKind.DIGEST)
    assert sender.pass_once() == Passed(0, 1)
    (state,) = outbox.states()
    assert state.stopped_code == "no_text"
    assert "not even as plain text" in (state.stopped or "")


def test_a_refusal_that_nobody_knows_stops_the_channel_after_some_tries(
    sender: OutboxWorker, outbox: SqlOutbox, queue: Queue, slack: Slack
) -> None:
    queue.message(DeliveryKind.DIGEST)
    slack.weather = Script([Fault.ODD] * 9)
    assert sender.pass_once() == Passed(0, 1)
    assert len(slack.of("chat.postMessage")) == 0
    assert sender.counters.of(DeliveryStatus.FAILED) == 4
    assert outbox.states()[0].stopped_code == "unheard_of"


def test_words_that_break_keep_their_channel_waiting_and_no_other(
    sender_of: MakeSender, queue: Queue, slack: Slack, kept_log: LogCapture
) -> None:
    def broken(delivery: Delivery) -> Reply:
        if delivery.kind is DeliveryKind.DIGEST:
            raise KeyError(delivery.key)
        return plainly(delivery)

    slack.room(PROD)
    queue.message(DeliveryKind.DIGEST)
    queue.bulletin(PROD)
    unhurried = QUICK._replace(pause=60, longest=60, lease=120)  # a slow answer would pause the other channel, too
    assert sender_of(unhurried, words=broken, timeout=30).pass_once() == Passed(1, 1)
    assert [entry["channel"] for entry in kept_log.entries if entry["event"] == "incident"] == [LAB]


def test_what_broke_has_its_pause_before_another_sender_may_take_the_channel(
    sender_of: MakeSender, queue: Queue, outbox: SqlOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sender that looked just then would take it at once: here one looks whenever a channel is let go of."""
    waiting: list[tuple[str, ...]] = []
    release = outbox.release

    def released(channel: str, by: str) -> None:
        release(channel, by)
        waiting.append(outbox.waiting(now()))

    def broken(delivery: Delivery) -> Reply:
        raise KeyError(delivery.key)

    monkeypatch.setattr(outbox, "release", released)
    queue.message(DeliveryKind.DIGEST)
    assert sender_of(QUICK._replace(pause=60, longest=60), words=broken).pass_once() == Passed(0, 1)
    assert waiting == [()]


def test_an_alert_message_says_what_holds_when_it_is_sent(sender: OutboxWorker, queue: Queue, slack: Slack) -> None:
    bulletin = queue.bulletin()
    queue.end(queue.alert(bulletin, rule="support"), now())
    sender.pass_once()
    assert slack.room(LAB).messages[0].text.endswith(" 1:firing")


def test_while_it_runs_what_is_queued_goes_out_and_it_ends_when_stopped(
    sender: OutboxWorker, queue: Queue, slack: Slack
) -> None:
    stop = threading.Event()
    running = threading.Thread(target=sender.run, args=(stop,))
    running.start()
    queue.bulletin()
    until(lambda: slack.room(LAB).messages, 5, "posted")
    queue.message(DeliveryKind.DIGEST)
    sender.wake()
    until(lambda: len(slack.room(LAB).messages) == 2, 5, "posted")
    stop.set()
    running.join(5)
    assert not running.is_alive()


def test_a_post_that_hangs_is_looked_up_and_nobody_else_sends_it(
    sender_of: MakeSender, queue: Queue, slack: Slack
) -> None:
    queue.message(DeliveryKind.DIGEST)
    slack.weather = Script([Fault.SLOW], slow=2.5)
    other = sender_of(by="them")
    hanging = threading.Thread(target=sender_of().pass_once)
    hanging.start()
    slack.wait_for("chat.postMessage")
    assert other.pass_once() == Passed(0, 1)
    hanging.join(10)
    assert slack.room(LAB).keys == _keys(queue)


def test_without_its_lease_a_sender_sends_nothing(
    sender: OutboxWorker, outbox: SqlOutbox, queue: Queue, slack: Slack
) -> None:
    queue.message(DeliveryKind.DIGEST)
    assert outbox.lease(LAB, "them", now(), 30)
    assert sender.pass_once() == Passed(0, 1)
    assert slack.calls == []


class Locked(SqlOutbox):
    """Can be read, but not written until it is freed."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.tries, self.is_free = 0, False

    def lease(self, channel: str, by: str, now: datetime, seconds: float) -> bool:
        self.tries += 1
        if not self.is_free:
            raise UnavailableError("The database is locked.")
        return super().lease(channel, by, now, seconds)


@pytest.fixture
def locked(database: Database, slack: Slack, kept_log: LogCapture) -> Iterator[tuple[OutboxWorker, Locked]]:
    """A sender that may not write to its outbox yet."""
    outbox = Locked(database)
    log = structlog.wrap_logger(None, processors=[kept_log]).bind()
    sender = OutboxWorker(log, outbox, transport(slack.api), now, "us", QUICK)
    yield sender, outbox
    assert sender.close()


def test_a_pass_ends_where_the_database_takes_nothing(locked: tuple[OutboxWorker, Locked], queue: Queue) -> None:
    queue.message(DeliveryKind.DIGEST)
    with pytest.raises(UnavailableError, match="locked"):
        locked[0].pass_once()


def test_a_locked_database_is_tried_at_every_poll_logged_once_and_costs_no_pause(
    locked: tuple[OutboxWorker, Locked], queue: Queue, slack: Slack, kept_log: LogCapture
) -> None:
    sender, outbox = locked
    queue.message(DeliveryKind.DIGEST)
    stop, begun = threading.Event(), time.monotonic()
    running = threading.Thread(target=sender.run, args=(stop,))
    running.start()
    until(lambda: outbox.tries > 10, 10, "it tries")
    assert outbox.tries <= (time.monotonic() - begun) / QUICK.poll + 2
    outbox.is_free = True
    until(lambda: slack.room(LAB).messages, 5, "posted")
    stop.set()
    running.join(10)
    assert [entry["event"] for entry in kept_log.entries].count("the outbox could not be read") == 1
    assert outbox.states() == ()


def test_a_sender_that_was_held_up_until_its_lease_is_nearly_over_does_not_send(
    database: Database, slack: Slack, queue: Queue
) -> None:
    late: list[timedelta] = []

    class HeldUp(SqlOutbox):
        def sending(self, delivery: Delivery, by: str, now: datetime) -> bool:
            late.append(timedelta(seconds=6))
            return super().sending(delivery, by, now)

    queue.message(DeliveryKind.DIGEST)
    log = structlog.wrap_logger(None, processors=[LogCapture()]).bind()
    sender = OutboxWorker(
        log, HeldUp(database), transport(slack.api), lambda: now() + sum(late, timedelta()), "us", QUICK
    )
    sender.pass_once(patience=0)
    assert sender.close()
    assert slack.of("chat.postMessage") == []
    assert [row.state for row in queue.rows()] == ["sending"]


def test_a_channel_that_nothing_here_sends_to_waits_and_stands_in_nobodys_way(
    slack: Slack, outbox: SqlOutbox, queue: Queue, kept_log: LogCapture
) -> None:
    for channel in ("notify:gone", "notify:old", "mattermost:t/c", "mattermost:t/d", "mattermost:t/e", LAB):
        queue.message(DeliveryKind.DIGEST, channel)
    log = structlog.wrap_logger(None, processors=[kept_log])
    sender = OutboxWorker(
        log, outbox, transport(slack.api), now, "us", QUICK, lambda each: None if each == LAB else "it is not here"
    )
    assert sender.pass_once() == Passed(delivered=1, pending=5)
    assert sender.pass_once() == Passed(delivered=0, pending=5)
    sender.close()
    told = [event for event in kept_log.entries if event["event"] == "messages wait"]
    assert sorted(event["channel"] for event in told)[-1] == "notify:old"
    assert (len(told), told[0]["reason"]) == (5, "it is not here"), "each once"
    assert {state.stopped for state in outbox.states()} == {None}, "another process may well send to them"


def test_a_message_that_is_held_back_is_neither_tried_nor_counted(
    slack: Slack, outbox: SqlOutbox, queue: Queue
) -> None:
    queue.message(DeliveryKind.DIGEST)
    held = iter([0.05, 0.05, 0.0])
    log = structlog.wrap_logger(None, processors=[LogCapture()])
    sender = OutboxWorker(log, outbox, transport(slack.api), now, "us", QUICK, hold=lambda _: next(held))
    assert sender.pass_once() == Passed(delivered=1, pending=0)
    sender.close()
    assert sender.counters.by_channel() == {(LAB, DeliveryStatus.DELIVERED): 1}
    assert [row.attempts for row in queue.rows(LAB)] == [1]
