"""Slow commands in Slack: the right is checked, something is said at once, the reply follows from a pool of their own.

The pool is not the one that answers look-ups: nobody waits for those because a host is silent.
"""

import threading
import time
from dataclasses import dataclass, field

from bot.chat.command import Right
from bot.chat.reply import line
from bot.slack.answers import Answer, private
from bot.slack.errand import Errand
from bot.slack.kept import new_key
from bot.slack.kit import Kit
from bot.slack.message import Message
from bot.slack.place import Place
from bot.slack.post import UndeliveredError
from bot.slack.public import InThread, Shared
from bot.slack.question import Question
from bot.slack.work import Work

Rights = frozenset[Right]
_RESTARTS = line("xocompat restarts, and this was broken off. Ask again in a minute.")


@dataclass(frozen=True, slots=True)
class Errands:
    """`work` bounds how many are under way and in line."""

    kit: Kit
    work: Work
    _pending: set[Errand] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def opening(self, asked: Question) -> tuple[Rights, Message] | Answer:
        """What may be done and what to say meanwhile; or the answer, if nothing needs to be waited for."""
        rights = self.kit.access.admit(asked.asker, asked.spec)
        if isinstance(rights, Answer):
            return rights
        said = self.kit.answers.opening(asked.words, rights, asked.on, asked.caller)
        return said if isinstance(said, Answer) else (rights, said)

    def take(self, asked: Question, place: Place, rights: Rights | None = None, key: str | None = None) -> bool:
        """Run it; False if there is no room. Without `rights` they are looked at first, and the opening is shown.

        A claim by `key` is released if it does not get to an end.
        """
        errand = Errand(asked, place, time.monotonic, key)
        with self._lock:
            self._pending.add(errand)
        taken = False
        try:
            taken = self.work.take(lambda: self._run(errand, rights), lambda error: self._failed(errand, error))
        finally:
            if not taken:
                self._forget(errand)
                self._release(errand)
        return taken

    def drain(self, seconds: float) -> bool:
        """Take nothing more and finish what was taken; whoever waits longer than that is told that nothing will come.

        False if something was broken off.
        """
        done = self.work.drain(seconds)
        with self._lock:
            pending = [*self._pending]
        for errand in pending:
            self._notify(errand, private("broken_off", _RESTARTS))
        return done

    def _run(self, errand: Errand, rights: Rights | None) -> None:
        try:
            self._end(errand, *self._answer(errand, rights))
        finally:
            self._forget(errand)

    def _answer(self, errand: Errand, rights: Rights | None) -> tuple[Answer, bool]:
        """The answer, and whether it stands beside what is there: nothing was begun then."""
        asked = errand.asked
        if rights is None:
            opened = self.opening(asked)
            if isinstance(opened, Answer):
                return opened, True
            rights, said = opened
            errand.place.open(said)
        key = new_key()
        answer = self.kit.answers.run(asked.words, rights, asked.on, asked.caller, errand.tell, key)
        self.kit.kept.put(key, answer, None if isinstance(errand.place, InThread) else asked.asker.user)
        return answer, False

    def _end(self, errand: Errand, answer: Answer, aside: bool = False) -> None:
        if not errand.end():
            return
        self.kit.told(errand.asked, answer)
        if isinstance(errand.place, Shared) and answer.failed:
            self._release(errand)  # it is not in the channel, and may be shared yet
        errand.place.aside(answer) if aside else errand.place.finish(answer)

    def _notify(self, errand: Errand, answer: Answer) -> None:
        def lost(error: BaseException) -> None:
            self.kit.log.warning("not delivered", who=errand.asked.asker.user, reason=str(error))

        self.kit.notices.take(lambda: self._end(errand, answer), lost)

    def _failed(self, errand: Errand, error: BaseException) -> None:
        asker = errand.asked.asker
        self._release(errand)
        if isinstance(error, UndeliveredError):
            self.kit.log.warning("not delivered", who=asker.user, where=asker.channel, reason=str(error))
            return
        self._notify(errand, self.kit.explained(error, asker))

    def _forget(self, errand: Errand) -> None:
        with self._lock:
            self._pending.discard(errand)

    def _release(self, errand: Errand) -> None:
        if errand.key:
            self.kit.seen.release(errand.key)
