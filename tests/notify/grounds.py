"""Each notifier with a receiver that a test may have do wrong, for the contract that holds for all of them."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from pathlib import Path
from typing import Protocol

from bot.matrix.matrix import Matrix
from bot.notify.notifier import Notifier, NotifierTarget
from bot.notify.targets import NoAlerts, NotifierParts, notifier_of
from bot.settings.notifiers import NotifierKind
from tests.notify.receivers import (
    CERTIFICATE,
    AlertmanagerServer,
    HttpReceiver,
    MatrixServer,
    Says,
    SmtpReceiver,
    tls,
)

SECRET = "whsec_bWZvbyBiYXIgYmF6IG9mIHRoZSB0ZXN0cyBvbmx5"
PASSWORD = "hunter2-of-the-tests"


class Wrong(Enum):
    """What goes wrong with the next message."""

    LIMITED = auto()
    """Too many: leave it alone for seven seconds."""
    BUSY = auto()
    """Not now, without a word of when."""
    FORBIDDEN = auto()
    CUT = auto()
    """It is taken, and the connection breaks before that is said whole."""
    ELSEWHERE = auto()
    """A redirect."""
    NONSENSE = auto()
    """It is answered at great length, and says nothing."""


class NotifierGround(Protocol):
    """A notifier, and what arrived at its receiver."""

    notifier: Notifier
    target: NotifierTarget

    def arrived(self) -> list[str]:
        """The text of each message."""

    def keys(self) -> list[str]:
        """What a receiver could know each by."""

    def go_wrong(self, how: Wrong) -> bool:
        """The next message goes so; False where this target can't."""

    def made(self, target: NotifierTarget) -> Notifier:
        """The notifier of another target."""


def parts(matrix: Matrix) -> NotifierParts:
    return NotifierParts(NoAlerts(), lambda: matrix, lambda: datetime.now(UTC), timedelta(hours=6))


class _Ground:
    def __init__(self, target: NotifierTarget, matrix: Matrix) -> None:
        self.target = target
        self._parts = parts(matrix)
        self.notifier = self.made(target)

    def made(self, target: NotifierTarget) -> Notifier:
        return notifier_of(target, self._parts)


class HttpGround(_Ground):
    def __init__(
        self,
        receiver: HttpReceiver,
        target: NotifierTarget,
        matrix: Matrix,
        key_of: Callable[[HttpReceiver], list[str]],
    ) -> None:
        super().__init__(target, matrix)
        self.receiver, self._key_of = receiver, key_of

    def arrived(self) -> list[str]:
        return [got.body.decode() for got in self.receiver.got if got.method != "GET"]

    def keys(self) -> list[str]:
        return self._key_of(self.receiver)

    def go_wrong(self, how: Wrong) -> bool:
        says = {
            Wrong.LIMITED: Says(429, headers={"Retry-After": "7"}),
            Wrong.BUSY: Says(503),
            Wrong.FORBIDDEN: Says(403),
            Wrong.CUT: Says(cut=9),
            Wrong.NONSENSE: Says(body=b"[" * 60_000),
            Wrong.ELSEWHERE: Says(307, headers={"Location": f"{self.receiver.url}/elsewhere"}),
        }
        self.receiver.script.append(says[how])
        return True


class MailGround(_Ground):
    def __init__(self, receiver: SmtpReceiver, target: NotifierTarget, matrix: Matrix) -> None:
        super().__init__(target, matrix)
        self.receiver = receiver

    def arrived(self) -> list[str]:
        return [str(mail.get_body(("plain",)).get_content()) for mail in self.receiver.mails]  # type: ignore[union-attr]

    def keys(self) -> list[str]:
        return [str(mail["Message-ID"]) for mail in self.receiver.mails]

    def go_wrong(self, how: Wrong) -> bool:
        match how:
            case Wrong.BUSY:
                self.receiver.after_data.append("451 try again later")
            case Wrong.FORBIDDEN:
                self.receiver.refuses["ops@example.org"] = "550 no such user"
            case Wrong.CUT:
                self.receiver.drops_after_data = 1
            case _:
                return False  # SMTP has neither
        return True


@contextmanager
def mail_ground(folder: Path, matrix: Matrix) -> Iterator[NotifierGround]:
    with SmtpReceiver(tls(folder), ("xocompat", PASSWORD)) as receiver:
        url = f"smtp://xocompat:{PASSWORD}@127.0.0.1:{receiver.port}"
        target = NotifierTarget(
            "mail", NotifierKind.EMAIL, url, None, ("ops@example.org",), "xo@example.org", ca_file(folder)
        )
        yield MailGround(receiver, target, matrix)


@contextmanager
def webhook_ground(folder: Path, matrix: Matrix) -> Iterator[NotifierGround]:
    with HttpReceiver(tls(folder)) as receiver:
        target = NotifierTarget("hook", NotifierKind.WEBHOOK, f"{receiver.url}/{PASSWORD}", SECRET, ca=ca_file(folder))
        yield HttpGround(receiver, target, matrix, lambda r: [got.headers["webhook-id"] for got in r.got])


@contextmanager
def alertmanager_ground(_: Path, matrix: Matrix) -> Iterator[NotifierGround]:
    with HttpReceiver() as receiver:
        receiver.answer = AlertmanagerServer()
        url = f"alertmanager+http://u:{PASSWORD}@{receiver.url.partition('://')[2]}"
        target = NotifierTarget("am", NotifierKind.ALERTMANAGER, url)
        yield HttpGround(
            receiver, target, matrix, lambda r: [str(each["labels"]) for got in r.got for each in got.json]
        )


@contextmanager
def teams_ground(folder: Path, matrix: Matrix) -> Iterator[NotifierGround]:
    with HttpReceiver(tls(folder)) as receiver:
        receiver.answer = lambda _: Says(202, b"")
        url = f"teams+{receiver.url}/workflows/1?sig={PASSWORD}"
        yield HttpGround(
            receiver, NotifierTarget("teams", NotifierKind.TEAMS, url, ca=ca_file(folder)), matrix, lambda _: []
        )


@contextmanager
def matrix_ground(folder: Path, matrix: Matrix) -> Iterator[NotifierGround]:
    with HttpReceiver(tls(folder)) as receiver:
        receiver.answer = MatrixServer()
        url = f"matrix+{receiver.url}/{MatrixServer.ROOM}"
        target = NotifierTarget("room", NotifierKind.MATRIX, url, MatrixServer.TOKEN, ca=ca_file(folder))
        yield HttpGround(receiver, target, matrix, lambda r: [got.path.rpartition("/")[2] for got in r.got])


@contextmanager
def apprise_ground(_: Path, matrix: Matrix) -> Iterator[NotifierGround]:
    with HttpReceiver() as receiver:
        url = f"json://u:{PASSWORD}@{receiver.url.partition('://')[2]}/"
        with warnings.catch_warnings():  # some of its plugins import what Python is about to lose
            warnings.simplefilter("ignore", DeprecationWarning)
            ground = HttpGround(receiver, NotifierTarget("any", NotifierKind.APPRISE, url), matrix, lambda _: [])
        yield ground


def ca_file(folder: Path) -> Path:
    """The file that vouches for a receiver."""
    file = folder / "ca.pem"
    file.write_text(CERTIFICATE.pem, encoding="ascii")
    return file


GROUNDS: dict[str, Callable[[Path, Matrix], AbstractContextManager[NotifierGround]]] = {
    "mail": mail_ground,
    "webhook": webhook_ground,
    "alertmanager": alertmanager_ground,
    "teams": teams_ground,
    "matrix": matrix_ground,
    "apprise": apprise_ground,
}


def with_url(target: NotifierTarget, change: Callable[[str], str]) -> NotifierTarget:
    return replace(target, url=change(target.url))
