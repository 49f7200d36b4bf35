"""An answer on its way to everybody in a channel: message by message, each with a key to look it up by, in place of
what was said first. What platforms do alike whose messages can be edited and found.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from bot.alerts.delivery.outcome import Delivered, EditClosed, Gone, Lookup, NotSent, Outcome
from bot.chat.answer_queue import AnswerQueue, Sending, first_try, tries, undelivered
from bot.chat.platform import Actor, Opening
from bot.chat.reply import Attachment, Paragraph, Reply, RichText, line, say_line

M = TypeVar("M")

LOOKED_FOR = 30.0
"""Seconds for finding out where "Asking …" is, before the answer is posted beside it."""


@dataclass(frozen=True, slots=True)
class AnswerMessages(Generic[M]):
    """What a platform does with a single message `M` of its own, once: `post` it in a channel, or below a message there
    (None: below none), with a key; `edit` one of ours, by its id; `find` one by its key. `draw` makes one of a notice.
    `send_file` sends one to somebody, with what it is about, or says why it did not.

    What a passing fault keeps from being done is tried again by the `queue`; without one it is tried once.
    """

    post: Callable[[str, str | None, M, str], Outcome]
    edit: Callable[[str, str, M], Outcome]
    find: Callable[[str, str, datetime, str | None], Lookup]
    draw: Callable[[Reply], M]
    send_file: Callable[[Actor, Attachment, str], RichText]
    queue: AnswerQueue | None

    def deliver(self, sending: Sending, actor: Actor, key: str | None = None) -> Outcome:
        """Bring an answer to somebody. Of those with one `key` only the newest is tried again."""
        return self.queue.deliver(sending, actor, key) if self.queue else first_try(sending)

    def with_file(self, actor: Actor, reply: Reply) -> Reply:
        """The reply once its file, if it has one, is in the actor's direct messages; or with why that is not so."""
        if reply.attachment is None:
            return reply
        if why_not := self.send_file(actor, reply.attachment, reply.summary):
            told = line(*why_not, " ", *say_line("In a shell `xocompat export --output FILE` has the same."))
        else:
            told = say_line("{file} is in your direct messages with me.", file=reply.attachment.name)
        return reply._replace(blocks=(*reply.blocks, Paragraph((told,))), attachment=None)

    def posting(self, channel: str, thread: str | None, message: M) -> Sending:
        """One message, with a key of its own by which it is looked up where nobody knows whether it is there."""
        key, began = secrets.token_hex(16), datetime.now(UTC)

        def send() -> Outcome:
            nonlocal began
            began = datetime.now(UTC)
            return self.post(channel, thread, message, key)

        return (yield from tries(send, lambda: self.find(key, channel, began, thread)))

    def posting_all(self, channel: str, thread: str | None, messages: Sequence[M]) -> Sending:
        """Several messages: those after the first in the thread, or where there is none below the first one."""
        outcome: Outcome = Delivered(None)
        for message in messages:
            outcome = yield from self.posting(channel, thread, message)
            if not isinstance(outcome, Delivered):
                break
            thread = thread or outcome.id
        return outcome

    def answering(
        self,
        channel: str,
        thread: str | None,
        messages: Sequence[M],
        opening: Opening | None,
        is_redrawn: Callable[[Outcome], bool] = lambda _: False,
    ) -> Sending:
        """In place of what was said first, if that is there, else anew.

        What can't take its place leaves a word about that there, unless it `is_redrawn`: then that is tried next.
        """
        id = opening.id if opening else None
        if opening and id is None:
            found = yield from self._looking(opening, channel, thread)
            id = found.id if isinstance(found, Delivered) else None
        if id is None:
            return (yield from self.posting_all(channel, thread, messages))
        first, *others = messages
        edited = yield from tries(lambda: self.edit(channel, id, first))
        match edited:
            case Delivered():
                below = yield from self.posting_all(channel, thread or id, others)
                return below if others else edited
            case Gone() | EditClosed():
                return (yield from self.posting_all(channel, thread, messages))
            case _ if not is_redrawn(edited):
                self.edit(channel, id, self.draw(undelivered(edited)))
        return edited

    def _looking(self, opening: Opening, channel: str, thread: str | None) -> Sending:
        """Where an opening is, if it is there and the platform tells."""

        def look() -> Outcome:
            found = self.find(opening.key, channel, opening.at, thread)
            if isinstance(found, Delivered) or (isinstance(found, NotSent) and self.queue):
                return found
            return Gone("not_found")

        return (yield from tries(look, seconds=LOOKED_FOR))
