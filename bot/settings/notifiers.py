"""Notifiers, to which messages go one way: what their URLs may be, and which keys each kind takes."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr

from bot.chat.channels import ChannelKind, kind_of, notify_channel
from bot.settings.section import Section
from bot.settings.values import FilePath, Name, VariableName, is_loopback, text_of
from bot.text import near


class NotifierKind(StrEnum):
    """What a notifier is, as its URL's scheme says."""

    EMAIL = "e-mail"
    WEBHOOK = "webhook"
    ALERTMANAGER = "Alertmanager"
    TEAMS = "Teams"
    MATRIX = "Matrix"
    APPRISE = "Apprise"


_SCHEMES = {
    "smtp": NotifierKind.EMAIL,
    "smtps": NotifierKind.EMAIL,
    "https": NotifierKind.WEBHOOK,
    "http": NotifierKind.WEBHOOK,
    "alertmanager+http": NotifierKind.ALERTMANAGER,
    "alertmanager+https": NotifierKind.ALERTMANAGER,
    "teams+http": NotifierKind.TEAMS,
    "teams+https": NotifierKind.TEAMS,
    "matrix+http": NotifierKind.MATRIX,
    "matrix+https": NotifierKind.MATRIX,
}
"""All others are Apprise's, but for those that nobody is told by."""

_OTHERS = """
    about alertmanager alertmanagers blob data email file ftp ftps git gopher imap imaps javascript ldap ldaps mail nats
    notify postgres postgresql sftp sqlite ssh tcp teams telnet udp webhook webhooks ws wss
"""
_NO_NOTIFIER = frozenset(_OTHERS.split())
"""Schemes of other things, and half of our own: Apprise, which may not be there to be asked, knows none of them."""

_URL = "smtp://, smtps://, https://, alertmanager+http(s)://, teams+https://, matrix+https://, or a URL of Apprise's"
_ADDRESS = "an e-mail address such as ops@example.org"
_SECRETS = re.compile(r"(?:^|[?&])(?:sig|sv|token|key|secret|password|pass|access_token)=", re.IGNORECASE)

_TAKES_SECRET = (NotifierKind.EMAIL, NotifierKind.WEBHOOK, NotifierKind.ALERTMANAGER, NotifierKind.MATRIX)


def _address(value: object) -> str:
    text = text_of(value, _ADDRESS)
    if not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}", text):
        raise ValueError(f"must be {_ADDRESS}")
    return text


EmailAddress = Annotated[str, BeforeValidator(_address)]


class NotifierSettings(Section):
    """Where messages go one way."""

    exactly_one = ("url_env", "url")

    name: Name
    """What it is called: channel `notify:NAME`."""
    url_env: VariableName | None = None
    """The variable that holds where messages go, where that has a secret in it."""
    url: Annotated[SecretStr | None, BeforeValidator(lambda value: value and text_of(value, _URL))] = None
    """Where messages go."""
    secret_env: VariableName | None = None
    """The variable with a webhook's key, an e-mail account's password, or a token."""
    to: Annotated[
        tuple[EmailAddress, ...], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)
    ] = ()
    """Who gets an e-mail."""
    sender: EmailAddress | None = Field(default=None, alias="from")
    """From whom it comes."""
    ca: FilePath | None = None
    """The CAs that may have signed the server's certificate (PEM)."""


def kind_of_url(url: str) -> NotifierKind:
    """What a notifier with this URL is."""
    return _SCHEMES.get(url.partition("://")[0].lower(), NotifierKind.APPRISE)


def url_problem(url: str) -> str | None:
    """What is wrong with a notifier's URL, without a word of it; None if nothing is."""
    kind = kind_of_url(url)
    try:
        parts = urlsplit(url)
        _ = kind is NotifierKind.APPRISE or parts.port  # Apprise has tokens there: tgram://123456789:TOKEN/CHAT
    except ValueError:
        return f"must be {_URL}"
    if "://" not in url or not parts.scheme or re.search(r"[\s\x00-\x1f]", url):
        return f"must be {_URL}"
    if parts.scheme in _NO_NOTIFIER:
        return f"begins as no notifier's does: must be {_URL}"
    if kind is not NotifierKind.APPRISE and not parts.hostname:
        return f"must name a host: {_URL}"
    is_plain = kind is not NotifierKind.APPRISE and parts.scheme.endswith("http")
    if is_plain and not is_loopback(parts.hostname or ""):
        if kind is not NotifierKind.ALERTMANAGER:
            return "must be https: plain http is for this machine alone (localhost)"
        if "@" in parts.netloc:
            return "must be https where it holds a login: plain http with one is for this machine alone (localhost)"
    if kind is NotifierKind.EMAIL and (parts.path.strip("/") or parts.query):
        return "must be smtp://[USER[:PASSWORD]@]HOST[:PORT]: whom a mail goes to stands in `to`"
    if kind is NotifierKind.MATRIX and not re.fullmatch(r"/(?:!|%21)[^/]{1,255}", parts.path):
        return "must be matrix+https://SERVER/!ROOM:DOMAIN, with the room's internal id"
    return None


def key_problems(kind: NotifierKind, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Keys that a notifier of a kind lacks, or can't have, each with what is wrong; `given` is as the file has it."""
    if kind is NotifierKind.EMAIL:
        for key, what in (("to", "whom the mail goes to"), ("from", "whom it comes from")):
            if not given.get(key):
                yield key, f"is missing: e-mail needs {what}, {_ADDRESS}"
    else:
        yield from ((key, f"is of e-mail alone: this URL is {kind}'s") for key in ("to", "from") if given.get(key))
    if given.get("secret_env") and kind not in _TAKES_SECRET:
        yield "secret_env", f"is not for {kind}: its URL holds what is secret"
    if given.get("ca") and kind is NotifierKind.APPRISE:
        yield "ca", "is not for Apprise: its URLs say how they verify"


Location = tuple[str | int, ...]


def notifier_problems(tree: Mapping[str, Any]) -> Iterator[tuple[Location, str]]:
    """What is wrong with the notifiers of a file beyond the types of their keys, and with channels that name them."""
    first: dict[str, int] = {}
    names: list[str] = []
    for at, entry in _dicts(tree.get("notify")):
        name, url = entry.get("name"), entry.get("url")
        if isinstance(name, str):
            names.append(name.strip())
            if (other := first.setdefault(name.strip().casefold(), at)) != at:
                yield ("notify", at, "name"), f"is the name of notify[{other}] already: names are unique"
        if not isinstance(url, str) or not url.strip():
            continue
        if wrong := url_problem(url.strip()) or _kept_in_file(url):
            yield ("notify", at, "url"), wrong
        else:
            for key, what in key_problems(kind_of_url(url.strip()), entry):
                yield ("notify", at, key), what
    for where, channel in _channels(tree):
        if wrong := _not_there(channel, names, bool(tree.get("mattermost"))):
            yield where, wrong


def _kept_in_file(url: str) -> str | None:
    parts = urlsplit(url.strip())
    if kind_of_url(url.strip()) is NotifierKind.APPRISE:  # whichever part of it lets one send: tgram://TOKEN/CHAT
        return "holds what lets one send, a secret, as every URL of Apprise's: put it in a variable, named in url_env"
    if parts.password or _SECRETS.search(f"?{parts.query}"):
        return "holds a secret, which never stands in the file: put the URL in a variable, and name that in url_env"
    return None


def _not_there(channel: str, names: list[str], has_mattermost: bool) -> str | None:
    kind = kind_of(channel)
    if kind is ChannelKind.MATTERMOST and not has_mattermost:
        return "names a channel of Mattermost, which is not configured: set `mattermost`"
    if kind is ChannelKind.NOTIFY and channel not in map(notify_channel, names):
        nearest = near(channel.partition(":")[2], names, 1)
        meant = f", did you mean notify:{nearest[0]}?" if nearest else ": add it to `notify`"
        return f"names a notifier that is not configured{meant}"
    return None


def _channels(tree: Mapping[str, Any]) -> Iterator[tuple[Location, str]]:
    """Every place of a file that names a channel."""
    alerts = _keys(tree, "alerts")
    found: list[tuple[Location, Any]] = [(("alerts", "channel"), alerts.get("channel"))]
    found += [(("alerts", "routes", at, "channel"), each.get("channel")) for at, each in _dicts(alerts.get("routes"))]
    grants = _dicts(_keys(tree, "access").get("grants"))
    found += [(("access", "grants", at, "where"), each.get("where")) for at, each in grants]
    yield from ((where, channel.strip()) for where, channel in found if isinstance(channel, str))


def _keys(tree: Mapping[str, Any], section: str) -> dict[str, Any]:
    found = tree.get(section)
    return found if isinstance(found, dict) else {}


def _dicts(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    listed = value if isinstance(value, list) else ()
    yield from ((at, each) for at, each in enumerate(listed) if isinstance(each, dict))
