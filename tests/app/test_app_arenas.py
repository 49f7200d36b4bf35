"""Memory that threads freed is shared among them: each thread's own would add up."""

import platform
import subprocess
import sys

import pytest

_COUNTED = """
import re, threading
from bot.app.memory import share_arenas

{prepare}
together = threading.Barrier(8)

def work():
    held = [bytes(10_000) for _ in range(20)]
    together.wait(20)
    together.wait(20)

threads = [threading.Thread(target=work) for _ in range(7)]
for thread in threads:
    thread.start()
together.wait(20)
lines = [line for line in open("/proc/self/maps") if " rw-p " in line and line.endswith(" 0 \\n")]
starts = [int(line.split("-")[0], 16) for line in lines]
print(sum(start % (64 << 20) == 0 for start in starts))
together.wait(20)
"""
"""Counts the mappings at multiples of 64 MiB, where glibc puts the arenas that are not the heap (malloc/arena.c)."""


def _arenas(prepare: str) -> int:
    run = subprocess.run(
        [sys.executable, "-c", _COUNTED.format(prepare=prepare)], capture_output=True, text=True, check=True, timeout=60
    )
    return int(run.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has one arena, or its own rules")
def test_threads_share_what_they_freed() -> None:
    assert _arenas("pass") > 2, "the case is not the one that is meant"
    assert _arenas("share_arenas()") <= 1
