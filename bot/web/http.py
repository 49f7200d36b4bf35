"""A small WSGI front: paths to handlers, bodies with a limit. What can't be read is a 4xx, never a 5xx."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

Environ = Mapping[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]

BODY_MAX = 1024 * 1024
"""Bytes of a request's body; Slack's are a few thousand."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request; names of headers in lower case. `query` is as it was sent, `remote` the peer's IP address."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    query: str = ""
    remote: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """A response; `headers` may name the content type, else it is plain text. `sent` is called once it is written."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: Callable[[], object] | None = None


Handler = Callable[[Request], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """What answers a path. A GET route answers HEAD, too."""

    method: str
    handler: Handler


def wsgi(routes: Mapping[str, Route]) -> Wsgi:
    """The WSGI application of some routes."""

    def application(environ: Environ, start: StartResponse) -> Iterable[bytes]:
        response = _respond(routes, environ)
        body = response.body.encode()
        headers = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store", **response.headers}
        headers["content-length"] = str(len(body))
        start(f"{response.status} {HTTPStatus(response.status).phrase}", [*headers.items()])
        parts = [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]
        return _Body(parts, response.sent) if response.sent else parts

    return application


class _Body:
    """The parts of a body that knows when they are written: servers call `close` then (PEP 3333)."""

    def __init__(self, parts: list[bytes], sent: Callable[[], object]) -> None:
        self._parts = parts
        self.close = sent

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)


def _respond(routes: Mapping[str, Route], environ: Environ) -> Response:
    path, method = str(environ.get("PATH_INFO", "")), str(environ.get("REQUEST_METHOD", ""))
    route = routes.get(path)
    if route is None:
        return Response(404, "not found\n")
    if method != route.method and (method, route.method) != ("HEAD", "GET"):
        return Response(405, "method not allowed\n", {"allow": route.method})
    body = _body(environ) if route.method == "POST" else b""
    if isinstance(body, Response):
        return body
    query, remote = (str(environ.get(key) or "") for key in ("QUERY_STRING", "REMOTE_ADDR"))
    return route.handler(Request(method, path, _headers(environ), body, query, remote))


def _body(environ: Environ) -> bytes | Response:
    """The body, or why it is not read. Without a length it must come from a server that ends it by itself."""
    length = str(environ.get("CONTENT_LENGTH") or "")
    if length and not (length.isascii() and length.isdigit()):
        return Response(400, "bad content-length\n")
    if not length and not environ.get("wsgi.input_terminated"):
        return Response(411, "content-length needed\n")
    wanted = int(length[:12]) if length else BODY_MAX + 1
    if length and wanted > BODY_MAX:
        return Response(413, "too large\n")
    body = bytes(environ["wsgi.input"].read(wanted))
    if len(body) > BODY_MAX:
        return Response(413, "too large\n")
    return body if not length or len(body) == wanted else Response(400, "cut short\n")


def _headers(environ: Environ) -> dict[str, str]:
    """As WSGI gives them: CGI names, values as latin-1."""
    names = {key: key.removeprefix("HTTP_") for key in environ if key.startswith("HTTP_")}
    names |= {key: key for key in ("CONTENT_TYPE", "CONTENT_LENGTH") if key in environ}
    return {name.lower().replace("_", "-"): str(environ[key]) for key, name in names.items()}
