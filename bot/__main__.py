"""`python -m bot` and the installed `xocompat`."""

import gc
import sys

# Looking for garbage while modules load takes a twentieth of a look-up; in a process that stays, it only comes later.
gc.set_threshold(50_000)

from bot.cli import main  # noqa: E402 - the line above is for this one

if __name__ == "__main__":
    sys.exit(main())
