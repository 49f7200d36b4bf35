"""What messages of the tests say: enough to know them again."""

from bot.alerts.delivery.outbox import Delivery
from bot.slack.blocks import SlackMessage


class Plainly:
    """A message says what it is, with its key and the alerts that it is about."""

    def bulletin(self, delivery: Delivery) -> SlackMessage:
        return _said(delivery, " ".join(f"{alert.id}:{alert.state}" for alert in delivery.alerts))

    news = digest = list_news = bulletin


def _said(delivery: Delivery, more: str) -> SlackMessage:
    text = f"{delivery.kind} {delivery.key} {more}".strip()
    return SlackMessage(text, ({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}},))
