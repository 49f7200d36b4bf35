"""What becomes of a message that was handed to a chat platform: above all, whether it can be in the channel.

Only what certainly did not get there may be sent again without looking.
"""

from collections.abc import Container
from typing import NamedTuple

from bot.catalogue import say


class Delivered(NamedTuple):
    """It is in the channel. `id` is the platform's own, to edit it by and to answer below it; None if it has none."""

    id: str | None


class Unknown(NamedTuple):
    """It may be in the channel: to be looked up before it is sent again. `reason` says what happened."""

    reason: str


class NotSent(NamedTuple):
    """It is not in the channel; another try may work.

    `code` is the platform's, or empty if it was not reached. `retry_after` is how many seconds the platform wants to be
    left alone, None if it did not say.
    """

    code: str
    reason: str
    retry_after: float | None = None


class Refused(NamedTuple):
    """The platform takes nothing for this channel until somebody has mended something; `remedy` says what and how."""

    code: str
    remedy: str


class Gone(NamedTuple):
    """The message to edit, or to answer in a thread, is not there or not ours any more."""

    code: str


class EditClosed(NamedTuple):
    """The message can't be edited any more: the platform does not let old ones be. `anew`: post another one for it."""

    code: str
    anew: bool = False


class Queued(NamedTuple):
    """It is not there yet and is tried again by itself; `reason` says what came in between."""

    reason: str


Outcome = Delivered | Unknown | NotSent | Refused | Gone | EditClosed | Queued
"""What became of a post or an edit."""


class Missing(NamedTuple):
    """It is not in the channel."""


class Unverifiable(NamedTuple):
    """Whether it is in the channel can't be found out; `why` is the platform's code, or "too_many_messages"."""

    why: str


Lookup = Delivered | Missing | Unverifiable | NotSent | Refused
"""What a look-up of a message says. NotSent: the platform does not answer now, ask again later."""


def is_passing(outcome: Outcome) -> bool:
    """Whether the same may work a while later, without anybody mending anything."""
    return isinstance(outcome, Unknown) or (
        isinstance(outcome, NotSent) and (outcome.retry_after is not None or not outcome.code)
    )


def reason_of(outcome: Unknown | NotSent | Refused | Gone | EditClosed | Queued) -> str:
    """Why a message is not, or not certainly, where it should be, for the log and for people."""
    match outcome:
        case Unknown(reason) | NotSent(_, reason) | Refused(_, reason) | Queued(reason):
            return reason
        case Gone(code) | EditClosed(code):
            return say("the platform answered {code}", code=code)


def looked_up(outcome: Outcome, unreadable: Container[str] = ()) -> Lookup:
    """What a look-up that failed says. `unreadable`: codes of refusals that concern reading alone."""
    match outcome:
        case Gone():  # without the thread there is no message in it
            return Missing()
        case Unknown(reason):
            return NotSent("", reason)
        case NotSent(code, _, None) if code:
            return Unverifiable(code)
        case Refused(code) if code in unreadable:
            return Unverifiable(code)
        case NotSent() | Refused():
            return outcome
        case _:
            return Unverifiable(str(outcome[0]))
