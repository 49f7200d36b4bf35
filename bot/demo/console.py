"""The demo: a channel to type in where somebody sits at a terminal, a transcript of one where nobody does."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from io import TextIOWrapper
from typing import NamedTuple, TextIO

from bot.chat.desk import Desk
from bot.demo.channel import COMMAND, NAME, Channel
from bot.demo.transcript import transcript
from bot.terminal.look import is_terminal, look_of
from bot.terminal.output import hang_up, write

PROMPT = f"{NAME} > "
LEAVING = frozenset({"exit", "quit"})
_OPENING = f"""This is {NAME}, a channel with nobody in it but you and xocompat.
Type {COMMAND} XenServer 7.2, or the release alone. A number presses a button.
"""
_CLOSING = "help lists what else there is, exit leaves.\n"
FEW = 12
"""So many names of hosts are told; of more, the first and the last."""


class Cast(NamedTuple):
    """The hosts that the demo has: their names, and a desk that can ask them, which may have to wait for them."""

    names: Sequence[str]
    desk: Callable[[], Desk]


def console(
    desk: Desk,
    stdin: TextIO | None,
    stdout: TextIO,
    environ: Mapping[str, str],
    lines: Iterable[str] | None = None,
    cast: Cast | None = None,
) -> int:
    """Talk until the person leaves, or play `lines` (None: the transcript) where no person is. The exit status: 0.

    A reader that has gone (`| head`) ends it without a word.
    """
    names = cast.names if cast else ()
    channel = Channel(desk, look_of(stdout, environ), cast.desk if cast else None)
    try:
        if stdin and is_terminal(stdin) and is_terminal(stdout):
            write(stdout, f"{_OPENING}{_hosts(names)}{_CLOSING}\n")
            _converse(channel, stdin, stdout)
        else:
            _play(channel, transcript(names) if lines is None else lines, stdout)
    except BrokenPipeError:
        hang_up(stdout)
    return 0


def _hosts(names: Sequence[str]) -> str:
    """Which hosts there are to ask, and how, for the opening."""
    if not names:
        return ""
    some = ", ".join(names) if len(names) <= FEW else f"{names[0]} to {names[-1]}"
    count = "One simulated host" if len(names) == 1 else f"{len(names):,} simulated hosts"
    return f"{count} to ask: {some}.\nType probe {names[0]} to ask one.\n"


def _play(channel: Channel, lines: Iterable[str], stdout: TextIO) -> None:
    for typed in lines:
        write(stdout, f"{PROMPT}{typed}\n")
        _answer(channel, typed, stdout)


def _answer(channel: Channel, typed: str, stdout: TextIO) -> None:
    for text in channel.hear(typed):
        write(stdout, f"{text}\n")
    write(stdout, "\n")


def _converse(channel: Channel, stdin: TextIO, stdout: TextIO) -> None:
    try:
        for typed in _typed(stdin, stdout):
            if typed.casefold() in LEAVING:
                return
            if typed:
                _answer(channel, typed, stdout)
    except KeyboardInterrupt:
        write(stdout, "\n")


def _typed(stdin: TextIO, stdout: TextIO) -> Iterator[str]:
    """Lines until the end of input; at the process's own terminal they can be edited and called back by arrows."""
    ask = input if stdin is sys.stdin and stdout is sys.stdout else partial(_plain, stdin, stdout)
    if isinstance(stdin, TextIOWrapper):
        stdin.reconfigure(errors="replace")
    with suppress(ImportError):  # not every Python is built with it
        import_module("readline")
    while True:
        try:
            yield ask(PROMPT).strip()
        except EOFError:
            write(stdout, "\n")
            return
        except KeyboardInterrupt:
            if not _line_begun():
                raise
            write(stdout, "\n")


def _plain(stdin: TextIO, stdout: TextIO, prompt: str) -> str:
    write(stdout, prompt)
    typed = stdin.readline()
    if not typed:
        raise EOFError
    return typed


def _line_begun() -> bool:
    """Whether Ctrl-C came in the middle of a line: it then drops the line, and on an empty one it leaves."""
    readline = sys.modules.get("readline")
    return bool(readline and readline.get_line_buffer())
