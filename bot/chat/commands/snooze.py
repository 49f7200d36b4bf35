"""`snooze ID ... 7d | 1w | DATE | next`: silence alerts for a while."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from bot.alerts.alert import Alert
from bot.alerts.ports import AlertAct, AlertAction
from bot.chat.acknowledge import act_on
from bot.chat.alert_context import alerting, find, moment, read_ids
from bot.chat.command import Alerting, Invocation, Ports
from bot.chat.reply import Mark, Reply
from bot.errors import UsageError
from bot.query.text import plain, shown

LONGEST = timedelta(days=3650)

_HOW = "say for how long: 7d, 1w, 2028-12-01"
_NEXT = f"{_HOW}, or next (until the next threshold)"
_ASKED = re.compile(
    r"(?P<ids>#?\d+(?:[\s,]+#?\d+)*?)[\s,]+(?:(?:for|until|till|the)\s+)*"
    r"(?:(?P<count>\d{1,6})\s*(?P<unit>h|hours?|d|days?|w|weeks?)"
    r"|(?P<day>\d{4}-\d\d-\d\d)|(?P<next>next(?: threshold)?))",
    re.IGNORECASE | re.ASCII,
)
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def run(ports: Ports, asked: Invocation) -> Reply:
    """Snooze alerts in the asker's name. UsageError for a time that is over, or one that would never end."""
    known, words = alerting(ports), plain(asked.words)
    now = moment(known, asked)
    found = _ASKED.fullmatch(words)
    if found is None:
        ids = read_ids(words.split(maxsplit=1)[0] if words else "", "snooze 17 7d")
        rest = shown(words.partition(" ")[2])
        wrong = f'"{rest}" is no time to snooze' if rest else f"Alert {ids[0]}"
        raise UsageError(f"{wrong}: {_NEXT}.")
    ids = read_ids(found["ids"], "snooze 17 7d")
    until = _until(found, now)
    if until is None:
        _refuse_endless(known, find(known, ids))
    return act_on(ports, asked, ids, AlertAct(AlertAction.SNOOZE, asked.caller.name, now, until), Mark("💤", "snoozed"))


def _until(found: re.Match[str], now: datetime) -> datetime | None:
    """When the snooze ends; None for the next threshold. A day begins at midnight UTC."""
    if found["next"]:
        return None
    if found["day"]:
        until = datetime.combine(_day(found["day"]), time(), UTC)
    else:
        until = now + min(int(found["count"]) * _UNITS[found["unit"][0].lower()], 2 * LONGEST)
    if until <= now:
        raise UsageError(f"A snooze must end after now: {_HOW}.")
    if until - now > LONGEST:
        raise UsageError(f"A snooze lasts {LONGEST.days} days at most: {_HOW}.")
    return until


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f'"{text}" is not a day: write it as 2028-12-01.') from None


def _refuse_endless(known: Alerting, alerts: Sequence[Alert]) -> None:
    """Until the next threshold is forever where none is left to cross."""
    for alert in alerts:
        if alert.is_open and not _has_next(known, alert):
            raise UsageError(f"Alert {alert.id} has no further threshold: {_HOW}.")


def _has_next(known: Alerting, alert: Alert) -> bool:
    """Whether some lead of the alert's channel is tighter than what was crossed."""
    plan = known.plan
    leads = [route.lead for route in plan.routes if route.channel == alert.channel]
    leads += [watch.lead or plan.lead for watch in known.watches.all() if watch.channel == alert.channel]
    leads += [plan.lead] if plan.channel == alert.channel else []
    crossed = alert.threshold_days
    return crossed is not None and any(days < crossed for lead in leads for days in lead)
