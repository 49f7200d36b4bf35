"""Alerts in words: what each says, its hosts, what was done about it, and why it was sent."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import partial

from bot.alerts.alert import AffectedHost, Alert, AlertState, Notification, NotifyReason, Rule
from bot.alerts.patch_rules import new_holes
from bot.chat import verdict
from bot.chat.alert_context import alert_data, release_of, worst_first
from bot.chat.reply import (
    Act,
    Asks,
    Block,
    Bullets,
    Button,
    Code,
    Menu,
    MenuEntry,
    Paragraph,
    PersonName,
    Reply,
    RichText,
    Span,
    Strong,
    Typed,
    full_stop,
    line,
    with_code,
)
from bot.chat.rule_wording import WORDING, holes_in_words, resolution_in_words, sentence
from bot.chat.wording import bounded, counted, day_in_words, joined, moment, plural, span
from bot.matrix.matrix import Matrix
from bot.matrix.recommend import recommend, recommend_final

HOLES = 5
"""So many known holes are told with their titles; the alert's JSON has all."""

NAMED = 10
"""So many hosts are named; `alerts ID` names all."""


def hosts_by_pool(those: Sequence[AffectedHost], most: int = NAMED) -> str:
    """Hosts by pool: `3 hosts in 2 pools: xen-2, xen-3 (lab), xen-9 (prod)`; empty where there are none."""
    if not those:
        return ""
    pools = len({host.pool for host in those})
    where = f" in {pools} pools" if pools > 1 else ""
    return f"{counted(len(those), 'host')}{where}: {named(those, most)}"


def named(those: Sequence[AffectedHost], most: int = NAMED) -> str:
    """Hosts by name with their pools, at most so many."""
    pools: dict[str, list[str]] = {}
    for host in those[:most]:
        pools.setdefault(host.pool, []).append(host.name)
    more = f" and {len(those) - most} more" if len(those) > most else ""
    listed = (", ".join(names) if names == [pool] else f"{', '.join(names)} ({pool})" for pool, names in pools.items())
    return ", ".join(listed) + more


def acknowledgement(alert: Alert, day: date) -> RichText:
    """Who did what about an alert and when, and for which day what it is about is planned; empty if nobody did."""
    done, planned = _handled(alert), _plan(alert, day)
    return line(*done, ", ", *planned) if done and planned else done or planned


def _plan(alert: Alert, day: date) -> RichText:
    if not alert.planned_for:
        return ()
    was = "was " if alert.planned_for < day else ""
    by = (
        (" by ", PersonName(alert.planned_by)) if alert.planned_by and alert.planned_by != alert.acknowledged_by else ()
    )
    return line(f"{was}planned for {day_in_words(alert.planned_for)}", *by)


def _handled(alert: Alert) -> RichText:
    if alert.acknowledged_by and alert.acknowledged_at:
        verb, by, at, lasts = "acknowledged by ", alert.acknowledged_by, alert.acknowledged_at, line()
    elif alert.snoozed_by and alert.snoozed_at:
        verb, by, at, lasts = "snoozed by ", alert.snoozed_by, alert.snoozed_at, line(", until the next threshold")
        if until := alert.snoozed_until:
            is_midnight = (until.hour, until.minute) == (0, 0)
            lasts = line(", until ", day_in_words(until.date()) if is_midnight else moment(until))
    else:
        return ()
    again = "fires again; it was " if alert.state is AlertState.FIRING else ""
    return line(f"{again}{verb}", PersonName(by), f" on {day_in_words(at.date())}", *lasts)


def state(alert: Alert, day: date) -> RichText:
    """An alert's state on a day, with who did it and when."""
    if alert.state is AlertState.RESOLVED and alert.resolved_at:
        return line(f"resolved on {day_in_words(alert.resolved_at.date())}")
    return acknowledgement(alert, day) or line(alert.state.value)


def note(alert: Alert) -> RichText:
    """What somebody wrote about an alert, with who; empty if nobody did."""
    return line("Note by ", PersonName(alert.noted_by), f": {alert.note}") if alert.note and alert.noted_by else ()


def reason(alert: Alert, why: NotifyReason) -> str:
    """Why a channel is notified: `new: 90-day mark passed`."""
    if why in (NotifyReason.NEW, NotifyReason.THRESHOLD) and alert.threshold_days is not None:
        if alert.threshold_days:
            return f"{_REASONS[why]}: {alert.threshold_days}-day mark passed"
        is_past = alert.due and alert.due < alert.told_at.date()
        return f"{_REASONS[why]}: {'past its date' if is_past else 'the day has come'}"
    if why is not NotifyReason.RESOLVED or not alert.resolved_at:
        return _REASONS[why]
    in_time = ""
    if alert.rule is Rule.EOL and alert.due and (left := (alert.due - alert.resolved_at.date()).days) > 0:
        in_time = f", {span(left)} before its end of life"
    return f"resolved {day_in_words(alert.resolved_at.date())}{in_time}"


_REASONS = {
    NotifyReason.NEW: "new",
    NotifyReason.THRESHOLD: "threshold",
    NotifyReason.MORE_HOSTS: "more hosts",
    NotifyReason.REMINDER: "reminder",
    NotifyReason.NOTE: "note",
    NotifyReason.SNOOZE_OVER: "the snooze is over",
    NotifyReason.WORSE: "it got worse",
    NotifyReason.PLAN_OVER: "the planned day is over",
    NotifyReason.RESOLVED: "resolved",
}


def numbers(alerts: Iterable[Alert]) -> str:
    """`alert 17`, `alerts 17 and 18`."""
    ids = [str(alert.id) for alert in alerts]
    return f"{plural(len(ids), 'alert')} {joined(ids)}" if ids else ""


def alert_message(alerts: Sequence[Alert], day: date, now: datetime, matrix: Matrix) -> Reply:
    """The one message of a (channel, subject), as it is now: the worst of its alerts first, the rest below.

    `alerts` are those of one subject that are open, or that just ended; at least one.
    """
    ordered = [*worst_first(a for a in alerts if a.is_open), *worst_first(a for a in alerts if not a.is_open)]
    first, *others = ordered
    # Why the channel was notified last, and when it was so: soon fewer days are left.
    context = line(f"{reason(first, first.reason)} · {numbers(ordered)} · as of ", moment(now))
    return Reply(
        kind="bulletin",
        headline=sentence(first, day),
        blocks=tuple(_body(first, others, day, matrix)),
        buttons=_buttons([alert for alert in ordered if alert.is_open]),
        context=(context,),
        data={"alerts": [alert_data(alert, matrix) for alert in ordered]},
    )


def thread_update(notification: Notification) -> Reply:
    """What is new about an alert, for its thread: a line that can stand alone in somebody's notification."""
    alert, why = notification.alert, notification.reason
    lines = [_first(notification)]
    if why is NotifyReason.NEW and alert.hosts:
        lines.append(line(full_stop(hosts_by_pool(alert.hosts))))
    if why is NotifyReason.WORSE and notification.before:
        new = new_holes(notification.before, alert.detail)
        lines.append(line(*with_code(f"New: {'; '.join(holes_in_words(new, len(alert.hosts))[:HOLES])}")))
    # Hosts since the last notice, where the first line or the list of hosts does not name them already.
    if why not in (NotifyReason.NEW, NotifyReason.RESOLVED):
        added = () if why is NotifyReason.MORE_HOSTS else notification.added
        said = [f"{named(added)} found"] if added else []
        if fates := resolution_in_words(notification.fates):
            said.append(fates)
        elif notification.gone:  # queued by a version that did not ask what became of them
            said.append(f"{named(notification.gone)} not affected any more")
        if changed := "; ".join(said):
            lines.append(line(f"Since the last notice: {changed}."))
    context = line(f"{reason(alert, why)} · {numbers([alert])}")
    return Reply("news", lines[0], (Paragraph(tuple(lines[1:])),) if lines[1:] else (), context=(context,))


def handled_update(alerts: Sequence[Alert], day: date) -> Reply:
    """What somebody did about alerts of one subject, for who can't see the alert message change."""
    first = alerts[0]
    said = [line(Strong(each.subject.name), ": ", *acknowledgement(each, day)) for each in alerts]
    lines = [*dict.fromkeys(said[1:]), *filter(None, map(note, alerts))]
    blocks = (Paragraph(tuple(lines)),) if lines else ()
    return Reply("news", said[0], blocks, context=(line(f"{first.state.value} · {numbers(alerts)}"),))


def _first(notification: Notification) -> RichText:
    alert, day = notification.alert, notification.at.date()
    said = sentence(alert, day)
    match notification.reason:
        case NotifyReason.MORE_HOSTS:
            return line("Also on ", Strong(alert.subject.name), f": {named(notification.added)}")
        case NotifyReason.REMINDER:
            return line("Still so: ", *said)
        case NotifyReason.NOTE:
            return (*note(alert), *line(" ("), Strong(alert.subject.name), *line(")"))
        case NotifyReason.SNOOZE_OVER:
            return line("The snooze is over: ", *said)
        case NotifyReason.WORSE:
            return line("Worse now: ", *said)
        case NotifyReason.PLAN_OVER if alert.planned_for:
            return line(f"It was planned for {day_in_words(alert.planned_for)} and is still so: ", *said)
        case _:
            return said


def _body(first: Alert, others: Sequence[Alert], day: date, matrix: Matrix) -> Iterator[Block]:
    lines: list[RichText] = []
    if first.is_open and (count := hosts_by_pool(first.hosts)):
        lines.append(line(count))
    elif first.is_open and first.watched:
        lines.append(line("No watched host runs it; this channel watches the release."))
    seen = {sentence(first, day)}
    for other in others:
        said = sentence(other, day)
        if said in seen:  # alerts of a subject mostly end together, for one reason
            continue
        seen.add(said)
        lines.append(said)
        if other.is_open and other.hosts != first.hosts and (count := hosts_by_pool(other.hosts)):
            lines.append(line(count))
    if lines:
        yield Paragraph(tuple(lines))
    for alert in (first, *others):
        if alert.is_open and (holes := alert.detail.values.get("holes")):
            yield Bullets(
                bounded([with_code(said) for said in holes_in_words(holes, len(alert.hosts))], HOLES), "Known holes"
            )
    if first.is_open and (step := next_step(first, day, matrix)):
        yield Paragraph((line(Strong("Next step: "), *map(_typed, with_code(step))),))
    handled = partial(acknowledgement, day=day)
    if done := (*_about_each([first, *others], handled), *_about_each([first, *others], note)):
        yield Paragraph(done)


def _typed(span: Span) -> Span:
    """Words that chat answers, with the bot's name before them; `xocompat trust` has its own, and is for a shell."""
    is_asked = isinstance(span, Code) and span.text.split()[0] in ("advisory", "xo")
    return Typed(span.text, is_synopsis=True) if is_asked else span


def _about_each(alerts: Sequence[Alert], said: Callable[[Alert], RichText]) -> Iterator[RichText]:
    """What is said of each open one of the alerts; where it is the same of all, no number is needed."""
    done = {alert.id: said(alert) for alert in alerts if alert.is_open}
    if len(done) == len(alerts) and len({*done.values()}) == 1:
        yield from filter(None, [done[alerts[0].id]])
        return
    for number, each in done.items():
        if each:
            yield line(f"Alert {number}: ", *each)


def next_step(alert: Alert, day: date, matrix: Matrix) -> str:
    """The one thing to do about an alert; empty where what it says has it."""
    wording, release = WORDING[alert.rule], release_of(alert, matrix)
    ended = release is not None and release.lifecycle.eol is not None and day >= release.lifecycle.eol
    if wording.next_step and not (ended and wording.upgrade_after_eol):
        return wording.next_step
    if release:
        is_final = not alert.detail.values.get("prerelease")
        advice = (recommend if is_final else recommend_final)(matrix, release, day)
        return "" if advice.is_nothing else verdict.next_step(advice, release, day)
    return ""


def add_note(ids: Iterable[int]) -> Act:
    """A button to write a note about alerts that are acknowledged."""
    return Act("Add a note", f"ack {' '.join(map(str, ids))}", Asks.NOTE)


def _buttons(alerts: Sequence[Alert]) -> tuple[Button, ...]:
    """What can be done about open alerts; nothing twice."""
    wanted: list[Button] = []
    if waiting := [alert.id for alert in alerts if alert.state is not AlertState.ACKNOWLEDGED]:
        wanted.append(Act("Acknowledge", f"ack {' '.join(map(str, waiting))}"))
    elif alerts:  # in its place, so that there are never more than three
        wanted.append(add_note(alert.id for alert in alerts))
    if ids := " ".join(str(alert.id) for alert in alerts):
        entries = (
            MenuEntry("for 1 day", f"snooze {ids} 1d"),
            MenuEntry("for 1 week", f"snooze {ids} 7d"),
            MenuEntry("until the next threshold", f"snooze {ids} next"),
            MenuEntry("until a date …", f"snooze {ids}", Asks.MOMENT),
            MenuEntry("planned for a date …", f"ack {ids} planned", Asks.MOMENT),
        )
        wanted.append(Menu("Snooze", f"snooze {ids} 7d", entries))
    if any(alert.hosts for alert in alerts):
        wanted.append(Act("Show hosts", f"alerts {ids}"))
    return tuple(wanted)
