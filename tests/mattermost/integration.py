"""An integration that answers as a test tells it, for the tests of the stand-in itself."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs


class Got(NamedTuple):
    """What the server sent: a form's fields as lists, or JSON."""

    path: str
    headers: dict[str, str]
    body: Any


class Integration:
    """Answers with `status` and `answer`, as JSON, or as the bytes that it is. Use it as a context."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.status, self.answer = 200, b""
        self.kind = "application/json"
        self.waits = 0.0
        """Seconds before it answers, unless it is released."""
        self._released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._serving = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/callback"

    def says(self, answer: Any, status: int = 200) -> None:
        self.status, self.answer = status, answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    def release(self) -> None:
        self._released.set()

    def __enter__(self) -> Self:
        self._serving.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
        self._server.shutdown()
        self._serving.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        integration = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
                body = json.loads(raw) if raw.startswith("{") else parse_qs(raw, keep_blank_values=True)
                integration.got.append(Got(self.path, dict(self.headers), body))
                integration._released.wait(integration.waits)
                self.send_response_only(integration.status)
                self.send_header("Content-Type", integration.kind)
                self.send_header("Content-Length", str(len(integration.answer)))
                with contextlib.suppress(ConnectionError):  # nobody waits any more
                    self.end_headers()
                    self.wfile.write(integration.answer)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
