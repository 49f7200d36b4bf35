"""The configuration of alerts as the alerts' room takes it."""

from datetime import timedelta

from bot.alerts.plan import Plan, Route
from bot.settings.model import Alerts


def plan(alerts: Alerts) -> Plan:
    """Leads in days; a route without any has the general ones."""
    lead = _days(alerts.lead)
    return Plan(
        channel=alerts.channel,
        lead=lead,
        routes=tuple(
            Route(route.channel, _days(route.lead) if route.lead else lead, route.tags, route.pools)
            for route in alerts.routes
        ),
    )


def _days(leads: tuple[timedelta, ...]) -> tuple[int, ...]:
    return tuple(lead.days for lead in leads)
