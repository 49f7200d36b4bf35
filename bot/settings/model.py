"""Every key of the configuration with its type and default (CONTRACT.md section 3). Rooms take their sections."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, SecretStr, field_validator

from bot.chat.command import Right
from bot.settings import WEB_TOKEN
from bot.settings.inventory import OrchestraSettings, TargetSettings
from bot.settings.section import Section
from bot.settings.values import (
    ChannelId,
    Concurrency,
    DatabaseUrl,
    Lead,
    ListUrl,
    LowerCase,
    Period,
    PoolName,
    Port,
    SlackApiUrl,
    Tag,
    VariableName,
    Who,
)

PUBLISHED = "https://raw.githubusercontent.com/vatesfr/xen-orchestra/master/docs/docs/supported_hosts.md"
"""The source text of the public page with the Host Compatibility List."""


class ListSettings(Section):
    """Where `sync` reads the published list: an address or a file's path."""

    url: ListUrl = PUBLISHED


class SweepSettings(Section):
    """How often all targets are asked, and how many at a time."""

    every: Period = timedelta(hours=6)
    concurrency: Concurrency = 64


def _longest_first(leads: tuple[timedelta, ...]) -> tuple[timedelta, ...]:
    if not leads:
        raise ValueError("must have at least one duration, such as [90d]")
    return tuple(sorted(set(leads), reverse=True))


Leads = Annotated[tuple[Lead, ...], AfterValidator(_longest_first)]


class RouteSettings(Section):
    """A channel for alerts about hosts with any of the tags, or in any of the pools; `lead` None: as `alerts.lead`."""

    exactly_one = ("tags", "pools")

    tags: tuple[Tag, ...] = ()
    pools: tuple[PoolName, ...] = ()
    channel: ChannelId
    lead: Leads | None = None


class AlertSettings(Section):
    """Where alerts go, and how long before an end of life. `channel` gets what no route takes; longest lead first."""

    channel: ChannelId | None = None
    lead: Leads = tuple(timedelta(days=days) for days in (365, 180, 90, 30, 7, 0))
    routes: tuple[RouteSettings, ...] = ()


class WebSettings(Section):
    """`token_env` names the variable whose value opens /metrics and /calendar.ics to callers from afar."""

    token_env: VariableName = WEB_TOKEN


class GrantSettings(Section):
    """What somebody of the home workspace may do, everywhere or in one channel, besides looking up."""

    who: Who
    where: ChannelId | None = None
    may: tuple[Literal[Right.PROBE, Right.FLEET, Right.OPERATE], ...]

    @field_validator("may")
    @classmethod
    def _some(cls, may: tuple[Right, ...]) -> tuple[Right, ...]:
        if not may:
            raise ValueError("must have at least one of probe, fleet, operate")
        return may


class AccessSettings(Section):
    """Who may do what; nothing but look-ups without a grant. `lookup` everyone: people of Slack Connect, too."""

    lookup: Literal["workspace", "everyone"] = "workspace"
    grants: tuple[GrantSettings, ...] = ()


class LogSettings(Section):
    """How the log is written, and from which level on."""

    format: Literal["console", "json"] = "console"
    level: Annotated[Literal["debug", "info", "warning", "error"], LowerCase] = "info"


class Keys(Section):
    """What stands in the file, or in the environment as XOCOMPAT_<KEY>."""

    database: DatabaseUrl = SecretStr("sqlite:///xocompat.db")
    list: ListSettings = ListSettings()
    targets: tuple[TargetSettings, ...] = ()
    xen_orchestra: tuple[OrchestraSettings, ...] = ()
    sweep: SweepSettings = SweepSettings()
    alerts: AlertSettings = AlertSettings()
    web: WebSettings = WebSettings()
    access: AccessSettings = AccessSettings()
    log: LogSettings = LogSettings()


class SlackSettings(Section):
    """From the environment alone. Tokens of a wrong shape are reported by `doctor`."""

    bot_token: SecretStr | None = None
    app_token: SecretStr | None = None
    signing_secret: SecretStr | None = None
    client_secret: SecretStr | None = None  # unused but for the log, which must not show it
    api_url: SlackApiUrl = "https://slack.com/api/"


class Settings(Keys):
    """All settings: the file's keys, and what comes from the environment alone."""

    slack: SlackSettings = SlackSettings()
    port: Port = 3000
