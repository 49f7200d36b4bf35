"""A client as small as can be: bytes over TLS, nothing checked, so that tests see what is really sent."""

import json
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from warnings import catch_warnings, simplefilter

from bot.simulator import PASSWORD, SimAddress

SECONDS = 10


class Reply(NamedTuple):
    """A response. Header names are as they were sent."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


def tls_context(ciphers: str = "ALL:@SECLEVEL=0", minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1) -> ssl.SSLContext:
    """A context that takes every certificate, and everything else by default."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(ciphers)
    with catch_warnings():
        simplefilter("ignore", DeprecationWarning)
        context.minimum_version = minimum
    return context


_ANYTHING = tls_context()


class Connection:
    """A kept-alive connection to a host."""

    def __init__(self, secured: ssl.SSLSocket) -> None:
        self.socket = secured
        self._buffer = b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def post(self, path: str, body: bytes, *headers: str) -> Reply:
        length = [] if any(header.lower().startswith("content-length") for header in headers) else [_length(body)]
        self.send("\r\n".join([f"POST {path} HTTP/1.1", "Host: x", *length, *headers, "", ""]).encode() + body)
        return self.reply()

    def get(self, path: str) -> Reply:
        self.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return self.reply()

    def json(self, method: str, *params: object, version: int = 2, id: object = 7) -> Any:
        """The whole reply to a JSON-RPC call."""
        call = {"method": method, "params": params, "id": id} | ({"jsonrpc": "2.0"} if version == 2 else {})
        return self.post("/jsonrpc", json.dumps(call).encode(), "Content-Type: application/json").json

    def xml(self, method: str, *params: str) -> str:
        """The text of a reply to an XML-RPC call with text for parameters."""
        values = "".join(f"<param><value><string>{param}</string></value></param>" for param in params)
        call = (
            f"<?xml version='1.0'?><methodCall><methodName>{method}</methodName><params>{values}</params></methodCall>"
        )
        return self.post("/RPC2", call.encode(), "Content-Type: text/xml").text

    def login(self, user: str = "root", password: str = PASSWORD, originator: str = "test") -> str:
        """A session's reference, by JSON-RPC."""
        reply = self.json("session.login_with_password", user, password, "1.0", originator)
        assert reply.get("error") is None, reply
        return str(reply["result"])

    def reply(self) -> Reply:
        while b"\r\n\r\n" not in self._buffer:
            self._fill()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        length = int(headers["content-length"]) if "content-length" in headers else None
        return Reply(int(first.split()[1]), headers, self._body(length))

    def below_tls(self) -> socket.socket:
        """The same connection without TLS."""
        below = socket.socket(fileno=os.dup(self.socket.fileno()))
        below.settimeout(SECONDS)
        return below

    def rest(self) -> bytes:
        """Everything up to the end."""
        data = self._buffer
        while chunk := self.socket.recv(65536):
            data += chunk
        return data

    def _body(self, length: int | None) -> bytes:
        if length is None:
            return self.rest()
        while len(self._buffer) < length:
            self._fill()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return body

    def _fill(self) -> None:
        chunk = self.socket.recv(65536)
        if not chunk:
            raise EOFError(f"closed after {self._buffer!r}")
        self._buffer += chunk


@contextmanager
def connected(
    address: SimAddress, context: ssl.SSLContext = _ANYTHING, timeout: float = SECONDS
) -> Iterator[Connection]:
    with (
        socket.create_connection((address.host, address.port), timeout=timeout) as plain,
        context.wrap_socket(plain, server_hostname=address.host) as secured,
    ):
        yield Connection(secured)


def _length(body: bytes) -> str:
    return f"Content-Length: {len(body)}"
