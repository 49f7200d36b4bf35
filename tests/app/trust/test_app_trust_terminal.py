"""`trust` at a terminal: the question, its answers, and the certificate that changes while somebody thinks."""

import codecs
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from bot.simulator import FaultMoment, Silence, SimCertificate
from tests.app.trust.lab import OTHER, Lab

QUESTION = "Pin it in xocompat.yaml? Type yes: "


class Seat:
    """A terminal with a command in it."""

    def __init__(self, lab: Lab, words: tuple[str, ...], environ: dict[str, str]) -> None:
        self._fd, inner = pty.openpty()
        self._decoder = codecs.getincrementaldecoder("utf-8")()  # a read may end within a character
        self.seen = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", *words],
            cwd=lab.folder,
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env={**os.environ, "LAB_PASSWORD": "demo", "TERM": "xterm", "COLUMNS": "100", **environ},
            start_new_session=True,
        )
        os.close(inner)

    def see(self, text: str) -> None:
        """Wait until a text has appeared."""
        while text not in self.seen:
            assert select.select([self._fd], [], [], 20)[0], f"{text!r} does not appear after {self.seen!r}"
            self.seen += self._decoder.decode(os.read(self._fd, 4096))

    def type(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def end(self) -> int:
        """The exit status, once everything has been seen."""
        while select.select([self._fd], [], [], 20)[0]:
            try:
                self.seen += self._decoder.decode(os.read(self._fd, 4096))
            except OSError:  # the last one at the other end has gone
                break
        return self.process.wait(20)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._fd)


Sit = Callable[..., Seat]


@pytest.fixture
def sit(lab: Lab) -> Iterator[Sit]:
    """Runs a command at a terminal of its own."""
    seats: list[Seat] = []

    def sat(*words: str, **environ: str) -> Seat:
        seats.append(Seat(lab, words, environ))
        return seats[-1]

    yield sat
    for seat in seats:
        seat.close()


@pytest.mark.parametrize(
    ("typed", "status"), [("yes\n", 0), ("YES \n", 0), ("y\n", 1), ("\n", 1), ("no\n", 1), ("\x04", 1)]
)
def test_a_typed_yes_pins_and_anything_else_changes_nothing(lab: Lab, sit: Sit, typed: str, status: int) -> None:
    before = lab.write(f'tls: {{pin: "{OTHER}"}}')
    seat = sit("trust", "lab-a")
    seat.see(QUESTION)
    seat.type(typed)
    assert seat.end() == status
    assert lab.text == (before if status else before.replace(OTHER, lab.pin("xen-1")))
    assert ("Nothing was changed." in seat.seen) == bool(status)
    assert ("Pinned in xocompat.yaml." in seat.seen) == (not status)


def test_what_is_pinned_is_what_was_shown_although_the_host_shows_another_by_now(lab: Lab, sit: Sit) -> None:
    host, before = lab.simulator["xen-1"], lab.write("tls: {insecure: true}")
    shown, own = lab.pin("xen-1"), host.now.certificate
    seat = sit("trust", "lab-a")
    seat.see(QUESTION)
    try:
        host.show_certificate(SimCertificate("xen-1", 7))
        assert lab.pin("xen-1") != shown
        seat.type("yes\n")
        assert seat.end() == 0
        assert lab.text == before.replace("{insecure: true}", f'{{pin: "{shown}"}}')
    finally:
        host.show_certificate(own or SimCertificate("xen-1"))


def test_what_somebody_else_wrote_while_the_question_stood_is_not_lost(lab: Lab, sit: Sit) -> None:
    lab.write("tls: {insecure: true}")
    seat = sit("trust", "lab-a")
    seat.see(QUESTION)
    theirs = lab.write("tls: {insecure: false}")
    seat.type("yes\n")
    assert seat.end() == 1
    assert lab.text == theirs
    assert "somebody else changed it meanwhile. Nothing was changed." in " ".join(seat.seen.split())


def test_ctrl_c_at_the_question_changes_nothing(lab: Lab, sit: Sit) -> None:
    before = lab.write("tls: {insecure: true}")
    seat = sit("trust", "lab-a")
    seat.see(QUESTION)
    seat.process.send_signal(signal.SIGINT)
    assert (seat.end(), lab.text) == (130, before)
    assert "Traceback" not in seat.seen


def test_a_probe_shows_whom_it_asks_until_ctrl_c_and_leaves_a_clean_line(lab: Lab, sit: Sit) -> None:
    lab.write("tls: {insecure: true}")
    host = lab.simulator["xen-1"]
    host.fail(Silence(FaultMoment.REQUEST, on="session.login_with_password"))
    try:
        seat = sit("probe", "lab-a")
        seat.see("⠙ Asking lab-a … (at most 30 seconds)")
        seat.process.send_signal(signal.SIGINT)
        assert seat.end() == 130
        assert seat.seen.endswith("\r\x1b[K\r\n")
        assert "Traceback" not in seat.seen
    finally:
        host.recover()


def test_a_probe_says_whom_it_asks_in_a_plain_line_where_nothing_may_move(lab: Lab, sit: Sit) -> None:
    lab.write("tls: {insecure: true}")
    seat = sit("probe", "lab-a", NO_COLOR="1")
    assert seat.end() == 0
    assert seat.seen.startswith("Asking lab-a … (at most 30 seconds)\r\n")
    assert "\x1b" not in seat.seen.replace("\x1b]8;;", "")
