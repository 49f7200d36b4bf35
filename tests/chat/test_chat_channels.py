"""How channels are named, and which transport a delivery takes by that name."""

from datetime import UTC, datetime

import pytest

from bot.alerts.delivery.outbox import Delivery, DeliveryKind
from bot.alerts.delivery.outcome import Delivered, Lookup, Missing, NotSent, Outcome
from bot.chat.channels import ChannelKind, is_channel_name, kind_of
from bot.chat.transport import ChannelTransports


class _Noting:
    """A transport that says what it was given."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, delivery: Delivery) -> Outcome:
        self.sent.append(delivery.channel)
        return Delivered(None)

    def find(self, delivery: Delivery) -> Lookup:
        self.sent.append(f"? {delivery.channel}")
        return Missing()


def _delivery(channel: str) -> Delivery:
    return Delivery(1, "key", channel, DeliveryKind.DIGEST, {}, datetime(2026, 11, 27, tzinfo=UTC))


@pytest.mark.parametrize(
    ("channel", "kind"),
    [
        ("C0123456789", ChannelKind.SLACK),
        ("mattermost:ops/town-square", ChannelKind.MATTERMOST),
        ("notify:mail", ChannelKind.NOTIFY),
    ],
)
def test_a_name_says_whose_channel_it_is(channel: str, kind: ChannelKind) -> None:
    assert is_channel_name(channel)
    assert kind_of(channel) is kind


@pytest.mark.parametrize("text", ["", "general", "notify:", "notify:a b", "mattermost:ops", "slack:C1", "Notify:mail"])
def test_what_has_no_such_form_is_no_channel(text: str) -> None:
    assert not is_channel_name(text)


def test_a_delivery_goes_by_the_platform_or_notifier_of_its_channel() -> None:
    slack, mattermost, mail = _Noting(), _Noting(), _Noting()
    transports = ChannelTransports(
        {ChannelKind.SLACK: slack, ChannelKind.MATTERMOST: mattermost}, {"notify:mail": mail}
    )
    for channel in ("C01", "mattermost:t/c", "notify:mail", "C02"):
        assert transports.send(_delivery(channel)) == Delivered(None)
    assert transports.find(_delivery("notify:mail")) == Missing()
    assert slack.sent == ["C01", "C02"]
    assert mattermost.sent == ["mattermost:t/c"]
    assert mail.sent == ["notify:mail", "? notify:mail"]


def test_what_nothing_leads_to_is_not_sent() -> None:
    assert isinstance(ChannelTransports({}).send(_delivery("notify:mail")), NotSent)
