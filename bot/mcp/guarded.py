"""Streamable HTTP for assistants: behind a bearer token, and for the names by which it is called alone."""

import hmac
import socket
from collections.abc import Sequence
from typing import NamedTuple

import uvicorn
from mcp.server import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

BODY_MAX = 256 * 1024
"""Bytes of a request: ours are hundreds."""

CONNECTIONS_MAX = 64
DRAIN = 9
"""Seconds for what is being answered when the process ends."""

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Named(NamedTuple):
    """A name by which the server is called, with its port (None: whichever)."""

    host: str
    port: int | None = None


def guarded_app(server: MCPServer, token: str, listens: Named, names: Sequence[Named] = ()) -> ASGIApp:
    """The application: `/mcp` for whoever shows the token. `names` are further ones that a Host header may have."""
    called = [*names, *(Named(each, listens.port) for each in (*_LOOPBACK, listens.host))]
    hosts = [*dict.fromkeys(host for each in called for host in _headers(each))]
    security = TransportSecuritySettings(
        allowed_hosts=hosts, allowed_origins=[f"{scheme}://{host}" for host in hosts for scheme in ("http", "https")]
    )
    app = server.streamable_http_app(
        stateless_http=True, json_response=True, max_request_body_size=BODY_MAX, transport_security=security
    )
    return BearerGate(app, token)


def _headers(named: Named) -> tuple[str, ...]:
    """What the Host header of a request to this name may be."""
    host = f"[{named.host}]" if ":" in named.host and not named.host.startswith("[") else named.host
    return (host, f"{host}:*") if named.port is None else (f"{host}:{named.port}",)


class BearerGate:
    """Lets requests with the token pass; to others it says 401, without reading what they send."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._token = app, token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan" and not self._opens(scope):
            said = "This needs the token of mcp.token_env, as the header `Authorization: Bearer TOKEN`.\n"
            refused = PlainTextResponse(said, 401, {"www-authenticate": "Bearer", "connection": "close"})
            await refused(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _opens(self, scope: Scope) -> bool:
        """In a time that says nothing of the token."""
        shown = [value for name, value in scope["headers"] if name == b"authorization"]
        scheme, _, bearer = (shown[0] if len(shown) == 1 else b"").partition(b" ")
        return scheme.lower() == b"bearer" and hmac.compare_digest(bearer.strip(), self._token)


def serve_http(app: ASGIApp, sockets: list[socket.socket]) -> None:
    """Serve on sockets that listen until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        ws="none",
        proxy_headers=False,
        server_header=False,
        limit_concurrency=CONNECTIONS_MAX,
        timeout_graceful_shutdown=DRAIN,
    )
    uvicorn.Server(config).run(sockets)
