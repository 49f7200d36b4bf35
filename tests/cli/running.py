"""What a command line did, for the tests of the shell."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from bot.completion import BREAKS, LINE, VARIABLE, answer


class Ran(NamedTuple):
    """What a command line did."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]

IN_BASH = " \t\n\"'><=;|&(:"
"""What ends a word for bash, unless somebody changed it."""


def asked(folder: Path, line: str, shell: str = "fish", **environ: str) -> list[str]:
    """The words that a shell is offered behind a line, or what stands for files."""
    said = answer({VARIABLE: shell, LINE: f"xocompat {line}", BREAKS: IN_BASH, **environ}, str(folder))
    return [each.split("\t")[1] if "\t" in each else each for each in said]
