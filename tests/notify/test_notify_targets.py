"""What each target makes of a message: a card that Teams takes, text that is no mark-up, a mirror in time."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot.alerts.alert import AffectedHost, Alert
from bot.alerts.delivery.outcome import Delivered, NotSent
from bot.chat.alert_messages import alert_message
from bot.chat.reply import (
    Bullets,
    ChannelName,
    Code,
    Heading,
    Link,
    Paragraph,
    PersonName,
    Reply,
    Strong,
    Typed,
    headline,
    line,
)
from bot.errors import ConfigError
from bot.matrix.matrix import Matrix
from bot.notify.alertmanager import COVERED, RESOLVED_FOR, AlertmanagerNotifier
from bot.notify.apprise_url import AppriseNotifier
from bot.notify.drawing import html, nameless, plain_text
from bot.notify.notice import NoticeType, OutgoingNotice
from bot.notify.notifier import NotifierTarget
from bot.notify.teams import LARGEST, card
from bot.settings.notifiers import NotifierKind, url_problem
from tests.alerts.fleets import NOW
from tests.chat.test_chat_alert_messages import opened
from tests.notify.mirrored import Mirrored
from tests.notify.receivers import AlertmanagerServer, HttpReceiver, Says

EVIL = '<script>alert(1)</script> [x](javascript:alert(1)) **b** "q" \x1b[31m\u202e'
EVERY = timedelta(hours=6)


def _runs(made: bytes) -> list[dict[str, Any]]:
    (attachment,) = json.loads(made)["attachments"]
    return [run for block in attachment["content"]["body"] for run in block["inlines"]]


def test_an_alert_as_a_card_says_what_the_chat_says(matrix: Matrix) -> None:
    reply = nameless(alert_message([opened()], NOW.date(), NOW, matrix))
    runs = _runs(card(reply))
    said = "".join(run["text"] for run in runs)
    assert "XCP-ng 8.2 LTS" in said
    assert "xen-2, xen-3 (lab), xen-9 (prod)" in said
    assert {run["type"] for run in runs} == {"TextRun"}, "of which nothing is Markdown"


@pytest.mark.parametrize("lines", [10, 500, 5000])
def test_a_card_is_never_larger_than_teams_takes(lines: int) -> None:
    items = tuple(line(f"host-{n} ", "x" * 90) for n in range(lines))
    made = card(Reply("test", line("headline"), (Bullets(items),), context=(line("as of today"),)))
    assert len(made) <= LARGEST
    said = [run["text"] for run in _runs(made)]
    assert said[0] == "headline"
    assert said[-1] == "as of today", "what is left out stands before it"
    assert any("left out" in text for text in said) is (lines > 100)


def test_a_headline_that_is_too_long_is_cut() -> None:
    assert len(card(Reply("test", line("x" * 100_000)))) <= LARGEST


def test_what_stands_out_as_a_whole_has_nothing_in_it_that_stands_out() -> None:
    strong = headline(Strong("XCP-ng 8.2"), "a test")
    drawn = html(Reply("test", strong, (Heading(strong), Paragraph((strong,)))))
    assert drawn.count("<strong>") == drawn.count("</strong>") == 3
    assert "<strong><strong>" not in drawn
    assert drawn.startswith("<p><strong>XCP-ng 8.2")


def test_texts_of_others_are_data_wherever_they_are_drawn() -> None:
    spans = line(Strong(EVIL), Code(EVIL), Link(EVIL, "javascript:alert(1)"), Typed(f"probe {EVIL}"))
    reply = Reply("test", spans, (Paragraph((spans,)), Bullets((spans,), EVIL)))
    drawn = html(reply)
    assert "<script" not in drawn
    assert "href" not in drawn
    assert "\x1b" not in drawn + plain_text(reply)
    assert "\u202e" not in drawn + plain_text(reply)
    assert all("selectAction" not in run and "\x1b" not in run["text"] for run in _runs(card(reply)))


@pytest.mark.parametrize(
    ("id", "name"),
    [
        ("U0123456789", "somebody in Slack"),
        ("shell:root", "root"),
        ("mattermost:ann", "ann"),
        ("ann", "ann"),
    ],
)
def test_people_are_called_as_others_may_read_it(id: str, name: str) -> None:
    said = plain_text(nameless(Reply("test", line("by ", PersonName(id), " in ", ChannelName("C0123456789")))))
    assert said == f"by {name} in a channel in Slack"


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver() as running:
        running.answer = AlertmanagerServer()
        yield running


class Watch:
    """A mirror whose time a test moves."""

    def __init__(self, receiver: HttpReceiver, matrix: Matrix, *alerts: Alert) -> None:
        self.now = NOW
        self.book = Mirrored([each._replace(channel="notify:am") for each in alerts])
        target = NotifierTarget("am", NotifierKind.ALERTMANAGER, f"alertmanager+{receiver.url}")
        self.mirror = AlertmanagerNotifier(target, self.book, lambda: matrix, lambda: self.now, EVERY)
        self.receiver = receiver


def _notice(at: timedelta = timedelta()) -> OutgoingNotice:
    return OutgoingNotice("key", NoticeType.UPDATED, NOW + at, Reply("test", line("x")), "x")


def test_a_mirror_is_renewed_at_start_after_each_sweep_and_after_an_end(receiver: HttpReceiver, matrix: Matrix) -> None:
    watch = Watch(receiver, matrix, opened())
    assert watch.mirror.is_due(None)
    assert isinstance(watch.mirror.post(), Delivered)
    assert not watch.mirror.is_due(NOW - EVERY)
    watch.now += EVERY
    assert watch.mirror.is_due(watch.now)
    assert isinstance(watch.mirror.post(), Delivered)
    (alert,) = watch.book.open_alerts
    watch.book.open_alerts, watch.book.ended = [], [alert._replace(resolved_at=watch.now)]
    assert watch.mirror.is_due(None), "it is told again for five minutes"
    assert isinstance(watch.mirror.post(), Delivered)
    assert receiver.got[-1].json[0]["endsAt"].startswith(watch.now.isoformat()[:19])
    watch.now += RESOLVED_FOR + timedelta(seconds=1)
    assert not watch.mirror.is_due(None)


def test_what_changes_in_an_alerts_life_is_in_no_label(receiver: HttpReceiver, matrix: Matrix) -> None:
    first = opened()
    later = first._replace(threshold_days=7, hosts=(AffectedHost("u", "another", "p"),))
    for alert in (first, later):
        assert isinstance(Watch(receiver, matrix, alert).mirror.post(), Delivered)
    (labels,) = {json.dumps(got.json[0]["labels"], sort_keys=True) for got in receiver.got}
    assert "another" not in labels


def test_alerts_of_other_channels_are_not_mirrored(receiver: HttpReceiver, matrix: Matrix) -> None:
    watch = Watch(receiver, matrix)
    watch.book.open_alerts.append(opened())
    assert isinstance(watch.mirror.post(), Delivered)
    assert receiver.got == []


def test_one_post_covers_all_that_waited_long(receiver: HttpReceiver, matrix: Matrix) -> None:
    watch = Watch(receiver, matrix, opened())
    receiver.script.append(Says(503))
    assert isinstance(watch.mirror.send(_notice()), NotSent)
    watch.now += COVERED * 3
    for _ in range(20):
        assert isinstance(watch.mirror.send(_notice()), Delivered)
    assert len(receiver.got) == 2, "the one that failed, and one for all twenty"
    assert isinstance(watch.mirror.send(_notice(COVERED * 3)), Delivered)
    assert len(receiver.got) == 3, "what is new is posted at once"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of modules that its plugins import
def test_a_url_that_apprise_does_not_know_is_a_problem_of_the_configuration() -> None:
    with pytest.raises(ConfigError) as wrong:
        AppriseNotifier.of(NotifierTarget("phone", NotifierKind.APPRISE, "nothing://topic-secret"))
    assert "phone" in str(wrong.value)
    assert "topic-secret" not in str(wrong.value)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_whatever_apprise_knows_may_be_configured() -> None:
    import apprise

    known = {scheme for each in apprise.Apprise().details()["schemas"] for scheme in each["protocols"] or ()}
    assert "ntfy" in known
    assert [scheme for scheme in known if "begins as no notifier" in (url_problem(f"{scheme}://h/x") or "")] == []
