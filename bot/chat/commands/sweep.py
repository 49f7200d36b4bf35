"""`sweep`: ask the whole fleet now; what failed, what is different, what channels read of it and what still waits.

As of another day it only says what that day would bring: nothing is stored and nothing sent.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice

from bot.alerts.alert import Notification, NotifyReason
from bot.alerts.cycle import CycleResult
from bot.alerts.delivery.outbox import ChannelState
from bot.catalogue import message, number, say, say_about, say_counted
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
    say_line,
    with_code,
)
from bot.chat.rule_wording import subject_name
from bot.chat.waiting import why_waiting
from bot.chat.wording import bounded, day_in_words, moment
from bot.errors import UnavailableError, UsageError
from bot.fleet.hosts import Change, ChangeKind, WatchedHost
from bot.fleet.names import Nameable, fleet_names, nameable, told_apart
from bot.fleet.sweep import Report, SweepEnd
from bot.text import shown
from bot.xapi.observation import FailureCode

IN_FULL = 10
"""Of each list so many lines; how many more there are stands below it."""

MESSAGE_MAX = 200

_REASONS = {
    NotifyReason.NEW: message("new"),
    NotifyReason.THRESHOLD: message("closer to its date"),
    NotifyReason.MORE_HOSTS: message("more hosts"),
    NotifyReason.REMINDER: message("reminder"),
    NotifyReason.NOTE: message("note"),
    NotifyReason.WORSE: message("worse"),
    NotifyReason.SNOOZE_OVER: message("snooze over"),
    NotifyReason.PLAN_OVER: message("planned day over"),
    NotifyReason.RESOLVED: message("resolved"),
}


def opening(ports: Ports, asked: Invocation) -> RichText | Reply:
    """How many are asked."""
    watched, _ = _wanted(ports, asked)
    targets = say_counted(len(watched.sources), "{count} target", "{count} targets")
    return say_line("Asking {targets} …", targets=Strong(targets))


def run(ports: Ports, asked: Invocation) -> Reply:
    """Sweep. Blocks until everybody has answered or failed to; UnavailableError if the sweep could not be made."""
    watched, day = _wanted(ports, asked)
    first = opening(ports, asked)
    report = _progress(asked, () if isinstance(first, Reply) else first)
    made = watched.round(report) if day is None else watched.rehearse(day, report)
    swept = made.swept
    return Reply(
        kind="sweep",
        headline=_first(made),
        blocks=tuple(_body(made, watched)),
        buttons=(Ask(say("Fleet"), "fleet"), Ask(say("Sweep again"), "sweep")),
        context=(say_line("as of {moment}", moment=moment(made.at)),),
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
        raise UsageError(say("`sweep` asks the whole fleet and takes no words but a day: sweep on 2028-12-01."))
    if not (watched.sources or watched.channel) and watched.sites:
        raise UnavailableError(say("No site was heard yet, so there is nobody to ask: start `xocompat site` there."))
    if not (watched.sources or watched.channel):
        raise UsageError(say("There is nobody to ask: add `targets` or `xen_orchestra` to the configuration."))
    return watched, day or day_asked(asked, watched.clock())


def _progress(asked: Invocation, about: RichText) -> Report:
    """Passes progress on, a hundred times at most."""
    last = -1

    def pass_on(done: int, total: int) -> None:
        nonlocal last
        percent = done * 100 // total if total else 100
        if percent != last:
            last = percent
            asked.report(Progress(about, done, total))

    return pass_on


def _first(made: CycleResult) -> RichText:
    swept = made.swept
    count, failed = swept.sources, len(swept.failed)
    if made.doubt:
        doubt = say("{why}; nothing was stored or sent", why=made.doubt)
        return headline(Strong(say("The sweep decides nothing")), Mark("⚠️", doubt))
    if swept.ending is not SweepEnd.DONE:
        why = say("another process has taken it over; what was heard by then is kept")
        if swept.ending is SweepEnd.STOPPED:
            why = say("xocompat is ending; what was heard by then is kept")
        return headline(Strong(say("The sweep is not done")), Mark("⚠️", why))
    if not count:
        return headline(Strong(say("Sweep done")), say("none of the targets leads to this channel"))
    if swept.is_in_vain:
        none = say_counted(count, "None of {count} target answered", "None of {count} targets answered")
        return headline(Strong(none), Mark("⚠️", say("what is known of the hosts is old")))
    done = say("Rehearsed for {day}", day=day_in_words(made.at.date())) if made.is_dry else say("Sweep done")
    if failed:
        lacking = say_counted(
            count,
            "{failed} of {count} target did not answer",
            "{failed} of {count} targets did not answer",
            failed=number(failed),
        )
        return headline(Strong(done), Mark("⚠️", lacking))
    every = say("the only target answered") if count == 1 else say("all {count} targets answered", count=number(count))
    return headline(Strong(done), Mark("✅", every))


def _body(made: CycleResult, watched: Watched) -> Iterator[Block]:
    if made.is_dry:
        day = day_in_words(made.at.date())
        yield Paragraph((say_line("Nothing was stored or sent: this is what {day} would bring.", day=day),))
    failures = (
        say_line("{target}: {why}", target=Strong(shown(f.target)), why=with_code(shown(f.message, MESSAGE_MAX)))
        for f in made.swept.failed
    )
    yield from _bullets(say_about("a list of a sweep", "No answer"), len(made.swept.failed), failures)
    if changes := made.swept.changes:
        heard = {state.name for state in watched.store.sources() if state.ok_at}
        different = say_about("a list of a sweep", "Different")
        yield from _bullets(different, len(changes), _changes(changes, watched.store.hosts(), heard))
    if cut := [*_cut_short(made, watched)]:
        yield Bullets(bounded(cut, IN_FULL), say("Not all hosts were asked which updates they miss"))
    if made.swept.ending is SweepEnd.DONE:
        told, waits = say_about("a list of a sweep", "Told"), say_about("a list of a sweep", "Waits")
        if made.is_dry:
            told, waits = say("Would be told"), say("Would be sent")
        notifications = made.settled.notifications
        yield from _bullets(told, len(notifications), map(_notified, notifications))
        waiting = (_waits(made, channel, watched.clock()) for channel in made.channels)
        yield from _bullets(waits, len(made.channels), waiting)


def _cut_short(made: CycleResult, watched: Watched) -> Iterator[RichText]:
    """Xen Orchestras that this sweep did not get to the end of, asking for missing updates."""
    for state in watched.orchestras.states() if watched.orchestras and not made.is_dry else ():
        failure, asked_at = state.updates_failure, state.updates_asked_at
        if failure and asked_at and asked_at >= made.at and failure.code is FailureCode.TIMEOUT:
            yield say_line(
                "{orchestra}: its time was over. The hosts that are left are asked first the next time.",
                orchestra=Strong(shown(state.version.name)),
            )


def _bullets(title: str, count: int, items: Iterable[RichText]) -> Iterator[Block]:
    if count:
        yield Bullets(bounded([*islice(items, IN_FULL)], IN_FULL, count), f"{title} ({number(count)})")


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
        subject = line(Strong(name))
        if change.host and change.pool:
            subject = say_line("{host} (pool {pool})", host=Strong(name), pool=shown(change.pool))
        never = change.kind is ChangeKind.UNREACHABLE and change.source not in heard
        what = say("has never answered") if never else _difference(change)
        if uuid in off:
            what = say("{change}, and is off", change=what)
        yield say_line("{subject}: {change}", subject=subject, change=what)


def _difference(change: Change) -> str:
    before, after = shown(change.before or ""), shown(change.after or "")
    match change.kind:
        case ChangeKind.UPGRADED if before and after:
            return say("from {before} to {after}", before=before, after=after)
        case ChangeKind.UPGRADED if after:
            return say("from an unknown version to {after}", after=after)
        case ChangeKind.UPGRADED if before:
            return say("from {before} to another", before=before)
        case ChangeKind.JOINED if after:
            return say("joined, runs {release}", release=after)
    return say(_DIFFERENT[change.kind])


_DIFFERENT = {
    ChangeKind.UPGRADED: message("from an unknown version to another"),
    ChangeKind.JOINED: message("joined"),
    ChangeKind.LEFT: message("left its pool"),
    ChangeKind.POOL_MIXED: message("runs several versions now"),
    ChangeKind.POOL_UNIFORM: message("runs one version again"),
    ChangeKind.UNREACHABLE: message("does not answer any more"),
    ChangeKind.REACHABLE: message("answers now"),
    ChangeKind.REMOVED: message("is not in the configuration any more"),
}
"""What is different, where nothing is known of it but its kind."""


def _notified(notification: Notification) -> RichText:
    alert = notification.alert
    why = say(_REASONS[notification.reason])
    if alert.hosts:
        hosts = say_counted(len(alert.hosts), "{count} host", "{count} hosts")
        why = f"{why}, {hosts}"
    return say_line(
        "{subject} · {why} · channel {channel}",
        subject=Strong(shown(subject_name(alert.rule, alert.subject.name))),
        why=why,
        channel=ChannelName(shown(alert.channel)),
    )


def _waits(made: CycleResult, channel: ChannelState, now: datetime) -> RichText:
    name = ChannelName(shown(channel.channel))
    messages = say_counted(channel.pending, "{count} message", "{count} messages")
    if made.is_dry:
        return say_line("channel {channel}: {messages}", channel=name, messages=messages)
    sent = made.sent
    why = channel.stopped or sent.why_not or sent.why_not_to(channel.channel) or why_waiting(channel, now, sent.by)
    why = shown(why or say("On the way."), MESSAGE_MAX)
    return say_line("channel {channel}: {messages}. {why}", channel=name, messages=messages, why=with_code(why))
