"""The alerts that a mirror reads, in memory."""

from datetime import datetime

from bot.alerts.alert import Alert


class Mirrored:
    """bot.notify.alertmanager.MirroredAlerts."""

    def __init__(self, open_alerts: list[Alert]) -> None:
        self.open_alerts, self.ended = open_alerts, list[Alert]()

    def open(self) -> tuple[Alert, ...]:
        return tuple(self.open_alerts)

    def resolved(self, since: datetime) -> tuple[Alert, ...]:
        return tuple(alert for alert in self.ended if alert.resolved_at and alert.resolved_at >= since)
