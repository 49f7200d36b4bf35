"""Alertmanager: a mirror of a channel's open alerts by its API v2, which keeps an alert as long as it is told of it.

https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml. Posting the same labels again is an update, so
nothing is ever there twice; an alert whose `endsAt` passes ends by itself. Every post has all alerts, and messages that
wait in the outbox are but a sign that one is due: the first post covers all that were queued before it.
"""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from bot.alerts.alert import Alert
from bot.alerts.delivery.outcome import Delivered, Outcome
from bot.chat.alert_messages import alert_message
from bot.chat.channels import notify_channel
from bot.chat.reply import plain, spoken
from bot.chat.rule_wording import sentence
from bot.chat.wording import iso, with_more
from bot.checkup import Check
from bot.matrix.matrix import Matrix
from bot.notify.drawing import nameless, plain_text
from bot.notify.notice import NoticeType, OutgoingNotice
from bot.notify.notifier import NotifierTarget
from bot.web.http_call import CallAnswer, CallError, call, failure

RESOLVED_FOR = timedelta(minutes=5)
"""How long an alert that ended is told again: one post may be lost, or meet another Alertmanager of a cluster."""

COVERED = timedelta(minutes=5)
"""A message this much older than the last post was stored when that was read, however long it took to store."""

MARGIN = timedelta(minutes=30)
HOSTS_NAMED = 50


class MirroredAlerts(Protocol):
    """The alerts as they are stored: bot.alerts.ports.AlertReader."""

    def open(self) -> tuple[Alert, ...]: ...

    def resolved(self, since: datetime) -> tuple[Alert, ...]: ...


class AlertmanagerNotifier:
    """bot.notify.notifier.Notifier, and what renews the mirror. `every` is how often sweeps come: what is open ends
    there by itself once two of them were missed.
    """

    knows_repeats = True
    can_edit = True
    """Every change is a sign to post."""

    def __init__(
        self,
        target: NotifierTarget,
        alerts: MirroredAlerts,
        matrix: Callable[[], Matrix],
        clock: Callable[[], datetime],
        every: timedelta,
    ) -> None:
        self._target, self._alerts, self._matrix, self._clock, self._every = target, alerts, matrix, clock, every
        self._lock = Lock()
        self._posted_at: datetime | None = None

    @property
    def channel(self) -> str:
        """The channel whose alerts it mirrors."""
        return notify_channel(self._target.name)

    def send(self, notice: OutgoingNotice) -> Outcome:
        if notice.type is NoticeType.TEST:
            return self._post([self._test(notice)])
        with self._lock:
            is_covered = self._posted_at is not None and notice.at + COVERED < self._posted_at
        return Delivered(notice.key) if is_covered else self.post()

    def is_due(self, swept_at: datetime | None) -> bool:
        """Whether to post anew: at start, after a sweep, and for a while after an alert has ended."""
        if self._posted_at is None or (swept_at and swept_at > self._posted_at):
            return True
        return bool(self._ended())

    def post(self) -> Outcome:
        """Post all that is open, and what ended just now."""
        with self._lock:
            now = self._clock()
            found = [*filter(self._is_mine, self._alerts.open()), *self._ended()]
            outcome = self._post([self._entry(alert, now) for alert in found])
            if isinstance(outcome, Delivered):
                self._posted_at = now
            return outcome

    def check(self) -> Iterator[Check]:
        name = f"notify {self._target.name}"
        try:
            answer = self._call("GET", "/api/v2/status")
            version = answer.data["versionInfo"]["version"] if answer.status == 200 else None
        except CallError as error:
            yield Check(name, False, f"Alertmanager: {error.reason}", "look at its URL, `secret_env` and `ca`")
        except (KeyError, TypeError):
            yield Check(name, False, "what answers there is no Alertmanager", "look at its URL")
        else:
            said = f"Alertmanager {version} answers" if version else f"it answered {answer.status}"
            yield Check(name, bool(version), said, "" if version else "look at its URL and `secret_env`")

    def _is_mine(self, alert: Alert) -> bool:
        return alert.channel == self.channel

    def _ended(self) -> list[Alert]:
        return [*filter(self._is_mine, self._alerts.resolved(self._clock() - RESOLVED_FOR))]

    def _post(self, entries: list[dict[str, Any]]) -> Outcome:
        if not entries:
            return Delivered("mirror")
        try:
            answer = self._call("POST", "/api/v2/alerts", json.dumps(entries).encode())
        except CallError as error:
            return error.outcome(self.knows_repeats)
        return failure(answer, self.knows_repeats) or Delivered("mirror")

    def _call(self, method: str, path: str, body: bytes = b"") -> CallAnswer:
        parts = urlsplit(self._target.url)
        headers = {"content-type": "application/json"}
        if parts.username:
            login = f"{unquote(parts.username)}:{self._target.secret or unquote(parts.password or '')}"
            headers["authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
        elif self._target.secret:
            headers["authorization"] = f"Bearer {self._target.secret}"
        host = parts.netloc.rpartition("@")[2]
        url = f"{parts.scheme.partition('+')[2]}://{host}{parts.path.rstrip('/')}{path}"
        return call(method, url, body, headers, self._target.ca)

    def _entry(self, alert: Alert, now: datetime) -> dict[str, Any]:
        """Labels are what an alert is known by, so nothing in them changes while it lives; the rest is annotations."""
        day = now.date()
        ends = alert.resolved_at or now + 2 * self._every + MARGIN
        reply = nameless(alert_message([alert], day, now, self._matrix()))
        return {
            "labels": _labels(alert, self._target.name),
            "annotations": {
                "summary": spoken(sentence(alert, day)),
                "description": plain_text(reply),
                "hosts": with_more([host.name for host in alert.hosts], HOSTS_NAMED),
                "alert": str(alert.id),
                "state": alert.state.value,
                **({"due": alert.due.isoformat()} if alert.due else {}),
            },
            "startsAt": iso(alert.opened_at),
            "endsAt": iso(ends),
        }

    def _test(self, notice: OutgoingNotice) -> dict[str, Any]:
        now = self._clock()
        return {
            "labels": {"alertname": "XocompatTest", "source": "xocompat", "notifier": self._target.name},
            "annotations": {"summary": plain(notice.reply.headline)},
            "startsAt": iso(now),
            "endsAt": iso(now + timedelta(minutes=1)),
        }


def _labels(alert: Alert, notifier: str) -> dict[str, str]:
    subject = alert.subject
    named = {"product": subject.product, "release": subject.release}
    return {
        "alertname": "Xocompat" + "".join(part.capitalize() for part in alert.rule.value.split("_")),
        "source": "xocompat",
        "notifier": notifier,
        "severity": "warning",
        "subject": subject.name,
        **{key: value for key, value in named.items() if value},
    }
