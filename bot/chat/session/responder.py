"""Requests to answers. Look-ups are pure, so that what was answered once for a day is given again.

What asks a host, or depends on who asks, is answered anew each time.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple, TypeVar

from bot.catalogue import say
from bot.chat.access import Granted
from bot.chat.command import Choice, CommandSpec, Progress, Right
from bot.chat.commands import COMMANDS
from bot.chat.reply import Ask, Button, Reply, RichText, Share, notice, with_code
from bot.chat.runner import CommandRunner
from bot.chat.session.request import Request
from bot.errors import UnavailableError, UsageError

T = TypeVar("T")

LOOKUPS, LOOKUP_WORDS_MAX = 128, 200
"""So many answers to look-ups are cached, of words so long at most: each takes some 30 kB with what is drawn of it."""

WORDS_MAX = 2000
"""Longer words than a button can carry are not read: nobody types them."""

UNAVAILABLE = "unavailable"
"""The outcome of an answer that only says what could not be reached."""


@dataclass(slots=True, eq=False)
class Answer:
    """A reply with its `outcome` for the audit. `private` ones are for the asker's eyes only.

    `drawn` is for the platform: what it made of the reply, so that a cached answer is drawn once.
    """

    outcome: str
    reply: Reply
    private: bool = False
    drawn: object = None

    @property
    def failed(self) -> bool:
        """Whether it only says why there is no answer."""
        return self.private or self.reply.exit_status == 1


def private(outcome: str, said: RichText) -> Answer:
    """An answer of one line for the asker: a refusal, an error."""
    return Answer(outcome, notice(said), private=True)


def unavailable(error: UnavailableError) -> Answer:
    """The answer where a part that the work needs could not be reached: its own words, which say what to do."""
    return private(UNAVAILABLE, with_code(str(error)))


def answered(reply: Reply) -> Answer:
    """A reply as an answer. A refusal is for the asker alone; the outcome is the reply's kind, or its error's code."""
    error = (reply.data or {}).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return Answer(code if isinstance(code, str) else reply.kind, reply, reply.kind == "refused")


class Responder:
    """Has commands run, and makes answers of what they say. `runner` gives the one for now.

    `today` is the day that is meant where none is given; `dataset` is another value where the commands know something
    else: cached answers are not given again then.
    """

    def __init__(
        self,
        runner: Callable[[], CommandRunner],
        today: Callable[[], date],
        dataset: Callable[[], Hashable] = lambda: 0,
    ) -> None:
        self._runner = runner
        self._today = today
        self._dataset = dataset
        self._cached = lru_cache(LOOKUPS)(self._look_up)

    def answer(self, request: Request, found: Granted) -> Answer:
        """The answer to a request. Words that make no command are answered with what is wrong with them."""
        today = self._today()
        spec, day = request.spec, request.on or today

        def answer() -> Answer:
            if spec.right is Right.LOOKUP and not (spec.slow or spec.follows):
                look_up = self._cached if len(request.words) <= LOOKUP_WORDS_MAX else self._look_up
                return look_up(spec.name, request.rest, found.rights, day, today, self._dataset())
            return self.anew(request, found)

        return _readable(request, answer)

    def anew(self, request: Request, found: Granted) -> Answer:
        """The same, whatever was answered before."""
        today = self._today()
        spec, day = request.spec, request.on or today

        def answer() -> Answer:
            reply = self._runner().run(spec, request.rest, found.rights, day, request.caller(found))
            return answered(_dated(reply, day, today))

        return _readable(request, answer)

    def opening(self, request: Request, found: Granted) -> Reply | Answer:
        """Of a slow command: what to show while it runs, or the answer where nothing needs to be waited for."""

        def open_() -> Reply | Answer:
            day = request.on or self._today()
            said = self._runner().opening(request.spec, request.rest, found.rights, day, request.caller(found))
            return answered(said) if isinstance(said, Reply) else notice(said)

        return _readable(request, open_)

    def run(self, request: Request, found: Granted, progress: Callable[[Progress], None], key: str) -> Answer:
        """The answer of a slow command, which takes its time. It will be found again in the reply cache, by `key`."""
        today = self._today()
        day = request.on or today
        spec, words, caller = request.spec, request.rest, request.caller(found)
        return _readable(
            request,
            lambda: answered(
                _dated(self._runner().run(spec, words, found.rights, day, caller, progress), day, today, key)
            ),
        )

    def choices(self, spec: CommandSpec, found: Granted, typed: str = "") -> tuple[Choice, ...]:
        """What a command can be about, as far as it holds what was typed; nothing where that is not known."""
        try:
            return self._runner().choices(spec, found.rights, typed)
        except (UsageError, UnavailableError):
            return ()

    def _look_up(self, name: str, words: str, rights: frozenset[Right], day: date, today: date, _: Hashable) -> Answer:
        return answered(_dated(self._runner().run(COMMANDS[name], words, rights, day), day, today))


def _readable(request: Request, answer: Callable[[], T]) -> T | Answer:
    try:
        if len(request.words) > WORDS_MAX:
            raise UsageError(say("That is too long to read: ask for fewer releases at once."))
        return answer()
    except UsageError as error:
        return private("usage", with_code(str(error)))
    except UnavailableError as error:
        return unavailable(error)


def _dated(reply: Reply, day: date, today: date, key: str | None = None) -> Reply:
    """Sharing shows the same day again; a further question means the day it is asked, unless another day was named."""
    named = (reply.data or {}).get("as_of")
    about = date.fromisoformat(named) if isinstance(named, str) else day

    def dated(button: Button) -> Button:
        match button:
            case Share():
                return button._replace(on=about, reply_key=key)
            case Ask() if about != today:
                return button._replace(on=about)
        return button

    return reply._replace(buttons=tuple(map(dated, reply.buttons)))


CACHED_SECONDS, CACHED_MOST = 1800.0, 200
"""How long a shown reply is cached, and how many at most: those that were shown last."""


class _ShownReply(NamedTuple):
    at: float
    user: str | None
    answer: Answer


class ReplyCache:
    """Replies that were shown, so that sharing shows the very same: a host that is asked again may say something else.

    By keys that nobody can guess; in this process alone, another one does not find them.
    """

    def __init__(self, clock: Callable[[], float], most: int = CACHED_MOST) -> None:
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._shown: OrderedDict[str, _ShownReply] = OrderedDict()

    def put(self, key: str, answer: Answer, user: str | None) -> None:
        """Cache an answer that a user was shown; None: everybody in the channel was."""
        with self._lock:
            self._shown[key] = _ShownReply(self._clock(), user, answer)
            while len(self._shown) > self._most:
                self._shown.popitem(last=False)

    def get(self, key: str | None, user: str) -> Answer | None:
        """The answer that the user has seen; None if it is there no more, or was for somebody else."""
        with self._lock:
            shown = self._shown.get(key or "")
            if shown and self._clock() - shown.at >= CACHED_SECONDS:
                del self._shown[key or ""]
                return None
        return shown.answer if shown and shown.user in (None, user) else None
