"""Where a host listens, as the configuration names it: `host` or `host:port`, nothing else of a URL."""

import re
from dataclasses import dataclass
from ipaddress import ip_address

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
    if "/" in text:
        raise ValueError(f"must be {ALLOWED}")
    if bracketed := re.fullmatch(r"\[([^\[\]]*)\](?::(.*))?", text):
        return Address(_ipv6(bracketed[1]), _port(bracketed[2]))
    if text.count(":") > 1:
        return Address(_ipv6(text))
    host, colon, port = text.partition(":")
    return Address(_host(host), _port(port if colon else None))


def _ipv6(text: str) -> str:
    if ":" not in text or not _IPV6.fullmatch(text):
        raise ValueError(f"must be {ALLOWED}")
    return _ip(text)


def _host(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(f"must be {ALLOWED}")
    # A last label that is a number makes it an IPv4 address (https://url.spec.whatwg.org/#ends-in-a-number-checker);
    # the short and octal forms that old resolvers take are refused, as they hide where they lead.
    return _ip(text) if _NUMBER.fullmatch(text.rpartition(".")[2]) else text.lower()


def _ip(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError("must be a whole IP address, such as 192.0.2.10 or 2001:db8::1, or a name") from None


def _port(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise ValueError("must have a port from 1 to 65535 after its colon, or no colon")
    return int(text)
