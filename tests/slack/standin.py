"""A stand-in for Slack's Web API, where every answer is the test's: what was called is kept, nothing is decided."""

import contextlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

Json = dict[str, Any]
HOME = {
    "ok": True,
    "team_id": "T0000001",
    "team": "Lab",
    "user": "xocompat",
    "user_id": "U0000BOT",
    "bot_id": "B0000BOT",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the method of the Web API (or "respond" for a response_url), and its fields."""

    method: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """An answer with a status and headers of its own; `body` may be any text."""

    body: Json | str
    status: int = 200
    headers: Mapping[str, str] | None = None


Answer = Json | Said | Callable[[Call], Json | Said]


class StandIn:
    """Answers `{"ok": true}` unless `answers` holds something else for a method. Use it as a context."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {"auth.test": HOME}
        self.calls: list[Call] = []
        self._called = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def api(self) -> str:
        return f"{self.address}/api/"

    @property
    def response_url(self) -> str:
        return f"{self.address}/respond"

    def of(self, *methods: str) -> list[Call]:
        with self._called:
            return [call for call in self.calls if call.method in methods]

    def wait(self, method: str, count: int = 1, seconds: float = 10) -> list[Call]:
        """The calls of a method, as soon as there are that many."""
        with self._called:
            enough = self._called.wait_for(lambda: sum(c.method == method for c in self.calls) >= count, seconds)
        assert enough, f"{method} was not called {count} times: {self.calls}"
        return self.of(method)

    def __enter__(self) -> "StandIn":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, call: Call) -> Said:
        with self._called:
            self.calls.append(call)
            self._called.notify_all()
            answer = self.answers.get(call.method, {"ok": True})
        made = answer(call) if callable(answer) else answer
        return made if isinstance(made, Said) else Said(made)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        standin = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                fields = json.loads(raw) if raw.startswith("{") else dict(parse_qsl(raw))
                said = standin._answer(Call(self.path.rpartition("/")[2], fields))
                body = (said.body if isinstance(said.body, str) else json.dumps(said.body)).encode()
                self.send_response_only(said.status)
                for name, value in {"Content-Type": "application/json", **(said.headers or {})}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # the caller waits no more
                    self.wfile.write(body)

            do_GET = do_POST

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
