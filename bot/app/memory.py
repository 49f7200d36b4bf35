"""Less memory for a process that runs for long and has many threads."""

import ctypes
import gc
from contextlib import suppress

_M_ARENA_MAX, ARENAS = -8, 2

YOUNG = 10_000
"""Objects that may be new before garbage is looked for: a sweep makes hundreds of thousands, and most of them stay."""


def share_arenas() -> None:
    """Before there are threads: have them share memory that was freed. glibc, where it is the C library, gives each an
    arena of its own, and what dozens of threads freed once adds up to 15 MB that nobody uses.
    """
    with suppress(OSError, AttributeError):  # another C library has no such option
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, ARENAS)


def settle_down() -> None:
    """What is there by now stays. To search it for garbage again and again takes a third of a sweep's CPU."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)
