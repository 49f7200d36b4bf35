"""E-mail by SMTP: over verified TLS, one thread for each alert, each recipient's refusal by itself."""

import re
import smtplib
import ssl
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import structlog
from structlog.typing import FilteringBoundLogger

from bot.alerts.delivery.outcome import Delivered, NotSent, Outcome, Refused, Unknown
from bot.catalogue import say_counted
from bot.checkup import Check
from bot.notify.drawing import html, plain_text
from bot.notify.notice import OutgoingNotice
from bot.notify.notifier import NotifierTarget
from bot.settings.values import is_loopback
from bot.web.http_call import CallError, refuse_forbidden

CONNECT, WHOLE = 8.0, 20.0
"""Seconds: to connect, and for a whole conversation: less than a lease on a channel lasts."""

AGAIN_LATER = (60.0, 300.0)
"""Seconds until a recipient that was put off (a full mailbox, a greylist) is tried again, where others have the mail
already. After that it is left out: what follows must not wait behind one mailbox."""

SUBJECT_MAX = 200
REMEMBERED = 1000
_POLICY = SMTP.clone(cte_type="7bit")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class _RefusedError(Exception):
    """The server does not take us, or the mail: what follows from that."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("refused")
        self.outcome = outcome


class _Answer(NamedTuple):
    """What a server answered to one recipient."""

    code: int
    text: str

    @property
    def is_passing(self) -> bool:
        return 400 <= self.code < 500


class EmailNotifier:
    """bot.notify.notifier.Notifier: a mail to all of `to`.

    A repeat has the same Message-ID, by which many programs show it once; SMTP itself does not.
    """

    knows_repeats = False
    can_edit = False

    def __init__(self, target: NotifierTarget) -> None:
        self._target = target
        self._lock = threading.Lock()
        self._have: OrderedDict[str, set[str]] = OrderedDict()
        """Who has a mail already, by its key, while others were put off."""

    def send(self, notice: OutgoingNotice) -> Outcome:
        mail = self.mail(notice)
        with self._lock:
            have = self._have.pop(notice.key, set())
        to = [address for address in self._target.to if address not in have]
        try:
            with self._connected() as smtp:
                refused = self._hand_over(smtp, mail, to)
        except _RefusedError as error:
            return error.outcome
        outcome = self._outcome(notice, refused, [each for each in to if each not in refused], have)
        return Delivered(mail["Message-ID"]) if outcome is None else outcome

    def check(self) -> Iterator[Check]:
        """Connect, be known, and take leave: no mail is begun."""
        name = f"notify {self._target.name}"
        try:
            with self._connected() as smtp:
                smtp.noop()
                how = "over verified TLS" if isinstance(smtp.sock, ssl.SSLSocket) else "in clear, on this machine"
        except _RefusedError as error:
            outcome = error.outcome
            reason = outcome.remedy if isinstance(outcome, Refused) else getattr(outcome, "reason", "")
            yield Check(name, False, f"e-mail: {reason}", "look at its URL, `secret_env` and `ca`")
        else:
            recipients = say_counted(len(self._target.to), "{count} recipient", "{count} recipients")
            yield Check(name, True, f"e-mail: the server takes us, {how}; {recipients}")

    def mail(self, notice: OutgoingNotice) -> EmailMessage:
        """The mail: text and HTML. Later ones of an alert answer its first one, under the same subject."""
        domain = self._target.sender.rpartition("@")[2]
        mail = EmailMessage(policy=_POLICY)
        subject = _CONTROLS.sub(" ", notice.subject)[:SUBJECT_MAX]
        mail["Subject"] = f"{'Re: ' if notice.thread else ''}[xocompat] {subject}"
        mail["From"] = self._target.sender
        mail["To"] = ", ".join(self._target.to)
        mail["Date"] = format_datetime(notice.at)
        mail["Message-ID"] = f"<{notice.key}@{domain}>"
        if notice.thread:
            mail["In-Reply-To"] = mail["References"] = notice.thread
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        mail["Precedence"] = "bulk"
        mail["List-Id"] = f"xocompat <xocompat.{domain}>"
        mail["X-Xocompat-Event"] = notice.type.value
        if notice.alerts:
            mail["X-Xocompat-Alert"] = " ".join(str(alert.id) for alert in notice.alerts)
        mail.set_content(f"{plain_text(notice.reply)}\n", cte="quoted-printable")
        mail.add_alternative(html(notice.reply), subtype="html", cte="quoted-printable")
        return mail

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """A session over verified TLS in which the server knows us. Never in clear, but on this machine."""
        parts = urlsplit(self._target.url)
        host = parts.hostname or ""
        try:
            context = ssl.create_default_context(cafile=self._target.ca)
        except OSError as error:
            raise _RefusedError(NotSent("unreadable_ca", f"`ca` cannot be used ({error.strerror})")) from None
        domain = self._target.sender.rpartition("@")[2]
        smtp: smtplib.SMTP | None = None
        try:
            if parts.scheme == "smtps":
                smtp = smtplib.SMTP_SSL(host, parts.port or 465, domain, timeout=CONNECT, context=context)
            else:
                smtp = smtplib.SMTP(host, parts.port or 587, domain, timeout=CONNECT)
            if smtp.sock:
                refuse_forbidden(smtp.sock.getpeername()[0])
            smtp.ehlo()
            if parts.scheme == "smtp":
                self._start_tls(smtp, context, host)
            if user := unquote(parts.username or ""):
                smtp.login(user, self._target.secret or unquote(parts.password or ""))
        except (smtplib.SMTPException, OSError, CallError, UnicodeError, _RefusedError) as error:
            if smtp:
                smtp.close()
            raise error if isinstance(error, _RefusedError) else _RefusedError(_of_connection(error)) from None
        try:
            yield smtp
        finally:
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()

    def _start_tls(self, smtp: smtplib.SMTP, context: ssl.SSLContext, host: str) -> None:
        if smtp.has_extn("starttls"):
            smtp.starttls(context=context)
            smtp.ehlo()
        elif not is_loopback(host):
            said = "the server offers no STARTTLS, and nothing is sent in clear: use smtps://, or another server"
            raise _RefusedError(Refused("no_starttls", said))

    def _hand_over(self, smtp: smtplib.SMTP, mail: EmailMessage, to: list[str]) -> dict[str, _Answer]:
        """Give the mail to the server; the recipients that it refused, if it took it for others."""
        refused: dict[str, _Answer] = {}
        ends = time.monotonic() + WHOLE - CONNECT
        try:
            _expect(smtp.mail(self._target.sender), "the sender")
            for address in to:
                _bound(smtp, ends)
                answer = _answer(smtp.rcpt(address))
                if answer.code not in (250, 251):
                    refused[address] = answer
        except (smtplib.SMTPException, OSError) as error:
            raise _RefusedError(_of_connection(error)) from None
        if len(refused) == len(to):
            return refused
        _bound(smtp, ends)
        try:
            _expect(smtp.data(mail.as_bytes()), "the mail")
        except smtplib.SMTPDataError as error:
            raise _RefusedError(_of_answer(_answer((error.smtp_code, error.smtp_error)), "the mail")) from None
        except (smtplib.SMTPException, OSError):
            raise _RefusedError(Unknown("the connection broke while the mail was handed over")) from None
        return refused

    def _outcome(
        self, notice: OutgoingNotice, refused: dict[str, _Answer], taken: list[str], have: set[str]
    ) -> Outcome | None:
        """What comes of refused recipients; None if the mail is done."""
        put_off = [address for address, answer in refused.items() if answer.is_passing]
        if not (taken or have):
            first = next(iter(refused.values()))
            if put_off:
                return NotSent("", f"no recipient was taken: {first.text}", AGAIN_LATER[-1])
            return Refused("recipients_refused", f"no recipient was taken ({first.text}): look at `to`")
        if put_off and notice.attempts <= len(AGAIN_LATER):
            with self._lock:
                self._have[notice.key] = {*have, *taken, *(a for a in refused if a not in put_off)}
                while len(self._have) > REMEMBERED:
                    self._have.popitem(last=False)
            said = f"{len(put_off)} of {len(self._target.to)} recipients put it off: {refused[put_off[0]].text}"
            return NotSent("", said, AGAIN_LATER[notice.attempts - 1])
        if refused:
            _warn(self._target.name, len(refused), next(iter(refused.values())).text)
        return None


def _bound(smtp: smtplib.SMTP, ends: float) -> None:
    """Let the next step take no longer than what is left of the whole."""
    if smtp.sock:
        smtp.sock.settimeout(max(0.5, min(CONNECT, ends - time.monotonic())))


def _warn(name: str, count: int, answer: str) -> None:
    log: FilteringBoundLogger = structlog.get_logger()
    log.warning("recipients left out", channel=f"notify:{name}", count=count, reason=answer)


def _answer(given: tuple[int, bytes | str]) -> _Answer:
    code, text = given
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return _Answer(code, f"{code} {_CONTROLS.sub(' ', said)[:100]}".strip())


def _expect(given: tuple[int, bytes], what: str) -> None:
    answer = _answer(given)
    if answer.code != 250:
        raise _RefusedError(_of_answer(answer, what))


def _of_answer(answer: _Answer, what: str) -> Outcome:
    said = f"the server refuses {what}: {answer.text}"
    return NotSent("" if answer.is_passing else f"smtp_{answer.code}", said)


def _of_connection(error: Exception) -> Outcome:
    """What a failure before the mail means: it is certainly not sent."""
    match error:
        case CallError():
            return error.outcome(True)
        case smtplib.SMTPAuthenticationError(smtp_code=code):
            if 400 <= code < 500:
                return NotSent("", f"the server does not log us in now ({code})")
            return Refused("login_refused", f"the server refuses the login ({code}): look at the URL and `secret_env`")
        case smtplib.SMTPNotSupportedError():
            return Refused("no_login", "the server offers no login: take the user out of the URL, or use TLS")
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=text):
            return _of_answer(_answer((code, text)), "the connection")
        case smtplib.SMTPServerDisconnected() | TimeoutError():
            return NotSent("", "the server broke off, or did not answer in time")
        case ssl.SSLError():
            return NotSent("tls_untrusted", "the server's certificate does not hold: set `ca`, or look at the clock")
        case OSError():
            return NotSent("", f"the server cannot be reached ({error.strerror or type(error).__name__})")
        case _:
            return NotSent("smtp", f"the server gave no proper answer ({type(error).__name__})")
