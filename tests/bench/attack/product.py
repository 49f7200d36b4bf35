"""The product in processes of its own, each of its ways, with what an attack asks of it."""

import http.client
import json
import re
import statistics
import threading
import time
from collections.abc import Iterable
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from bot.mattermost.callbacks import COMMAND_PATH
from bot.slack.manifest import EVENTS_PATH
from tests.acceptance.bots import Bot
from tests.acceptance.lab import SECRET
from tests.acceptance.waiting import until
from tests.mattermost.standin import Mattermost
from tests.mattermost.state import Channel
from tests.slack.signed import FORM, command, headers
from tests.slack.websockets import Line

ASKED, ANSWERED = "XenServer 7.2", "XenServer 7.2: partial support"
PATIENCE = 6.0
"""Seconds after which whoever waits for an answer has none."""

Pairs = Iterable[tuple[str, str | bytes]]
_PEOPLE = count(1)


def somebody() -> str:
    """A person who has not asked yet: what one person may ask in a minute is limited."""
    return f"U1{next(_PEOPLE):08d}"


class Told(NamedTuple):
    """An answer; the status is 0 if there was none."""

    status: int
    body: str
    seconds: float


class Caller:
    """Asks over one connection, which is opened anew where it was closed."""

    def __init__(self, port: int, patience: float = PATIENCE) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)

    def ask(self, method: str, path: str, pairs: Pairs = (), body: bytes = b"") -> Told:
        """Headers may be bytes, and may come twice; the length is added."""
        begun = time.perf_counter()
        try:
            listed = [*pairs]
            self._connection.putrequest(method, path, skip_host=any(name == "host" for name, _ in listed))
            for name, value in listed:
                self._connection.putheader(name, value)
            self._connection.putheader("content-length", str(len(body)))
            self._connection.endheaders(body)
            response = self._connection.getresponse()
            told = response.read().decode(errors="replace")
            return Told(response.status, told, time.perf_counter() - begun)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return Told(0, repr(error), time.perf_counter() - begun)

    def post(self, body: str, kind: str = "application/x-www-form-urlencoded") -> Told:
        """A body, signed as Slack signs it."""
        return self.ask("POST", EVENTS_PATH, headers(body, kind, SECRET).items(), body.encode())

    def command(self, words: str, who: str = "", response_url: str = "") -> Told:
        """Words typed by somebody, in a command."""
        return self.post(command(words, response_url, user_id=who or somebody()))

    def close(self) -> None:
        self._connection.close()


class Product(Bot):
    """A process that serves over HTTP, by itself or under gunicorn; `database` is its file, if it is on SQLite."""

    database: Path
    path = EVENTS_PATH
    """Where it is asked things."""

    def caller(self, patience: float = PATIENCE) -> Caller:
        return Caller(self.port, patience)

    def look_up(self) -> str:
        """Ask as Slack does, on a new connection; what is wrong with the answer."""
        with closing(self.caller()) as caller:
            told = caller.command(ASKED)
        return "" if told.status == 200 and ANSWERED in told.body else f"{told.status} {told.body[:80]}"

    def megabytes(self, what: str = "VmRSS") -> float:
        """Memory that is resident (VmRSS), or that was at most (VmHWM)."""
        found = re.search(rf"{what}:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text(encoding="ascii"))
        assert found
        return int(found[1]) / 1024


class Listening(Product):
    """A process in Socket Mode; `line` is its connection to Slack, on which commands come."""

    line: Line

    def look_up(self) -> str:
        who, payload = somebody(), {"command": "/xocompat", "text": ASKED, "team_id": "T0000001"}
        asked = {**payload, "user_id": who, "channel_id": "C0000001"}
        self.line.say(
            {"type": "slash_commands", "envelope_id": who, "payload": asked, "accepts_response_payload": True}
        )
        with self.line.changed:
            self.line.changed.wait_for(lambda: self._heard(who), PATIENCE)
        heard = self._heard(who)
        return "" if ANSWERED in heard else heard[:80] or "no answer"

    def _heard(self, envelope: str) -> str:
        return next((json.dumps(e) for e in reversed(self.line.heard) if e.get("envelope_id") == envelope), "")


class Commanded(Product):
    """A process that Mattermost alone calls: its server, a channel there, and a slash command's fields."""

    path = COMMAND_PATH
    server: Mattermost
    channel: Channel
    command: dict[str, str]

    def look_up(self) -> str:
        asked = urlencode({**self.command, **self.somebody(), "text": ASKED})
        return _wrong(self, asked, FORM, {})

    def somebody(self) -> dict[str, str]:
        """A person who has not asked yet, as a slash command has them."""
        person = self.server.user(somebody().lower())
        return {"user_id": person.id, "user_name": person.name}


class Assisting(Product):
    """A process that answers assistants, Slack's with its signature, and nothing else: it has no page for health."""

    path = "/mcp"

    def look_up(self) -> str:
        body = json.dumps(tool_call("check_release", words=ASKED))
        return _wrong(self, body, "application/json", self.shown(body), '"level": "partial"')

    @staticmethod
    def shown(body: str) -> dict[str, str]:
        """Headers with which a body is let in: as Slack's, for whomever it names."""
        accepted = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-06-18"}
        return {**headers(body, "application/json", SECRET), **accepted}

    def wait_until_ready(self, seconds: float = 20) -> None:
        until(lambda: not self.look_up(), seconds, f"ready ({self.told})")


def tool_call(tool: str, /, **arguments: str) -> Any:
    """What somebody's assistant sends."""
    meta = {"slack": {"user_id": somebody(), "team_id": "T0000001", "enterprise_id": None}}
    params = {"name": tool, "arguments": arguments, "_meta": meta}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


def _wrong(product: Product, body: str, kind: str, shown: dict[str, str], answered: str = "partial support") -> str:
    """What is wrong with the answer to a look-up, on a new connection."""
    with closing(product.caller()) as caller:
        told = caller.ask("POST", product.path, {"content-type": kind, **shown}.items(), body.encode())
    return "" if told.status == 200 and answered in told.body.replace('\\"', '"') else f"{told.status} {told.body[:80]}"


class Pulse:
    """Looks something up again and again, on a thread of its own, and notes how long that takes."""

    def __init__(self, product: Product, pause: float = 0.05) -> None:
        self.took: list[float] = []
        self.wrong: list[str] = []
        self._product, self._pause = product, pause
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat)

    @property
    def p99(self) -> float:
        """Seconds."""
        return statistics.quantiles(self.took, n=100)[98] if len(self.took) >= 100 else max(self.took, default=0.0)

    def _beat(self) -> None:
        while not self._over.is_set():
            begun = time.perf_counter()
            if wrong := self._product.look_up():
                self.wrong.append(wrong)
            self.took.append(time.perf_counter() - begun)
            self._over.wait(self._pause)

    def __enter__(self) -> "Pulse":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
