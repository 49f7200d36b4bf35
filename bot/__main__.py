"""`python -m bot` and the installed `xocompat`."""

import atexit
import gc
import os
import sys

# Looking for garbage while modules load takes a twentieth of a look-up; in a process that stays, it only comes later.
gc.set_threshold(50_000)

# Looking for it once more before the process ends would take a sixth of a look-up; the system takes the memory anyway.
atexit.register(gc.freeze)


def main() -> int:
    """Run a command line, or answer a shell's question how one could go on; returns the exit status."""
    if "_XOCOMPAT_COMPLETE" in os.environ:
        from bot.completion import complete

        return complete()
    from bot.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
