"""What came of it all: the database held against the channels, the sweeps against the clock."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, select

from bot.alerts.alert import Rule
from bot.alerts.delivery.outbox import Delivery, DeliveryKind
from bot.alerts.routing import AlertPlan
from bot.chat.transport import reply_for
from bot.fleet.schedule import slot
from bot.matrix.load import load_matrix
from bot.slack.blocks import messages
from bot.store.alerts import row_alert
from bot.store.database import Database
from bot.store.tables import alerts, bulletins, outbox, sweeps
from tests.alerts.delivery.slack import Slack
from tests.bench.endurance.served import Life

ENDED = {("XCP-ng", "8.2"), ("XCP-ng", "8.1"), ("XCP-ng", "7.6")}
"""Of the releases that the world has, those whose end of life is over."""

POSTED = (DeliveryKind.START, DeliveryKind.ALERT_MESSAGE, DeliveryKind.THREAD_UPDATE, DeliveryKind.DIGEST)
Figures = dict[str, Any]


class Records(NamedTuple):
    """The database at the end."""

    alerts: Sequence[Row[Any]]
    bulletins: Sequence[Row[Any]]
    outbox: Sequence[Row[Any]]
    sweeps: Sequence[Row[Any]]

    @classmethod
    def read(cls, database: Database) -> "Records":
        with database.reading() as connection:
            read = (connection.execute(select(t).order_by(t.c.id)).all() for t in (alerts, bulletins, outbox, sweeps))
            return cls(*read)


def delivered(kept: Records, slack: Slack, channels: Sequence[str]) -> Figures:
    """Messages that are nowhere, that are there twice, that nobody queued, that are out of order, or not sent."""
    found: Figures = {"messages": 0, "lost": 0, "doubled": 0, "strange": 0, "disordered": 0}
    for channel in channels:
        wanted = [row.key for row in kept.outbox if row.channel == channel and row.kind in POSTED]
        counts = Counter(key for key in slack.room(channel).keys)
        found["messages"] += len(slack.room(channel).messages)
        found["lost"] += len({*wanted} - {*counts})
        found["doubled"] += sum(count - 1 for count in counts.values())
        found["strange"] += len({*counts} - {*wanted})
        found["disordered"] += [key for key in counts if key in wanted] != [key for key in wanted if key in counts]
    states = Counter(f"{row.kind} {row.state}" for row in kept.outbox)
    edits = sum(len(message.edits) for channel in channels for message in slack.room(channel).messages)
    return {**found, "outbox": dict(sorted(states.items())), "edits_taken": edits}


def current(kept: Records, slack: Slack) -> Figures:
    """Alerts, and what bulletins of open ones lack: the message, words that hold, a fingerprint of their own."""
    is_open = [row for row in kept.alerts if row.resolved_at is None]
    prints = Counter((row.channel, row.rule, row.subject) for row in is_open)
    closed = {row.id for row in kept.bulletins if row.closed_at} & {row.bulletin for row in is_open}
    wrong = [_wrong(row, kept, slack) for row in kept.bulletins if row.id in {alert.bulletin for alert in is_open}]
    return {
        "alerts": len(kept.alerts),
        "states": dict(Counter(row.state for row in kept.alerts)),
        "rules": dict(Counter(row.rule for row in kept.alerts)),
        "bulletins": len(kept.bulletins),
        "open_twice": sum(count - 1 for count in prints.values()),
        "open_in_closed_bulletin": len(closed),
        "bulletins_wrong": [each for each in wrong if each],
        "bulletins_over": _over(kept, slack),
    }


def _wrong(bulletin: Row[Any], kept: Records, slack: Slack) -> str | None:
    """What is wrong with the message of a bulletin that has open alerts."""
    about = tuple(row_alert(row) for row in kept.alerts if row.bulletin == bulletin.id and row.resolved_at is None)
    last = [
        row
        for row in kept.outbox
        if row.bulletin == bulletin.id and row.kind in (DeliveryKind.ALERT_MESSAGE, DeliveryKind.EDIT)
    ][-1]
    told = Delivery(0, last.key, bulletin.channel, DeliveryKind.EDIT, {}, last.created_at, bulletin.id, alerts=about)
    message = slack.room(bulletin.channel).find(bulletin.ts)
    wanted = messages(reply_for(told, load_matrix(), AlertPlan()), most=1)[0]
    if message is None:
        return f"{bulletin.channel} {bulletin.subject}: not there"
    if (message.text, _said(message.blocks)) == (wanted.text, _said([*wanted.blocks])):
        return None
    return f"{bulletin.channel} {bulletin.subject}: says {message.text!r}, should say {wanted.text!r}"


def true(kept: Records, runs: set[tuple[str, str, str, str]], routes: dict[str, str]) -> Figures:
    """The world against the alerts: hosts whose release is over and that none has, and hosts that one has in vain."""
    over = {(routes[pool], product, number, name) for pool, name, product, number in runs if (product, number) in ENDED}
    told = {
        (row.channel, row.product, row.release, host[1])
        for row in kept.alerts
        if row.rule == Rule.EOL and row.resolved_at is None
        for host in row.hosts
    }
    unreachable = [row.id for row in kept.alerts if row.rule == Rule.UNREACHABLE and row.resolved_at is None]
    return {
        "hosts_not_told": sorted(over - told),
        "hosts_told_wrongly": sorted(told - over),
        "unreachable": unreachable,
    }


def _over(kept: Records, slack: Slack) -> int:
    """Bulletins of which no alert is open, and that still have buttons."""
    ended = [row for row in kept.bulletins if row.closed_at]
    messages = [slack.room(row.channel).find(row.ts) for row in ended]
    return sum(any(block["type"] == "actions" for block in message.blocks) for message in messages if message)


def _said(blocks: Sequence[dict[str, Any]]) -> str:
    """All that stands in blocks; but for the moment that it is as of."""
    return re.sub(r"as of [^\"]*", "", json.dumps(blocks, sort_keys=True))


def swept(kept: Records, every: timedelta, lives: Sequence[Life]) -> Figures:
    """Sweeps, and the slots without one: those in which serve was killed or began, and others."""
    slots = Counter(row.slot for row in kept.sweeps)
    done = {row.slot for row in kept.sweeps if row.finished_at and not row.error}
    first, last = _at(lives[0].began), _at(lives[-1].ended or lives[-1].began)
    due = slot(first, every) + every
    missed, excused = [], 0
    while due + every <= last:
        if due not in done:
            hit = any(life.ended and _at(life.ended) >= due and _at(life.ended) < due + every for life in lives)
            excused += hit
            missed += [] if hit else [due.isoformat()]
        due += every
    return {
        "sweeps": len(kept.sweeps),
        "sweeps_finished": len(done),
        "slots_twice": sum(count - 1 for count in slots.values()),
        "slots_missed_by_kills": excused,
        "slots_missed": missed,
        "longest_seconds": max((r.finished_at - r.started_at).total_seconds() for r in kept.sweeps if r.finished_at),
    }


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def noted(logs: str) -> Figures:
    """Lines of the logs that tell of something wrong, by their event; and incidents and tracebacks."""
    events = [json.loads(line) for line in logs.splitlines() if line.startswith("{")]
    wrong = Counter(f"{e['level']}: {e['event']}" for e in events if e.get("level") in ("warning", "error", "critical"))
    others = [line for line in logs.splitlines() if line.strip() and not line.startswith("{")]
    incidents = sum(e.get("event") == "incident" for e in events)
    return {"log": dict(wrong), "incidents": incidents, "tracebacks": logs.count("Traceback"), "not_json": others[:5]}


def weighed(memory: Sequence[tuple[int, int]]) -> Figures:
    """Resident memory in MB: at first, at last, at most; and what each life had at its begin and its end."""
    lives: dict[int, list[int]] = {}
    for life, kilobytes in memory:
        lives.setdefault(life, []).append(kilobytes)
    grown = {
        life: [round(seen[min(3, len(seen) - 1)] / 1024, 1), round(seen[-1] / 1024, 1)] for life, seen in lives.items()
    }
    first = next(iter(grown.values()))[0]
    return {
        "rss_mb_start": first,
        "rss_mb_end": round(memory[-1][1] / 1024, 1),
        "rss_mb_max": round(max(kilobytes for _, kilobytes in memory) / 1024, 1),
        "rss_mb_lives": [*grown.values()],
    }
