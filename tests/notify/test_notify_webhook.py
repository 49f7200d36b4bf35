"""Webhooks, verified as an independent receiver does, and the schema of what they say."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from standardwebhooks import Webhook, WebhookVerificationError

from bot.alerts.alert import AffectedHost, Notification, NotifyReason, notification_data
from bot.alerts.delivery.outbox import Delivery, DeliveryKind
from bot.alerts.delivery.outcome import Delivered, NotSent, Refused
from bot.alerts.digest import Digest, HostCounts
from bot.alerts.ports import AlertAct, AlertAction
from bot.alerts.state_machine import apply
from bot.matrix.matrix import Matrix
from bot.notify.notice import NoticeType, document, notice_for_test, notice_of
from bot.notify.notifier import NotifierTarget, NotifierTransport
from bot.notify.webhook import LARGEST, WebhookNotifier
from bot.settings.notifiers import NotifierKind
from tests.acceptance.lab import ROOT
from tests.alerts.fleets import NOW
from tests.chat.test_chat_alert_messages import opened
from tests.notify.grounds import SECRET
from tests.notify.receivers import HttpReceiver, Says

WRITTEN: Any = json.loads((ROOT / "docs" / "notification.schema.json").read_text())
SCHEMA = Draft202012Validator(WRITTEN)
OTHER = "whsec_YW5vdGhlciBzZWNyZXQgb2YgdGhlIHRlc3RzIG9ubHk="


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver() as running:
        yield running


def _notifier(receiver: HttpReceiver, matrix: Matrix, secret: str | None = SECRET) -> WebhookNotifier:
    target = NotifierTarget("hook", NotifierKind.WEBHOOK, f"{receiver.url}/hook", secret)
    return WebhookNotifier(target, lambda: matrix, lambda: datetime.now(UTC))


def _delivery(kind: DeliveryKind, **more: Any) -> Delivery:
    return Delivery(7, "key7", "notify:hook", kind, more.pop("payload", {}), NOW, **more)


def _deliveries() -> list[tuple[NoticeType, Delivery]]:
    alert = opened()
    told = notification_data(Notification(alert, NotifyReason.THRESHOLD, NOW))
    ended = notification_data(Notification(alert, NotifyReason.RESOLVED, NOW))
    acknowledged = apply(alert, AlertAct(AlertAction.ACKNOWLEDGE, "mattermost:ann", NOW))
    snoozed = apply(alert, AlertAct(AlertAction.SNOOZE, "shell:root", NOW, until=NOW + timedelta(days=7)))
    about: dict[str, Any] = {"bulletin": 1, "message_id": "first"}
    digest = Digest("notify:hook", NOW.date(), HostCounts()).to_data()
    return [
        (NoticeType.OPENED, _delivery(DeliveryKind.ALERT_MESSAGE, bulletin=1, alerts=(alert,))),
        (NoticeType.UPDATED, _delivery(DeliveryKind.THREAD_UPDATE, payload=told, **about)),
        (NoticeType.RESOLVED, _delivery(DeliveryKind.THREAD_UPDATE, payload=ended, **about)),
        (NoticeType.ACKNOWLEDGED, _delivery(DeliveryKind.EDIT, alerts=(acknowledged,), **about)),
        (NoticeType.SNOOZED, _delivery(DeliveryKind.EDIT, alerts=(snoozed,), **about)),
        (NoticeType.DIGEST, _delivery(DeliveryKind.DIGEST, payload=digest)),
    ]


def test_every_document_holds_to_the_published_schema(matrix: Matrix) -> None:
    for expected, delivery in _deliveries():
        notice = notice_of(delivery, matrix, "https://example.org/message")
        assert notice.type is expected
        made = json.loads(json.dumps(document(notice, delivery.channel, matrix)))
        SCHEMA.validate(made)
        assert made["data"]["id"] == "key7"
    SCHEMA.validate(document(notice_for_test("hook", NOW), "notify:hook", matrix))
    Draft202012Validator.check_schema(WRITTEN)
    kinds = WRITTEN["properties"]["type"]["enum"]
    assert {*kinds} == {each.value for each in NoticeType} - {NoticeType.EDITED.value}
    assert {*WRITTEN["properties"]["data"]["properties"]["reason"]["enum"]} == {None, *NotifyReason}


def test_no_id_of_a_chats_people_gets_into_it(matrix: Matrix) -> None:
    acknowledged = apply(opened(), AlertAct(AlertAction.ACKNOWLEDGE, "U0123456789", NOW))
    delivery = _delivery(DeliveryKind.EDIT, alerts=(acknowledged,), bulletin=1, message_id="first")
    said = json.dumps(document(notice_of(delivery, matrix), "notify:hook", matrix))
    assert "U0123456789" not in said
    assert "somebody in Slack" in said


def test_an_edit_that_nobody_has_to_read_is_told_nobody(receiver: HttpReceiver, matrix: Matrix) -> None:
    transport = NotifierTransport(_notifier(receiver, matrix), lambda: matrix)
    before = apply(opened(), AlertAct(AlertAction.ACKNOWLEDGE, "U0123456789", NOW - timedelta(days=1)))
    delivery = _delivery(DeliveryKind.EDIT, alerts=(before,), bulletin=1, message_id="first")
    assert transport.send(delivery) == Delivered(None), "it was told when it was done"
    assert receiver.got == []


def test_a_signature_holds_for_the_very_bytes_and_no_others(receiver: HttpReceiver, matrix: Matrix) -> None:
    assert isinstance(_notifier(receiver, matrix).send(notice_for_test("hook", NOW)), Delivered)
    (got,) = receiver.got
    verifier = Webhook(SECRET)
    assert verifier.verify(got.body, got.headers)["type"] == "test"
    for changed in (got.body + b" ", got.body.replace(b"test", b"best", 1)):
        with pytest.raises(WebhookVerificationError):
            verifier.verify(changed, got.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(got.body, got.headers)


def test_while_a_key_is_replaced_both_hold(receiver: HttpReceiver, matrix: Matrix) -> None:
    assert isinstance(_notifier(receiver, matrix, f"{OTHER} {SECRET}").send(notice_for_test("hook", NOW)), Delivered)
    (got,) = receiver.got
    for secret in (OTHER, SECRET):
        assert Webhook(secret).verify(got.body, got.headers)


def test_a_repeat_has_the_same_id_and_the_time_of_the_try(receiver: HttpReceiver, matrix: Matrix) -> None:
    target = NotifierTarget("hook", NotifierKind.WEBHOOK, receiver.url, SECRET)
    times = iter([NOW, NOW + timedelta(minutes=5)])
    notifier = WebhookNotifier(target, lambda: matrix, lambda: next(times))
    receiver.script.append(Says(503))
    notice = notice_for_test("hook", NOW)
    assert notifier.send(notice) == NotSent("", "it answered 503")
    assert isinstance(notifier.send(notice), Delivered)
    first, second = receiver.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == notice.key
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 300
    assert first.body == second.body


def test_a_large_document_stays_small(receiver: HttpReceiver, matrix: Matrix) -> None:
    hosts = tuple(AffectedHost(f"uuid-{n}", f"host-{n}", f"pool-{n}") for n in range(3000))
    alert = opened()._replace(hosts=hosts)
    delivery = _delivery(DeliveryKind.ALERT_MESSAGE, bulletin=1, alerts=(alert,) * 40)
    assert isinstance(_notifier(receiver, matrix).send(notice_of(delivery, matrix)), Delivered)
    (got,) = receiver.got
    assert len(got.body) <= LARGEST
    SCHEMA.validate(got.json)


def test_an_address_that_is_gone_is_for_somebody_to_mend(receiver: HttpReceiver, matrix: Matrix) -> None:
    receiver.script.append(Says(410))
    gone = _notifier(receiver, matrix).send(notice_for_test("hook", NOW))
    assert isinstance(gone, Refused)
    assert gone.code == "http_410"


def test_without_a_secret_nothing_is_signed_and_the_doctor_says_so(receiver: HttpReceiver, matrix: Matrix) -> None:
    notifier = _notifier(receiver, matrix, None)
    assert isinstance(notifier.send(notice_for_test("hook", NOW)), Delivered)
    assert "webhook-signature" not in receiver.got[0].headers
    assert [bool(check.mend) for check in notifier.check()] == [False, True]


def test_the_ca_of_a_folder_that_is_not_there_is_said(tmp_path: Path, receiver: HttpReceiver, matrix: Matrix) -> None:
    url = receiver.url.replace("http:", "https:")
    target = NotifierTarget("hook", NotifierKind.WEBHOOK, url, ca=tmp_path / "none.pem")
    outcome = WebhookNotifier(target, lambda: matrix, lambda: NOW).send(notice_for_test("hook", NOW))
    assert isinstance(outcome, NotSent)
    assert outcome.code == "unreadable_ca"
