"""`sweep`: ask the whole fleet now; what failed, what is different, what channels were told and what still waits."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from bot.alerts.alert import Notification, NotifyReason
from bot.alerts.cycle import CycleResult
from bot.alerts.delivery.outbox import ChannelState
from bot.chat.command import Invocation, Ports, Progress, Watched
from bot.chat.filter import take_words
from bot.chat.hosts import watched_of
from bot.chat.reply import Ask, Block, Bullets, Mark, Reply, RichText, Strong, headline, line
from bot.chat.wording import moment_in_words
from bot.errors import UsageError
from bot.fleet.hosts import Change, ChangeKind
from bot.fleet.sweep import SweepEnd, SweepResult, Tell
from bot.query.text import shown

IN_FULL = 10
"""Of each list so many lines; how many more there are stands below it."""

MESSAGE_MAX = 200

_REASONS = {
    NotifyReason.NEW: "new",
    NotifyReason.THRESHOLD: "closer to its date",
    NotifyReason.MORE_HOSTS: "more hosts",
    NotifyReason.REMINDER: "reminder",
    NotifyReason.SNOOZE_OVER: "snooze over",
    NotifyReason.RESOLVED: "resolved",
}


def opening(ports: Ports, asked: Invocation) -> RichText | Reply:
    """How many are asked."""
    watched, _ = _wanted(ports, asked)
    return _asking(watched)


def run(ports: Ports, asked: Invocation) -> Reply:
    """Make a round. Blocks until everybody has answered or failed to; UnavailableError if it could not be made."""
    watched, day = _wanted(ports, asked)
    made = watched.round(day, _telling(asked, _asking(watched)))
    swept = made.swept
    return Reply(
        kind="sweep",
        headline=_first(swept),
        blocks=tuple(_body(made)),
        buttons=(Ask("Fleet", "fleet"), Ask("Sweep again", "sweep")),
        context=(line(f"as of {moment_in_words(made.at)}"),),
        data={
            "as_of": day.isoformat(),
            "targets": swept.sources,
            "failed": len(swept.failed),
            "opened": made.settled.opened,
            "resolved": made.settled.resolved,
            "delivered": made.sent.messages,
            "pending": made.pending,
        },
        exit_status=0 if swept.ending is SweepEnd.DONE and not (swept.sources and swept.is_in_vain) else 1,
    )


def _wanted(ports: Ports, asked: Invocation) -> tuple[Watched, date]:
    watched = watched_of(ports)
    words, day = take_words(asked.words)
    if words:
        raise UsageError("`sweep` asks the whole fleet and takes no words but a day: sweep on 2028-12-01.")
    if not (watched.sources or watched.channel):
        raise UsageError("There is nobody to ask: add `targets` or `xen_orchestra` to the configuration.")
    return watched, day or asked.day


def _asking(watched: Watched) -> RichText:
    count = len(watched.sources)
    return line("Asking ", Strong(f"{count} {'target' if count == 1 else 'targets'}"), " …")


def _telling(asked: Invocation, said: RichText) -> Tell:
    """Passes progress on, a hundred times at most."""
    last = -1

    def tell(done: int, total: int) -> None:
        nonlocal last
        percent = done * 100 // total if total else 100
        if percent != last:
            last = percent
            asked.report(Progress(said, done, total))

    return tell


def _first(swept: SweepResult) -> RichText:
    count, failed = swept.sources, len(swept.failed)
    if swept.ending is not SweepEnd.DONE:
        why = "xocompat is ending" if swept.ending is SweepEnd.STOPPED else "another process has taken it over"
        return headline(Strong("The sweep is not done"), Mark("⚠️", f"{why}; what was heard by then is kept"))
    if not count:
        return headline(Strong("Sweep done"), "none of the targets leads to this channel")
    if swept.is_in_vain:
        return headline(Strong(f"None of {count} targets answered"), Mark("⚠️", "what is known of the hosts is old"))
    if failed:
        return headline(Strong("Sweep done"), Mark("⚠️", f"{failed} of {count} targets did not answer"))
    return headline(
        Strong("Sweep done"), Mark("✅", f"{'the only target' if count == 1 else f'all {count} targets'} answered")
    )


def _body(made: CycleResult) -> Iterator[Block]:
    failures = (line(Strong(shown(f.target)), f": {shown(f.message, MESSAGE_MAX)}") for f in made.swept.failed)
    yield from _bullets("No answer", len(made.swept.failed), failures)
    yield from _bullets("Different", len(made.swept.changes), map(_change, made.swept.changes))
    if made.swept.ending is SweepEnd.DONE:
        yield from _bullets("Told", len(made.settled.notifications), map(_told, made.settled.notifications))
        yield from _bullets("Waits", len(made.channels), (_waits(made, channel) for channel in made.channels))


def _bullets(title: str, count: int, items: Iterable[RichText]) -> Iterator[Block]:
    if count:
        kept = [item for item, _ in zip(items, range(IN_FULL), strict=False)]
        more = [line(f"and {count - IN_FULL} more")] if count > IN_FULL else []
        yield Bullets((*kept, *more), f"{title} ({count})")


def _change(change: Change) -> RichText:
    name = shown(change.host or change.pool or change.source)
    pool = f" (pool {shown(change.pool)})" if change.host and change.pool else ""
    return line(Strong(name), f"{pool}: {_DIFFERENT[change.kind](change)}")


_DIFFERENT: dict[ChangeKind, Callable[[Change], str]] = {
    ChangeKind.UPGRADED: lambda c: f"from {shown(c.before or 'an unknown version')} to {shown(c.after or 'another')}",
    ChangeKind.JOINED: lambda c: f"joined{f', runs {shown(c.after)}' if c.after else ''}",
    ChangeKind.LEFT: lambda _: "left its pool",
    ChangeKind.POOL_MIXED: lambda _: "runs several versions now",
    ChangeKind.POOL_UNIFORM: lambda _: "runs one version again",
    ChangeKind.UNREACHABLE: lambda _: "does not answer any more",
    ChangeKind.REACHABLE: lambda _: "answers again",
    ChangeKind.REMOVED: lambda _: "is not in the configuration any more",
}


def _told(notification: Notification) -> RichText:
    alert = notification.alert
    hosts = f", {len(alert.hosts)} {'host' if len(alert.hosts) == 1 else 'hosts'}" if alert.hosts else ""
    said = f" · {_REASONS[notification.reason]}{hosts} · channel {shown(alert.channel)}"
    return line(Strong(shown(alert.subject.name)), said)


def _waits(made: CycleResult, channel: ChannelState) -> RichText:
    messages = f"{channel.pending} {'message' if channel.pending == 1 else 'messages'}"
    why = channel.stopped or made.sent.why_not
    if not why and channel.not_before:
        why = f"Slack asked to wait until {moment_in_words(channel.not_before)}."
    return line(
        Strong(f"channel {shown(channel.channel)}"), f": {messages}. {shown(why or 'On the way.', MESSAGE_MAX)}"
    )
