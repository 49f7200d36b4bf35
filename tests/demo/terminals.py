"""Where somebody sits: a stream that says so, and a real terminal with a process in it."""

import io
import os
import pty
import select
import subprocess
from collections.abc import Sequence


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
        """What appears up to and with `text`; what comes after it is left for the next look."""
        wanted = text.encode()
        while wanted not in self._unseen:
            assert select.select([self._fd], [], [], 10)[0], f"{text!r} does not appear after {self._unseen!r}"
            self._unseen += os.read(self._fd, 4096)
        seen, found, self._unseen = self._unseen.partition(wanted)
        return (seen + found).decode(errors="replace")

    def type(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def interrupt(self) -> None:
        """Ctrl-C, once more if it goes unheard: readline misses one that comes while it still handles a key."""
        self.type("\x03")
        while not select.select([self._fd], [], [], 2)[0]:
            self.type("\x03")

    def leave(self) -> int:
        """The exit status, once the command has ended."""
        status = self.process.wait(timeout=10)
        os.close(self._fd)
        return status
