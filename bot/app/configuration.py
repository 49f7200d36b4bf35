"""What of the settings several parts take, in the form in which they take it."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot import log as logs
from bot.alerts.routing import AlertPlan, Route
from bot.chat.access import Grant
from bot.errors import ConfigError, Problem
from bot.fleet.inventory import Inventory
from bot.fleet.policy import Policy
from bot.fleet.sites import KnownSites, no_sites
from bot.settings.model import HTTPS_PORT, AlertSettings, OrchestraSettings, PolicySettings, Settings, TlsSettings
from bot.settings.model import EndpointSettings as ConfiguredEndpoint
from bot.settings.model import TargetSettings as ConfiguredTarget
from bot.slack.payload import is_group
from bot.slack.token_mistakes import APP, BOT, SIGNING, mistakes
from bot.xapi.target import CredentialsError, Endpoint, Target, TlsMode, Trust
from bot.xo.orchestra import Orchestra


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


def check_tokens(settings: Settings, chats: bool) -> None:
    """ConfigError lists all that is wrong with the tokens that are set, with the half that is missing.

    Without any of them nothing is said. `chats`: the process is to answer, and not only to send.
    """
    slack = settings.slack
    values = {key: reveal(getattr(slack, key)) for key in ("bot_token", "app_token", "signing_secret")}
    problems = _mistakes(values)
    if not values["bot_token"] and any(values.values()):
        problems.append(Problem(BOT, "", _NOT_SET))
    if values["bot_token"] and chats and not (values["app_token"] or values["signing_secret"]):
        problems.append(Problem(APP, "", f"{_NOT_SET} (or, for requests over HTTP, set {SIGNING})"))
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


def grants(settings: Settings) -> tuple[Grant, ...]:
    """Who may do more than look up."""
    return tuple(
        Grant(grant.who, grant.where, frozenset(grant.may), is_group(grant.who)) for grant in settings.access.grants
    )


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
    configured, slack = settings.log, settings.slack
    form = configured.format if "format" in configured.model_fields_set else None
    secrets = (slack.bot_token, slack.app_token, slack.signing_secret, slack.client_secret)
    logs.configure(form, level or configured.level, filter(None, map(reveal, secrets)))


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
