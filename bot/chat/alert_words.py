"""Alerts in words: what each says, its hosts, what was done about it, and why it was told."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from bot.alerts.alert import Alert, AlertState, Concerned, NotifyReason, Rule
from bot.chat.reply import Line, Mark, Person, Strong, line, with_code
from bot.matrix.wording import day_in_words, distance, moment_in_words, span

NAMED = 10
"""So many hosts are named; `alerts ID` names all."""


def sentence(alert: Alert, day: date) -> Line:
    """What an alert says on a day, without a full stop: the first line of a bulletin."""
    sign, (before, after) = Mark(_sign(alert), ""), _clauses(alert, day)
    if alert.rule is Rule.SWEEP_LATE and alert.is_open:
        return line(sign, " ", Strong("No sweep has finished"), f" {alert.detail}")
    return line(sign, f" {before}", Strong(alert.subject.name), *with_code(after))


def _sign(alert: Alert) -> str:
    if not alert.is_open:
        return "✅"
    if alert.rule is Rule.SUPPORT:
        return "❔" if alert.detail.startswith("not on") else "❎"
    return _SIGNS[alert.rule]


_SIGNS = {
    Rule.SWEEP_LATE: "⚠️",
    Rule.EOL: "☠️",
    Rule.UNKNOWN_VERSION: "❓",
    Rule.MAINTENANCE: "🟠",
    Rule.MIXED_POOL: "⚠️",
    Rule.UNREACHABLE: "⚠️",
}


def _clauses(alert: Alert, day: date) -> tuple[str, str]:
    """The words before the subject's name, and those after it."""
    if not alert.is_open:
        return "", f": {alert.why_resolved or 'resolved'}"
    match alert.rule:
        case Rule.EOL:
            return "", _end_of_life(alert.due, day)
        case Rule.MAINTENANCE:
            return "", _end_of_maintenance(alert.due, day)
        case Rule.SUPPORT:
            return "", _SUPPORT.get(alert.detail, f": {alert.detail}")
        case Rule.UNKNOWN_VERSION:
            return "", " is a version that I do not know"
        case Rule.MIXED_POOL:
            return "Pool ", f" has run several versions for more than a day: {alert.detail}"
        case Rule.UNREACHABLE:
            return "", _silence(alert)
        case Rule.SWEEP_LATE:
            return "", f" is late: {alert.detail}"


def _silence(alert: Alert) -> str:
    """Since when a target does not answer, and why; the failure's words name the target and that once more."""
    name, detail = alert.subject.name, alert.detail
    since, _, why = detail.partition(": ") if detail.startswith("since ") else ("", "", detail)
    why = why.removeprefix(f"{name} did not answer: ")
    why = f"it {why.removeprefix(f'{name} ')}" if why.startswith(f"{name} ") else why
    return f" has not answered{f' {since}' if since else ''}{f': {why}' if why else ''}"


_SUPPORT = {
    "not on the Host Compatibility List": " is not on the Host Compatibility List",
    "no official support": " has no official support by Xen Orchestra",
    "partial support": " is only partially supported by Xen Orchestra",
}


def _end_of_life(due: date | None, day: date) -> str:
    if due is None:
        return " has an end of life"
    if due > day:
        return f" gets no security updates from {day_in_words(due)}: {span((due - day).days)} left"
    return f" reached end of life on {day_in_words(due)} ({distance(due, day)}): it gets no security updates"


def _end_of_maintenance(due: date | None, day: date) -> str:
    if due is None:
        return " has an end of maintenance"
    if due > day:
        return f" gets critical updates only from {day_in_words(due)}: {span((due - day).days)} left"
    return f" has got critical updates only since {day_in_words(due)}"


def hosts(alert: Alert) -> str:
    """An alert's hosts by pool: `3 hosts in 2 pools: xen-2, xen-3 (lab), xen-9 (prod)`; empty where it has none."""
    return hosts_by_pool(alert.hosts)


def hosts_by_pool(those: Sequence[Concerned], most: int = NAMED) -> str:
    """How many hosts there are, and the names of some."""
    if not those:
        return ""
    pools = len({host.pool for host in those})
    count = "1 host" if len(those) == 1 else f"{len(those)} hosts"
    where = f" in {pools} pools" if pools > 1 else ""
    return f"{count}{where}: {named(those, most)}"


def named(those: Sequence[Concerned], most: int = NAMED) -> str:
    """Hosts by name with their pools, at most so many."""
    pools: dict[str, list[str]] = {}
    for host in those[:most]:
        pools.setdefault(host.pool, []).append(host.name)
    more = f" and {len(those) - most} more" if len(those) > most else ""
    return ", ".join(_of_pool(pool, names) for pool, names in pools.items()) + more


def _of_pool(pool: str, names: list[str]) -> str:
    return ", ".join(names) if names == [pool] else f"{', '.join(names)} ({pool})"


def heed(alert: Alert) -> Line:
    """Who did what about an alert and when; empty if nobody did."""
    fires = alert.state is AlertState.FIRING
    if alert.acknowledged_by and alert.acknowledged_at:
        on = f" on {day_in_words(alert.acknowledged_at.date())}"
        verb = "fires again; it was acknowledged by " if fires else "acknowledged by "
        return line(verb, Person(alert.acknowledged_by), on)
    if alert.snoozed_by and alert.snoozed_at:
        on = f" on {day_in_words(alert.snoozed_at.date())}"
        verb = "fires again; it was snoozed by " if fires else "snoozed by "
        return line(verb, Person(alert.snoozed_by), on, _until(alert))
    return ()


def _until(alert: Alert) -> str:
    until = alert.snoozed_until
    if until is None:
        return ", until the next threshold"
    at_midnight = (until.hour, until.minute) == (0, 0)
    return f", until {day_in_words(until.date()) if at_midnight else moment_in_words(until)}"


def state(alert: Alert) -> Line:
    """An alert's state, with who did it and when."""
    if alert.state is AlertState.RESOLVED and alert.resolved_at:
        return line(f"resolved on {day_in_words(alert.resolved_at.date())}")
    return heed(alert) or line(alert.state.value)


def reason(alert: Alert, told: NotifyReason) -> str:
    """Why something is told: `new: 90-day mark passed`."""
    if told in (NotifyReason.NEW, NotifyReason.THRESHOLD) and alert.threshold_days is not None:
        return f"{_REASONS[told]}: {_mark(alert, alert.threshold_days)}"
    if told is NotifyReason.RESOLVED and alert.resolved_at:
        return f"resolved {day_in_words(alert.resolved_at.date())}{_in_time(alert)}"
    return _REASONS[told]


def _mark(alert: Alert, days: int) -> str:
    if days:
        return f"{days}-day mark passed"
    return "past its date" if alert.due and alert.due < alert.told_at.date() else "the day has come"


_REASONS = {
    NotifyReason.NEW: "new",
    NotifyReason.THRESHOLD: "threshold",
    NotifyReason.MORE_HOSTS: "more hosts",
    NotifyReason.REMINDER: "reminder",
    NotifyReason.SNOOZE_OVER: "the snooze is over",
    NotifyReason.RESOLVED: "resolved",
}


def _in_time(alert: Alert) -> str:
    """How long before its end of life an alert was resolved, where it was."""
    if alert.rule is not Rule.EOL or alert.due is None or alert.resolved_at is None:
        return ""
    left = (alert.due - alert.resolved_at.date()).days
    return f", {span(left)} before its end of life" if left > 0 else ""


def since_last_notice(added: Sequence[Concerned], gone: Sequence[Concerned]) -> Iterator[str]:
    """What became of an alert's hosts: `xen-12 (prod) found`, `xen-3 (lab) gone`."""
    if added:
        yield f"{named(added)} found"
    if gone:
        yield f"{named(gone)} gone"


def numbers(alerts: Iterable[Alert]) -> str:
    """`alert 17`, `alerts 17 and 18`."""
    ids = [str(alert.id) for alert in alerts]
    return f"alert {ids[0]}" if len(ids) == 1 else f"alerts {', '.join(ids[:-1])} and {ids[-1]}" if ids else ""
