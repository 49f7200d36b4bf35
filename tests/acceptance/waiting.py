"""Waiting for what other processes do: until it is so, with a deadline."""

import socket
import threading
import time
from collections.abc import Callable
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


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
