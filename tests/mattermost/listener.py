"""The port that a Mattermost listens on: HTTP/1.1 and WebSockets, and what goes wrong there."""

import contextlib
import json
import sys
import threading
from collections import defaultdict, deque
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.mattermost.api import Api, Request, route_of
from tests.mattermost.events import Events, Wire
from tests.mattermost.faults import Fault, Said
from tests.mattermost.state import State, new_id


class Faults:
    """What arrived, and what is to go wrong with what arrives next."""

    def __init__(self, changed: threading.Condition) -> None:
        self._changed = changed
        self._waiting: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self.requests: list[Request] = []

    def add(self, route: str, faults: tuple[Fault, ...]) -> None:
        with self._changed:
            self._waiting[route].extend(faults)

    def clear(self) -> None:
        with self._changed:
            self._waiting.clear()

    def next_for(self, request: Request) -> Fault | None:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
            waiting = self._waiting.get(request.route)
            return waiting.popleft() if waiting else None


class Listener(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = False

    def __init__(self, state: State, events: Events, faults: Faults, port: int) -> None:
        self.state, self.events, self.faults = state, events, faults
        self._open: set[socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)
        self.api = Api(state, events, f"http://127.0.0.1:{self.server_address[1]}")

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def cut_all(self) -> None:
        with self._lock:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is gone is no news here; anything else is a mistake of ours."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: Listener
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if urlsplit(self.path).path == "/api/v4/websocket":
            self._websocket()
        else:
            self._request()

    def do_POST(self) -> None:
        self._request()

    do_PUT = do_DELETE = do_POST

    @property
    def _token(self) -> str | None:
        scheme, _, token = (self.headers.get("Authorization") or "").partition(" ")
        return token.strip() if scheme.lower() in ("bearer", "token") else None

    def _websocket(self) -> None:
        events = self.server.events
        line = Wire(self.connection, events)
        try:
            line.accept((self.headers.get("Sec-WebSocket-Key") or "").encode())
            events.opened(line, self._token, dict(parse_qsl(urlsplit(self.path).query)))
            line.listen()
        finally:
            events.closed(line)
            line.close()
            self.close_connection = True

    def _request(self) -> None:
        server, url = self.server, urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        if len(raw) < length:  # the client died while it was speaking
            self.close_connection = True
            return
        route, args = route_of(self.command, url.path)
        request = Request(
            route,
            url.path,
            args,
            dict(parse_qsl(url.query)),
            _json(raw),
            raw,
            self.headers.get("Content-Type") or "",
            server.state.bearer(self._token),
            server.state.now(),
        )
        fault = server.faults.next_for(request)
        if fault is None:
            self._say(server.api.answer(request))
            return
        own = server.api.answer(request) if fault.done else None
        server.events.stopping.wait(fault.delay)
        said = own if fault.answers else fault.said
        if said is None:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(SHUT_RDWR)
            return
        self._say(said, fault.half)

    def _say(self, said: Said, half: bool = False) -> None:
        if isinstance(said.body, bytes):
            body = said.body
        else:
            body = said.body.encode() if isinstance(said.body, str) else json.dumps(said.body).encode()
        with contextlib.suppress(ConnectionError):  # the client waits no more
            self.send_response_only(said.status)
            date = formatdate(self.server.state.now() / 1000, usegmt=True)
            own = {"Date": date, "Content-Type": "application/json", "X-Request-Id": new_id()}
            for name, value in {**own, **said.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if half else body)
        self.close_connection = self.close_connection or half

    def log_message(self, format: str, *args: object) -> None:
        pass


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None
