"""What of the settings several parts take, in the form in which they take it."""

from collections.abc import Iterator
from typing import Any

from bot import logs
from bot.chat.grants import Grant
from bot.errors import ConfigError, Problem
from bot.settings.model import Settings


def reveal(secret: Any) -> str | None:
    """The text of a secret; None where it is not set."""
    return secret.get_secret_value() if secret else None


def tokens(settings: Settings, *keys: str) -> list[str]:
    """Secrets of Slack's that are needed. ConfigError lists all that are not set."""
    values = {key: reveal(getattr(settings.slack, key)) for key in keys}
    how = "is not set: make the Slack app from `xocompat manifest`, and take it from the app's settings"
    if missing := [Problem(f"SLACK_{key.upper()}", "", how) for key, value in values.items() if not value]:
        raise ConfigError(missing)
    return [value for value in values.values() if value]


def grants(settings: Settings) -> tuple[Grant, ...]:
    """Who may do more than look up."""
    return tuple(Grant(grant.who, grant.where, frozenset(grant.may)) for grant in settings.access.grants)


def channels(settings: Settings) -> dict[str, str]:
    """Channels that the configuration sends alerts to, each by the first key that names it."""
    routes = enumerate(settings.alerts.routes)
    named = [("alerts.channel", settings.alerts.channel), *((f"alerts.routes[{at}]", r.channel) for at, r in routes)]
    first: dict[str, str] = {}
    for key, channel in named:
        if channel:
            first.setdefault(channel, key)
    return {key: channel for channel, key in first.items()}


def set_up_log(settings: Settings, level: logs.Level | None = None) -> None:
    """The log of this process, without any secret of the settings; from their level on, unless another is given."""
    told = settings.log
    form = told.format if "format" in told.model_fields_set else None
    logs.configure(form, level or told.level, _secrets(settings))


def _secrets(settings: Settings) -> Iterator[str]:
    slack = settings.slack
    for secret in (slack.bot_token, slack.app_token, slack.signing_secret, slack.client_secret):
        if text := reveal(secret):
            yield text
