"""A server of pages over HTTP, that misbehaves as a test says."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Page(NamedTuple):
    """An answer. `drip` is written byte by byte, each so many seconds after the one before."""

    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    drip: float = 0.0
    length: int | None = None


class Asked(NamedTuple):
    """A request: its path and its headers, by names in lower case."""

    path: str
    headers: dict[str, str]


class Pages:
    """Answers each request with the next of its pages, the last one again and again."""

    def __init__(self, *pages: Page | Callable[[Asked], Page]) -> None:
        self._pages = list(pages)
        self.asked: list[Asked] = []
        self.over = threading.Event()
        self.url = ""

    def answer(self, asked: Asked) -> Page:
        self.asked.append(asked)
        page = self._pages.pop(0) if len(self._pages) > 1 else self._pages[0]
        return page if isinstance(page, Page) else page(asked)


@contextmanager
def serving(*pages: Page | Callable[[Asked], Page], tls: ssl.SSLContext | None = None) -> Iterator[Pages]:
    """The pages at `url`; over https with a server's `tls`."""
    served = Pages(*pages)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = served.answer(Asked(self.path, {name.lower(): value for name, value in self.headers.items()}))
            self.send_response(page.status)
            for name, value in page.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(page.body) if page.length is None else page.length))
            self.end_headers()
            try:
                self._write(page)
            except OSError:
                return  # whoever asked has gone

        def _write(self, page: Page) -> None:
            if not page.drip:
                self.wfile.write(page.body)
                return
            for byte in page.body:
                if served.over.wait(page.drip):
                    return
                self.wfile.write(bytes([byte]))

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}/list.md"
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    running = threading.Thread(target=server.serve_forever, args=(0.02,))
    running.start()
    try:
        yield served
    finally:
        served.over.set()
        server.shutdown()
        running.join()
        server.server_close()
