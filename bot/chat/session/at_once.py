"""Words that a platform wants answered at once: a look-up's answer is that answer, a slow one begins with it."""

from typing import Protocol, TypeVar

from bot.chat.platform import Origin
from bot.chat.reply import Reply, notice, say_line
from bot.chat.session.conversation import Conversation
from bot.chat.session.executor import Untold
from bot.chat.session.reply_target import EphemeralTarget, delivered
from bot.chat.session.request import Request
from bot.chat.session.responder import Answer
from bot.chat.session.services import busy, slow_down

R_co = TypeVar("R_co", covariant=True)


class FirstAnswers(Protocol[R_co]):
    """What a platform makes of the first answer to a request, for the asker's eyes alone."""

    def nothing(self) -> R_co:
        """An answer that says nothing: all is said elsewhere."""

    def shown(self, origin: Origin, reply: Reply) -> R_co:
        """A line."""

    def told(self, origin: Origin, answer: Answer) -> R_co | None:
        """The whole answer; None where it does not fit in one: then it follows."""

    def asking(self, origin: Origin, said: Reply) -> tuple[R_co, Origin]:
        """What is being done, and the origin of what follows in its place."""


def answer_at_once(conversation: Conversation, request: Request, first: FirstAnswers[R_co]) -> R_co:
    """Answer a command. What asks the database is waited for a moment: where that hangs, the answer follows."""
    services = conversation.services
    if refused := services.refusals(request):
        return first.shown(request.origin, slow_down()) if refused == 1 else first.nothing()
    if request.spec.slow:
        return _begin(conversation, request, first)
    begun = services.begin(request)
    if isinstance(begun, Answer):
        return _told(conversation, request, begun, first)
    asking, origin = first.asking(request.origin, _asking())

    def late(answer: Answer) -> None:
        services.record(request, answer)
        EphemeralTarget(services.platform, origin).finish(answer)

    answer = services.database.get(begun, late, lambda error: services.failed(origin, error))
    if isinstance(answer, Answer):
        return _told(conversation, request, answer, first)
    return asking if answer is Untold.LATE else _busy(conversation, request, first)


def _begin(conversation: Conversation, request: Request, first: FirstAnswers[R_co]) -> R_co:
    """A slow command: what is being done, or why nothing is."""
    services = conversation.services
    if request.spec.picks and not request.rest:
        instead = conversation.pick(request)
        return _told(conversation, request, instead, first) if instead else first.nothing()
    # Names are looked up in the database. An opening that is late is forgotten: the job makes its own.
    opened = services.database.get(
        lambda: services.opening(request), lambda _: None, lambda error: services.failed(request.origin, error)
    )
    if isinstance(opened, Answer):
        return _told(conversation, request, opened, first)
    rights, said = (None, _asking()) if isinstance(opened, Untold) else opened
    asking, origin = first.asking(request.origin, said)
    if conversation.jobs.start(request, EphemeralTarget(services.platform, origin), rights):
        return asking
    return _busy(conversation, request, first)


def _asking() -> Reply:
    return notice(say_line("Asking the database …"))


def _told(conversation: Conversation, request: Request, answer: Answer, first: FirstAnswers[R_co]) -> R_co:
    services, origin = conversation.services, request.origin
    services.record(request, answer)
    if (told := first.told(origin, answer)) is not None:
        return told

    def respond() -> None:
        delivered(services.platform.respond(origin, answer.reply))

    taken = services.work.submit(respond, lambda error: services.failed(origin, error))
    return first.nothing() if taken else first.shown(origin, busy())


def _busy(conversation: Conversation, request: Request, first: FirstAnswers[R_co]) -> R_co:
    conversation.services.record(request, "busy")
    return first.shown(request.origin, busy())
