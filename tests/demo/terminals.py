"""Where somebody sits: a stream that says so, and a real terminal with a process in it."""

import io
import os
import pty
import select
import subprocess
import termios
from collections.abc import Sequence

CTRL_C = "\x03"
TRIES = 5


class TtyStream(io.StringIO):
    """A stream that somebody sits at."""

    def isatty(self) -> bool:
        return True


class PtyProcess:
    """A terminal with a command in it."""

    def __init__(self, command: Sequence[str], environ: dict[str, str]) -> None:
        self._unseen = b""
        self._fd, inner = pty.openpty()
        self.process = subprocess.Popen(
            command,
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env=environ,
            start_new_session=True,
            preexec_fn=lambda: os.close(
                os.open(os.ttyname(0), os.O_RDWR)
            ),  # makes it the session's terminal, for Ctrl-C
        )
        os.close(inner)

    def see(self, text: str) -> str:
        """What appears up to and with `text`; what comes after it is left for the next call."""
        assert self._appears(text, 10), f"{text!r} does not appear after {self._unseen!r}"
        seen, found, self._unseen = self._unseen.partition(text.encode())
        return (seen + found).decode(errors="replace")

    def _appears(self, text: str, silence: float) -> bool:
        """Whether `text` appears before there is nothing new for so many seconds."""
        while text.encode() not in self._unseen:
            if not select.select([self._fd], [], [], silence)[0]:
                return False
            self._unseen += os.read(self._fd, 4096)
        return True

    def type(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def drop_line(self, prompt: str) -> None:
        """Ctrl-C in a line that was begun, until the prompt is there anew: readline misses one that comes while it
        handles a key."""
        for _ in range(TRIES):
            self.type(CTRL_C)
            if self._appears(prompt, 2):
                break
        self.see(prompt)

    def leave_by_interrupt(self) -> int:
        """The exit status after Ctrl-C in an empty line.

        readline misses one that comes while it handles a key or calls its hook, so there is another one for as long as
        it reads the terminal. That something appears proves nothing: posts appear by themselves.
        """
        ended = os.pidfd_open(self.process.pid)
        for _ in range(TRIES):
            self.type(CTRL_C)
            if select.select([ended], [], [], 2)[0] or not self._is_read_by_readline():
                break
        os.close(ended)
        return self.leave()

    def _is_read_by_readline(self) -> bool:
        """Whether keys come one by one, as readline has it set for as long as its prompt is there."""
        return not termios.tcgetattr(self._fd)[3] & termios.ICANON

    def leave(self) -> int:
        """The exit status, once the command has ended."""
        status = self.process.wait(timeout=10)
        os.close(self._fd)
        return status
