"""Calls over HTTP with bounds for what may come back: bytes, seconds in all, and no redirect is followed.

urllib's own limit is for a single read: a server that gives a byte now and then would hold a thread for ever, and one
that gives hundreds of megabytes would be read to the end.
"""

import io
import ssl
import time
from email.message import Message
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from socket import socket
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import (
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
)

HEADERS_MAX = 2**16
"""Bytes of an answer's head, which come before those of its body."""


class AnswerBounds(NamedTuple):
    """`size` in bytes of the body, `whole` in seconds until the last of them is there."""

    size: int
    whole: float


class ExceededError(OSError):
    """An answer is longer than anybody would send."""


class HttpAnswer(NamedTuple):
    """An answer with any status; `body` is all of it."""

    status: int
    headers: Message
    body: bytes


def call(request: Request, timeout: float, bounds: AnswerBounds, opener: OpenerDirector) -> HttpAnswer:
    """Send a request once, `timeout` for each step. An opener of `bounded_opener`, with the same bounds.

    OSError or HTTPException if there is no answer within the bounds.
    """
    try:
        response = opener.open(request, timeout=timeout)
    except HTTPError as error:  # an answer, too
        response = error
    with response:
        body = response.read(bounds.size + 1)
    if len(body) > bounds.size:
        raise ExceededError(f"the answer is longer than {bounds.size} bytes")
    return HttpAnswer(response.status, response.headers, body)


def bounded_opener(
    bounds: AnswerBounds, context: ssl.SSLContext | None = None, proxy: str | None = None
) -> OpenerDirector:
    """Opens what the bounds allow; through the proxies of the environment, unless one is named."""

    class Response(HTTPResponse):
        def __init__(self, sock: socket, *given: Any, **named: Any) -> None:
            super().__init__(sock, *given, **named)
            self.fp.close()
            self.fp = io.BufferedReader(_Reading(sock, bounds))

    class Plain(HTTPConnection):
        response_class = Response

    class Secure(HTTPSConnection):
        response_class = Response

    class OpenPlain(HTTPHandler):
        def http_open(self, req: Request) -> HTTPResponse:
            return self.do_open(Plain, req)

    class OpenSecure(HTTPSHandler):
        def https_open(self, req: Request) -> HTTPResponse:
            return self.do_open(Secure, req, context=context)

    proxies = ProxyHandler({"http": proxy, "https": proxy} if proxy else None)
    return build_opener(proxies, OpenPlain(), OpenSecure(context=context), _NoRedirect())


class _NoRedirect(HTTPRedirectHandler):
    """A redirect is an answer like any other that is none."""

    def redirect_request(self, *_: object) -> None:
        return None


class _Reading(io.RawIOBase):
    """What comes from a socket, until there is too much of it or the time is over."""

    def __init__(self, sock: socket, bounds: AnswerBounds) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)  # urllib closes the socket: this holds it open
        self._left = bounds.size + HEADERS_MAX
        self._ends = time.monotonic() + bounds.whole
        self._patience = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer takes too long")
        if self._left <= 0:
            raise ExceededError("the answer is too long")
        self._sock.settimeout(left if self._patience is None else min(left, self._patience))
        count = self._file.readinto(memoryview(buffer)[: self._left]) or 0
        self._left -= count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()
