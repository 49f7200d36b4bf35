"""What people see that no question brings about: alerts, their thread, digest, welcome, windows, App Home."""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from bot.alerts.alert import AffectedHost, Alert, AlertSubject, Condition, Detail, Reconciled, Rule
from bot.alerts.digest import WEEK, Digest, HostCounts, ReleaseEnd, Unacknowledged
from bot.alerts.ports import AlertAct, AlertAction
from bot.alerts.routing import AlertPlan, Route
from bot.alerts.start import Start
from bot.alerts.state_machine import apply, reconcile
from bot.chat.alert_messages import alert_message, thread_update
from bot.chat.command import Alerting, Right
from bot.chat.digest_message import digest_message
from bot.chat.platform import Actor, Origin
from bot.chat.reply import Reply
from bot.chat.runner import CommandRunner
from bot.chat.start_message import start_message
from bot.chat.welcome import welcome
from bot.matrix.load import load_matrix
from bot.query.reader import Reader
from bot.slack.app_home import home_view
from bot.slack.blocks import messages
from bot.slack.modals import check_window, moment_picker, note_window
from tests.alerts.fakes import MemoryBook, MemoryDigests, MemoryWatches
from tests.chat.fleet import fleet, ports
from tests.drawing.page import message, view
from tests.slack.homes import CONCERNS, NOW, OPS, Page

MATRIX = load_matrix()
READER = Reader(MATRIX)
XEN_2, XEN_3 = AffectedHost("uuid-xen-2", "xen-2", "lab"), AffectedHost("uuid-xen-3", "xen-3", "lab")
XEN_9, XEN_12 = AffectedHost("uuid-xen-9", "xen-9", "prod"), AffectedHost("uuid-xen-12", "xen-12", "prod")
XCP_83 = AlertSubject("release:XCP-ng:8.3", "XCP-ng 8.3 LTS", "XCP-ng", "8.3")
ENDS = date(2028, 11, 30)
EOL = Condition(OPS, Rule.EOL, XCP_83, (XEN_2, XEN_3, XEN_9, XEN_12), ENDS, 90)
FIRST = datetime(2028, 9, 1, 8, tzinfo=NOW.tzinfo)
ORIGIN = Origin(Actor("U0123456789", "T1", OPS), trigger="trigger")
GOLDEN = Path(__file__).parents[1] / "slack/golden"


def drawn(reply: Reply, in_thread: bool = False) -> list[str]:
    return [message(each.body(), in_thread) for each in messages(reply, charts=True)]


def _reconciled(condition: Condition | None, alerts: Sequence[Alert], days: int) -> Reconciled:
    """So many days after the first of the alert."""

    def upgraded(_: Condition) -> Detail:
        fate = {"fate": "upgraded", "version": "XCP-ng 9.0", "hosts": ["xen-2", "xen-3", "xen-9", "xen-12"], "more": 0}
        return Detail("hosts_gone", {"fates": [fate]})

    return reconcile((condition,) if condition else (), alerts, FIRST + timedelta(days=days), upgraded)


def new_alert() -> list[str]:
    (first,) = _reconciled(EOL, (), 0).changed
    return drawn(alert_message((first._replace(id=17),), FIRST.date(), FIRST, MATRIX))


def taken_alert() -> list[str]:
    (taken,) = _taken()
    return drawn(alert_message((taken,), FIRST.date(), FIRST, MATRIX))


def ended_alert() -> list[str]:
    """Its next threshold passed and its hosts were upgraded: the message as it is then, and its thread."""
    closer = _reconciled(EOL._replace(threshold_days=30), _taken(), 60)
    ended = _reconciled(None, closer.changed, 75)
    at = FIRST + timedelta(days=75)
    thread = [thread_update(each) for each in (*closer.notifications, *ended.notifications)]
    shown = alert_message(ended.changed, at.date(), at, MATRIX)
    return [*drawn(shown), *(part for reply in thread for part in drawn(reply, in_thread=True))]


def _taken() -> tuple[Alert, ...]:
    (first,) = _reconciled(EOL, (), 0).changed
    note, planned = "new hardware comes on 15 Sep", date(2028, 10, 1)
    act = AlertAct(AlertAction.ACKNOWLEDGE, "U0123456789", FIRST, note=note, planned_for=planned)
    return (apply(first._replace(id=17), act),)


def digest() -> list[str]:
    monday = date(2026, 11, 23)
    week = Digest(
        OPS,
        monday,
        HostCounts(hosts=1000, eol=450, unknown=1, advisory=40, restart=7),
        ended=(ReleaseEnd("XCP-ng 8.2 LTS", date(2025, 9, 16), 300),),
        next=(ReleaseEnd("XenServer 8", ENDS, 100), ReleaseEnd("XCP-ng 8.3 LTS", ENDS, 450)),
        unacknowledged=(Unacknowledged(17, Rule.EOL, "XCP-ng 8.2 LTS", date(2026, 9, 1)),),
        resolved=2,
    )
    before = (Digest(OPS, monday - ago * WEEK, HostCounts(1000, 450 + 9 * ago)) for ago in range(1, 12))
    return drawn(digest_message(week.after(before)))


def invited() -> list[str]:
    plan = AlertPlan(OPS, routes=(Route("C0123456789", (30, 0), ("lab",)),))
    alerting = Alerting(MemoryBook(), MemoryWatches(), MemoryDigests(), plan, lambda: NOW)
    known = ports(MATRIX, READER, fleet())._replace(alerting=alerting)
    return drawn(welcome(known, "C0123456789", NOW.date()))


def started() -> list[str]:
    counts = HostCounts(hosts=40, eol=3, unknown=1, unreachable=1)
    ended = (ReleaseEnd("XCP-ng 8.2 LTS", date(2025, 9, 16), 3),)
    following = (ReleaseEnd("XCP-ng 8.3 LTS", ENDS, 36),)
    start = Start(OPS, NOW.date(), AlertPlan(OPS), counts, 12, ("lab-b",), ended, following, follow=2)
    return drawn(start_message(start))


def check() -> list[str]:
    """The window *Check a release* with its answer."""
    answer = CommandRunner(ports(MATRIX, READER, fleet()), NOW.date).answer("XCP-ng 8.2", frozenset(Right))
    return [view(check_window()), view(check_window(answer))]


def windows() -> list[str]:
    """Until when to snooze, and a note."""
    return [view(moment_picker(ORIGIN, "snooze 17", NOW + timedelta(days=7))), view(note_window(ORIGIN, "ack 17"))]


def home() -> list[str]:
    page = Page(MATRIX, READER, CONCERNS)
    page.acknowledge(2)
    return [view(home_view(page.see(frozenset(Right), ())))]


def probe() -> list[str]:
    return [message(body) for body in json.loads((GOLDEN / "probe/pool.json").read_text(encoding="utf-8"))]


GALLERY: dict[str, Callable[[], Sequence[str]]] = {
    "alert": new_alert,
    "alert-taken": taken_alert,
    "alert-ended": ended_alert,
    "digest": digest,
    "welcome": invited,
    "start": started,
    "check": check,
    "windows": windows,
    "home": home,
    "probe": probe,
}
"""By name what is drawn: messages with their threads, and views."""
