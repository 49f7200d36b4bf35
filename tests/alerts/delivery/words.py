"""What messages of the tests say: enough to know them again."""

from bot.alerts.delivery.outbox import Delivery
from bot.chat.reply import Reply, line


def plainly(delivery: Delivery) -> Reply:
    """A message says what it is, with its key and the alerts that it is about."""
    alerts = " ".join(f"{alert.id}:{alert.state}" for alert in delivery.alerts)
    return Reply("test", line(f"{delivery.kind} {delivery.key} {alerts}".strip()))
