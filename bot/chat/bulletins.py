"""What a channel reads unasked: the one message about a subject, and what is new in its thread."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from bot.alerts.alert import Alert, AlertState, Notification, NotifyReason, Rule
from bot.chat.alert_words import heed, hosts, named, numbers, reason, sentence, since_last_notice
from bot.chat.alerting import alert_data, release_of, worst_first
from bot.chat.reply import Act, Block, Button, Line, Paragraph, Reply, Strong, Verb, full_stop, line, with_code
from bot.matrix.known import Matrix
from bot.matrix.recommend import recommend
from bot.matrix.wording import moment_in_words


def bulletin(alerts: Sequence[Alert], day: date, now: datetime, matrix: Matrix) -> Reply:
    """The one message of a (channel, subject), as it is now: the worst of its alerts first, the rest below.

    `alerts` are those of one subject that are open, or that just ended; at least one.
    """
    ordered = [*worst_first(a for a in alerts if a.is_open), *worst_first(a for a in alerts if not a.is_open)]
    first, *others = ordered
    return Reply(
        kind="bulletin",
        headline=sentence(first, day),
        blocks=tuple(_body(first, others, day, matrix)),
        buttons=_buttons([alert for alert in ordered if alert.is_open]),
        context=_context(first, ordered, now),
        data={"alerts": [alert_data(alert, matrix) for alert in ordered]},
    )


def news(notification: Notification) -> Reply:
    """What is new about an alert, for its thread: a line that can stand alone in somebody's notification."""
    alert, told = notification.alert, notification.reason
    lines = [_first(notification)]
    if told is NotifyReason.NEW and alert.hosts:
        lines.append(line(full_stop(hosts(alert))))
    changed = "; ".join(_changed(notification))
    if changed:
        lines.append(line(f"Since the last notice: {changed}."))
    context = line(f"{reason(alert, told)} · {numbers([alert])}")
    return Reply("news", lines[0], (Paragraph(tuple(lines[1:])),) if lines[1:] else (), context=(context,))


def _first(notification: Notification) -> Line:
    alert, day = notification.alert, notification.at.date()
    said = sentence(alert, day)
    match notification.reason:
        case NotifyReason.MORE_HOSTS:
            return line("Also on ", Strong(alert.subject.name), f": {named(notification.added)}")
        case NotifyReason.REMINDER:
            return line("Still so: ", *said)
        case NotifyReason.SNOOZE_OVER:
            return line("The snooze is over: ", *said)
        case NotifyReason.NEW | NotifyReason.THRESHOLD | NotifyReason.RESOLVED:
            return said


def _changed(notification: Notification) -> Iterator[str]:
    """Hosts since the last notice, where the first line or the list of hosts does not tell them already."""
    match notification.reason:
        case NotifyReason.NEW | NotifyReason.RESOLVED:
            return
        case NotifyReason.MORE_HOSTS:
            yield from since_last_notice((), notification.gone)
        case _:
            yield from since_last_notice(notification.added, notification.gone)


def _body(first: Alert, others: Sequence[Alert], day: date, matrix: Matrix) -> Iterator[Block]:
    lines: list[Line] = []
    if first.is_open and (count := hosts(first)):
        lines.append(line(count))
    elif first.is_open and first.watched:
        lines.append(line("No watched host runs it; this channel watches the release."))
    told = {sentence(first, day)}
    for other in others:
        said = sentence(other, day)
        if said in told:  # alerts of a subject mostly end together, for one reason
            continue
        told.add(said)
        lines.append(said)
        if other.is_open and other.hosts != first.hosts and (count := hosts(other)):
            lines.append(line(count))
    if lines:
        yield Paragraph(tuple(lines))
    if first.is_open and (step := next_step(first, day, matrix)):
        yield Paragraph((line(Strong("Next step: "), *with_code(step)),))
    if done := tuple(_heeded([first, *others])):
        yield Paragraph(done)


def _heeded(alerts: Sequence[Alert]) -> Iterator[Line]:
    """Who did what about each of the alerts; where the same was done about all, no number is needed."""
    done = {alert.id: heed(alert) for alert in alerts if alert.is_open}
    if len(done) == len(alerts) and len({*done.values()}) == 1:
        yield from filter(None, [done[alerts[0].id]])
        return
    for number, each in done.items():
        if each:
            yield line(f"Alert {number}: ", *each)


def next_step(alert: Alert, day: date, matrix: Matrix) -> str:
    """The one thing to do about an alert; empty where what it says has it."""
    if release := release_of(alert, matrix):
        advice = recommend(matrix, release, day)
        return "" if advice.is_nothing else advice.text[0].lower() + advice.text[1:]
    return {
        Rule.UNKNOWN_VERSION: "see whether a newer xocompat knows it.",
        Rule.MIXED_POOL: "finish the rolling upgrade.",
        Rule.SWEEP_LATE: "what this channel knows may be old, so see whether `xocompat serve` runs, and its log.",
    }.get(alert.rule, "")


def _buttons(alerts: Sequence[Alert]) -> tuple[Button, ...]:
    """What can be done about open alerts; nothing twice."""
    ids = tuple(alert.id for alert in alerts)
    wanted: list[Button] = []
    if unheeded := tuple(a.id for a in alerts if a.state is not AlertState.ACKNOWLEDGED):
        wanted.append(Act("Acknowledge", Verb.ACK, unheeded))
    if ids:
        wanted.append(Act("Snooze", Verb.SNOOZE, ids))
    if any(alert.hosts for alert in alerts):
        wanted.append(Act("Show hosts", Verb.HOSTS, ids))
    return tuple(wanted)


def _context(first: Alert, alerts: Sequence[Alert], now: datetime) -> tuple[Line, ...]:
    """Why it was told last, which alerts it is, and when it was so: days that are left soon are fewer."""
    return (line(f"{reason(first, first.reason)} · {numbers(alerts)} · as of {moment_in_words(now)}"),)
