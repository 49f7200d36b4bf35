"""Waiting for what other processes do: until it is so, with a deadline."""

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")
_NEVER = threading.Event()


def until(found: Callable[[], T | None], seconds: float, what: str) -> T:
    """What `found` finds, as soon as it is neither None nor false. An OSError means "not yet"."""
    ends = time.monotonic() + seconds
    while True:
        try:
            result = found()
        except OSError:
            result = None
        if result:
            return result
        if time.monotonic() > ends:
            raise AssertionError(f"{what}: not within {seconds} seconds")
        _NEVER.wait(0.02)


PORTS, EACH = 20_000, 2_000
"""Below those that the system gives to whoever connects, and to servers that ask for any; so many for each worker."""


def free_port() -> int:
    """A port that nothing listens on at the moment, and that neither another worker of the tests nor a connection gets
    before it is used.
    """
    first = PORTS + EACH * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    begun = secrets.randbelow(EACH)
    for at in range(EACH):
        port = first + (begun + at) % EACH
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("0.0.0.0", port))
            return port
    raise AssertionError("no port is free")
