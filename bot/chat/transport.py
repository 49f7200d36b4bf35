"""Brings what waits in the outbox to a platform, in the words that hold when it is sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from bot.alerts.alert import notification_from_data
from bot.alerts.delivery.outbox import Delivery, DeliveryKind
from bot.alerts.delivery.outcome import Delivered, EditClosed, Lookup, NotSent, Outcome
from bot.alerts.delivery.worker import DeliveryTransport
from bot.alerts.digest import Digest
from bot.alerts.routing import AlertPlan
from bot.alerts.start import Start
from bot.catalogue import say
from bot.chat.access_request import AccessRequest
from bot.chat.alert_messages import alert_message, thread_update
from bot.chat.channels import ChannelKind, kind_of
from bot.chat.commands.changes import list_message
from bot.chat.digest_message import digest_message
from bot.chat.platform import Platform
from bot.chat.reply import Link, Plain, Reply, say_line
from bot.chat.start_message import start_message
from bot.matrix.matrix import Matrix
from bot.published.renewals import DataNews
from bot.published.revisions import ListNews


def reply_for(delivery: Delivery, matrix: Matrix, plan: AlertPlan) -> Reply:
    """What a delivery says, whatever platform shows it; days are those of the zone that the channel has in the plan."""
    local = partial(plan.local, delivery.channel)
    match delivery.kind:
        case DeliveryKind.THREAD_UPDATE:
            told = notification_from_data(delivery.payload)
            return thread_update(told._replace(alert=told.alert.as_local(local), at=local(told.at)))
        case DeliveryKind.DIGEST:
            return digest_message(Digest.from_data(delivery.payload))
        case DeliveryKind.START:
            return start_message(Start.from_data(delivery.payload))
        case DeliveryKind.LIST:
            return list_message(ListNews.from_data(delivery.payload))
        case DeliveryKind.DATA:
            from bot.chat.data_news import data_message  # with what checks data, which few need

            return data_message(DataNews.from_data(delivery.payload))
        case DeliveryKind.ACCESS:
            from bot.chat.commands.access import access_message  # as rarely needed

            return access_message(AccessRequest.from_data(delivery.payload))
        case DeliveryKind.ALERT_MESSAGE | DeliveryKind.EDIT:
            if not delivery.alerts:  # forgotten with the rest of an old history
                return Reply("bulletin", say_line("This alert ended long ago."))
            alerts = tuple(alert.as_local(local) for alert in delivery.alerts)
            return alert_message(alerts, local(delivery.created_at).date(), delivery.created_at, matrix)


@dataclass(frozen=True, slots=True)
class PlatformTransport:
    """The outbox worker's transport (bot.alerts.delivery.worker): `words` says what a delivery says.

    `link` gives the address of a message, by its channel and its id, where the platform has any.
    """

    platform: Platform
    words: Callable[[Delivery], Reply]
    link: Callable[[str, str], str | None] | None = None
    _replaced: dict[int, str] = field(default_factory=dict)
    """Messages that can't be edited any more, by their alert message, until another one is there."""

    def send(self, delivery: Delivery) -> Outcome:
        """Post or edit. What takes the place of a message that stays as it is says so."""
        reply, channel, message, about = self.words(delivery), delivery.channel, delivery.message_id, delivery.bulletin
        if delivery.kind is DeliveryKind.EDIT:
            outcome = self.platform.edit(channel, message or "", reply)
            if isinstance(outcome, EditClosed) and outcome.anew and about and message:
                self._replaced[about] = message
            return outcome
        if delivery.kind is DeliveryKind.THREAD_UPDATE:
            return self.platform.post(channel, reply, message, delivery.key)
        if before := self._replaced.get(about or 0):
            url = self.link(channel, before) if self.link else None
            earlier = Link(say("an earlier message"), url) if url else Plain(say("an earlier message"))
            replaces = say_line("Replaces {message}, which cannot be edited any more.", message=earlier)
            reply = reply._replace(context=(*reply.context, replaces))
        outcome = self.platform.post(channel, reply, None, delivery.key)
        if isinstance(outcome, Delivered):
            self._replaced.pop(about or 0, None)
        return outcome

    def find(self, delivery: Delivery) -> Lookup:
        """Look the message up by the delivery's key, around the moment at which its last try began."""
        around = delivery.began_at or delivery.created_at
        thread = delivery.message_id if delivery.kind is DeliveryKind.THREAD_UPDATE else None
        return self.platform.find(delivery.key, delivery.channel, around, thread)


@dataclass(frozen=True, slots=True)
class ChannelTransports:
    """The outbox worker's transport for several platforms: each delivery goes by the one that its channel's name says.

    `platforms` are by kind, `notifiers` by the channel that each of them is.
    """

    platforms: Mapping[ChannelKind, DeliveryTransport]
    notifiers: Mapping[str, DeliveryTransport] = field(default_factory=dict)

    def of(self, channel: str) -> DeliveryTransport | None:
        """What brings messages to a channel; None where nothing here does."""
        return self.notifiers.get(channel) or self.platforms.get(kind_of(channel))

    def send(self, delivery: Delivery) -> Outcome:
        transport = self.of(delivery.channel)
        return transport.send(delivery) if transport else _nothing_leads_to(delivery)

    def find(self, delivery: Delivery) -> Lookup:
        transport = self.of(delivery.channel)
        return transport.find(delivery) if transport else _nothing_leads_to(delivery)


def _nothing_leads_to(delivery: Delivery) -> NotSent:
    return NotSent("", say("nothing here sends to {channel}", channel=delivery.channel))
