"""`python -m bot` and the installed `xocompat`."""

import sys

from bot.cli import main

if __name__ == "__main__":
    sys.exit(main())
