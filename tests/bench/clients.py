"""One host asked what it runs, in ours and in others' ways: four calls each, on one connection.

The others check no certificate, have no bound on what a host may send, and leave their session behind when something
fails. What they need of TLS is theirs to have: the same protocols and ciphers as ours.
"""

import http.client
import json
import ssl
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, NamedTuple

from bot.xapi.observation import Observation
from bot.xapi.probe import Prober
from bot.xapi.target import Endpoint, Target, TlsMode, Trust

CALLS = ("pool.get_all_records", "host.get_all_records", "session.logout")
KIND = {"content-type": "application/json"}
SECONDS = 60.0
"""The others' only bound, on each wait: long enough for a simulator that is busy."""

Ask = Callable[["Asked"], None]


class Asked(NamedTuple):
    """A simulated host."""

    address: str
    pin: bytes
    username: str
    password: str

    @property
    def place(self) -> tuple[str, int]:
        host, _, port = self.address.rpartition(":")
        return host, int(port)

    @property
    def target(self) -> Target:
        trust = Trust(TlsMode.PINNED, self.pin)
        return Target("bench", Endpoint(*self.place, trust), self.username, lambda: self.password, "the bench")


def asked_of(told: dict[str, str]) -> Asked:
    """A host as the simulator tells of it to programs."""
    pin = bytes.fromhex(told["pin"].removeprefix("sha256:"))
    return Asked(told["address"], pin, told["username"], told["password"])


def open_context() -> ssl.SSLContext:
    """Trusts whatever it is shown, and speaks with hosts of 7.x, too, which have nothing but RSA key exchange."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT")
    return context


def ours() -> Ask:
    """The product's own."""
    prober = Prober(lambda: datetime.now(UTC))

    def ask(asked: Asked) -> None:
        found = prober.probe(asked.target)
        assert isinstance(found, Observation), found

    return ask


def by_hand() -> Ask:
    """The least: `http.client`, one TLS context for all."""
    context = open_context()

    def ask(asked: Asked) -> None:
        connection = http.client.HTTPSConnection(*asked.place, context=context, timeout=SECONDS)

        def call(method: str, *params: str) -> Any:
            connection.request("POST", "/jsonrpc", _body(method, params), KIND)
            return json.loads(connection.getresponse().read())["result"]

        _four(call, asked)
        connection.close()

    return ask


def with_requests() -> Ask:
    """A `requests.Session` for each host, as its documentation shows it."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.exceptions import InsecureRequestWarning

    warnings.simplefilter("ignore", InsecureRequestWarning)
    context = open_context()

    class Open(HTTPAdapter):
        """The usual adapter with that context."""

        def init_poolmanager(self, *args: Any, **options: Any) -> None:
            super().init_poolmanager(*args, **options, ssl_context=context)

    def ask(asked: Asked) -> None:
        with requests.Session() as session:
            session.mount("https://", Open())
            url = f"https://{asked.address}/jsonrpc"

            def call(method: str, *params: str) -> Any:
                reply = session.post(url, _body(method, params), headers=KIND, verify=False, timeout=SECONDS)
                return reply.json()["result"]

            _four(call, asked)

    return ask


def with_xenapi() -> Ask:
    """PyPI's XenAPI: XML-RPC, and a TLS context for each session, as its `ignore_ssl` makes them."""
    from xmlrpc.client import SafeTransport

    xenapi: Any = import_module("XenAPI")

    def ask(asked: Asked) -> None:
        session = xenapi.Session(f"https://{asked.address}", SafeTransport(context=open_context()))
        session.login_with_password(asked.username, asked.password, "1.0", "xocompat-bench")
        assert session.xenapi.pool.get_all_records()
        assert session.xenapi.host.get_all_records()
        session.xenapi.session.logout()
        session("close")()

    return ask


def _body(method: str, params: tuple[str, ...]) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "method": method, "params": params, "id": 1}).encode()


def _four(call: Callable[..., Any], asked: Asked) -> None:
    session = call("session.login_with_password", asked.username, asked.password, "1.1", "xocompat-bench")
    replies = [call(method, session) for method in CALLS]
    assert replies[1]
