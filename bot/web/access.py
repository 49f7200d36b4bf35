"""Who may see pages that name hosts: whoever has a token, or a program on this machine (CONTRACT.md section 4)."""

import hmac
import re
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple
from urllib.parse import parse_qsl

from bot.web.server import Handler, HttpRequest, HttpResponse

Token = Callable[[], str | None]

_OF_PROGRAMS = frozenset(
    [
        "host",
        "user-agent",
        "accept",
        "connection",
        "keep-alive",
        "authorization",
        "cache-control",
        "pragma",
        "range",
        "te",
        "expect",
        "content-type",
        "content-length",
        "x-prometheus-scrape-timeout-seconds",
    ]
)
_KINDS = ("accept-", "if-")
"""What a program that asks directly may send. Anything else is a proxy's (Forwarded, Via, X-Real-IP, CF-Ray and
whatever the next one invents) or a web page's (Origin, Sec-Fetch-Site): a list of those would never be complete.
"""

_HOST = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::[0-9]{1,5})?", re.ASCII)
_FIELDS_MAX = 20


class PageAccess(NamedTuple):
    """What opens a page. A token that is None or "" opens nothing.

    `token` opens by the header alone, as addresses end up in logs; `address_token` by `?token=` and by the header.
    `proxied`: a proxy is expected in front, so being on this machine opens nothing.
    """

    token: Token
    address_token: Token = lambda: None
    proxied: bool = False

    @property
    def refusal(self) -> str:
        """What to do, for those who may not see the page."""
        ways = ["the token of web.token_env, as the header `Authorization: Bearer TOKEN`"]
        if self.address_token():
            ways.append("the token of web.calendar_token_env, as `?token=TOKEN`")
        if not self.proxied:
            ways.append("from this machine a plain request to localhost, through no proxy and from no web page")
        return f"This page needs {'; or '.join(ways)}.\n"

    def opens(self, request: HttpRequest) -> bool:
        """Whether the caller may see the page."""
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        shown = bearer.strip() if scheme.casefold() == "bearer" else ""
        in_address: list[str] = []
        with suppress(ValueError):  # more fields than anybody needs
            fields = parse_qsl(request.query, max_num_fields=_FIELDS_MAX)
            in_address = [value for name, value in fields if name == "token"]
        compared = [_equal(self.token(), shown), *(_equal(self.address_token(), each) for each in (shown, *in_address))]
        return any(compared) or (not self.proxied and _is_direct(request))


def guarded(handler: Handler, access: PageAccess) -> Handler:
    """A handler that answers 403 to callers who may not see its page."""
    return lambda request: handler(request) if access.opens(request) else HttpResponse(403, access.refusal)


def _equal(token: str | None, shown: str) -> bool:
    """In a time that says nothing of the token."""
    return bool(token) and hmac.compare_digest(shown.encode(), str(token).encode())


def _is_direct(request: HttpRequest) -> bool:
    """Whether a program on this machine asks by itself: no proxy that passes others on, no page in a browser."""
    host = _HOST.fullmatch(request.headers.get("host", ""))
    name = host[1].casefold() if host else ""
    return (
        _is_loopback(request.remote)
        and (name == "localhost" or _is_loopback(name.strip("[]"), mapped=False))
        and all(header in _OF_PROGRAMS or header.startswith(_KINDS) for header in request.headers)
    )


def _is_loopback(text: str, mapped: bool = True) -> bool:
    """Whether a text is an address of this machine itself. `mapped`: IPv4's in the form of IPv6, too."""
    try:
        address: IPv4Address | IPv6Address = ip_address(text)
    except ValueError:  # a Unix socket has no address: the caller behind it, a proxy most likely, is not known
        return False
    if mapped and isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_loopback
