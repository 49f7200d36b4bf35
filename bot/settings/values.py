"""The types of single values: an address, a duration, a name, a URL... Each parser says what is allowed."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import BeforeValidator, SecretStr, ValidationInfo

from bot.chat.channels import is_channel_name
from bot.fleet.sites import SITE_NAME

if TYPE_CHECKING:
    from bot.query.reader import Reader

ALLOWED = "host or host:port, without https:// and without a path (IPv6 with a port: [2001:db8::1]:443)"

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_IPV6 = re.compile(r"[0-9a-f:.]+(?:%[a-z0-9._-]+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """A host's name in lower case or its IP address in the usual form, without brackets; `port` None if not given."""

    host: str
    port: int | None = None

    def __str__(self) -> str:
        if self.port is None:
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """An address from text; ValueError says what is allowed. IPv6 may stand without brackets if no port follows."""
    text = text.strip()
    port: str | None
    if bracketed := re.fullmatch(r"\[([^\[\]]*)\](?::(.*))?", text):
        host, port = bracketed[1], bracketed[2]
    elif text.count(":") > 1:
        host, port = text, None
    else:
        host, colon, after = text.partition(":")
        port = after if colon else None
    is_ipv6 = bracketed is not None or ":" in host
    pattern = _IPV6 if is_ipv6 else _NAME
    if "/" in text or not pattern.fullmatch(host) or (is_ipv6 and ":" not in host):
        raise ValueError(f"must be {ALLOWED}")
    # A last label that is a number makes it an IPv4 address (https://url.spec.whatwg.org/#ends-in-a-number-checker);
    # the short and octal forms that old resolvers take are refused, as they hide where they lead.
    if is_ipv6 or _NUMBER.fullmatch(host.rpartition(".")[2]):
        try:
            host = str(ip_address(host))
        except ValueError:
            raise ValueError("must be a whole IP address, such as 192.0.2.10 or 2001:db8::1, or a name") from None
    if port is not None and (not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535):
        raise ValueError("must have a port from 1 to 65535 after its colon, or no colon")
    return Address(host if is_ipv6 else host.lower(), None if port is None else int(port))


DURATIONS_ALLOWED = "a number with its unit, such as 90d, 6h, 15m, 30s or 2w"
LONGEST = timedelta(days=36525)
"""A hundred years: more than any support lasts, and far from where dates overflow."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_duration(text: str) -> timedelta:
    """A duration from text; ValueError says what is allowed."""
    found = re.fullmatch(r"([0-9]{1,10})([smhdw])", text.strip())
    if not found:
        raise ValueError(f"must be {DURATIONS_ALLOWED}")
    seconds = int(found[1]) * timedelta(**{_UNITS[found[2]]: 1}).total_seconds()
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"must be at most {LONGEST.days}d")
    return timedelta(seconds=seconds)


def text_of(value: object, allowed: str) -> str:
    """A text that says something, on one line; ValueError with what is allowed for anything else."""
    if isinstance(value, (bool, int, float)):
        raise ValueError(f"must be text, so put it in quotes ({allowed})")
    if not isinstance(value, str) or not value.strip().isprintable() or not value.strip():
        raise ValueError(f"must be {allowed}")
    return value.strip()


def _matching(pattern: str, allowed: str) -> BeforeValidator:
    def read(value: object) -> str:
        text = text_of(value, allowed)
        if not re.fullmatch(pattern, text):
            raise ValueError(f"must be {allowed}")
        return text

    return BeforeValidator(read)


def _whole(low: int, high: int) -> BeforeValidator:
    def read(value: object) -> int:
        number = int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value) else value
        if not isinstance(number, int) or isinstance(number, bool) or not low <= number <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return number

    return BeforeValidator(read)


_VALUES_NAME = "a name of letters, digits, dots, dashes and underscores, at most 63, such as lab-a"


def _name(value: object) -> object:
    """Not an address: in chat, asking for an address is refused, whosever it is."""
    try:
        ip_address(str(value))
    except ValueError:
        return value
    raise ValueError(f"must be {_VALUES_NAME}, not an address")


def _duration(allowed: Callable[[timedelta], bool], what: str) -> BeforeValidator:
    """Durations for which `allowed` holds; `what` says so to others."""

    def read(value: object) -> timedelta:
        duration = value if isinstance(value, timedelta) else parse_duration(str(value))
        if not allowed(duration):
            raise ValueError(f"must be {what}")
        return duration

    return BeforeValidator(read)


def _tls_version(value: object) -> str:
    if str(value) not in ("1.0", "1.1", "1.2", "1.3"):  # 1.2 without quotes is a number in YAML, and clear enough
        raise ValueError('must be one of "1.0", "1.1", "1.2", "1.3"')
    return str(value)


def _file(value: object, info: ValidationInfo) -> Path:
    """A path that starts at the folder of the configuration file, if it is relative: it moves with what it names."""
    path = text_of(str(value) if isinstance(value, Path) else value, "a file's path")
    folder = (info.context or {}).get("folder")
    return (folder if isinstance(folder, Path) else Path()) / path


def _url(value: object, allowed: str, *schemes: str) -> SplitResult:
    """A URL of one of the schemes; a space, or a port that is none, is refused."""
    text = text_of(value, allowed)
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise ValueError(f"must be {allowed}") from None
    if parts.scheme not in schemes or re.search(r"\s", text):
        raise ValueError(f"must be {allowed}")
    return parts


_HTTPS = "an address such as https://xo.example.org, with nothing secret in it"


def _https(value: object) -> str:
    parts = _url(value, _HTTPS, "https")
    try:
        parse_address(parts.netloc)  # no user, no name that could not stand in a request
    except ValueError:
        raise ValueError(f"must be {_HTTPS}") from None
    if parts.query or parts.fragment or not re.fullmatch(r"[A-Za-z0-9/._~%+-]*", parts.path):
        raise ValueError(f"must be {_HTTPS}")
    return parts.geturl().rstrip("/")


_NATS = "a nats or tls address without a path, such as tls://nats.example.org:4222"


def _nats(value: object) -> str:
    parts = _url(value, _NATS, "nats", "tls")
    try:
        parse_address(parts.netloc)  # no user: who one is stands in keys of its own
    except ValueError:
        raise ValueError(f"must be {_NATS}") from None
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(f"must be {_NATS}")
    return parts.geturl().rstrip("/")


_API = "an http or https address that ends in /api/, such as http://127.0.0.1:3999/api/"


def _slack_api(value: object) -> str:
    parts = _url(value, _API, "http", "https")
    if not parts.hostname or not parts.path.endswith(("/api/", "/api")) or parts.query or parts.fragment:
        raise ValueError(f"must be {_API}")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("must begin with https: over plain http the tokens go to this machine alone (localhost)")
    return parts.geturl().rstrip("/") + "/"


def _chat(what: str) -> Callable[[object], str]:
    """An address that secrets go to, or come from."""
    allowed = f"an https address without a query, such as {what} (http to this machine alone)"

    def check(value: object) -> str:
        parts = _url(value, allowed, "http", "https")
        try:
            host = parse_address(parts.netloc).host  # no user
        except ValueError:
            raise ValueError(f"must be {allowed}") from None
        is_plain = parts.scheme == "http" and not is_loopback(host)
        if is_plain or parts.query or parts.fragment or not re.fullmatch(r"[A-Za-z0-9/._~-]*", parts.path):
            raise ValueError(f"must be {allowed}")
        return parts.geturl().rstrip("/")

    return check


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name or address; no resolver is asked."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


_LIST = "an https address, or a file's path"


def _published(what: str) -> Callable[[object, ValidationInfo], str]:
    """Where something is published that must not be changed on its way."""

    def check(value: object, info: ValidationInfo) -> str:
        text = text_of(value, _LIST)
        if "://" not in text:
            return str(_file(text, info))
        parts = _url(text, _LIST, "http", "https")
        if not parts.hostname:
            raise ValueError(f"must be {_LIST}")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError(
                f"must begin with https: over plain http others can change the {what} on its way to this machine"
            )
        return parts.geturl()

    return check


_DATABASE = "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"


def _database(value: object) -> str:
    text = text_of(value.get_secret_value() if isinstance(value, SecretStr) else value, _DATABASE)
    if re.fullmatch(r"sqlite:///.+", text):
        return text
    parts = _url(text, _DATABASE, "postgres", "postgresql")  # platforms write postgres://, SQLAlchemy reads the other
    if not parts.path.strip("/"):
        raise ValueError(f"must be {_DATABASE}")
    return "postgresql" + text.removeprefix(text.partition(":")[0])


_LISTEN = 'a host or a list of hosts without a port, such as "0.0.0.0" or ["127.0.0.1", "::1"] (PORT is the port)'


def _listen(value: object) -> tuple[str, ...]:
    """Hosts from a list, or from text: one, several by comma, or the list as JSON."""
    if isinstance(value, str):
        try:
            # An address of IPv6 in its brackets begins like a list, and is none: "::1" has quotes in JSON.
            value = json.loads(value) if re.match(r"\s*\[\s*([\"\]]|$)", value) else value.split(",")
        except (ValueError, RecursionError):
            raise ValueError(f"must be {_LISTEN}") from None
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"must be {_LISTEN}")
    hosts: list[str] = []
    for each in value:
        try:
            address = parse_address(text_of(each, _LISTEN))
        except ValueError:
            raise ValueError(f"must be {_LISTEN}") from None
        if address.port is not None:
            raise ValueError(f"must be {_LISTEN}")
        hosts.append(address.host)
    return tuple(hosts)


def _lowered(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


@cache
def _shipped_reader() -> "Reader":
    """Reads releases by the shipped data: what a page added since is not known where a file is read."""
    from bot.matrix.load import load_matrix  # a configuration without a policy needs none of it
    from bot.query.reader import Reader

    return Reader(load_matrix())


def _approvable(value: object) -> str:
    from bot.fleet.policy import why_not_approvable

    text = text_of(value, "a release or a range of one product, such as XCP-ng 8.3 or XenServer >=8")
    if wrong := why_not_approvable(_shipped_reader(), text):
        raise ValueError(wrong)
    return text


_AGES = 'tags with a duration each, such as {prod: 90d, "*": 180d} ("*" is every host)'
_TAG = r"[A-Za-z0-9][A-Za-z0-9._:/=-]{0,62}"


def _ages(value: object) -> tuple[tuple[str, timedelta], ...]:
    """Spans of whole days by tag, in the order of the file."""
    if not isinstance(value, dict):
        raise ValueError(f"must be {_AGES}")
    found: list[tuple[str, timedelta]] = []
    for tag, span in value.items():
        if tag != "*" and not (isinstance(tag, str) and re.fullmatch(_TAG, tag)):
            raise ValueError(f"must be {_AGES}")
        try:
            duration = parse_duration(str(span))
        except ValueError as error:
            raise ValueError(f"{tag} {error}") from None
        if duration < timedelta(days=1):
            raise ValueError(f"{tag} must be at least 1d")
        found.append((tag, duration))
    return tuple(found)


_CHANNEL = (
    "a channel's ID such as C0123456789 (at the end of the channel's details), mattermost:TEAM/CHANNEL, or notify:NAME"
)


def _channel(value: object) -> str:
    text = text_of(value, _CHANNEL)
    if not is_channel_name(text):
        raise ValueError(f"must be {_CHANNEL}")
    return text


_XO_SERVER = 'the number of an xo-server, such as "5.208.0"'


_ZONE = "the name of a time zone of the IANA database, such as Europe/Paris, Pacific/Auckland or UTC"


def _zone(value: object) -> str:
    """A time zone by its name in any case, as the database spells it."""
    text = text_of(value, _ZONE)
    if text == "UTC":
        return text
    known = _zones()
    if found := known.get(text.casefold()):
        return found
    if not known:
        raise ValueError("cannot be looked up: this machine has no time zones (install tzdata), so only UTC is allowed")
    from bot.text import near

    nearest = near(text.replace(" ", "_"), sorted(known.values()))
    meant = f" (nearest: {', '.join(nearest)})" if nearest else ""
    raise ValueError(f"must be {_ZONE}{meant}")


@cache
def _zones() -> dict[str, str]:
    """The names of all zones that this machine has, by their lower-case forms."""
    from zoneinfo import available_timezones  # looks through hundreds of files: most configurations name no zone

    return {name.casefold(): name for name in available_timezones() - {"localtime"}}


Name = Annotated[str, _matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", _VALUES_NAME), BeforeValidator(_name)]
Tag = Annotated[
    str,
    _matching(_TAG, "a tag of letters, digits and . _ - : / = such as lab, at most 63"),
]
PoolName = Annotated[str, _matching(r".{1,255}", "a pool's name or UUID")]
Username = Annotated[str, _matching(r".{1,255}", "a user's name")]
VariableName = Annotated[
    str, _matching(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable, such as LAB_A_PASSWORD")
]
ChannelId = Annotated[str, BeforeValidator(_channel)]
Who = Annotated[
    str,
    _matching(
        r"[UWS][A-Z0-9]{1,30}|\*|mcp|mattermost:@?[a-z0-9._-]{1,64}",
        "the ID of a user (U..., W...) or user group (S...), mattermost:USERNAME, mattermost:@GROUP, mcp for "
        'assistants, or "*" for all',
    ),
]
Pin = Annotated[
    str, BeforeValidator(_lowered), _matching(r"(?i)sha256:[0-9a-f]{64}", "like sha256:<64 hexadecimal digits>")
]
HostAddress = Annotated[
    Address,
    BeforeValidator(
        lambda value: value if isinstance(value, Address) else parse_address(value if isinstance(value, str) else "")
    ),
]
FilePath = Annotated[Path, BeforeValidator(_file)]
TlsVersion = Annotated[str, BeforeValidator(_tls_version)]
Period = Annotated[timedelta, _duration(bool, "at least 1s")]
Lead = Annotated[
    timedelta,
    _duration(lambda lead: not lead % timedelta(days=1), "whole days, such as 90d or 2w: an end of life is a day"),
]
Concurrency = Annotated[int, _whole(1, 1024)]
Port = Annotated[int, _whole(1, 65535)]
HttpsUrl = Annotated[str, BeforeValidator(_https)]
NatsUrl = Annotated[str, BeforeValidator(_nats)]
SiteName = Annotated[
    str, _matching(SITE_NAME.pattern, "a name of lower-case letters, digits and dashes, at most 32, such as paris")
]
ListenHosts = Annotated[Sequence[str], BeforeValidator(_listen)]
SlackApiUrl = Annotated[str, BeforeValidator(_slack_api)]
MattermostUrl = Annotated[str, BeforeValidator(_chat("https://chat.example.org"))]
CallbackUrl = Annotated[str, BeforeValidator(_chat("https://xocompat.example.org"))]
ListUrl = Annotated[str, BeforeValidator(_published("list"))]
DataUrl = Annotated[str, BeforeValidator(_published("data"))]
DatabaseUrl = Annotated[SecretStr, BeforeValidator(_database)]
ApprovedRelease = Annotated[str, BeforeValidator(_approvable)]
AgesByTag = Annotated[tuple[tuple[str, timedelta], ...], BeforeValidator(_ages)]
XoServerNumber = Annotated[str, _matching(r"[0-9]{1,4}\.[0-9]{1,6}\.[0-9]{1,6}", _XO_SERVER)]
ZoneName = Annotated[str, BeforeValidator(_zone)]
LowerCase = BeforeValidator(_lowered)
