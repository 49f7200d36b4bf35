"""Alerts in words: what each says, its hosts, what was done about it, and why it was sent."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import partial

from bot.alerts.alert import AffectedHost, Alert, AlertState, Notification, NotifyReason, Rule
from bot.alerts.patch_rules import new_holes
from bot.catalogue import message, number, say, say_counted
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
    labelled,
    line,
    say_line,
    with_code,
)
from bot.chat.rule_wording import WORDING, holes_in_words, resolution_in_words, sentence, subject_name
from bot.chat.wording import bounded, day_in_words, joined, moment, span
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
    hosts, pools = named(those, most), len({host.pool for host in those})
    if pools == 1:
        return say_counted(len(those), "{count} host: {hosts}", "{count} hosts: {hosts}", hosts=hosts)
    return say_counted(
        len(those),
        "{count} host in {pools} pools: {hosts}",
        "{count} hosts in {pools} pools: {hosts}",
        pools=number(pools),
        hosts=hosts,
    )


def named(those: Sequence[AffectedHost], most: int = NAMED) -> str:
    """Hosts by name with their pools, at most so many."""
    pools: dict[str, list[str]] = {}
    for host in those[:most]:
        pools.setdefault(host.pool, []).append(host.name)
    each = (", ".join(names) if names == [pool] else f"{', '.join(names)} ({pool})" for pool, names in pools.items())
    listed, more = ", ".join(each), len(those) - most
    return say("{items} and {more} more", items=listed, more=number(more)) if more > 0 else listed


def acknowledgement(alert: Alert, day: date) -> RichText:
    """Who did what about an alert and when, and for which day what it is about is planned; empty if nobody did."""
    done, planned = _handled(alert), _plan(alert, day)
    return line(*done, ", ", *planned) if done and planned else done or planned


def _plan(alert: Alert, day: date) -> RichText:
    if not alert.planned_for:
        return ()
    planned, planned_by = _WAS_PLANNED if alert.planned_for < day else _PLANNED
    planned_day = day_in_words(alert.planned_for)
    if alert.planned_by and alert.planned_by != alert.acknowledged_by:
        return say_line(planned_by, day=planned_day, person=PersonName(alert.planned_by))
    return say_line(planned, day=planned_day)


_PLANNED = message("planned for {day}"), message("planned for {day} by {person}")
_WAS_PLANNED = message("was planned for {day}"), message("was planned for {day} by {person}")


def _handled(alert: Alert) -> RichText:
    fires_again = alert.state is AlertState.FIRING
    if alert.acknowledged_by and alert.acknowledged_at:
        day = day_in_words(alert.acknowledged_at.date())
        return say_line(_ACKNOWLEDGED[fires_again], person=PersonName(alert.acknowledged_by), day=day)
    if not (alert.snoozed_by and alert.snoozed_at):
        return ()
    person, day = PersonName(alert.snoozed_by), day_in_words(alert.snoozed_at.date())
    if alert.snoozed_until is None:
        return say_line(_SNOOZED[fires_again], person=person, day=day)
    until = alert.snoozed_until
    is_midnight = (until.hour, until.minute) == (0, 0)
    ends = day_in_words(until.date()) if is_midnight else moment(until)
    return say_line(_SNOOZED_UNTIL[fires_again], person=person, day=day, until=ends)


_ACKNOWLEDGED = (
    message("acknowledged by {person} on {day}"),
    message("fires again; it was acknowledged by {person} on {day}"),
)
_SNOOZED = (
    message("snoozed by {person} on {day}, until the next threshold"),
    message("fires again; it was snoozed by {person} on {day}, until the next threshold"),
)
_SNOOZED_UNTIL = (
    message("snoozed by {person} on {day}, until {until}"),
    message("fires again; it was snoozed by {person} on {day}, until {until}"),
)
"""What was done, as long as it lasts, and where the alert fires again."""


def state(alert: Alert, day: date) -> RichText:
    """An alert's state on a day, with who did it and when."""
    if alert.state is AlertState.RESOLVED and alert.resolved_at:
        return say_line("resolved on {day}", day=day_in_words(alert.resolved_at.date()))
    return acknowledgement(alert, day) or line(say(_STATES[alert.state]))


_STATES = {
    AlertState.FIRING: message("firing"),
    AlertState.ACKNOWLEDGED: message("acknowledged"),
    AlertState.SNOOZED: message("snoozed"),
    AlertState.RESOLVED: message("resolved"),
}


def note(alert: Alert) -> RichText:
    """What somebody wrote about an alert, with who; empty if nobody did."""
    if not (alert.note and alert.noted_by):
        return ()
    return say_line("Note by {person}: {note}", person=PersonName(alert.noted_by), note=alert.note)


def reason(alert: Alert, why: NotifyReason) -> str:
    """Why a channel is notified: `new: 90-day mark passed`."""
    word = say(_REASONS[why])
    if why in (NotifyReason.NEW, NotifyReason.THRESHOLD) and alert.threshold_days is not None:
        if alert.threshold_days:
            return f"{word}: {say('{days}-day mark passed', days=number(alert.threshold_days))}"
        is_past = alert.due and alert.due < alert.told_at.date()
        return f"{word}: {say('past its date') if is_past else say('the day has come')}"
    if why is not NotifyReason.RESOLVED or not alert.resolved_at:
        return word
    ended = alert.resolved_at.date()
    if alert.rule is Rule.EOL and alert.due and alert.due > ended:
        left = span((alert.due - ended).days)
        return say("resolved {day}, {left} before its end of life", day=day_in_words(ended), left=left)
    return say("resolved {day}", day=day_in_words(ended))


_REASONS = {
    NotifyReason.NEW: message("new"),
    NotifyReason.THRESHOLD: message("threshold"),
    NotifyReason.MORE_HOSTS: message("more hosts"),
    NotifyReason.REMINDER: message("reminder"),
    NotifyReason.NOTE: message("note"),
    NotifyReason.SNOOZE_OVER: message("the snooze is over"),
    NotifyReason.WORSE: message("it got worse"),
    NotifyReason.PLAN_OVER: message("the planned day is over"),
    NotifyReason.RESOLVED: message("resolved"),
}


def numbers(alerts: Iterable[Alert]) -> str:
    """`alert 17`, `alerts 17 and 18`."""
    ids = [str(alert.id) for alert in alerts]
    if len(ids) == 1:
        return say("alert {id}", id=ids[0])
    return say("alerts {ids}", ids=joined(ids)) if ids else ""


def alert_message(alerts: Sequence[Alert], day: date, now: datetime, matrix: Matrix) -> Reply:
    """The one message of a (channel, subject), as it is now: the worst of its alerts first, the rest below.

    `alerts` are those of one subject that are open, or that just ended; at least one.
    """
    ordered = [*worst_first(a for a in alerts if a.is_open), *worst_first(a for a in alerts if not a.is_open)]
    first, *others = ordered
    # Why the channel was notified last, and when it was so: soon fewer days are left.
    told = f"{reason(first, first.reason)} · {numbers(ordered)}"
    context = line(told, " · ", *say_line("as of {moment}", moment=moment(now)))
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
        holes = "; ".join(holes_in_words(new, len(alert.hosts))[:HOLES])
        lines.append(say_line("New: {holes}", holes=with_code(holes)))
    # Hosts since the last notice, where the first line or the list of hosts does not name them already.
    if why not in (NotifyReason.NEW, NotifyReason.RESOLVED):
        added = () if why is NotifyReason.MORE_HOSTS else notification.added
        changes = [say("{hosts} found", hosts=named(added))] if added else []
        if fates := resolution_in_words(notification.fates):
            changes.append(fates)
        elif notification.gone:  # queued by a version that did not ask what became of them
            changes.append(say("{hosts} not affected any more", hosts=named(notification.gone)))
        if changes:
            lines.append(say_line("Since the last notice: {changes}.", changes="; ".join(changes)))
    context = line(f"{reason(alert, why)} · {numbers([alert])}")
    return Reply("news", lines[0], (Paragraph(tuple(lines[1:])),) if lines[1:] else (), context=(context,))


def handled_update(alerts: Sequence[Alert], day: date) -> Reply:
    """What somebody did about alerts of one subject, for who can't see the alert message change."""
    first = alerts[0]
    done = [line(_name(each), ": ", *acknowledgement(each, day)) for each in alerts]
    lines = [*dict.fromkeys(done[1:]), *filter(None, map(note, alerts))]
    blocks = (Paragraph(tuple(lines)),) if lines else ()
    return Reply("news", done[0], blocks, context=(line(f"{say(_STATES[first.state])} · {numbers(alerts)}"),))


def _first(notification: Notification) -> RichText:
    alert, day = notification.alert, notification.at.date()
    what = sentence(alert, day)
    match notification.reason:
        case NotifyReason.MORE_HOSTS:
            return say_line("Also on {subject}: {hosts}", subject=_name(alert), hosts=named(notification.added))
        case NotifyReason.REMINDER:
            return say_line("Still so: {what}", what=what)
        case NotifyReason.NOTE:
            return line(*note(alert), " (", _name(alert), ")")
        case NotifyReason.SNOOZE_OVER:
            return say_line("The snooze is over: {what}", what=what)
        case NotifyReason.WORSE:
            return say_line("Worse now: {what}", what=what)
        case NotifyReason.PLAN_OVER if alert.planned_for:
            planned_day = day_in_words(alert.planned_for)
            return say_line("It was planned for {day} and is still so: {what}", day=planned_day, what=what)
        case _:
            return what


def _name(alert: Alert) -> Strong:
    return Strong(subject_name(alert.rule, alert.subject.name))


def _body(first: Alert, others: Sequence[Alert], day: date, matrix: Matrix) -> Iterator[Block]:
    lines: list[RichText] = []
    if first.is_open and (count := hosts_by_pool(first.hosts)):
        lines.append(line(count))
    elif first.is_open and first.watched:
        lines.append(say_line("No watched host runs it; this channel watches the release."))
    seen = {sentence(first, day)}
    for other in others:
        what = sentence(other, day)
        if what in seen:  # alerts of a subject mostly end together, for one reason
            continue
        seen.add(what)
        lines.append(what)
        if other.is_open and other.hosts != first.hosts and (count := hosts_by_pool(other.hosts)):
            lines.append(line(count))
    if lines:
        yield Paragraph(tuple(lines))
    for alert in (first, *others):
        if alert.is_open and (holes := alert.detail.values.get("holes")):
            told = [with_code(hole) for hole in holes_in_words(holes, len(alert.hosts))]
            yield Bullets(bounded(told, HOLES), say("Known holes"))
    if first.is_open and (step := next_step(first, day, matrix)):
        yield Paragraph((labelled(say("Next step:"), *map(_typed, with_code(step))),))
    handled = partial(acknowledgement, day=day)
    if done := (*_about_each([first, *others], handled), *_about_each([first, *others], note)):
        yield Paragraph(done)


def _typed(span: Span) -> Span:
    """Words that chat answers, with the bot's name before them; `xocompat trust` has its own, and is for a shell."""
    is_asked = isinstance(span, Code) and span.text.split()[0] in ("advisory", "xo")
    return Typed(span.text, is_synopsis=True) if is_asked else span


def _about_each(alerts: Sequence[Alert], words: Callable[[Alert], RichText]) -> Iterator[RichText]:
    """What is said of each open one of the alerts; where it is the same of all, no number is needed."""
    done = {alert.id: words(alert) for alert in alerts if alert.is_open}
    if len(done) == len(alerts) and len({*done.values()}) == 1:
        yield from filter(None, [done[alerts[0].id]])
        return
    for alert_id, each in done.items():
        if each:
            yield say_line("Alert {id}: {what}", id=alert_id, what=each)


def next_step(alert: Alert, day: date, matrix: Matrix) -> str:
    """The one thing to do about an alert; empty where what it says has it."""
    wording, release = WORDING[alert.rule], release_of(alert, matrix)
    ended = release is not None and release.lifecycle.eol is not None and day >= release.lifecycle.eol
    if wording.next_step and not (ended and wording.upgrade_after_eol):
        return say(wording.next_step)
    if release:
        is_final = not alert.detail.values.get("prerelease")
        advice = (recommend if is_final else recommend_final)(matrix, release, day)
        return "" if advice.is_nothing else verdict.next_step(advice, release, day)
    return ""


def add_note(ids: Iterable[int]) -> Act:
    """A button to write a note about alerts that are acknowledged."""
    return Act(say("Add a note"), f"ack {' '.join(map(str, ids))}", Asks.NOTE)


def _buttons(alerts: Sequence[Alert]) -> tuple[Button, ...]:
    """What can be done about open alerts; nothing twice."""
    wanted: list[Button] = []
    if waiting := [alert.id for alert in alerts if alert.state is not AlertState.ACKNOWLEDGED]:
        wanted.append(Act(say("Acknowledge"), f"ack {' '.join(map(str, waiting))}"))
    elif alerts:  # in its place, so that there are never more than three
        wanted.append(add_note(alert.id for alert in alerts))
    if ids := " ".join(str(alert.id) for alert in alerts):
        entries = (
            MenuEntry(say("for 1 day"), f"snooze {ids} 1d"),
            MenuEntry(say("for 1 week"), f"snooze {ids} 7d"),
            MenuEntry(say("until the next threshold"), f"snooze {ids} next"),
            MenuEntry(say("until a date …"), f"snooze {ids}", Asks.MOMENT),
            MenuEntry(say("planned for a date …"), f"ack {ids} planned", Asks.MOMENT),
        )
        wanted.append(Menu(say("Snooze"), f"snooze {ids} 7d", entries))
    if any(alert.hosts for alert in alerts):
        wanted.append(Act(say("Show hosts"), f"alerts {ids}"))
    return tuple(wanted)
