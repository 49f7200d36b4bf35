"""The configuration of alerts, as the alerts' room takes it."""

from datetime import UTC, datetime

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


def test_a_channel_has_the_zone_of_a_route_that_names_one_and_else_the_general_one() -> None:
    routes = [
        {"tags": ["lab"], "channel": "C0LAB", "zone": "pacific/auckland"},
        {"tags": ["more"], "channel": "C0LAB"},
        {"tags": ["prod"], "channel": "C0PROD"},
    ]
    found = plan(AlertSettings.model_validate({"channel": "C0OPS", "zone": "Europe/Paris", "routes": routes}))
    assert [found.zone_of(channel) for channel in ("C0LAB", "C0PROD", "C0OPS", "C0OTHER", None)] == [
        "Pacific/Auckland", "Europe/Paris", "Europe/Paris", "Europe/Paris", "Europe/Paris",
    ]  # fmt: skip
    assert found.all_zones == ("Europe/Paris", "Pacific/Auckland")


def test_without_zones_every_channel_counts_days_in_utc() -> None:
    at = datetime(2026, 11, 23, 23, 59, tzinfo=UTC)
    assert plan(AlertSettings()).days(at) == (at.date(),)
