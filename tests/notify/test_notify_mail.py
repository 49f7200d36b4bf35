"""E-mail at a real mail server: TLS or nothing, logins, recipients each by itself, threads, and no injected header."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.alerts.delivery.outcome import Delivered, NotSent, Refused, Unknown
from bot.chat.reply import Link, Reply, Strong, headline, line
from bot.notify.mail import AGAIN_LATER, EmailNotifier
from bot.notify.notice import NoticeType, OutgoingNotice
from bot.notify.notifier import NotifierTarget
from bot.settings.notifiers import NotifierKind
from tests.notify.grounds import PASSWORD, ca_file
from tests.notify.receivers import SmtpReceiver, tls

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
REPLY = Reply("test", headline(Strong("XCP-ng 8.2 LTS"), "ends"), context=(line(Link("see", "https://example.org/a")),))
NOTICE = OutgoingNotice("abc123", NoticeType.OPENED, NOW, REPLY, "XCP-ng 8.2 LTS")
TO = ("ann@example.org", "bob@example.org")


class Post:
    """A server with a notifier of it."""

    def __init__(self, receiver: SmtpReceiver, folder: Path, scheme: str, user: str) -> None:
        self.receiver = receiver
        url = f"{scheme}://{user}127.0.0.1:{receiver.port}"
        self.target = NotifierTarget("mail", NotifierKind.EMAIL, url, None, TO, "xo@example.org", ca_file(folder))
        self.notifier = EmailNotifier(self.target)


Open = Callable[..., Post]


@pytest.fixture
def post_at(tmp_path: Path) -> Iterator[Open]:
    with ExitStack() as stack:

        def open_one(scheme: str = "smtp", user: str = "", secure: bool = True, **how: Any) -> Post:
            context = tls(tmp_path) if secure else None
            return Post(stack.enter_context(SmtpReceiver(context, **how)), tmp_path, scheme, user)

        yield open_one


def _sent(notifier: EmailNotifier, notice: OutgoingNotice = NOTICE) -> str:
    outcome = notifier.send(notice)
    assert isinstance(outcome, Delivered), outcome
    return outcome.id or ""


def test_a_mail_goes_over_verified_tls_with_a_login(post_at: Open) -> None:
    post = post_at(user=f"xocompat:{PASSWORD}@", login=("xocompat", PASSWORD))
    assert _sent(post.notifier) == "<abc123@example.org>"
    (mail,) = post.receiver.mails
    assert post.receiver.logins == ["xocompat"]
    assert mail["To"] == ", ".join(TO)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"] == "Fri, 27 Nov 2026 08:00:00 +0000"
    plain, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    assert plain.startswith("XCP-ng 8.2 LTS  ends")
    assert "see <https://example.org/a>" in plain
    assert '<a href="https://example.org/a">see</a>' in html


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")  # implicit TLS is TLS
def test_implicit_tls_and_a_password_of_a_variable_work_too(post_at: Open) -> None:
    post = post_at("smtps", "x%40y@", login=("x@y", PASSWORD), implicit=True)
    assert _sent(EmailNotifier(replace(post.target, secret=PASSWORD)))
    assert post.receiver.logins == ["x@y"]


def test_a_wrong_login_is_for_somebody_to_mend(post_at: Open) -> None:
    post = post_at(user="xocompat:wrong@", login=("xocompat", PASSWORD))
    refused = post.notifier.send(NOTICE)
    assert isinstance(refused, Refused)
    assert refused.code == "login_refused"
    assert [check.ok for check in post.notifier.check()] == [False]


def test_a_server_without_starttls_gets_nothing_unless_it_is_this_machine(
    post_at: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = post_at(secure=False)
    monkeypatch.setattr("bot.notify.mail.is_loopback", lambda _: False)  # as if it were elsewhere
    refused = post.notifier.send(NOTICE)
    assert isinstance(refused, Refused)
    assert refused.code == "no_starttls"
    monkeypatch.undo()
    assert post.receiver.mails == []
    assert _sent(post.notifier)


def test_with_starttls_there_is_no_way_back_even_on_this_machine(post_at: Open) -> None:
    post = post_at()
    untrusted = EmailNotifier(replace(post.target, ca=None)).send(NOTICE)
    assert isinstance(untrusted, NotSent)
    assert untrusted.code == "tls_untrusted"
    assert post.receiver.mails == []


def test_one_recipient_that_is_refused_keeps_the_mail_from_nobody_else(post_at: Open) -> None:
    post = post_at()
    post.receiver.refuses["bob@example.org"] = "550 5.1.1 no such user"
    with capture_logs() as log:
        assert _sent(post.notifier)
    assert [envelope.rcpt_tos for envelope in post.receiver.envelopes] == [["ann@example.org"]]
    assert log[0]["reason"] == "550 5.1.1 no such user"
    assert "bob" not in str(log), "an address is nobody's business in a log"


def test_a_full_mailbox_is_tried_again_alone_and_not_for_ever(post_at: Open) -> None:
    post = post_at()
    post.receiver.refuses["bob@example.org"] = "452 4.2.2 mailbox full"
    for attempt, pause in enumerate(AGAIN_LATER, 1):
        put_off = post.notifier.send(NOTICE._replace(attempts=attempt))
        assert isinstance(put_off, NotSent)
        assert put_off.retry_after == pause
    assert [envelope.rcpt_tos for envelope in post.receiver.envelopes] == [["ann@example.org"]], "once, not at each try"
    post.receiver.refuses.clear()
    assert _sent(post.notifier, NOTICE._replace(attempts=3))
    assert [envelope.rcpt_tos for envelope in post.receiver.envelopes][1:] == [["bob@example.org"]]
    post.receiver.refuses["bob@example.org"] = "452 4.2.2 mailbox full"
    assert _sent(post.notifier, NOTICE._replace(key="later", attempts=3)), "what follows does not wait behind it"


def test_nobody_who_is_taken_is_said(post_at: Open) -> None:
    post = post_at()
    post.receiver.refuses |= dict.fromkeys(TO, "550 no")
    assert isinstance(post.notifier.send(NOTICE), Refused)
    post.receiver.refuses |= dict.fromkeys(TO, "450 greylisted")
    assert isinstance(post.notifier.send(NOTICE), NotSent)


def test_a_connection_that_breaks_after_data_is_doubt_and_the_repeat_has_the_same_id(post_at: Open) -> None:
    post = post_at()
    post.receiver.drops_after_data = 1
    assert isinstance(post.notifier.send(NOTICE), Unknown)
    assert _sent(post.notifier)
    assert [mail["Message-ID"] for mail in post.receiver.mails] == ["<abc123@example.org>"] * 2


def test_what_the_server_does_not_take_now_is_sent_later(post_at: Open) -> None:
    post = post_at()
    post.receiver.after_data += ["451 4.3.0 try again", "554 5.7.1 not that"]
    assert post.notifier.send(NOTICE) == NotSent("", "the server refuses the mail: 451 4.3.0 try again")
    refused = post.notifier.send(NOTICE)
    assert isinstance(refused, NotSent)
    assert refused.code == "smtp_554", "after some tries the channel stops, and that is told"
    assert _sent(post.notifier)


@pytest.mark.parametrize("name", ["x\r\nBcc: eve@example.org", "x\nSubject: other", "é\u2028x", "a" * 5000])
def test_no_name_of_a_host_adds_a_header(post_at: Open, name: str) -> None:
    post = post_at()
    reply = Reply("test", headline(Strong(name), "ends"))
    assert _sent(post.notifier, NOTICE._replace(subject=name, reply=reply))
    (mail,) = post.receiver.mails
    assert mail["Bcc"] is None
    assert len(mail.get_all("Subject") or ()) == 1
    assert post.receiver.envelopes[0].rcpt_tos == [*TO]
