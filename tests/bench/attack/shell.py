"""`xocompat` in a shell, with what it took."""

import os
import signal
import subprocess
import sys
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
        if self.status == 2:
            return f"a configuration or words that are wrong: {self.err[:200]!r}"
        if self.status == 1 and len(self.err.splitlines()) != 1:
            return f"{len(self.err.splitlines())} lines: {self.err[:200]!r}"
        return ""


_MEASURE = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[2:])
_, status, usage = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
with open(sys.argv[1], "w") as told:
    told.write(f"{process.returncode} {usage.ru_maxrss}")
"""
"""A small process between: Linux counts what the parent of a new process has as memory that the new one had."""


def run(words: Sequence[str], folder: Path, config: Path, patience: float = 60, **environ: str) -> Ran:
    """Run a command in a folder; it is killed after so many seconds, and its status is -9 then."""
    told = environment(folder, "http://127.0.0.1:9", 3000, **{PASSWORD_VARIABLE: PASSWORD, **environ})
    begun, took = time.monotonic(), folder / "took"
    took.write_text("-9 0", encoding="ascii")
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        command = [sys.executable, "-m", "bot", *words, "--config", str(config)]
        process = subprocess.Popen(
            [sys.executable, "-S", "-c", _MEASURE, str(took), *command],
            cwd=folder,
            env=told,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    said, complained = ((folder / name).read_text(encoding="utf-8", errors="replace") for name in ("out", "err"))
    status, kilobytes = map(int, took.read_text(encoding="ascii").split())
    return Ran(status, said, complained, time.monotonic() - begun, kilobytes / 1024)
