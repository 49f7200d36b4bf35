"""Why messages wait for a channel: in words, of a moment that is still to come."""

from datetime import datetime, timedelta

from bot.alerts.delivery.outbox import ChannelState
from bot.catalogue import say
from bot.chat.wording import moment_in_words


def why_waiting(channel: ChannelState, now: datetime, by: str | None = None) -> str | None:
    """A sentence; None where nothing keeps the messages, so that they are on their way.

    `by` is the name under which this process sends, empty if it doesn't; None where that is not known.
    What lies in the past keeps nobody: a pause that is over, or the time of a process that has died.
    """
    if channel.stopped:
        return channel.stopped
    if channel.not_before and channel.not_before > now:
        at = _moment(channel.not_before, now)
        if channel.tries:
            return say("The last try failed; the next one is at {moment}.", moment=at)
        return say("There is a pause between messages, until {moment}.", moment=at)
    if channel.holder and channel.holder != by and channel.held_until and channel.held_until > now:
        until = _moment(channel.held_until, now)
        if by is None:
            return say("A process of xocompat is sending to it, and has it until {moment}.", moment=until)
        return say("Another process is sending to it, and has it until {moment}.", moment=until)
    return None


def _moment(at: datetime, now: datetime) -> str:
    """To the second; with its day, unless that is near."""
    return moment_in_words(at) if at - now > timedelta(hours=12) else say("{time} UTC", time=f"{at:%H:%M:%S}")
