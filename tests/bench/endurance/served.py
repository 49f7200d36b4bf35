"""`xocompat serve` as an operator runs it, and a supervisor that starts it again at once when it ends."""

import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tests.acceptance.lab import Process


class Life(NamedTuple):
    """One process from its start to its end, in seconds since the epoch. `status` is None while it runs."""

    began: float
    ended: float | None = None
    status: int | None = None


class Served:
    """The process of the moment, and those before it. Each has a log of its own in `folder`."""

    def __init__(self, folder: Path, config: Path, environ: Mapping[str, str]) -> None:
        self._folder, self._environ = folder, environ
        self._command = [sys.executable, "-m", "bot", "serve", "--config", str(config)]
        self.lives: list[Life] = []
        self.memory: list[tuple[int, int]] = []
        self.start()

    def start(self) -> None:
        self.lives.append(Life(time.time()))
        self._process = Process(self._command, self._log, self._environ, self._folder)

    @property
    def _log(self) -> Path:
        return self._folder / f"serve-{len(self.lives)}.log"

    @property
    def logs(self) -> str:
        return "".join(path.read_text(encoding="utf-8", errors="replace") for path in self._folder.glob("serve-*.log"))

    @property
    def is_running(self) -> bool:
        return self._process.running

    def kill(self) -> None:
        """SIGKILL, from whatever thread; `tend` sees the end of it."""
        os.kill(self._process.pid, signal.SIGKILL)

    def tend(self) -> None:
        """Start it again if it has ended."""
        if not self._process.running:
            self._ended(self._process.ended(1))
            self.start()

    def stop(self) -> int:
        """The exit status after SIGTERM."""
        status = self._process.stop()
        self._ended(status)
        return status

    def _ended(self, status: int) -> None:
        self.lives[-1] = self.lives[-1]._replace(ended=time.time(), status=status)

    def weigh(self) -> None:
        """Note the resident memory, in kB, with the number of the life."""
        try:
            told = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        except OSError:
            return  # it has just been killed
        for line in told.splitlines():
            if line.startswith("VmRSS:"):
                self.memory.append((len(self.lives), int(line.split()[1])))

    def abandon(self) -> None:
        self._process.kill()
