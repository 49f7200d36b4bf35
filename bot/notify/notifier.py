"""The port of notifiers: what a target must do to be told one way, and the outbox's transport to all of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bot.alerts.delivery.outbox import Delivery
from bot.alerts.delivery.outcome import Delivered, Lookup, Missing, Outcome, Unverifiable
from bot.alerts.routing import AlertPlan
from bot.catalogue import say
from bot.chat.reply import Link, Paragraph, line
from bot.checkup import Check
from bot.matrix.matrix import Matrix
from bot.notify.notice import NO_PLAN, NoticeType, OutgoingNotice, notice_of
from bot.settings.notifiers import NotifierKind


@dataclass(frozen=True, slots=True)
class NotifierTarget:
    """A notifier as it is configured, nothing left open. `url` and `secret` are secrets, and show nowhere."""

    name: str
    kind: NotifierKind
    url: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)
    to: tuple[str, ...] = ()
    sender: str = ""
    ca: Path | None = None


class Notifier(Protocol):
    """A target that is told one way. Nothing raises for what the target answers: outcomes say it.

    The outcomes are the outbox's: Delivered with what the target calls it; NotSent, to be tried again, after as long as
    it says; Refused until somebody mends something; Unknown where it may be there.
    """

    @property
    def knows_repeats(self) -> bool:
        """Whether sending the same message again, by its key, changes nothing: the target knows the key."""

    @property
    def can_edit(self) -> bool:
        """Whether the first message of an alert can be replaced by what holds now."""

    def send(self, notice: OutgoingNotice) -> Outcome:
        """Tell it, once, within the time that a lease lasts."""

    def check(self) -> Iterator[Check]:
        """Whether it would work, as far as that can be seen without telling anything."""


@dataclass(frozen=True, slots=True)
class NotifierTransport:
    """The outbox worker's transport to one notifier. `matrix` is what is known now; `link` finds the message in chat
    about what a delivery is about; `plan` says in which zone its channel counts days.
    """

    notifier: Notifier
    matrix: Callable[[], Matrix]
    link: Callable[[Delivery], str | None] = lambda _: None
    plan: AlertPlan = NO_PLAN

    def send(self, delivery: Delivery) -> Outcome:
        """Tell what it says. An edit that says nothing new is done, where the target can't edit."""
        notice = notice_of(delivery, self.matrix(), self.link(delivery), self.plan)
        if notice.type is NoticeType.EDITED and not self.notifier.can_edit:
            return Delivered(None)
        return self.notifier.send(_with_link(notice))

    def find(self, delivery: Delivery) -> Lookup:  # noqa: ARG002 # none of the targets can be asked
        """A target that knows repeats gets it again, and nobody sees two; of others nobody can tell."""
        return Missing() if self.notifier.knows_repeats else Unverifiable("no_look_up")


def _with_link(notice: OutgoingNotice) -> OutgoingNotice:
    if notice.link is None:
        return notice
    below = Paragraph((line(Link(say("Open it in chat"), notice.link)),))
    return notice._replace(reply=notice.reply._replace(blocks=(*notice.reply.blocks, below)))
