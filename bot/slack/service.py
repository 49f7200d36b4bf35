"""The life of the Slack side in a process: introduce itself, watch the connection, drain at the end."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from slack_bolt import App
from structlog.typing import FilteringBoundLogger

from bot.chat.answer_queue import AnswerQueue
from bot.chat.session.conversation import Conversation
from bot.errors import UnavailableError
from bot.slack.membership import Identity
from bot.slack.socket_mode import SocketModeClient
from bot.slack.table_forms import TableForms

TICK = 0.25
INTRODUCED_EVERY = 2.0
SERVING, ALL = 2.0, 8.5
"""Seconds for requests that are being answered, and for stopping as a whole."""


@dataclass(frozen=True, slots=True)
class Service:
    """The Slack side, put together. `socket` only in Socket Mode; `queue` has the answers that are tried again.

    `forms` are those in which workspaces take tables.
    """

    log: FilteringBoundLogger
    app: App
    identity: Identity
    conversation: Conversation
    socket: SocketModeClient | None = None
    queue: AnswerQueue | None = None
    forms: TableForms | None = None

    def not_ready(self) -> str | None:
        """Why Slack does not reach us or we not it; None if all is well. Over HTTP this asks Slack."""
        if self.socket is None:
            fault = self.identity.check()
            return fault.text if fault else None
        if not self.socket.is_silent:
            return None
        return self.socket.fault.text if self.socket.fault else f"Slack was not heard for {self.socket.age:.0f} seconds"

    def start(self, stop: threading.Event) -> None:
        """Connect in Socket Mode; and ask Slack who we are, until it answers or refuses, on a thread of its own."""
        threading.Thread(target=self._introduce, args=(stop,), name="introduction", daemon=True).start()
        if self.socket:
            self.socket.start()

    def _introduce(self, stop: threading.Event) -> None:
        while (home := self.identity.home()) is None and not (self.identity.fault and self.identity.fault.refused):
            if stop.wait(INTRODUCED_EVERY):
                return
        if home:
            self.log.info("at home", team=home.team, bot=home.bot_user)
        else:
            self.log.error("refused", reason=str(self.identity.fault))

    def watch(self, stop: threading.Event) -> None:
        """Until `stop` is set. UnavailableError if Slack refuses us, or sent nothing for too long."""
        while not stop.wait(TICK):
            for fault in (self.identity.fault, self.socket.fault if self.socket else None):
                if fault and fault.refused:
                    raise UnavailableError(f"{fault}. `xocompat doctor` says more.")
            if self.socket and self.socket.is_lost:
                why = f" ({self.socket.fault})" if self.socket.fault else ""
                raise UnavailableError(
                    f"Slack was not heard for {self.socket.age:.0f} seconds{why}: ending, to be started again."
                )

    def drain(self, stop_serving: Callable[[float], None]) -> bool:
        """Stop taking, then finish what was taken; False if some of it hangs. Who waits for that gets a last word."""
        ends = time.monotonic() + ALL
        closing = threading.Thread(target=self.socket.close if self.socket else bool, daemon=True)
        closing.start()
        stop_serving(SERVING)
        done = self.conversation.drain(ends)
        if self.queue:
            done = self.queue.drain(max(0.0, ends - time.monotonic())) and done
        closing.join(max(0.0, ends - time.monotonic()))
        return done and not closing.is_alive()
