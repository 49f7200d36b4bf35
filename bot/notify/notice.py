"""What goes to a notifier: a delivery of the outbox as an event, with the Reply that a chat would show of it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import uuid4

from bot.alerts.alert import Alert, AlertState, NotifyReason, notification_from_data
from bot.alerts.delivery.outbox import Delivery, DeliveryKind
from bot.alerts.routing import AlertPlan
from bot.catalogue import say
from bot.chat.alert_context import alert_data
from bot.chat.alert_messages import handled_update
from bot.chat.reply import Reply, Strong, headline
from bot.chat.transport import reply_for
from bot.chat.wording import iso, named
from bot.matrix.matrix import Matrix
from bot.notify.drawing import nameless, plain_text

NO_PLAN = AlertPlan()
"""Every channel counts its days in UTC."""


class NoticeType(StrEnum):
    """What happened. The values are what webhooks call it."""

    OPENED = "alert.opened"
    UPDATED = "alert.updated"
    ACKNOWLEDGED = "alert.acknowledged"
    SNOOZED = "alert.snoozed"
    RESOLVED = "alert.resolved"
    EDITED = "alert.edited"
    """The message about an alert changed, with nothing that anybody has to read: for notifiers that can edit it."""
    STARTED = "channel.started"
    DIGEST = "digest"
    LIST = "list.changed"
    DATA = "data.changed"
    ACCESS = "access.asked"
    TEST = "test"


class OutgoingNotice(NamedTuple):
    """A message on its way to a notifier.

    `key` is the outbox's own id of it, the same at each try. `subject` is what it is about, the same for all messages
    of an alert; `thread` is what the notifier called the first of them, None in that one and in what stands alone.
    `link` leads to the message in chat about the same, where there is one. `attempts` counts the tries, this one too.
    """

    key: str
    type: NoticeType
    at: datetime
    reply: Reply
    subject: str
    thread: str | None = None
    alerts: tuple[Alert, ...] = ()
    reason: NotifyReason | None = None
    link: str | None = None
    attempts: int = 1

    @property
    def is_first(self) -> bool:
        """Whether later ones follow it in its thread."""
        return self.type is NoticeType.OPENED or (bool(self.alerts) and self.thread is None)


_ALONE = {
    DeliveryKind.DIGEST: NoticeType.DIGEST,
    DeliveryKind.START: NoticeType.STARTED,
    DeliveryKind.LIST: NoticeType.LIST,
    DeliveryKind.DATA: NoticeType.DATA,
    DeliveryKind.ACCESS: NoticeType.ACCESS,
}


def notice_of(delivery: Delivery, matrix: Matrix, link: str | None = None, plan: AlertPlan = NO_PLAN) -> OutgoingNotice:
    """A delivery as an event, its days in the zone that the plan has for its channel.

    What somebody did about an alert since its edit was queued is what that edit tells."""
    subject = delivery.alerts[0].subject.name if delivery.alerts else ""
    alerts, reason, reply = delivery.alerts, None, None
    match delivery.kind:
        case DeliveryKind.ALERT_MESSAGE:
            kind = NoticeType.OPENED
        case DeliveryKind.THREAD_UPDATE:
            told = notification_from_data(delivery.payload)
            alerts, reason, subject = (told.alert,), told.reason, told.alert.subject.name
            kind = NoticeType.RESOLVED if reason is NotifyReason.RESOLVED else NoticeType.UPDATED
        case DeliveryKind.EDIT:
            handled = tuple(_handled(delivery))
            kind = NoticeType.EDITED
            if handled:
                alerts, reply = (
                    handled,
                    handled_update(handled, plan.local(delivery.channel, delivery.created_at).date()),
                )
                is_snooze = all(alert.state is AlertState.SNOOZED for alert in handled)
                kind = NoticeType.SNOOZED if is_snooze else NoticeType.ACKNOWLEDGED
        case _:
            kind = _ALONE[delivery.kind]
    reply = reply or reply_for(delivery, matrix, plan)
    return OutgoingNotice(
        key=delivery.key,
        type=kind,
        at=delivery.created_at,
        reply=nameless(reply),
        subject=subject or reply.summary,
        thread=delivery.message_id if delivery.kind is not DeliveryKind.ALERT_MESSAGE else None,
        alerts=alerts,
        reason=reason,
        link=link,
        attempts=max(1, delivery.attempts),
    )


def _handled(delivery: Delivery) -> Iterator[Alert]:
    """The alerts of an edit that were acknowledged or snoozed once it was queued: whoever does that queues one."""
    for alert in delivery.alerts:
        done = {AlertState.ACKNOWLEDGED: alert.acknowledged_at, AlertState.SNOOZED: alert.snoozed_at}.get(alert.state)
        if done and done >= delivery.created_at:
            yield alert


def notice_for_test(name: str, now: datetime) -> OutgoingNotice:
    """A message that an operator sends to see whether it arrives."""
    told = headline(Strong(say("A test of the notifier {name}", name=name)), say("messages of xocompat come here"))
    return OutgoingNotice(uuid4().hex, NoticeType.TEST, now, Reply("test", told), say("a test of {name}", name=name))


def document(notice: OutgoingNotice, channel: str, matrix: Matrix) -> dict[str, Any]:
    """A notice as JSON, in the form of Standard Webhooks; docs/notification.schema.json says what is in it."""
    return {
        "type": notice.type.value,
        "timestamp": iso(notice.at),
        "data": {
            "id": notice.key,
            "channel": channel,
            "subject": notice.subject,
            "summary": notice.reply.summary,
            "text": plain_text(notice.reply),
            "reason": notice.reason.value if notice.reason else None,
            "link": notice.link,
            "alerts": [*_alerts(notice.alerts, channel, matrix)],
        },
    }


_PEOPLE = ("acknowledged_by", "snoozed_by", "planned_by", "noted_by")


def _alerts(alerts: Iterable[Alert], channel: str, matrix: Matrix) -> Iterator[dict[str, Any]]:
    """As `alerts --json` has them, but that ids of people on a chat platform mean nothing elsewhere."""
    for alert in alerts:
        data = dict(alert_data(alert, matrix))
        people = {key: named(str(data[key])) for key in _PEOPLE if data.get(key)}
        yield {**data, **people, "channel": channel}
