"""Streamable HTTP for assistants: behind a bearer token or Slack's signature, and for the names by which it is called
alone."""

import hmac
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import anyio
import uvicorn
from mcp.server import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.mcp.arrivals import AssistantConnection
from bot.mcp.assistant import SIGNED
from bot.web.listen import BACKLOG

BODY_MAX = 256 * 1024
"""Bytes of a request: ours are hundreds."""

BODY_WITHIN = 10.0
"""Seconds for a body."""

UNREAD_MAX, UNREAD_WITHIN = 16 * 1024 * 1024, 5.0
"""Bytes and seconds of a body that is taken and dropped, so that its sender gets to read the answer."""

AT_ONCE = 64
"""Requests that are worked on, with the token or signed: further ones are told to come again."""

ACCEPTED_AT_ONCE = 8
"""Connections in one round of the loop: the oldest are dropped for them some rounds later."""

DRAIN = 9
"""Seconds for what is being answered when the process ends."""

SIGNATURE = b"x-slack-signature"

Signed = Callable[[bytes, Mapping[str, str]], bool]
"""Whether Slack signed a body with these headers (names in lower case), lately."""

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Named(NamedTuple):
    """A name by which the server is called, with its port (None: whichever)."""

    host: str
    port: int | None = None


def guarded_app(
    server: MCPServer, token: str, listens: Named, names: Sequence[Named] = (), signed: Signed | None = None
) -> ASGIApp:
    """The application: `/mcp` for whoever shows the token and, with `signed`, for Slack. `names` are further ones that
    a Host header may have."""
    called = [*names, *(Named(each, listens.port) for each in (*_LOOPBACK, listens.host))]
    hosts = [*dict.fromkeys(host for each in called for host in _headers(each))]
    security = TransportSecuritySettings(
        allowed_hosts=hosts, allowed_origins=[f"{scheme}://{host}" for host in hosts for scheme in ("http", "https")]
    )
    app = server.streamable_http_app(
        stateless_http=True, json_response=True, max_request_body_size=BODY_MAX, transport_security=security
    )
    return answered_first(Gate(app, token, signed))


def _headers(named: Named) -> tuple[str, ...]:
    """What the Host header of a request to this name may be."""
    host = f"[{named.host}]" if ":" in named.host and not named.host.startswith("[") else named.host
    return (host, f"{host}:*") if named.port is None else (f"{host}:{named.port}",)


class Gate:
    """Lets requests with the token pass, and those that Slack signed, which it marks; to others it says 401.

    A request with a signature is judged by that alone.
    """

    def __init__(self, app: ASGIApp, token: str, signed: Signed | None = None) -> None:
        self._app, self._token, self._signed = app, token.encode(), signed
        self._at_work = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif {b"transfer-encoding", b"content-length"} <= {name for name, _ in scope["headers"]}:
            # A proxy that reads it by its length would pass on what follows as a part of it: see bot.web.connections.
            await _refusal(400, "A request has a length or a coding, not both.")(scope, receive, send)
        elif self._signed and any(name == SIGNATURE for name, _ in scope["headers"]):
            await self._of_slack(self._signed, scope, receive, send)
        elif self._shows_token(scope):
            if (body := await _read(scope, receive, send)) is not None:
                await self._admit(scope, _replayed(body, receive), send)
        else:  # without reading what they send
            said = "This needs the token of mcp.token_env, as the header `Authorization: Bearer TOKEN`."
            await _refusal(401, said)(scope, receive, send)

    async def _of_slack(self, signed: Signed, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        body = await _read(scope, receive, send)
        if body is None:
            return
        if not signed(body, headers):
            said = (
                "Slack's signature does not hold: it is of another body, another secret, or more than five minutes old."
            )
            await _refusal(401, said)(scope, receive, send)
        else:
            scope[SIGNED] = headers[SIGNATURE.decode()]
            await self._admit(scope, _replayed(body, receive), send)

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._at_work >= AT_ONCE:
            await _refusal(503, "Too much is being asked at once: try again in a moment.")(scope, receive, send)
            return
        self._at_work += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._at_work -= 1

    def _shows_token(self, scope: Scope) -> bool:
        """In a time that says nothing of the token."""
        shown = [value for name, value in scope["headers"] if name == b"authorization"]
        scheme, _, bearer = (shown[0] if len(shown) == 1 else b"").partition(b" ")
        return scheme.lower() == b"bearer" and hmac.compare_digest(bearer.strip(), self._token)


def _refusal(status: int, said: str) -> PlainTextResponse:
    headers = {"connection": "close", **({"www-authenticate": "Bearer"} if status == 401 else {})}
    return PlainTextResponse(f"{said}\n", status, headers)


async def _read(scope: Scope, receive: Receive, send: Send) -> bytes | None:
    """The whole body, which is work only once it is there; None where its sender was told that it is too long."""
    with anyio.move_on_after(BODY_WITHIN):
        if (body := await _body(receive)) is not None:
            return body
    await _refusal(413, f"That is more than {BODY_MAX} bytes, or came too slowly.")(scope, receive, send)
    return None


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None if it is too long, or its sender left."""
    read = bytearray()
    while True:
        message = await receive()
        read += message.get("body", b"")
        if message["type"] != "http.request" or len(read) > BODY_MAX:
            return None
        if not message.get("more_body", False):
            return bytes(read)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was read already, then whatever comes."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return waiting.pop() if waiting else await receive()

    return next_message


def answered_first(app: ASGIApp) -> ASGIApp:
    """An application whose answers arrive though it did not read the request whole: a connection that is closed on
    what nobody read is reset, and an answer that was on its way is lost with it. What is sent yet is taken and dropped,
    up to a bound."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        is_read = False

        async def noting() -> Message:
            nonlocal is_read
            message = await receive()
            is_read = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        async def sending(message: Message) -> None:
            is_end = message["type"] == "http.response.body" and not message.get("more_body", False)
            if not is_end or is_read:
                await send(message)
                return
            await send({**message, "more_body": True})
            left = UNREAD_MAX
            with anyio.move_on_after(UNREAD_WITHIN):
                while not is_read and left > 0:
                    left -= len((await noting()).get("body", b""))
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        await app(scope, noting, sending if scope["type"] == "http" else send)

    return answering


def serve_http(app: ASGIApp, sockets: list[socket.socket]) -> None:
    """Serve on sockets that listen until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        app,
        http=AssistantConnection,
        log_config=None,
        access_log=False,
        backlog=ACCEPTED_AT_ONCE,
        ws="none",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN,
    )
    _Server(config).run(sockets)


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for each in sockets or []:  # of which the library made a queue as long as what is accepted at once
            each.listen(BACKLOG)
