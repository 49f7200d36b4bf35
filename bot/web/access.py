"""Who may see pages that name hosts: a caller on this machine, or anybody with the token (CONTRACT.md section 4)."""

import hmac
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from urllib.parse import parse_qsl

from bot.web.server import Handler, HttpRequest, HttpResponse

_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
"""A proxy on this machine that passes others on gives itself away by one of these."""

_FIELDS_MAX = 20
_FORBIDDEN = (
    "Only for callers on this machine, or with the token of web.token_env: "
    "`Authorization: Bearer TOKEN`, or `?token=TOKEN`.\n"
)


def guarded(handler: Handler, token: Callable[[], str | None]) -> Handler:
    """A handler that answers 403 to callers who may not see its page. `token` is None or "" where none is set."""

    def answer(request: HttpRequest) -> HttpResponse:
        if _is_direct_and_local(request) or _has(request, token()):
            return handler(request)
        return HttpResponse(403, _FORBIDDEN)

    return answer


def _is_direct_and_local(request: HttpRequest) -> bool:
    """Whether the caller is on this machine, and no proxy in between passes somebody else on."""
    try:
        address = ip_address(request.remote)
    except ValueError:  # a Unix socket has no address: the caller behind it, a proxy most likely, is not known
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback and not any(name in request.headers for name in _FORWARDED)


def _has(request: HttpRequest, token: str | None) -> bool:
    """Whether a request carries the token, as a bearer's or in the address."""
    if not token:
        return False
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    shown = [bearer.strip()] if scheme.casefold() == "bearer" else []
    with suppress(ValueError):  # more fields than anybody needs
        shown += [value for name, value in parse_qsl(request.query, max_num_fields=_FIELDS_MAX) if name == "token"]
    return any(hmac.compare_digest(each.encode(), token.encode()) for each in shown)
