"""The configuration of alerts, as the alerts' room takes it."""

from bot.alerts.routing import AlertPlan, Route
from bot.app.configuration import plan
from bot.settings.model import AlertSettings


def test_a_route_without_leads_has_the_general_ones() -> None:
    routes = [{"tags": ["lab"], "channel": "C0LAB"}, {"pools": ["Prod"], "channel": "C0PROD", "lead": ["4w", "0d"]}]
    configured = AlertSettings.model_validate({"channel": "C0OPS", "lead": ["90d"], "routes": routes})
    assert plan(configured) == AlertPlan(
        "C0OPS", (90,), (Route("C0LAB", (90,), tags=("lab",)), Route("C0PROD", (28, 0), pools=("Prod",)))
    )


def test_the_default_is_six_leads_and_no_channel() -> None:
    assert plan(AlertSettings()) == AlertPlan(None, (365, 180, 90, 30, 7, 0))
