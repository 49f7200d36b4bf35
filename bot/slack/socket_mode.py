"""Socket Mode: receives from Slack through a WebSocket, reconnects by itself, and knows when that does not help.

One thread reads, pings and connects anew; what it receives is answered on threads of their own. slack_sdk's clients
were measured and left aside: the built-in one takes 4 to 47 seconds to return after Slack is back, and the one that is
built on websocket-client can wait for ever on a socket that another thread has closed.
"""

import json
import logging
from collections.abc import Callable
from typing import Any

import websocket
from slack_bolt import App
from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_sdk import WebClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from structlog.typing import FilteringBoundLogger
from websocket import ABNF, WebSocket, WebSocketException

from bot.chat.session.services import BoundedExecutor
from bot.slack.errors import FAILURES, SlackError, answered, retry_after, slack_error
from bot.slack.listeners import is_sent
from bot.web.socket_receiver import SilentError, SocketReceiver

PING = 2.0
"""Seconds between pings."""

SILENT_AFTER = 3 * PING
"""Seconds without a pong or a message after which a connection is given up, however alive it looks."""

LOST_AFTER = 120.0
"""Seconds without anything from Slack after which a new process is the better try."""

HANDSHAKE = 5.0
"""Seconds to connect, and for the rest of a frame that has begun."""

PAUSE_MIN, PAUSE_MAX = 1.0, 3.0
"""Seconds between tries to connect, more from try to try."""

LISTENERS, IN_LINE = 10, 200


class SocketModeClient(SocketReceiver[SlackError]):
    """Receives for a Bolt app."""

    def __init__(
        self,
        log: FilteringBoundLogger,
        app: App,
        client: WebClient,
        clock: Callable[[], float],
        lost_after: float = LOST_AFTER,
    ) -> None:
        super().__init__(log, "Slack", clock)
        self._app = app
        self._client = client
        self._lost_after = lost_after
        self._listeners = BoundedExecutor(LISTENERS, IN_LINE, "listener")

    @property
    def is_silent(self) -> bool:
        """Whether a command typed now would probably not arrive."""
        return not self.connected or self.age > SILENT_AFTER

    @property
    def is_lost(self) -> bool:
        """Whether nothing came for so long that a new process is the better try."""
        return self.age > self._lost_after

    def close(self) -> None:
        """Receive nothing more. What was received is answered first, on the connection that is still open."""
        super().close()
        self._listeners.drain(0)

    def _run(self) -> None:
        pause = PAUSE_MIN
        while not self._stop.is_set():
            try:
                opened = self._client.apps_connections_open(app_token=self._client.token or "")
                socket = websocket.create_connection(str(opened["url"]), timeout=HANDSHAKE, enable_multithread=True)
            except (*FAILURES, WebSocketException, ValueError) as error:
                self._failed(slack_error(error, "SLACK_APP_TOKEN"))
                self._stop.wait(max(pause, retry_after(error)))
                pause = min(pause * 1.5, PAUSE_MAX)
                continue
            pause = PAUSE_MIN
            begun = self._clock()
            try:
                self._read(socket)
                if self._stop.is_set():
                    self._listeners.drain(HANDSHAKE)
            except (WebSocketException, OSError, ValueError) as error:
                self._log.warning("the connection to Slack broke: connecting again", reason=slack_error(error).text)
            finally:
                socket.close(timeout=1)
            self.connected = False
            self._stop.wait(max(0.0, PAUSE_MIN - (self._clock() - begun)))

    def _read(self, socket: WebSocket) -> None:
        """Until the connection ends, or we do."""
        try:
            for kind, data in self._frames(socket, socket.ping, PING, SILENT_AFTER):
                if kind == ABNF.OPCODE_TEXT and not self._take(socket, data):
                    return
        except SilentError:
            self._log.warning("Slack is silent: connecting again", seconds=round(self.age))

    def _take(self, socket: WebSocket, data: bytes) -> bool:
        """Do what a message says; False if it says that this connection ends."""
        message = json.loads(data)
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "hello":
            self._established()
        elif kind == "disconnect":
            reason = str(message.get("reason"))
            self._log.info("Slack ends the connection", reason=reason[:40])
            if reason == "link_disabled":
                self._failed(answered(reason))
            return False
        elif kind:
            self._answer(socket, message)
        return True

    def _answer(self, socket: WebSocket, message: dict[str, Any]) -> None:
        """On a thread of its own."""

        def answer() -> None:
            if request := SocketModeRequest.from_dict(message):
                response = run_bolt_app(self._app, request)
                send_response(_Wire(socket), request, response, 0)
                is_sent(response)

        def broke(error: BaseException) -> None:
            if isinstance(error, (WebSocketException, OSError)):
                self._log.warning("an acknowledgement was lost with its connection")
            else:
                self._log.error("a message from Slack could not be answered", exc_info=error)

        if not self._listeners.submit(answer, broke):
            self._log.warning("busy", type=str(message["type"])[:40])


class _Wire(BaseSocketModeClient):
    """What Bolt needs of a Socket Mode client to acknowledge: that it sends."""

    logger = logging.getLogger("xocompat.socket")

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    def send_message(self, message: str) -> None:
        self._socket.send(message)
