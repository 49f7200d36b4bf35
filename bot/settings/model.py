"""Every key of the configuration with its type and default (CONTRACT.md section 3). Rooms take their sections."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, SecretStr, ValidationInfo, field_validator

from bot.chat.access import ASSISTANTS
from bot.chat.command import Right
from bot.settings.notifiers import NotifierSettings
from bot.settings.section import Section
from bot.settings.source import CALENDAR_TOKEN, MCP_TOKEN, WEB_TOKEN
from bot.settings.values import (
    AgesByTag,
    ApprovedRelease,
    CallbackUrl,
    ChannelId,
    Concurrency,
    DatabaseUrl,
    DataUrl,
    FilePath,
    HostAddress,
    HttpsUrl,
    Lead,
    ListenHosts,
    ListUrl,
    LowerCase,
    MattermostUrl,
    Name,
    NatsUrl,
    Period,
    Pin,
    PoolName,
    Port,
    SiteName,
    SlackApiUrl,
    Tag,
    TlsVersion,
    Username,
    VariableName,
    Who,
    XoServerNumber,
    ZoneName,
)

PUBLISHED = "https://raw.githubusercontent.com/vatesfr/xen-orchestra/master/docs/docs/supported_hosts.md"
"""The source text of the public page with the Host Compatibility List."""


HTTPS_PORT = 443


class TlsSettings(Section):
    """How a host's certificate is trusted: by its pin, by CAs in a file, not at all, or else by the system's CAs."""

    at_most_one = ("pin", "ca", "insecure")

    pin: Pin | None = None
    ca: FilePath | None = None
    insecure: bool = False
    minimum: TlsVersion = "1.2"


class MemberSettings(Section):
    """Another host of a pool, to which the target may redirect. What is not given is as the target has it."""

    at_most_one = ("pin", "tls")

    address: HostAddress
    pin: Pin | None = None
    tls: TlsSettings | None = None


_ADDRESS_ALONE = BeforeValidator(
    lambda value: value if isinstance(value, (dict, MemberSettings)) else {"address": value}
)


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """Where to connect, nothing left open."""

    host: str
    port: int
    tls: TlsSettings


class TargetSettings(Section):
    """A pool's coordinator or a lone host, to be asked through XAPI."""

    exactly_one = ("password_env", "password_file")

    name: Name
    address: HostAddress
    username: Username
    password_env: VariableName | None = None
    password_file: FilePath | None = None
    tls: TlsSettings = TlsSettings()
    tags: tuple[Tag, ...] = ()
    also: tuple[Annotated[MemberSettings, _ADDRESS_ALONE], ...] = ()

    @property
    def endpoint(self) -> EndpointSettings:
        """The target's own."""
        return EndpointSettings(self.address.host, self.address.port or HTTPS_PORT, self.tls)

    @property
    def members(self) -> tuple[EndpointSettings, ...]:
        """Where a redirect may lead, besides the target itself."""
        found: list[EndpointSettings] = []
        for member in self.also:
            tls = member.tls or (TlsSettings(pin=member.pin, minimum=self.tls.minimum) if member.pin else self.tls)
            found.append(EndpointSettings(member.address.host, member.address.port or self.endpoint.port, tls))
        return tuple(found)


class OrchestraSettings(Section):
    """A Xen Orchestra whose hosts are watched through its REST API; `token_env` names the variable with its token."""

    name: Name
    url: HttpsUrl
    token_env: VariableName
    tls: TlsSettings = TlsSettings()
    tags: tuple[Tag, ...] = ()


class ListSettings(Section):
    """Where `sync` reads the published list: an address or a file's path."""

    url: ListUrl = PUBLISHED


class DataSettings(Section):
    """Where `sync` reads newer data than what is shipped: a bundle's address or a file's path. None: nowhere."""

    url: DataUrl | None = None


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
    """A channel for alerts about hosts with any of the tags, or in any of the pools.

    `lead` and `zone` None: as `alerts` has them.
    """

    exactly_one = ("tags", "pools")

    tags: tuple[Tag, ...] = ()
    pools: tuple[PoolName, ...] = ()
    channel: ChannelId
    lead: Leads | None = None
    zone: ZoneName | None = None


class AlertSettings(Section):
    """Where alerts go, and how long before an end of life. `channel` gets what no route takes; longest lead first.

    `zone` is the time zone in which channels count days, unless a route says another one for its channel.
    """

    channel: ChannelId | None = None
    lead: Leads = tuple(timedelta(days=days) for days in (365, 180, 90, 30, 7, 0))
    routes: tuple[RouteSettings, ...] = ()
    zone: ZoneName = "UTC"

    @field_validator("routes")
    @classmethod
    def _one_zone(cls, routes: tuple[RouteSettings, ...]) -> tuple[RouteSettings, ...]:
        zones: dict[str, str] = {}
        for route in routes:
            if route.zone and zones.setdefault(route.channel, route.zone) != route.zone:
                both = f"{zones[route.channel]} and {route.zone}"
                raise ValueError(f"give {route.channel} one zone, not {both}: a channel has one day at a time")
        return routes


class WebSettings(Section):
    """Where the web routes listen (`listen`; empty: as the way in needs it), and who sees those that name hosts.

    `token_env` names the variable whose value opens /metrics and /calendar.ics to callers from afar, and
    `calendar_token_env` the one for programs that subscribe to the calendar by its address alone.
    """

    token_env: VariableName = WEB_TOKEN
    calendar_token_env: VariableName = CALENDAR_TOKEN
    listen: ListenHosts = ()


class McpSettings(Section):
    """How assistants reach `xocompat mcp --http`: with the token in the variable that `token_env` names.

    `hosts` are the names by which they call it, where that is not the address that it listens on. `slack`: Slack's own
    assistant may call it, too, for people with the rights that they have in chat.
    """

    token_env: VariableName = MCP_TOKEN
    slack: bool = False
    hosts: tuple[HostAddress, ...] = ()


class GrantSettings(Section):
    """What somebody of the home workspace may do, everywhere or in one channel, besides looking up.

    `who` mcp is whoever has the token of `mcp`: assistants, who are in no channel.
    """

    who: Who
    where: ChannelId | None = None
    may: tuple[Literal[Right.PROBE, Right.FLEET, Right.OPERATE], ...]

    @field_validator("where")
    @classmethod
    def _not_of_assistants(cls, where: str | None, read: ValidationInfo) -> str | None:
        if where and read.data.get("who") == ASSISTANTS:
            raise ValueError("must be left out for mcp: assistants are in no channel")
        return where

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


class SlackKeys(Section):
    """How Slack is used. `tables`: as tables where a workspace takes them, or always as lines."""

    tables: Literal["auto", "lines"] = "auto"


class MattermostSettings(Section):
    """A Mattermost that people ask in, if there is a `url`. Both `_env` keys name variables: of the bot's token, and of
    the tokens of the slash commands, one or TEAM=TOKEN,TEAM=TOKEN. Without `callback_url`, by which Mattermost reaches
    us, there are neither commands nor buttons. `ca` is where a private CA signs.
    """

    url: MattermostUrl | None = None
    token_env: VariableName = "MATTERMOST_TOKEN"
    command_token_env: VariableName = "MATTERMOST_COMMAND_TOKEN"
    callback_url: CallbackUrl | None = None
    ca: FilePath | None = None


class SecuritySettings(Section):
    """Which security flaws make an alert: those of `tell` and worse, none with `none`; exploited ones always.

    `orchestra_fixed_from` is the xo-server from which on the operator knows CVE-2026-133469 to be fixed.
    """

    tell: Annotated[Literal["critical", "high", "medium", "low", "none"], LowerCase] = "high"
    orchestra_fixed_from: XoServerNumber | None = None


class PolicySettings(Section):
    """What hosts are to run: releases and ranges, any without; and for how long they may go without updates, by tag."""

    approved: tuple[ApprovedRelease, ...] = ()
    not_older_than: AgesByTag = ()


class NatsKeys(Section):
    """How to reach a NATS server: who one is there, and the CA where a private one signs."""

    at_most_one = ("credentials_file", "user")

    url: NatsUrl | None = None
    credentials_file: FilePath | None = None
    user: Username | None = None
    password_env: VariableName | None = None
    ca: FilePath | None = None


class SitesSettings(NatsKeys):
    """Sites that report to this centre, where there are any. `expected` are missed even if they were never heard."""

    expected: tuple[SiteName, ...] = ()
    silent_after: Period = timedelta(minutes=3)


class SiteSettings(NatsKeys):
    """Which site the targets of this configuration are, for `xocompat site`."""

    name: SiteName | None = None


class Keys(Section):
    """What stands in the file, or in the environment as XOCOMPAT_<KEY>."""

    database: DatabaseUrl = SecretStr("sqlite:///xocompat.db")
    list: ListSettings = ListSettings()
    data: DataSettings = DataSettings()
    targets: tuple[TargetSettings, ...] = ()
    xen_orchestra: tuple[OrchestraSettings, ...] = ()
    sweep: SweepSettings = SweepSettings()
    alerts: AlertSettings = AlertSettings()
    web: WebSettings = WebSettings()
    mcp: McpSettings = McpSettings()
    access: AccessSettings = AccessSettings()
    log: LogSettings = LogSettings()
    slack: SlackKeys = SlackKeys()
    mattermost: MattermostSettings = MattermostSettings()
    security: SecuritySettings = SecuritySettings()
    policy: PolicySettings = PolicySettings()
    sites: SitesSettings = SitesSettings()
    site: SiteSettings = SiteSettings()
    notify: tuple[NotifierSettings, ...] = ()


class SlackSettings(SlackKeys):
    """What more there is, from the environment alone. Tokens of a wrong shape are reported by `serve` and `doctor`."""

    bot_token: SecretStr | None = None
    app_token: SecretStr | None = None
    signing_secret: SecretStr | None = None
    client_secret: SecretStr | None = None  # unused but for the log, which must not show it
    api_url: SlackApiUrl = "https://slack.com/api/"


class Settings(Keys):
    """All settings: the file's keys, and what comes from the environment alone."""

    slack: SlackSettings = SlackSettings()
    port: Port = 3000

    @property
    def keeps_data(self) -> bool:
        """Whether they speak of a database, or of renewed data, which the default database has then."""
        return "database" in self.model_fields_set or self.data.url is not None
