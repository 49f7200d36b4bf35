"""`xocompat` in a shell, with what it took."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bot.simulator import PASSWORD, PASSWORD_VARIABLE
from tests.acceptance.lab import environment


class Ran(NamedTuple):
    """How a command ended: seconds, and the megabytes that it had at most."""

    status: int
    out: str
    err: str
    seconds: float
    megabytes: float

    @property
    def untidy(self) -> str:
        """What no command may end with: a traceback, a signal, several lines for one problem."""
        if "Traceback" in self.err:
            return f"a traceback: {self.err[-200:]!r}"
        if self.status not in range(5):
            return f"status {self.status}: {self.err[-200:]!r}"
        if self.status == 1 and len(self.err.splitlines()) != 1:
            return f"{len(self.err.splitlines())} lines: {self.err[:200]!r}"
        return ""


def run(words: Sequence[str], folder: Path, config: Path, patience: float = 60, **environ: str) -> Ran:
    """Run a command in a folder; it is killed after so many seconds."""
    told = environment(folder, "http://127.0.0.1:9", 0, **{PASSWORD_VARIABLE: PASSWORD, **environ})
    begun = time.monotonic()
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        command = [sys.executable, "-m", "bot", *words, "--config", str(config)]
        process = subprocess.Popen(command, cwd=folder, env=told, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        killer = threading.Timer(patience, process.kill)
        killer.start()
        _, status, usage = os.wait4(process.pid, 0)
        killer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    texts = ((folder / name).read_text(encoding="utf-8", errors="replace") for name in ("out", "err"))
    return Ran(process.returncode, *texts, time.monotonic() - begun, usage.ru_maxrss / 1024)
