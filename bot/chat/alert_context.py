"""What the commands of alerts share: the moment and the channel that are meant, alerts by their ids, and their JSON."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from bot.alerts.alert import Alert, AlertState, Rule
from bot.chat.command import Alerting, Invocation, Ports
from bot.chat.data import Data
from bot.errors import UsageError
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.query.text import plain, shown

_ID = re.compile(r"#?([0-9]{1,9})", re.ASCII)
NAMED = 10
"""So many open alerts are named to somebody who asks for one that there is not."""


def alerting(ports: Ports) -> Alerting:
    """Alerts, as far as there are any. UsageError where there is no database."""
    if ports.alerting is None:
        raise UsageError("There is no database here, so there are no alerts: ask the xocompat that runs `serve`.")
    return ports.alerting


def moment(ports: Alerting, asked: Invocation) -> datetime:
    """Now; with `--as-of DATE` that day at the present time of day."""
    now = ports.now()
    return now if asked.day == now.date() else datetime.combine(asked.day, now.timetz())


def here(ports: Alerting, asked: Invocation) -> str:
    """The channel that the asker means: the one of the question, in a shell `--channel` or else `alerts.channel`."""
    channel = asked.caller.channel or ports.plan.channel
    if channel is None:
        raise UsageError("Say which channel with --channel, or set alerts.channel in the configuration.")
    if not ports.is_channel(channel):
        raise UsageError(f'"{shown(channel)}" is no channel\'s ID: it looks like C0123456789.')
    return channel


def read_ids(text: str, example: str) -> tuple[int, ...]:
    """Alerts' ids as typed: `17`, `#17`, several with spaces or commas. UsageError for anything else."""
    words = plain(text).replace(",", " ").split()
    if not words:
        raise UsageError(f"Say which alert, for example: {example}. `alerts` shows their IDs.")
    found = [_ID.fullmatch(word) for word in words]
    if bad := next((word for word, match in zip(words, found, strict=True) if not match), None):
        raise UsageError(f'"{shown(bad)}" is no alert\'s ID: it is a number, for example: {example}.')
    return tuple(dict.fromkeys(int(match[1]) for match in found if match))


def find(ports: Alerting, ids: Sequence[int]) -> tuple[Alert, ...]:
    """Alerts by id, in that order, open or not. UsageError for an id that there is not, with those that are open."""
    found = {alert.id: alert for alert in ports.book.find(ids)}
    if missing := [number for number in ids if number not in found]:
        raise UsageError(f"There is no alert {missing[0]}. {_open_ones(ports.book.open())}")
    return tuple(found[number] for number in ids)


def _open_ones(alerts: Sequence[Alert]) -> str:
    if not alerts:
        return "None is open."
    more = f" and {len(alerts) - NAMED} more" if len(alerts) > NAMED else ""
    return f"Open: {', '.join(f'{alert.id} ({alert.subject.name})' for alert in alerts[:NAMED])}{more}."


def only_here(alerts: Iterable[Alert], asked: Invocation) -> None:
    """In a shell `--channel` says whose alerts are meant: UsageError for one of another channel."""
    if not asked.caller.name.startswith("shell:") or asked.caller.channel is None:
        return
    if other := next((alert for alert in alerts if alert.channel != asked.caller.channel), None):
        raise UsageError(f"Alert {other.id} is in {other.channel}, not in {shown(asked.caller.channel)}.")


def worst_first(alerts: Iterable[Alert]) -> list[Alert]:
    """The order in which alerts are shown."""
    return sorted(alerts, key=urgency)


def urgency(alert: Alert) -> tuple[int, bool, date, int]:
    """Sorts the worst first: by rule, then what is due first."""
    return (_RULES.index(alert.rule), alert.due is None, alert.due or alert.opened_at.date(), alert.id)


_RULES = list(Rule)


def release_of(alert: Alert, matrix: Matrix) -> Release | None:
    """The release that an alert is about, if it is about one that the matrix has."""
    product, number = alert.subject.product, alert.subject.release
    return matrix.release(Product(product), number) if product in tuple(Product) and number else None


def alert_data(alert: Alert, matrix: Matrix) -> Data:
    """An alert as CONTRACT.md section 2 has it, with what else is known of it.

    Who acknowledged or snoozed it counts while it lasts: of an alert that fires again both are null.
    """
    release = release_of(alert, matrix)
    eol = release.lifecycle.eol if release else None
    heeded = alert if alert.state is not AlertState.FIRING else None
    return {
        "id": alert.id,
        "state": alert.state.value,
        "reason": alert.reason.value,
        "rule": alert.rule.value,
        "subject": alert.subject.key,
        "name": alert.subject.name,
        "product": alert.subject.product,
        "release": alert.subject.release,
        "threshold_days": alert.threshold_days,
        "due": alert.due.isoformat() if alert.due else None,
        "eol_on": eol.isoformat() if eol else None,
        "detail": alert.detail,
        "watched": alert.watched,
        "hosts": [host._asdict() for host in alert.hosts],
        "channel": alert.channel,
        "opened_at": _moment(alert.opened_at),
        "told_at": _moment(alert.told_at),
        "acknowledged_by": heeded.acknowledged_by if heeded else None,
        "acknowledged_at": _moment(heeded.acknowledged_at) if heeded else None,
        "snoozed_by": heeded.snoozed_by if heeded else None,
        "snoozed_at": _moment(heeded.snoozed_at) if heeded else None,
        "snoozed_until": _moment(heeded.snoozed_until) if heeded else None,
        "resolved_at": _moment(alert.resolved_at),
        "why_resolved": alert.why_resolved,
    }


def _moment(at: datetime | None) -> str | None:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else None
