"""What every notifier must do (bot.notify.notifier), held against each at a real receiver."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.alerts.delivery.outcome import Delivered, NotSent, Outcome, Refused, Unknown, reason_of
from bot.chat.reply import Bullets, Code, Link, Paragraph, Reply, Strong, Table, columns, headline, line
from bot.matrix.matrix import Matrix
from bot.notify.notice import NoticeType, OutgoingNotice
from bot.settings.notifiers import NotifierKind
from bot.web.http_call import quieten
from tests.acceptance.waiting import free_port
from tests.notify.grounds import GROUNDS, PASSWORD, NotifierGround, Wrong, with_url

REPLY = Reply(
    "test",
    headline(Strong("XCP-ng 8.2 LTS"), "gets no security updates"),
    (
        Paragraph((line("3 hosts: ", Code("xen-2"), " ", Link("why", "https://example.org/why")),)),
        Bullets((line("one"), line("two")), "Known holes"),
        Table(columns("Host", "Ends"), ((line("xen-2"), line("2025-09-16")),), "Hosts"),
    ),
    context=(line("new: 90-day mark passed"),),
)
NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
NOTICE = OutgoingNotice("0123456789abcdef", NoticeType.TEST, NOW, REPLY, "XCP-ng 8.2 LTS")


@pytest.fixture(params=GROUNDS)
def ground(request: pytest.FixtureRequest, tmp_path: Path, matrix: Matrix) -> Iterator[NotifierGround]:
    with GROUNDS[request.param](tmp_path, matrix) as ground:
        yield ground


def _arrived(ground: NotifierGround) -> int:
    return sum("XCP-ng 8.2 LTS" in text for text in ground.arrived())


def test_what_is_told_arrives_and_has_an_id(ground: NotifierGround) -> None:
    outcome = ground.notifier.send(NOTICE)
    assert isinstance(outcome, Delivered), outcome
    assert outcome.id, "the outbox keeps it as the message's: without one its thread has no beginning"
    assert _arrived(ground) == 1


def test_how_long_to_wait_is_in_the_outcome(ground: NotifierGround) -> None:
    if not ground.go_wrong(Wrong.LIMITED):
        return
    limited = ground.notifier.send(NOTICE)
    assert isinstance(limited, NotSent)
    if ground.target.kind is not NotifierKind.APPRISE:  # which does not say
        assert limited.retry_after == 7.0


def test_what_is_not_taken_now_is_not_sent_and_taken_later(ground: NotifierGround) -> None:
    ground.go_wrong(Wrong.BUSY)
    assert isinstance(ground.notifier.send(NOTICE), NotSent)
    assert isinstance(ground.notifier.send(NOTICE), Delivered)


def test_what_somebody_has_to_mend_is_said(ground: NotifierGround) -> None:
    ground.go_wrong(Wrong.FORBIDDEN)
    refused = ground.notifier.send(NOTICE)
    if ground.target.kind is NotifierKind.APPRISE:
        assert isinstance(refused, NotSent)
        return
    assert isinstance(refused, Refused)
    assert "look at" in refused.remedy


def test_half_an_answer_is_doubt_unless_a_repeat_is_known(ground: NotifierGround) -> None:
    ground.go_wrong(Wrong.CUT)
    outcome = ground.notifier.send(NOTICE)
    knows = ground.notifier.knows_repeats or ground.target.kind is NotifierKind.APPRISE
    assert isinstance(outcome, NotSent if knows else Unknown), outcome
    assert isinstance(ground.notifier.send(NOTICE), Delivered)
    keys = ground.keys()
    assert len(set(keys)) <= 1, "a repeat has the key of the first"


def test_an_answer_that_says_nothing_breaks_nothing(ground: NotifierGround) -> None:
    if not ground.go_wrong(Wrong.NONSENSE):
        return
    assert isinstance(ground.notifier.send(NOTICE), Delivered | NotSent | Unknown)
    ground.go_wrong(Wrong.NONSENSE)
    ground.go_wrong(Wrong.NONSENSE)
    assert all(check.text for check in ground.notifier.check())


def test_a_redirect_is_not_followed(ground: NotifierGround) -> None:
    if not ground.go_wrong(Wrong.ELSEWHERE):
        return
    outcome = ground.notifier.send(NOTICE)
    assert isinstance(outcome, NotSent if ground.target.kind is NotifierKind.APPRISE else Refused)
    assert len(ground.arrived()) == 1


def test_where_nothing_listens_nothing_raises(ground: NotifierGround) -> None:
    def moved(url: str) -> str:
        head, _, port_and_rest = url.rpartition("127.0.0.1:")
        return f"{head}127.0.0.1:{free_port()}/{port_and_rest.partition('/')[2]}".rstrip("/")

    outcome = ground.made(with_url(ground.target, moved)).send(NOTICE)
    assert isinstance(outcome, NotSent), outcome
    assert (outcome.code or outcome.retry_after) in ("", None, "apprise"), "it is tried as long as it takes"


def test_a_link_local_address_is_refused(ground: NotifierGround) -> None:
    if ground.target.kind is NotifierKind.APPRISE:
        return  # which connects by itself
    elsewhere = with_url(ground.target, lambda url: url.replace("127.0.0.1:", "[::ffff:169.254.169.254]:"))
    if ground.target.kind is NotifierKind.EMAIL:
        return  # smtplib connects first, and then nothing is said: test_notify_mail.py
    refused = ground.made(elsewhere).send(NOTICE)
    assert isinstance(refused, Refused)
    assert "link-local" in refused.remedy


def test_a_certificate_that_nothing_vouches_for_gets_nothing(ground: NotifierGround) -> None:
    if ground.target.ca is None:
        return
    outcome = ground.made(replace(ground.target, ca=None)).send(NOTICE)
    assert isinstance(outcome, NotSent)
    assert outcome.code == "tls_untrusted"
    assert ground.arrived() == []


def test_a_check_tells_nobody_anything(ground: NotifierGround) -> None:
    checks = [*ground.notifier.check()]
    assert [check.ok for check in checks] == [True] * len(checks)
    assert checks
    assert ground.arrived() == []


def test_no_secret_shows(ground: NotifierGround, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    quieten()
    shown = [repr(ground.target), repr(ground.notifier), str(ground.notifier)]
    outcomes: list[Outcome] = [ground.notifier.send(NOTICE)]
    outcomes += [ground.notifier.send(NOTICE) for wrong in Wrong if ground.go_wrong(wrong)]
    shown += [reason_of(each) for each in outcomes if not isinstance(each, Delivered)]
    shown += [str(check) for check in ground.notifier.check()]
    log = "\n".join(record.getMessage() for record in caplog.records if record.name != "mail.log")  # the receiver's
    everything = "\n".join([*shown, log])
    for secret in (PASSWORD, ground.target.secret or PASSWORD):
        assert secret not in everything
    assert "XCP-ng" not in log, "nor does what is told"
