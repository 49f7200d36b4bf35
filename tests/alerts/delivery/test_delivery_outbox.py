"""The outbox in both databases: order, leases, pauses, stops, and what is stored of every try."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest
import structlog
from sqlalchemy import update

from bot.alerts.delivery.outbox import Delivery, DeliveryKind
from bot.errors import UnavailableError
from bot.store.database import Database, WriteLock
from bot.store.outbox import SqlOutbox
from bot.store.store import HISTORY, open_store
from bot.store.tables import alerts
from tests.alerts.delivery.queue import LAB, NOW, Queue

US, THEM = "us", "them"
PROD = "C000PROD"
LATER = NOW + timedelta(minutes=1)


def _next(outbox: SqlOutbox, channel: str = LAB) -> Delivery:
    found = outbox.next(channel)
    assert found is not None
    return found


def _begin(outbox: SqlOutbox) -> Delivery:
    delivery = _next(outbox)
    assert outbox.lease(delivery.channel, US, NOW, 30)
    assert outbox.sending(delivery, US, NOW)
    return delivery


def test_the_oldest_message_is_the_next_until_it_is_sent(outbox: SqlOutbox, queue: Queue) -> None:
    first, second = (queue.message(DeliveryKind.DIGEST, week=week) for week in (1, 2))
    delivery = _begin(outbox)
    assert (delivery.key, delivery.kind, delivery.payload, delivery.created_at) == (first, "digest", {"week": 1}, NOW)
    assert _next(outbox).key == first
    outbox.sent(delivery, "1.000001", NOW)
    assert _next(outbox).key == second


def test_a_try_that_began_is_known_as_one(outbox: SqlOutbox, queue: Queue) -> None:
    queue.message(DeliveryKind.DIGEST)
    assert not _next(outbox).was_sending
    _begin(outbox)
    begun = _next(outbox)
    assert (begun.was_sending, begun.began_at, begun.attempts) == (True, NOW, 1)


def test_a_try_that_reached_nobody_is_as_if_none_began(outbox: SqlOutbox, queue: Queue) -> None:
    queue.message(DeliveryKind.DIGEST)
    outbox.not_sent(_begin(outbox), NOW)
    again = _next(outbox)
    assert (again.was_sending, again.attempts) == (False, 1)


def test_a_failed_edit_makes_way_for_the_edit_that_waits(outbox: SqlOutbox, queue: Queue) -> None:
    bulletin = queue.bulletin()
    outbox.sent(_begin(outbox), "1.000001", NOW)
    queue.message(DeliveryKind.EDIT, bulletin=bulletin)
    edit = _begin(outbox)
    queue.message(DeliveryKind.EDIT, bulletin=bulletin)
    outbox.not_sent(edit, NOW)
    assert _next(outbox).id == edit.id


def test_an_alert_message_is_known_by_its_timestamp_once_it_is_posted(outbox: SqlOutbox, queue: Queue) -> None:
    bulletin = queue.bulletin()
    queue.message(DeliveryKind.THREAD_UPDATE, bulletin=bulletin)
    assert _next(outbox).message_id is None
    outbox.sent(_begin(outbox), "1.000001", NOW)
    assert _next(outbox).message_id == "1.000001"


def test_a_message_comes_with_the_open_alerts_of_its_bulletin(outbox: SqlOutbox, queue: Queue) -> None:
    bulletin = queue.bulletin()
    queue.end(queue.alert(bulletin, rule="support"), NOW)
    queue.bulletin()
    (alert,) = _next(outbox).alerts
    assert (alert.rule, alert.subject.release, alert.hosts[0].name) == ("eol", "8.2", "xen-1")


def test_once_all_its_alerts_ended_an_alert_message_comes_with_the_last_ones(outbox: SqlOutbox, queue: Queue) -> None:
    bulletin = queue.bulletin(alert=False)
    queue.end(queue.alert(bulletin, rule="support"), NOW)
    queue.end(queue.alert(bulletin), LATER)
    assert [alert.rule for alert in _next(outbox).alerts] == ["eol"]


def test_only_one_process_has_the_lease(outbox: SqlOutbox) -> None:
    assert outbox.lease(LAB, US, NOW, 30)
    assert outbox.lease(LAB, US, NOW, 30)
    assert not outbox.lease(LAB, THEM, NOW, 30)
    assert outbox.lease(PROD, THEM, NOW, 30)


def test_a_lease_ends_by_itself_or_by_its_holder_alone(outbox: SqlOutbox) -> None:
    assert outbox.lease(LAB, US, NOW, 30)
    outbox.release(LAB, THEM)
    assert not outbox.lease(LAB, THEM, NOW, 30)
    assert outbox.lease(LAB, THEM, NOW + timedelta(seconds=30), 30)
    outbox.release(LAB, THEM)
    assert outbox.lease(LAB, US, NOW, 30)


def test_without_the_lease_no_try_begins(outbox: SqlOutbox, queue: Queue) -> None:
    queue.message(DeliveryKind.DIGEST)
    delivery = _next(outbox)
    assert not outbox.sending(delivery, US, NOW)
    assert outbox.lease(LAB, US, NOW, 30)
    assert not outbox.sending(delivery, THEM, NOW)
    assert not outbox.sending(delivery, US, LATER)
    assert not _next(outbox).was_sending


def test_a_channel_waits_until_its_pause_is_over(outbox: SqlOutbox, queue: Queue) -> None:
    queue.message(DeliveryKind.DIGEST)
    queue.message(DeliveryKind.DIGEST, PROD)
    outbox.wait(LAB, LATER)
    assert outbox.waiting(NOW) == (PROD,)
    assert outbox.waiting(LATER) == (LAB, PROD)
    assert outbox.lease(LAB, US, NOW, 30)
    assert not outbox.sending(_next(outbox), US, NOW)


def test_a_channel_that_is_leased_is_nothing_to_take_on(outbox: SqlOutbox, queue: Queue) -> None:
    queue.message(DeliveryKind.DIGEST)
    assert outbox.lease(LAB, THEM, NOW, 30)
    assert outbox.waiting(NOW) == ()


def test_a_clock_that_was_turned_back_keeps_nothing_waiting(outbox: SqlOutbox, queue: Queue) -> None:
    queue.message(DeliveryKind.DIGEST)
    assert outbox.lease(LAB, THEM, NOW, 30)
    outbox.wait(LAB, LATER)
    before = NOW - timedelta(days=1)
    assert outbox.waiting(before) == (LAB,)
    assert outbox.lease(LAB, US, before, 30)


def test_a_stopped_channel_keeps_its_messages_until_it_is_resumed(outbox: SqlOutbox, queue: Queue) -> None:
    queue.message(DeliveryKind.DIGEST)
    outbox.stop(LAB, "not_in_channel", "invite it", NOW)
    outbox.stop(PROD, "is_archived", "choose another", NOW)
    assert outbox.waiting(LATER) == ()
    lab, prod = outbox.states()
    assert (lab.channel, lab.pending, lab.oldest, lab.stopped_code, lab.stopped_at) == (
        *(LAB, 1, NOW, "not_in_channel", NOW),
    )
    assert (prod.pending, prod.oldest, prod.stopped) == (0, None, "choose another")
    outbox.resume(PROD)
    assert outbox.waiting(LATER) == ()
    outbox.resume()
    assert outbox.waiting(NOW) == (LAB,)


def test_the_state_of_a_channel_tells_how_much_waits(outbox: SqlOutbox, queue: Queue) -> None:
    queue.message(DeliveryKind.DIGEST)
    queue.message(DeliveryKind.DIGEST)
    _begin(outbox)
    (state,) = outbox.states()
    assert (state.pending, state.oldest, state.stopped) == (2, NOW, None)


def test_the_state_of_a_channel_tells_who_has_it_and_how_often_it_was_tried(outbox: SqlOutbox, queue: Queue) -> None:
    queue.message(DeliveryKind.DIGEST)
    (fresh,) = outbox.states()
    assert (fresh.tries, fresh.holder, fresh.held_until) == (0, None, None)
    _begin(outbox)
    (state,) = outbox.states()
    assert (state.tries, state.holder) == (1, US)
    assert state.held_until
    assert state.held_until > NOW
    outbox.release(LAB, US)
    assert outbox.states()[0].holder is None


def test_what_is_dropped_says_why_and_waits_no_more(outbox: SqlOutbox, queue: Queue) -> None:
    queue.message(DeliveryKind.EDIT)
    outbox.drop(_begin(outbox), "too old", NOW)
    assert outbox.next(LAB) is None
    assert [(row.state, row.why_dropped) for row in queue.rows()] == [("dropped", "too old")]


def test_what_was_sent_is_not_dropped_afterwards(outbox: SqlOutbox, queue: Queue) -> None:
    queue.message(DeliveryKind.DIGEST)
    delivery = _begin(outbox)
    outbox.sent(delivery, "1.000001", NOW)
    outbox.drop(delivery, "late", NOW)
    assert [(row.state, row.ts) for row in queue.rows()] == [("sent", "1.000001")]


def test_a_deleted_alert_message_is_posted_anew_before_what_waits(outbox: SqlOutbox, queue: Queue) -> None:
    bulletin = queue.bulletin()
    old = _begin(outbox)
    outbox.sent(old, "1.000001", NOW)
    queue.message(DeliveryKind.DIGEST)
    queue.message(DeliveryKind.EDIT, bulletin=bulletin)
    outbox.sent(_begin(outbox), "1.000002", NOW)
    outbox.repost(_begin(outbox), NOW)
    anew = _next(outbox)
    assert (anew.kind, anew.message_id, anew.was_sending, anew.attempts) == (DeliveryKind.ALERT_MESSAGE, None, False, 0)
    assert anew.key != old.key
    outbox.sent(old, "1.000001", NOW)
    assert _next(outbox).key == anew.key
    outbox.sent(_begin(outbox), "1.000003", NOW)
    assert outbox.next(LAB) is None


def test_news_of_a_deleted_alert_message_follow_the_new_one(outbox: SqlOutbox, queue: Queue) -> None:
    bulletin = queue.bulletin()
    outbox.sent(_begin(outbox), "1.000001", NOW)
    queue.message(DeliveryKind.THREAD_UPDATE, bulletin=bulletin)
    news = _begin(outbox)
    outbox.not_sent(news, NOW)
    outbox.repost(news, NOW)
    outbox.sent(_begin(outbox), "1.000002", NOW)
    assert (_next(outbox).key, _next(outbox).message_id) == (news.key, "1.000002")


def test_what_was_sent_long_ago_is_forgotten_but_not_an_alert_message_in_use(outbox: SqlOutbox, queue: Queue) -> None:
    used, closed = queue.bulletin(), queue.bulletin(alert=False)
    queue.message(DeliveryKind.DIGEST)
    while delivery := outbox.next(LAB):
        outbox.sent(delivery, "1.000001", NOW)
    waiting = queue.message(DeliveryKind.DIGEST)
    queue.close(closed, NOW)
    with closing(open_store(queue.url, structlog.get_logger(), lambda: LATER)) as store:
        store.prune(LATER + HISTORY)
    assert [(row.bulletin, row.state) for row in queue.rows()] == [(used, "sent"), (None, "pending")]
    assert _next(outbox).key == waiting


def test_what_is_sent_is_read_after_a_change_of_alerts_is_done(
    outbox: SqlOutbox, queue: Queue, database: Database
) -> None:
    bulletin = queue.bulletin()
    delivery = _next(outbox)
    assert outbox.lease(LAB, US, NOW, 30)
    with ThreadPoolExecutor(1) as other:
        with database.writing(WriteLock.ALERTS) as connection:
            begun = other.submit(outbox.sending, delivery, US, NOW)
            with pytest.raises(TimeoutError):
                begun.result(0.2)
            connection.execute(update(alerts).where(alerts.c.bulletin == bulletin).values(state="acknowledged"))
        assert begun.result(10)
    assert [alert.state for alert in _next(outbox).alerts] == ["acknowledged"]


def test_news_that_have_no_alert_message_to_follow_are_dropped(outbox: SqlOutbox, queue: Queue) -> None:
    queue.message(DeliveryKind.THREAD_UPDATE)
    outbox.repost(_begin(outbox), NOW)
    assert [(row.state, row.why_dropped) for row in queue.rows()] == [("dropped", "there is no bulletin")]


def test_a_database_that_is_away_is_named_as_such(tmp_path_factory: pytest.TempPathFactory) -> None:
    away = tmp_path_factory.mktemp("away") / "no-such-folder" / "x.db"
    with pytest.raises(UnavailableError) as raised:
        SqlOutbox(Database(f"sqlite:///{away}")).waiting(NOW)
    assert "SELECT" not in str(raised.value)
