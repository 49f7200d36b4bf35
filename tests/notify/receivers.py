"""Real receivers of what is told one way, on 127.0.0.1: HTTP with and without TLS, and SMTP by aiosmtpd."""

import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from bot.simulator.tls import SimCertificate
from tests.acceptance.waiting import free_port

CERTIFICATE = SimCertificate("localhost", names=("localhost", "127.0.0.1"))


def tls(folder: Path, certificate: SimCertificate = CERTIFICATE) -> ssl.SSLContext:
    """A server's context with a certificate that only its own file vouches for."""
    file = folder / "server.pem"
    file.write_text(certificate.key_pem + certificate.pem, encoding="ascii")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


class Got(NamedTuple):
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Says:
    """What a receiver answers. `cut` bytes of it are sent at most; `hangs`: nothing is, until the receiver ends."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    hangs: bool = False


Answering = Callable[[Got], Says]


class HttpReceiver:
    """Keeps what it gets, and answers as it is told: first what stands in `script`, then what `answer` says."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.got: list[Got] = []
        self.script: list[Says] = []
        self.answer: Answering = lambda _: Says()
        self._over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if context:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.scheme = "https" if context else "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "HttpReceiver":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def _take(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                got = Got(self.command, self.path, headers, self.rfile.read(length))
                receiver.got.append(got)
                says = receiver.script.pop(0) if receiver.script else receiver.answer(got)
                if says.hangs:
                    receiver._over.wait(30)
                    return
                head = f"HTTP/1.1 {says.status} X\r\n"
                fields = {"content-length": str(len(says.body)), "connection": "close", **says.headers}
                head += "".join(f"{name}: {value}\r\n" for name, value in fields.items())
                self.wfile.write(f"{head}\r\n".encode()[: says.cut] if says.cut is not None else f"{head}\r\n".encode())
                if says.cut is None:
                    self.wfile.write(says.body)
                self.close_connection = True

            do_GET = do_POST = do_PUT = _take

            def log_message(self, *_: Any) -> None:
                """A receiver of the tests says nothing."""

        return Handler


class SmtpReceiver:
    """A mail server that keeps mails. `refuses` answers recipients by address, `after_data` the mail itself."""

    def __init__(
        self, context: ssl.SSLContext | None = None, login: tuple[str, str] | None = None, implicit: bool = False
    ) -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.logins: list[str] = []
        self.refuses: dict[str, str] = {}
        self.after_data: list[str] = []
        self.drops_after_data = 0
        self._login = login
        how: dict[str, Any] = {"tls_context": context, "require_starttls": bool(context)}
        if implicit:
            how = {"ssl_context": context}
        if login:
            how |= {"authenticator": self._authenticate, "auth_required": True, "auth_require_tls": not implicit}
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port(), **how)

    def __enter__(self) -> "SmtpReceiver":
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def _authenticate(self, *given: Any) -> AuthResult:
        data = given[-1]
        assert isinstance(data, LoginPassword)
        login = (data.login.decode(), data.password.decode())
        self.logins.append(login[0])
        return AuthResult(success=login == self._login, handled=False)

    async def handle_RCPT(self, *given: Any) -> str:
        _, _, envelope, address, _ = given
        if said := self.refuses.get(address):
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:
        if self.after_data:
            return self.after_data.pop(0)
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.envelopes.append(envelope)
        if self.drops_after_data:
            self.drops_after_data -= 1
            transport: Any = server.transport
            transport.abort()
        return "250 OK"


class MatrixServer:
    """What a homeserver does with events of rooms, as far as a notifier sees it: a transaction's id is known again."""

    ROOM = "!ops:example.org"
    TOKEN = "syt_of-the-tests"

    def __init__(self) -> None:
        self.events: dict[str, Any] = {}
        self._by_transaction: dict[str, str] = {}

    def __call__(self, got: Got) -> Says:
        if got.headers.get("authorization") != f"Bearer {self.TOKEN}":
            return Says(401, b'{"errcode": "M_UNKNOWN_TOKEN", "error": "no"}')
        path = unquote(got.path)
        if path.endswith("/account/whoami"):
            return Says(body=b'{"user_id": "@xocompat:example.org"}')
        if path.endswith("/joined_rooms"):
            return Says(body=json.dumps({"joined_rooms": [self.ROOM]}).encode())
        room, transaction = path.split("/rooms/")[1].split("/send/m.room.message/")
        if room != self.ROOM:
            return Says(403, b'{"errcode": "M_FORBIDDEN", "error": "not in the room"}')
        event = self._by_transaction.setdefault(transaction, f"$event-{len(self._by_transaction)}")
        self.events.setdefault(event, got.json)
        return Says(body=json.dumps({"event_id": event}).encode())


class AlertmanagerServer:
    """What an Alertmanager of 0.34 does with posts: an alert is its labels, and ends once `endsAt` is over."""

    def __init__(self) -> None:
        self.alerts: dict[str, Any] = {}
        self.posts = 0

    def __call__(self, got: Got) -> Says:
        if got.path == "/api/v2/status":
            return Says(body=b'{"versionInfo": {"version": "0.34.0"}, "cluster": {}}')
        self.posts += 1
        if any(not alert.get("labels") for alert in got.json):
            return Says(400, b"at least one label pair required")
        for alert in got.json:
            self.alerts[json.dumps(alert["labels"], sort_keys=True)] = alert
        return Says(body=b"")
