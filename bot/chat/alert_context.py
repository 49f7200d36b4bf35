"""What the commands of alerts share: the day and the channel that are meant, alerts by their ids, and their JSON."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from bot.alerts.alert import Alert, AlertState, Rule
from bot.alerts.ports import AlertReader
from bot.catalogue import say
from bot.chat.channels import EXAMPLES
from bot.chat.command import Alerting, Invocation, Ports
from bot.chat.data import Data
from bot.chat.rule_wording import detail_in_words, resolution_in_words, subject_name
from bot.chat.wording import either, iso, with_more
from bot.errors import UnknownError, UsageError
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.text import plain, shown

_ON_DAY = re.compile(r"\b(?:on|as of)\s+\d{4}-\d\d-\d\d", re.IGNORECASE | re.ASCII)
_ID = re.compile(r"#?([0-9]{1,9})", re.ASCII)
NAMED = 10
"""So many open alerts are named to somebody who asks for one that there is not."""


def alerting(ports: Ports) -> Alerting:
    """Alerts, as far as there are any. UsageError where there is no database."""
    if ports.alerting is None:
        raise UsageError(say("There is no database here, so there are no alerts: ask the xocompat that runs `serve`."))
    return ports.alerting


def day_asked(asked: Invocation, now: datetime) -> date | None:
    """The day that was given beside the words: `--as-of DATE`, or what a button carries; None where it is today."""
    # Chat always gives a day beside the words; only a shell's is one that somebody typed, whichever it is.
    is_typed = asked.as_of is not None and asked.caller.name.startswith("shell:")
    return asked.day if is_typed or asked.day != now.date() else None


def act_now(known: Alerting, asked: Invocation, words: str | None = None) -> None:
    """UsageError where a day was given for what is done now: beside the words, or in them (`words`: in these alone)."""
    name = asked.command.name
    if day_asked(asked, known.now()):
        raise UsageError(say("`{command}` acts now and takes no --as-of: leave it out.", command=name))
    if _ON_DAY.search(plain(asked.words if words is None else words)):
        example = asked.command.examples[0][0]
        raise UsageError(say('`{command}` acts now and takes no "on DATE": {example}.', command=name, example=example))


def here(ports: Alerting, asked: Invocation) -> str:
    """The channel that the asker means: the one of the question, in a shell `--channel` or else `alerts.channel`."""
    channel = asked.caller.channel or ports.plan.channel
    if channel is None:
        raise UsageError(say("Say which channel with --channel, or set alerts.channel in the configuration."))
    if not ports.is_channel(channel):
        raise UsageError(
            say(
                '"{channel}" is no channel\'s ID here: it looks like {examples}, as configured.',
                channel=shown(channel),
                examples=either(EXAMPLES),
            )
        )
    return channel


def read_ids(text: str, example: str) -> tuple[int, ...]:
    """Alerts' ids as typed: `17`, `#17`, several with spaces or commas. UsageError for anything else."""
    words = plain(text).replace(",", " ").split()
    if not words:
        raise UsageError(say("Say which alert, for example: {example}. `alerts` shows their IDs.", example=example))
    found = [_ID.fullmatch(word) for word in words]
    if bad := next((word for word, match in zip(words, found, strict=True) if not match), None):
        raise UsageError(
            say('"{word}" is no alert\'s ID: it is a number, for example: {example}.', word=shown(bad), example=example)
        )
    return tuple(dict.fromkeys(int(match[1]) for match in found if match))


def find(book: AlertReader, ids: Sequence[int]) -> tuple[Alert, ...]:
    """Alerts by id, in that order, open or not. UnknownError for an id that there is not, with those that are open."""
    found = {alert.id: alert for alert in book.find(ids)}
    if missing := [number for number in ids if number not in found]:
        there = [f"{alert.id} ({subject_name(alert.rule, alert.subject.name)})" for alert in book.open()]
        are_open = say("Open: {alerts}.", alerts=with_more(there, NAMED)) if there else say("None is open.")
        unknown = f"{say('There is no alert {id}.', id=missing[0])} {are_open}"
        raise UnknownError(unknown, {"alerts": [], "unknown": missing})
    return tuple(found[number] for number in ids)


def only_here(alerts: Iterable[Alert], asked: Invocation) -> None:
    """In a shell `--channel` says whose alerts are meant: UsageError for one of another channel."""
    if not asked.caller.name.startswith("shell:") or asked.caller.channel is None:
        return
    if other := next((alert for alert in alerts if alert.channel != asked.caller.channel), None):
        raise UsageError(
            say(
                "Alert {id} is in {channel}, not in {other}.",
                id=other.id,
                channel=other.channel,
                other=shown(asked.caller.channel),
            )
        )


def worst_first(alerts: Iterable[Alert]) -> list[Alert]:
    """The order in which alerts are shown: by rule, then what is due first."""
    rules = list(Rule)
    return sorted(
        alerts,
        key=lambda each: (rules.index(each.rule), each.due is None, each.due or each.opened_at.date(), each.id),
    )


def release_of(alert: Alert, matrix: Matrix) -> Release | None:
    """The release that an alert is about, if it is about one that the matrix has."""
    product, number = alert.subject.product, alert.subject.release
    return matrix.release(Product(product), number) if product in tuple(Product) and number else None


def alert_data(alert: Alert, matrix: Matrix) -> Data:
    """An alert as CONTRACT.md section 2 has it, with what else is known of it.

    Who acknowledged or snoozed it counts while it lasts: of an alert that fires again both are null. One that would be
    open on another day and is not stored has no id.
    """
    release = release_of(alert, matrix)
    eol = release.lifecycle.eol if release and not alert.detail.values.get("prerelease") else None
    handled = alert if alert.state is not AlertState.FIRING else None
    return {
        "id": alert.id or None,
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
        "detail": detail_in_words(alert.detail),
        "advisories": list(alert.detail.values.get("holes", ())),
        "watched": alert.watched,
        "hosts": [host._asdict() for host in alert.hosts],
        "channel": alert.channel,
        "opened_at": _moment(alert.opened_at),
        "told_at": _moment(alert.told_at),
        "acknowledged_by": handled.acknowledged_by if handled else None,
        "acknowledged_at": _moment(handled.acknowledged_at) if handled else None,
        "note": alert.note,
        "noted_by": alert.noted_by,
        "snoozed_by": handled.snoozed_by if handled else None,
        "snoozed_at": _moment(handled.snoozed_at) if handled else None,
        "snoozed_until": _moment(handled.snoozed_until) if handled else None,
        "planned_for": alert.planned_for.isoformat() if alert.planned_for else None,
        "planned_by": alert.planned_by,
        "resolved_at": _moment(alert.resolved_at),
        "why_resolved": resolution_in_words(alert.why_resolved) or None,
    }


def _moment(at: datetime | None) -> str | None:
    return iso(at) if at else None
