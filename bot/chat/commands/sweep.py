"""`sweep`: ask the whole fleet now; what failed, what is different, what channels read of it and what still waits.

As of another day it only says what that day would bring: nothing is stored and nothing sent.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice

from bot.alerts.alert import Notification, NotifyReason
from bot.alerts.cycle import CycleResult
from bot.alerts.delivery.outbox import ChannelState
from bot.chat.alert_context import day_asked
from bot.chat.command import Invocation, Ports, Progress, Watched
from bot.chat.filter import take_words
from bot.chat.hosts import watched_of
from bot.chat.reply import (
    Ask,
    Block,
    Bullets,
    ChannelName,
    Mark,
    Paragraph,
    Reply,
    RichText,
    Strong,
    headline,
    line,
    with_code,
)
from bot.chat.waiting import why_waiting
from bot.chat.wording import bounded, counted, day_in_words, moment
from bot.errors import UsageError
from bot.fleet.hosts import Change, ChangeKind, WatchedHost
from bot.fleet.names import Nameable, fleet_names, nameable, told_apart
from bot.fleet.sweep import Report, SweepEnd
from bot.text import shown
from bot.xapi.observation import FailureCode

IN_FULL = 10
"""Of each list so many lines; how many more there are stands below it."""

MESSAGE_MAX = 200

_REASONS = {
    NotifyReason.NEW: "new",
    NotifyReason.THRESHOLD: "closer to its date",
    NotifyReason.MORE_HOSTS: "more hosts",
    NotifyReason.REMINDER: "reminder",
    NotifyReason.NOTE: "note",
    NotifyReason.WORSE: "worse",
    NotifyReason.SNOOZE_OVER: "snooze over",
    NotifyReason.PLAN_OVER: "planned day over",
    NotifyReason.RESOLVED: "resolved",
}


def opening(ports: Ports, asked: Invocation) -> RichText | Reply:
    """How many are asked."""
    watched, _ = _wanted(ports, asked)
    count = len(watched.sources)
    return line("Asking ", Strong(counted(count, "target")), " …")


def run(ports: Ports, asked: Invocation) -> Reply:
    """Sweep. Blocks until everybody has answered or failed to; UnavailableError if the sweep could not be made."""
    watched, day = _wanted(ports, asked)
    said = opening(ports, asked)
    report = _progress(asked, () if isinstance(said, Reply) else said)
    made = watched.round(report) if day is None else watched.rehearse(day, report)
    swept = made.swept
    return Reply(
        kind="sweep",
        headline=_first(made),
        blocks=tuple(_body(made, watched)),
        buttons=(Ask("Fleet", "fleet"), Ask("Sweep again", "sweep")),
        context=(line("as of ", moment(made.at)),),
        data={
            "as_of": (day or asked.day).isoformat(),
            "targets": swept.sources,
            "failed": len(swept.failed),
            "opened": made.settled.opened,
            "resolved": made.settled.resolved,
            "delivered": made.sent.messages,
            "pending": made.pending,
            **({"dry": True} if made.is_dry else {}),
        },
        exit_status=1 if swept.ending is not SweepEnd.DONE or (swept.sources and swept.is_in_vain) or made.doubt else 0,
    )


def _wanted(ports: Ports, asked: Invocation) -> tuple[Watched, date | None]:
    """The fleet, and the day that is to be rehearsed; None for a sweep that counts."""
    watched = watched_of(ports)
    words, day = take_words(asked.words, asked.day)
    if words:
        raise UsageError("`sweep` asks the whole fleet and takes no words but a day: sweep on 2028-12-01.")
    if not (watched.sources or watched.channel):
        raise UsageError("There is nobody to ask: add `targets` or `xen_orchestra` to the configuration.")
    return watched, day or day_asked(asked, watched.clock())


def _progress(asked: Invocation, said: RichText) -> Report:
    """Passes progress on, a hundred times at most."""
    last = -1

    def pass_on(done: int, total: int) -> None:
        nonlocal last
        percent = done * 100 // total if total else 100
        if percent != last:
            last = percent
            asked.report(Progress(said, done, total))

    return pass_on


def _first(made: CycleResult) -> RichText:
    swept = made.swept
    count, failed = swept.sources, len(swept.failed)
    if made.doubt:
        return headline(Strong("The sweep decides nothing"), Mark("⚠️", f"{made.doubt}; nothing was stored or sent"))
    if swept.ending is not SweepEnd.DONE:
        why = "xocompat is ending" if swept.ending is SweepEnd.STOPPED else "another process has taken it over"
        return headline(Strong("The sweep is not done"), Mark("⚠️", f"{why}; what was heard by then is kept"))
    if not count:
        return headline(Strong("Sweep done"), "none of the targets leads to this channel")
    if swept.is_in_vain:
        return headline(Strong(f"None of {count:,} targets answered"), Mark("⚠️", "what is known of the hosts is old"))
    done = f"Rehearsed for {day_in_words(made.at.date())}" if made.is_dry else "Sweep done"
    if failed:
        return headline(Strong(done), Mark("⚠️", f"{failed:,} of {count:,} targets did not answer"))
    return headline(
        Strong(done), Mark("✅", f"{'the only target' if count == 1 else f'all {count:,} targets'} answered")
    )


def _body(made: CycleResult, watched: Watched) -> Iterator[Block]:
    if made.is_dry:
        day = day_in_words(made.at.date())
        yield Paragraph((line(f"Nothing was stored or sent: this is what {day} would bring."),))
    failures = (
        line(Strong(shown(f.target)), ": ", *with_code(shown(f.message, MESSAGE_MAX))) for f in made.swept.failed
    )
    yield from _bullets("No answer", len(made.swept.failed), failures)
    if changes := made.swept.changes:
        heard = {state.name for state in watched.store.sources() if state.ok_at}
        yield from _bullets("Different", len(changes), _changes(changes, watched.store.hosts(), heard))
    if cut := [*_cut_short(made, watched)]:
        yield Bullets(bounded(cut, IN_FULL), "Not all hosts were asked which updates they miss")
    if made.swept.ending is SweepEnd.DONE:
        would = made.is_dry
        notifications = made.settled.notifications
        yield from _bullets("Would be told" if would else "Told", len(notifications), map(_notified, notifications))
        waiting = (_waits(made, channel, watched.clock()) for channel in made.channels)
        yield from _bullets("Would be sent" if would else "Waits", len(made.channels), waiting)


def _cut_short(made: CycleResult, watched: Watched) -> Iterator[RichText]:
    """Xen Orchestras that this sweep did not get to the end of, asking for missing updates."""
    for state in watched.orchestras.states() if watched.orchestras and not made.is_dry else ():
        failure, asked_at = state.updates_failure, state.updates_asked_at
        if failure and asked_at and asked_at >= made.at and failure.code is FailureCode.TIMEOUT:
            name = shown(state.version.name)
            yield line(Strong(name), ": its time was over. The hosts that are left are asked first the next time.")


def _bullets(title: str, count: int, items: Iterable[RichText]) -> Iterator[Block]:
    if count:
        yield Bullets(bounded([*islice(items, IN_FULL)], IN_FULL, count), f"{title} ({count})")


def _changes(changes: Iterable[Change], hosts: Sequence[WatchedHost], heard: Collection[str]) -> Iterator[RichText]:
    """What is different. Hosts that are gone are called by their names as well, so that none looks like another.

    `heard` are the sources that have ever answered.
    """
    gone = {
        change.uuid: Nameable(shown(change.host) or shown(change.uuid), (shown(change.source),))
        for change in changes
        if change.uuid and change.host is not None
    }
    called = told_apart({**gone, **{host.host.uuid: nameable(host) for host in hosts}})
    pools = fleet_names(hosts).pools
    off = {host.host.uuid for host in hosts if host.is_off}
    for change in changes:
        uuid = change.uuid or ""
        name = called.get(uuid) or pools.get(uuid) or shown(change.pool or change.source)
        pool = f" (pool {shown(change.pool)})" if change.host and change.pool else ""
        is_off = ", and is off" if uuid in off else ""
        never = change.kind is ChangeKind.UNREACHABLE and change.source not in heard
        what = "has never answered" if never else _DIFFERENT[change.kind](change)
        yield line(Strong(name), f"{pool}: {what}{is_off}")


_DIFFERENT: dict[ChangeKind, Callable[[Change], str]] = {
    ChangeKind.UPGRADED: lambda c: f"from {shown(c.before or 'an unknown version')} to {shown(c.after or 'another')}",
    ChangeKind.JOINED: lambda c: f"joined{f', runs {shown(c.after)}' if c.after else ''}",
    ChangeKind.LEFT: lambda _: "left its pool",
    ChangeKind.POOL_MIXED: lambda _: "runs several versions now",
    ChangeKind.POOL_UNIFORM: lambda _: "runs one version again",
    ChangeKind.UNREACHABLE: lambda _: "does not answer any more",
    ChangeKind.REACHABLE: lambda _: "answers now",
    ChangeKind.REMOVED: lambda _: "is not in the configuration any more",
}


def _notified(notification: Notification) -> RichText:
    alert = notification.alert
    hosts = f", {counted(len(alert.hosts), 'host')}" if alert.hosts else ""
    said = f" · {_REASONS[notification.reason]}{hosts} · channel "
    return line(Strong(shown(alert.subject.name)), said, ChannelName(shown(alert.channel)))


def _waits(made: CycleResult, channel: ChannelState, now: datetime) -> RichText:
    messages = counted(channel.pending, "message")
    if made.is_dry:
        return line("channel ", ChannelName(shown(channel.channel)), f": {messages}")
    sent = made.sent
    why = channel.stopped or sent.why_not or sent.why_not_to(channel.channel) or why_waiting(channel, now, sent.by)
    said = with_code(shown(why or "On the way.", MESSAGE_MAX))
    return line("channel ", ChannelName(shown(channel.channel)), f": {messages}. ", *said)
