"""Matrix and Alertmanager for real: what the stand-ins of the other tests do, Synapse and Alertmanager do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.alerts.alert import Alert
from bot.alerts.delivery.outcome import Delivered, NotSent, Refused
from bot.chat.reply import Reply, Strong, headline
from bot.matrix.matrix import Matrix
from bot.notify.alertmanager import AlertmanagerNotifier
from bot.notify.matrix_room import MatrixNotifier
from bot.notify.notice import NoticeType, OutgoingNotice
from bot.notify.notifier import NotifierTarget
from bot.settings.notifiers import NotifierKind
from tests.chat.test_chat_alert_messages import opened
from tests.notify.mirrored import Mirrored
from tests.notify.servers import Homeserver, alertmanager, asked, homeserver

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Homeserver]:
    with homeserver(tmp_path) as running:
        yield running


def _notice(key: str, said: str, kind: NoticeType, thread: str | None = None) -> OutgoingNotice:
    return OutgoingNotice(key, kind, NOW, Reply("test", headline(Strong("XCP-ng 8.2"), said)), "XCP-ng 8.2", thread)


def test_a_room_of_synapse_has_each_message_once_its_edit_and_its_thread(server: Homeserver) -> None:
    url = f"matrix+{server.url}/{server.room}"
    notifier = MatrixNotifier(NotifierTarget("room", NotifierKind.MATRIX, url, server.token))
    assert [check.ok for check in notifier.check()] == [True]
    first = notifier.send(_notice("key-1", "new", NoticeType.OPENED))
    assert isinstance(first, Delivered)
    assert notifier.send(_notice("key-1", "new", NoticeType.OPENED)) == first, "a repeat is the same event"
    edit = notifier.send(_notice("key-2", "acknowledged", NoticeType.ACKNOWLEDGED, first.id))
    assert edit == Delivered(first.id)
    below = notifier.send(_notice("key-3", "180 days", NoticeType.UPDATED, first.id))
    assert isinstance(below, Delivered)
    assert [each["content"]["msgtype"] for each in server.messages()] == ["m.notice"] * 3
    relations = server.event(first.id or "")["unsigned"]["m.relations"]
    assert "acknowledged" in relations["m.replace"]["content"]["m.new_content"]["body"]
    assert relations["m.thread"]["count"] == 1
    limited = [notifier.send(_notice(f"more-{n}", "more", NoticeType.TEST)) for n in range(12)][-1]
    assert isinstance(limited, NotSent)
    assert limited.retry_after
    assert limited.retry_after > 0, "as long as Synapse says"
    stranger = NotifierTarget("room", NotifierKind.MATRIX, url, "syt_nobody")
    assert isinstance(MatrixNotifier(stranger).send(_notice("k", "no", NoticeType.TEST)), Refused)
    elsewhere = NotifierTarget("room", NotifierKind.MATRIX, f"matrix+{server.url}/!no:example.org", server.token)
    assert [check.ok for check in MatrixNotifier(elsewhere).check()] == [False]


def test_an_alertmanager_mirrors_what_is_open_and_sees_its_end(tmp_path: Path, matrix: Matrix) -> None:
    now = datetime.now(UTC)
    alert: Alert = opened()._replace(channel="notify:am", opened_at=now, told_at=now)
    book = Mirrored([alert])
    with alertmanager(tmp_path) as url:
        target = NotifierTarget("am", NotifierKind.ALERTMANAGER, f"alertmanager+{url}")
        notifier = AlertmanagerNotifier(target, book, lambda: matrix, lambda: now, timedelta(hours=6))
        (check,) = notifier.check()
        assert check.ok
        assert "Alertmanager" in check.text
        for _ in range(3):
            assert isinstance(notifier.post(), Delivered)
        (there,) = asked("GET", f"{url}/api/v2/alerts")
        assert there["labels"]["alertname"] == "XocompatEol"
        assert there["status"]["state"] == "active"
        ends = datetime.fromisoformat(there["endsAt"].replace("Z", "+00:00"))
        assert ends > now + timedelta(hours=12), "two sweeps may be missed"
        book.open_alerts, book.ended = [], [alert._replace(resolved_at=now)]
        assert notifier.is_due(None)
        assert isinstance(notifier.post(), Delivered)
        assert asked("GET", f"{url}/api/v2/alerts") == []
