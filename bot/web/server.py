"""A small WSGI front: paths to handlers, bodies with a limit. What can't be read is a 4xx, never a 5xx."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from waitress import wasyncore  # type: ignore[import-untyped] # waitress has no types
from waitress.adjustments import Adjustments  # type: ignore[import-untyped] # as above
from waitress.task import ThreadedTaskDispatcher  # type: ignore[import-untyped] # as above

from bot.web.connections import ROOM, WebListener, connections_max
from bot.web.listen import BACKLOG

Environ = MutableMapping[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]
Wsgi = Callable[[Environ, StartResponse], Iterable[bytes]]

BODY_MAX = 1024 * 1024
"""Bytes of a request's body; Slack's are a few thousand."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request; names of headers in lower case. `query` is as it was sent, `remote` the peer's IP address."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    query: str = ""
    remote: str = ""

    @property
    def fields(self) -> dict[str, Any]:
        """The object in its body of JSON; an empty one for anything else."""
        try:
            data = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return data if isinstance(data, dict) else {}


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response; `headers` may name the content type, else it is plain text. `sent` is called once it is written.

    A body that is encoded already is taken as it is: that of a large fleet's metrics is megabytes long.
    """

    status: int
    body: str | bytes = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: Callable[[], object] | None = None


Handler = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True, slots=True)
class HttpRoute:
    """What answers a path. A GET route answers HEAD, too."""

    method: str
    handler: Handler


def wsgi(routes: Mapping[str, HttpRoute]) -> Wsgi:
    """The WSGI application of some routes. One that ends with a slash answers all paths below it."""

    def application(environ: Environ, start: StartResponse) -> Iterable[bytes]:
        response = _respond(routes, environ)
        body = response.body.encode() if isinstance(response.body, str) else response.body
        headers = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store", **response.headers}
        if response.status == HTTPStatus.NOT_MODIFIED:  # a length would be that of what is not sent
            del headers["content-type"]
        else:
            headers["content-length"] = str(len(body))
        start(f"{response.status} {HTTPStatus(response.status).phrase}", [*headers.items()])
        parts = _Body([] if environ.get("REQUEST_METHOD") == "HEAD" else [body])
        if response.sent:
            parts.close = response.sent
        return parts

    return application


class _Body(list[bytes]):
    """The parts of a body that reports when they are written: servers call `close` then, if it is there (PEP 3333)."""

    close: Callable[[], object]


def _respond(routes: Mapping[str, HttpRoute], environ: Environ) -> HttpResponse:
    """The response of the route for a request, whose headers WSGI gives under CGI's names and as latin-1."""
    path, method = str(environ.get("PATH_INFO", "")), str(environ.get("REQUEST_METHOD", ""))
    if query := str(environ.get("QUERY_STRING") or ""):
        # It may hold a token, and gunicorn's access log shows what it finds here once all is done.
        environ.update(QUERY_STRING="", RAW_URI=str(environ.get("RAW_URI", path)).partition("?")[0])
    route = routes.get(path) or routes.get(f"/{path[1:].partition('/')[0]}/")
    if route is None:
        return HttpResponse(404, "not found\n")
    if method != route.method and (method, route.method) != ("HEAD", "GET"):
        return HttpResponse(405, "method not allowed\n", {"allow": route.method})
    body = _body(environ) if route.method == "POST" else b""
    if isinstance(body, HttpResponse):
        return body
    names = {key: key.removeprefix("HTTP_") for key in environ if key.startswith("HTTP_")}
    names |= {key: key for key in ("CONTENT_TYPE", "CONTENT_LENGTH") if key in environ}
    headers = {name.lower().replace("_", "-"): str(environ[key]) for key, name in names.items()}
    remote = str(environ.get("REMOTE_ADDR") or "")
    return route.handler(HttpRequest(method, path, headers, body, query, remote))


def _body(environ: Environ) -> bytes | HttpResponse:
    """The body, or why it is not read. Without a length it must come from a server that ends it by itself."""
    length = str(environ.get("CONTENT_LENGTH") or "")
    if length and not (length.isascii() and length.isdigit()):
        return HttpResponse(400, "bad content-length\n")
    if not length and not environ.get("wsgi.input_terminated"):
        return HttpResponse(411, "content-length needed\n")
    wanted = int(length[:12]) if length else BODY_MAX + 1
    if length and wanted > BODY_MAX:
        return HttpResponse(413, "too large\n")
    body = bytes(environ["wsgi.input"].read(wanted))
    if len(body) > BODY_MAX:
        return HttpResponse(413, "too large\n")
    return body if not length or len(body) == wanted else HttpResponse(400, "cut short\n")


THREADS = 16
FLUSH = 1.0
"""Seconds for answers that are made but not yet written when the server stops."""

HEADERS_MAX = 32 * 1024


class Server:
    """Serves an application on sockets from `start` to `stop`."""

    def __init__(self, application: Wsgi, sockets: Iterable[socket.socket]) -> None:
        self._sockets: dict[int, Any] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)
        adjustments = Adjustments(
            threads=THREADS,
            ident=None,
            clear_untrusted_proxy_headers=False,  # they show that a caller on loopback is a proxy: see access
            # The application answers 413 itself; this bounds what waitress reads before it is called.
            max_request_body_size=BODY_MAX + 1,
            max_request_header_size=HEADERS_MAX,
            inbuf_overflow=2 * BODY_MAX,  # never into a file: that takes a descriptor for each
            connection_limit=connections_max() + ROOM,
            cleanup_interval=1,
            backlog=BACKLOG,
        )
        self._dispatcher = ThreadedTaskDispatcher()
        self._dispatcher.set_thread_count(THREADS)
        self._listeners = [
            WebListener(
                application,
                self._sockets,
                _sock=each,
                dispatcher=self._dispatcher,
                adj=adjustments,
                sockinfo=(each.family, each.type, each.proto, each.getsockname()),
                bind_socket=False,
            )
            for each in sockets
        ]

    @property
    def is_running(self) -> bool:
        """Whether connections are read; not before `start`."""
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Accept nothing more, let requests that are being answered end within `seconds`, and close everything."""
        for listener in self._listeners:
            listener.accepting = False
        self._dispatcher.shutdown(cancel_pending=True, timeout=seconds)
        self._stopping.set()
        with contextlib.suppress(OSError):  # the loop has ended already, and its trigger with it
            self._listeners[0].pull_trigger()
        self._thread.join(FLUSH)

    def _channels(self) -> list[Any]:
        return [channel for listener in self._listeners for channel in list(listener.active_channels.values())]

    def _run(self) -> None:
        """waitress' own loop has no end but an exception; this one ends when all answers are written."""
        while True:
            if self._stopping.is_set():
                if not (channels := self._channels()):
                    break
                for channel in channels:  # again in each round: this thread may have accepted one meanwhile
                    channel.close_when_flushed = True
            wasyncore.loop(timeout=1, use_poll=True, map=self._sockets, count=1)
        wasyncore.close_all(self._sockets)
