"""`python -m bot` and the installed `xocompat`."""

import atexit
import gc
import sys

# Looking for garbage while modules load takes a twentieth of a look-up; in a process that stays, it only comes later.
gc.set_threshold(50_000)

# Looking for it once more before the process ends would take a sixth of a look-up; the system takes the memory anyway.
atexit.register(gc.freeze)

from bot.cli import main  # noqa: E402 - the first line above is for this one

if __name__ == "__main__":
    sys.exit(main())
