"""Every key of the configuration with its type and default (CONTRACT.md section 3). Rooms take their sections."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, ClassVar, Literal

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
    """The certificate itself, by its fingerprint: `xocompat trust` shows and writes it."""
    ca: FilePath | None = None
    """The CAs that may have signed it (PEM)."""
    insecure: bool = False
    """Whoever answers is believed: for a lab alone, as it hands the password to anybody."""
    minimum: TlsVersion = "1.2"
    """The oldest TLS that is spoken: an old host may know nothing newer than 1.0."""


class MemberSettings(Section):
    """Another host of a pool, to which the target may redirect. What is not given is as the target has it."""

    at_most_one = ("pin", "tls")

    address: HostAddress
    """Where it answers."""
    pin: Pin | None = None
    """Its certificate, where that is all that differs."""
    tls: TlsSettings | None = None
    """How its certificate is trusted."""


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
    """What it is called everywhere; nobody in chat needs to know its address."""
    address: HostAddress
    """Where the pool's coordinator, or the lone host, answers."""
    username: Username
    """An account of XAPI's that may read."""
    password_env: VariableName | None = None
    """The variable that holds its password."""
    password_file: FilePath | None = None
    """The file whose first line is its password."""
    tls: TlsSettings = TlsSettings()
    """How its certificate is trusted."""
    tags: tuple[Tag, ...] = ()
    """What routes, `fleet` and the policy choose hosts by."""
    also: tuple[Annotated[MemberSettings, _ADDRESS_ALONE], ...] = ()
    """Other hosts of the pool: the only ones to which it may lead us."""

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
    """A Xen Orchestra whose hosts are watched through its REST API."""

    name: Name
    """What it is called everywhere."""
    url: HttpsUrl
    """Where its web interface is."""
    token_env: VariableName
    """The variable that holds a token of an account that may see the hosts."""
    tls: TlsSettings = TlsSettings()
    """How its certificate is trusted."""
    tags: tuple[Tag, ...] = ()
    """Tags of all of its hosts."""


class ListSettings(Section):
    """The published list that `sync` reads."""

    url: ListUrl = PUBLISHED
    """Where it is read."""


class DataSettings(Section):
    """Newer data than what is shipped, for `sync` to read; none unless given."""

    url: DataUrl | None = None
    """Where a bundle is read, as `export --format data` makes it."""


class SweepSettings(Section):
    """Asking all sources."""

    every: Period = timedelta(hours=6)
    """How often all are asked."""
    concurrency: Concurrency = 64
    """How many at a time."""


def _longest_first(leads: tuple[timedelta, ...]) -> tuple[timedelta, ...]:
    if not leads:
        raise ValueError("must have at least one duration, such as [90d]")
    return tuple(sorted(set(leads), reverse=True))


Leads = Annotated[tuple[Lead, ...], AfterValidator(_longest_first)]


class RouteSettings(Section):
    """A channel for alerts about some hosts."""

    exactly_one = ("tags", "pools")

    tags: tuple[Tag, ...] = ()
    """Hosts with any of these."""
    pools: tuple[PoolName, ...] = ()
    """Hosts in any of these."""
    channel: ChannelId
    """Who is told."""
    lead: Leads | None = None
    """How long before an end, where that is another time than `alerts.lead`."""
    zone: ZoneName | None = None
    """The channel's time zone, where that is another one than `alerts.zone`."""


class AlertSettings(Section):
    """Where alerts go, and how long before an end of life."""

    channel: ChannelId | None = None
    """Who is told what no route takes, and what concerns xocompat itself."""
    lead: Leads = tuple(timedelta(days=days) for days in (365, 180, 90, 30, 7, 0))
    """How long before an end of life, or of maintenance, it is told: once at each."""
    routes: tuple[RouteSettings, ...] = ()
    """Who is told what."""
    zone: ZoneName = "UTC"
    """The time zone in which channels count days."""

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
    """Where the web routes listen, and who sees those that name hosts."""

    token_env: VariableName = WEB_TOKEN
    """The variable with the token for `/metrics` and `/calendar.ics`, for callers from afar."""
    calendar_token_env: VariableName = CALENDAR_TOKEN
    """The variable with the token for `/calendar.ics?token=` alone, for programs that subscribe to it."""
    listen: ListenHosts = ()
    """Where they listen: loopback unless given, and with Slack over HTTP every address."""


class McpSettings(Section):
    """How assistants reach `xocompat mcp --http`."""

    token_env: VariableName = MCP_TOKEN
    """The variable with the token that a client shows."""
    slack: bool = False
    """Slack's own assistant may call it, too, for people with the rights that they have in chat."""
    hosts: tuple[HostAddress, ...] = ()
    """The names by which clients call it, where that is not the address that it listens on."""


class GrantSettings(Section):
    """What somebody of the home workspace may do, everywhere or in one channel, besides looking up.

    `who` mcp is whoever has the token of `mcp`: assistants, who are in no channel.
    """

    who: Who
    """To whom."""
    where: ChannelId | None = None
    """In which channel alone; everywhere unless given."""
    may: tuple[Literal[Right.PROBE, Right.FLEET, Right.OPERATE], ...]
    """`probe` asks hosts, `fleet` sees hosts and alerts, `operate` sweeps, acknowledges, watches and reads the audit
    trail."""

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
    """Who may do what; nothing but look-ups without a grant."""

    lookup: Literal["workspace", "everyone"] = "workspace"
    """Who may look up; `everyone` are people of other workspaces in shared channels, too."""
    grants: tuple[GrantSettings, ...] = ()
    """Who may do more."""


class LogSettings(Section):
    """The log, on stderr."""

    format: Literal["console", "json"] = "console"
    """How it is written; unless given, `console` on a terminal and else `json`."""
    level: Annotated[Literal["debug", "info", "warning", "error"], LowerCase] = "info"
    """From which level on."""


class SlackKeys(Section):
    """How Slack is used."""

    tables: Literal["auto", "lines"] = "auto"
    """`auto` draws tables where a workspace takes them, `lines` never."""


class MattermostSettings(Section):
    """A Mattermost that people ask in, beside Slack or alone."""

    needs = dict.fromkeys(("token_env", "command_token_env", "callback_url", "ca"), ("url",))

    url: MattermostUrl | None = None
    """Where it is; without it there is none."""
    token_env: VariableName = "MATTERMOST_TOKEN"
    """The variable with the bot's token."""
    command_token_env: VariableName = "MATTERMOST_COMMAND_TOKEN"
    """The variable with the token of the slash command, or with `TEAM=TOKEN,TEAM=TOKEN`."""
    callback_url: CallbackUrl | None = None
    """By which address Mattermost reaches us; without it there are neither commands nor buttons."""
    ca: FilePath | None = None
    """The CAs that may have signed its certificate (PEM)."""


class SecuritySettings(Section):
    """Which security flaws make an alert."""

    tell: Annotated[Literal["critical", "high", "medium", "low", "none"], LowerCase] = "high"
    """From which severity on a known hole makes an alert; those that attackers use always do."""
    orchestra_fixed_from: XoServerNumber | None = None
    """The xo-server from which on you know CVE-2026-133469 to be fixed: the data do not."""


class PolicySettings(Section):
    """What hosts are to run."""

    approved: tuple[ApprovedRelease, ...] = ()
    """Releases that hosts may run; any without it."""
    not_older_than: AgesByTag = ()
    """How long ago hosts may have been updated, by tag; the shortest counts."""


class NatsKeys(Section):
    """How to reach a NATS server: who one is there, and the CA where a private one signs."""

    at_most_one = ("credentials_file", "user")
    needs: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "credentials_file": ("url",),
        "user": ("url", "password_env"),
        "password_env": ("user",),
        "ca": ("url",),
    }

    url: NatsUrl | None = None
    """Where the NATS server is."""
    credentials_file: FilePath | None = None
    """The file by which the server knows us (`.creds`)."""
    user: Username | None = None
    """The name by which it knows us."""
    password_env: VariableName | None = None
    """The variable with the password that goes with it."""
    ca: FilePath | None = None
    """The CAs that may have signed its certificate (PEM)."""


class SitesSettings(NatsKeys):
    """Sites that report to this centre, where there are any."""

    needs: ClassVar[Mapping[str, tuple[str, ...]]] = {**NatsKeys.needs, "expected": ("url",)}

    expected: tuple[SiteName, ...] = ()
    """Sites that are missed even if they were never heard."""
    silent_after: Period = timedelta(minutes=3)
    """After how long without a word a site counts as silent."""


class SiteSettings(NatsKeys):
    """Which site the targets of this configuration are, for `xocompat site`."""

    name: SiteName | None = None
    """What this site is called at the centre."""


class Keys(Section):
    """What stands in the file, or in the environment as XOCOMPAT_<KEY>."""

    database: DatabaseUrl = SecretStr("sqlite:///xocompat.db")
    """Where everything is kept that must outlive the process."""
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
    translation: FilePath | None = None
    """What `serve` says in place of English, as a .mo file ([another language](../how-to/translate.md))."""


class SlackSettings(SlackKeys):
    """What more there is, from the environment alone. Tokens of a wrong shape are reported by `serve` and `doctor`."""

    bot_token: SecretStr | None = None
    """The bot's token, `xoxb-…`."""
    app_token: SecretStr | None = None
    """The app's token, `xapp-…`: with it Slack is reached by Socket Mode, without it over HTTP."""
    signing_secret: SecretStr | None = None
    """What proves that a request over HTTP is Slack's."""
    client_secret: SecretStr | None = None
    """Not used, and never shown."""
    api_url: SlackApiUrl = "https://slack.com/api/"
    """Another Web API, for a local Slack; over plain HTTP on this machine alone."""


class Settings(Keys):
    """All settings: the file's keys, and what comes from the environment alone."""

    slack: SlackSettings = SlackSettings()
    port: Port = 3000
    """The port of the web routes."""

    @property
    def keeps_data(self) -> bool:
        """Whether they speak of a database, or of renewed data, which the default database has then."""
        return "database" in self.model_fields_set or self.data.url is not None
