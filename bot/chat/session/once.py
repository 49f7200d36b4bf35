"""What may come twice, and is done once; and a press's reply, where the platform waits for it with its next answer."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256

from bot.catalogue import say
from bot.chat.button_value import ActionValue
from bot.chat.command import Right
from bot.chat.handed_over import HandedOver
from bot.chat.interpret import interpret
from bot.chat.platform import Origin
from bot.chat.reply import NOTICE, Reply, line, notice
from bot.chat.session.conversation import Conversation
from bot.chat.session.executor import Untold
from bot.errors import UnavailableError

WAITED = 1.0
"""Seconds for which a press waits for its reply; what comes later comes in another way."""

WAITING_MAX = 8
"""Presses that wait at once: others are answered empty, and hear later."""


class NotTakenError(Exception):
    """It was done already, or nobody knows whether it was: why, in words."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, slots=True)
class OnceDone:
    """For a platform (`name`) that delivers presses and dialogs with nothing that tells one from its repeat but a nonce
    of ours.
    """

    conversation: Conversation
    name: str
    _waiting: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(WAITING_MAX))

    def press(
        self, kind: str, value: ActionValue, origin: Origin, message: str, nonce: str, show: Callable[[Reply], str]
    ) -> str:
        """Press a button, as Conversation.press. What `show` makes of the reply, if it comes in time; else nothing.

        What changes something is done once by each person for one `nonce`, unless nothing came of it.
        """
        changes = value.asks is None and interpret(value.words)[0].right is Right.OPERATE
        key = self._key("press", nonce, value.words, origin.actor.user)
        try:
            self._claim(key if changes else None, say("That was pressed already."))
        except NotTakenError as error:
            return show(notice(line(error.text)))
        first = HandedOver[Reply | None]()
        self.conversation.press(kind, value, origin._replace(first=first), message)
        waits = self._waiting.acquire(blocking=False)
        try:
            reply = first.take(WAITED if waits else 0, None)
            shown = show(reply) if reply else ""
        finally:
            if waits:
                self._waiting.release()
        if changes and (reply is None or reply.kind in (NOTICE, "refused") or reply.exit_status):
            self._release(key)
        return shown

    def submit(self, nonce: str, submitted: Callable[[], str | None]) -> str | None:
        """Do what a dialog that was sent off asks for, once, unless something was wrong with what was given: what.

        NotTakenError if it was done already.
        """
        key = self._key("dialog", nonce)
        self._claim(key, say("That was sent off already."))
        wrong = submitted()
        if wrong:
            self._release(key)
        return wrong

    def _claim(self, key: str | None, again: str) -> None:
        """Claim what is to be done, if it has a key. NotTakenError if it is not the caller's to do.

        A database that hangs is waited for a moment: what is claimed after that is given back, as nothing was done.
        """
        if key is None:
            return
        services = self.conversation.services

        def late(is_ours: bool) -> None:
            if is_ours:
                services.seen.release(key)

        try:
            claimed = services.database.get(lambda: services.seen.claim(key), late, lambda _: None)
        except UnavailableError as error:
            raise NotTakenError(str(error)) from error
        if isinstance(claimed, Untold):
            raise NotTakenError(say("The database does not answer, so I did nothing. Try again in a minute."))
        if not claimed:
            raise NotTakenError(again)

    def _release(self, key: str) -> None:
        """Nothing was done, so it may be tried again. Where the database fails the claim ends by itself in an hour."""
        services = self.conversation.services
        with suppress(UnavailableError):
            services.database.get(lambda: services.seen.release(key), lambda _: None, lambda _: None)

    def _key(self, *parts: str) -> str:
        return f"{self.name}:{parts[0]}:{sha256(json.dumps(parts).encode()).hexdigest()}"
