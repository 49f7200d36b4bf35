"""What of the settings several parts take, in the form in which they take it."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import unquote, urlsplit

from bot import log as logs
from bot.alerts.delivery.outbox import ChannelState
from bot.alerts.routing import AlertPlan, Route
from bot.chat.access import EVERYBODY, Grant
from bot.chat.channels import ChannelKind, is_channel_name, kind_of, notify_channel
from bot.errors import ConfigError, Problem
from bot.fleet.inventory import Inventory
from bot.fleet.policy import Policy
from bot.fleet.sites import KnownSites, no_sites
from bot.settings.model import HTTPS_PORT, AlertSettings, OrchestraSettings, PolicySettings, Settings, TlsSettings
from bot.settings.model import EndpointSettings as ConfiguredEndpoint
from bot.settings.model import TargetSettings as ConfiguredTarget
from bot.settings.notifiers import key_problems, kind_of_url, url_problem
from bot.settings.secret_values import is_of_slack, password_doubts, token_mistakes
from bot.slack.payload import is_group
from bot.slack.token_mistakes import APP, BOT, SIGNING, mistakes
from bot.xapi.target import CredentialsError, Endpoint, Target, TlsMode, Trust
from bot.xo.orchestra import Orchestra

if TYPE_CHECKING:
    from bot.notify.notifier import NotifierTarget


def reveal(secret: Any) -> str | None:
    """The text of a secret; None where it is not set."""
    return secret.get_secret_value() if secret else None


def tokens(settings: Settings, *keys: str) -> list[str]:
    """Secrets of Slack's that are needed. ConfigError lists all that are not set, or seen to be wrong."""
    values = {key: reveal(getattr(settings.slack, key)) for key in keys}
    problems = [Problem(f"SLACK_{key.upper()}", "", _NOT_SET) for key, value in values.items() if not value]
    if problems := [*problems, *_mistakes(values)]:
        raise ConfigError(problems)
    return [value for value in values.values() if value]


def check_variables(settings: Settings, chats: bool) -> None:
    """ConfigError lists all that is wrong with the tokens that are set, with the half that is missing, with the tokens
    of Mattermost, and with the variables of notifiers.

    Without any of them nothing is said. `chats`: the process is to answer, and not only to send.
    """
    slack = settings.slack
    values = {key: reveal(getattr(slack, key)) for key in ("bot_token", "app_token", "signing_secret")}
    problems = _mistakes(values)
    if not values["bot_token"] and any(values.values()):
        problems.append(Problem(BOT, "", _NOT_SET))
    if values["bot_token"] and chats and not (values["app_token"] or values["signing_secret"]):
        problems.append(Problem(APP, "", f"{_NOT_SET} (or, for requests over HTTP, set {SIGNING})"))
    problems += mattermost_problems(settings, os.environ, chats)
    problems += notifier_problems(settings, os.environ)
    if problems:
        raise ConfigError(problems)


_NOT_SET = "is not set: make the Slack app from `xocompat manifest`, and take it from the app's settings"


def _mistakes(values: Mapping[str, str | None]) -> list[Problem]:
    """What is seen to be wrong with the values of keys of `slack`."""
    named = {f"SLACK_{key.upper()}": value for key, value in values.items() if value}
    return [
        Problem(variable, "", f"{each.what}: {each.mend}")
        for variable, value in named.items()
        for each in mistakes(variable, value)
    ]


def grants(settings: Settings, kind: ChannelKind = ChannelKind.SLACK) -> tuple[Grant, ...]:
    """Who may do more than look up on a platform: a grant for one platform's people counts on no other.

    "*" is everybody of the platform that `where` is of; without `where` the workspace that runs the bot in Slack, as
    ever, so that no platform that is added later gets rights by it.
    """
    found = []
    for grant in settings.access.grants:
        is_of_group = is_group(grant.who) or grant.who.startswith(f"{ChannelKind.MATTERMOST}:@")
        named = (grant.where or "") if grant.who == EVERYBODY else grant.who
        if kind_of(named) is kind:
            found.append(Grant(grant.who, grant.where, frozenset(grant.may), is_of_group))
    return tuple(found)


MATTERMOST_NEEDS = "set it to the bot's token, from Integrations > Bot Accounts in Mattermost"


def mattermost_token(settings: Settings, environ: Mapping[str, str]) -> str:
    """The bot's token. ConfigError if it is not set, or seen to be wrong."""
    name = settings.mattermost.token_env
    token = environ.get(name, "").strip()
    problems = [*_token_problems(name, token)] if token else [Problem(name, "", f"is not set: {MATTERMOST_NEEDS}")]
    if problems:
        raise ConfigError(problems)
    return token


def mattermost_problems(settings: Settings, environ: Mapping[str, str], chats: bool = True) -> list[Problem]:
    """All that is wrong with the variables of Mattermost's tokens. `chats` as in `check_variables`.

    A token without `mattermost.url` is a half, too, but for who has Slack: the variable may be another program's.
    """
    problems: list[Problem] = []
    if settings.mattermost.url is None:
        name = settings.mattermost.token_env
        if chats and environ.get(name, "").strip() and not settings.slack.bot_token:
            problems.append(Problem(name, "", "is set, and `mattermost.url` is not: set that to where Mattermost is"))
        return problems
    for token_of in (mattermost_token, *([command_tokens] if chats else [])):
        try:
            token_of(settings, environ)
        except ConfigError as error:
            problems += error.problems
    return problems


def _token_problems(variable: str, value: str) -> Iterator[Problem]:
    """What is seen to be wrong with a token that is not Slack's."""
    for each in token_mistakes(variable, value):
        yield Problem(variable, "", f"{each.what}: {each.mend}")
    if is_of_slack(value):
        yield Problem(variable, "", "holds a token of Slack's: put that into the variable of Slack's that it is for")


def command_tokens(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """The tokens of the slash commands by team, of the team "" where one token is given for whatever team.

    ConfigError if there are to be commands and none is set, or if they can't be read or are seen to be wrong.
    """
    name = settings.mattermost.command_token_env
    text = environ.get(name, "").strip()
    if not text and settings.mattermost.callback_url:
        said = "is not set: set it to the token that Integrations > Slash Commands shows, or to TEAM=TOKEN,TEAM=TOKEN"
        raise ConfigError([Problem(name, "", said)])
    if problems := [*_token_problems(name, re.sub(r"\s*,\s*", ",", text))]:
        raise ConfigError(problems)
    found: dict[str, str] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        team, is_named, token = part.rpartition("=")
        if not token.strip() or (team in found) or ("," in text and not is_named):
            raise ConfigError([Problem(name, "", "must be one token, or TEAM=TOKEN,TEAM=TOKEN with each team once")])
        found[team.strip()] = token.strip()
    return found


def channels(settings: Settings) -> dict[str, str]:
    """Channels that the configuration sends alerts to, by the first key that names each."""
    routes = enumerate(settings.alerts.routes)
    named = [("alerts.channel", settings.alerts.channel), *((f"alerts.routes[{at}]", r.channel) for at, r in routes)]
    first: dict[str, str] = {}
    for key, channel in named:
        if channel:
            first.setdefault(channel, key)
    return {key: channel for channel, key in first.items()}


def notifier_problems(settings: Settings, environ: Mapping[str, str]) -> list[Problem]:
    """What is wrong with variables that notifiers name; what is seen in the file alone is told when it is read."""
    problems: list[Problem] = []
    for each in settings.notify:
        if each.secret_env and not environ.get(each.secret_env, "").strip():
            problems.append(Problem(each.secret_env, "", f"is not set: notify {each.name} needs it"))
        if not each.url_env:
            continue
        url = environ.get(each.url_env, "").strip()
        if not url:
            problems.append(Problem(each.url_env, "", f"is not set: it is the URL of notify {each.name}"))
        elif doubts := [*password_doubts(each.url_env, url)]:  # a login in it may have whatever sign
            problems += [Problem(each.url_env, "", f"{doubt.what}: {doubt.mend}") for doubt in doubts]
        elif wrong := url_problem(url):
            problems.append(Problem(each.url_env, "", wrong))
        else:
            given = {"to": each.to, "from": each.sender, "secret_env": each.secret_env, "ca": each.ca}
            found = key_problems(kind_of_url(url), given)
            problems += [Problem("notify", f"{each.name}.{key}", what) for key, what in found]
    return problems


def notifier_targets(settings: Settings, environ: Mapping[str, str]) -> "tuple[NotifierTarget, ...]":
    """The notifiers with the values of their variables. ConfigError lists all that is wrong with these."""
    from bot.notify.notifier import NotifierTarget

    if problems := notifier_problems(settings, environ):
        raise ConfigError(problems)
    found = []
    for each in settings.notify:
        url = (reveal(each.url) or environ.get(each.url_env or "", "")).strip()
        secret = environ.get(each.secret_env, "").strip() if each.secret_env else None
        found.append(NotifierTarget(each.name, kind_of_url(url), url, secret, each.to, each.sender or "", each.ca))
    return tuple(found)


def _secrets_of_notifiers(settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    """What of notifiers must not get into a log: URLs whole and in part, and what else they are known by."""
    for each in settings.notify:
        url = (reveal(each.url) or environ.get(each.url_env or "", "")).strip()
        parts = urlsplit(url) if not url_problem(url) else None
        yield from (url, environ.get(each.secret_env or "", "").strip())
        if parts:
            behind = url.partition("://")[2].partition("/")[2]
            quoted = [text for text in (parts.password, parts.username) if text]
            yield from (behind, parts.query, *quoted, *map(unquote, quoted))


NOT_CONFIGURED = "not_configured"
"""The code of a channel whose platform or notifier is not here."""


class ReachableChannels(NamedTuple):
    """Which channels a process with some settings can send to: those of its platforms, and its notifiers."""

    kinds: frozenset[ChannelKind]
    notifiers: frozenset[str]

    @classmethod
    def of(cls, settings: Settings) -> Self:
        kinds = {ChannelKind.SLACK} if settings.slack.bot_token else set()
        kinds |= {ChannelKind.MATTERMOST} if settings.mattermost.url else set()
        return cls(frozenset(kinds), frozenset(notify_channel(each.name) for each in settings.notify))

    @property
    def is_empty(self) -> bool:
        return not (self.kinds or self.notifiers)

    def why_not(self, channel: str) -> str | None:
        """Why nothing can be sent to a channel from here; None if something can."""
        kind = kind_of(channel)
        if kind in self.kinds or channel in self.notifiers:
            return None
        if kind is ChannelKind.SLACK:
            return "SLACK_BOT_TOKEN is not set, so nothing can be sent to Slack from here."
        if kind is ChannelKind.MATTERMOST:
            return "`mattermost` is not configured, so nothing can be sent to it from here."
        name = channel.partition(":")[2]
        return f"`notify` has no {name}, so nothing can be sent to it from here: add it, or take it out of the routes."

    def is_channel(self, text: str) -> bool:
        """Whether a text can be a channel's name: what is not Slack's must be configured."""
        return is_channel_name(text) and (kind_of(text) is ChannelKind.SLACK or self.why_not(text) is None)

    def told(self, states: Iterable[ChannelState]) -> tuple[ChannelState, ...]:
        """How sending to channels goes, where those that can't be reached from here count as stopped.

        Where nothing can be reached at all, that is said as a whole, and another process may well send.
        """
        if self.is_empty:
            return tuple(states)
        return tuple(
            state._replace(stopped_code=NOT_CONFIGURED, stopped=why)
            if not state.stopped and (why := self.why_not(state.channel))
            else state
            for state in states
        )


SHORT = 12
"""Characters of what is no token: a team's name beside one is no secret."""


def set_up_log(settings: Settings, level: logs.Level | None = None) -> None:
    """The log of this process, without any secret of the settings; from their level on, unless another is given."""
    configured, slack = settings.log, settings.slack
    form = configured.format if "format" in configured.model_fields_set else None
    tokens = (slack.bot_token, slack.app_token, slack.signing_secret, slack.client_secret)
    secrets = [*filter(None, map(reveal, tokens)), *_secrets_of_notifiers(settings, os.environ)]
    logs.configure(form, level or configured.level, [*secrets, *_secrets_of_mattermost(settings, os.environ)])


def _secrets_of_mattermost(settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    """Tokens, as far as they are set; what is short beside one is a team's name."""
    mattermost = settings.mattermost
    if mattermost.url:
        named = f"{environ.get(mattermost.token_env, '')},{environ.get(mattermost.command_token_env, '')}"
        yield from (each.strip() for each in re.split("[,=]", named) if len(each.strip()) > SHORT)


def inventory(
    targets: Iterable[ConfiguredTarget],
    environ: Mapping[str, str],
    sites: Callable[[], KnownSites] = no_sites,
) -> Inventory:
    """The inventory of the configuration's targets, and of sites. No password is read yet."""
    found = []
    for one in targets:
        if one.password_env:
            password, read_from = partial(_from_variable, one.password_env, environ), one.password_env
        else:
            password, read_from = partial(_from_file, Path(str(one.password_file))), str(one.password_file)
        found.append(
            Target(
                name=one.name,
                endpoint=_endpoint(one.endpoint),
                username=one.username,
                password=password,
                password_from=read_from,
                also=tuple(map(_endpoint, one.members)),
                tags=one.tags,
            )
        )
    return Inventory(found, sites)


def orchestras(configured: Iterable[OrchestraSettings], environ: Mapping[str, str]) -> tuple[Orchestra, ...]:
    """The configured Xen Orchestras. No token is read yet."""
    found = []
    for one in configured:
        url = urlsplit(one.url)
        found.append(
            Orchestra(
                name=one.name,
                endpoint=Endpoint(url.hostname or "", url.port or HTTPS_PORT, _trust(one.tls)),
                token=partial(_from_variable, one.token_env, environ),
                token_from=one.token_env,
                path=url.path,
                tags=one.tags,
            )
        )
    return tuple(found)


def _endpoint(endpoint: ConfiguredEndpoint) -> Endpoint:
    return Endpoint(endpoint.host, endpoint.port, _trust(endpoint.tls))


def _trust(tls: TlsSettings) -> Trust:
    if tls.pin:
        return Trust(TlsMode.PINNED, pin=bytes.fromhex(tls.pin.removeprefix("sha256:")), minimum=tls.minimum)
    if tls.insecure:
        return Trust(TlsMode.INSECURE, minimum=tls.minimum)
    return Trust(TlsMode.CA, ca_file=str(tls.ca) if tls.ca else None, minimum=tls.minimum)


def _from_variable(name: str, environ: Mapping[str, str]) -> str:
    if value := environ.get(name):
        return value
    raise CredentialsError(f"The variable {name} is not set.")


def _from_file(path: Path) -> str:
    """The file's first line, as tools write it: without the newline at its end."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CredentialsError(f"The file {path} cannot be read as text.") from error
    password = text.split("\n", 1)[0].rstrip("\r")
    if not password:
        raise CredentialsError(f"The file {path} is empty.")
    return password


def policy(configured: PolicySettings) -> Policy | None:
    """What hosts are to run; None where the settings do not say."""
    found = Policy(configured.approved, configured.not_older_than)
    return found if any(found) else None


def plan(alerts: AlertSettings) -> AlertPlan:
    """Leads in days; a route without any has the general ones."""
    routes = []
    for route in alerts.routes:
        lead = tuple(each.days for each in route.lead or alerts.lead)
        routes.append(Route(route.channel, lead, route.tags, route.pools))
    zones = {route.channel: route.zone for route in alerts.routes if route.zone}
    return AlertPlan(alerts.channel, tuple(each.days for each in alerts.lead), tuple(routes), alerts.zone, zones)
