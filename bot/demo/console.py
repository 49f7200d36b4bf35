"""The demo: a channel to type in where somebody sits at a terminal, a transcript of one where nobody does."""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from io import TextIOWrapper
from typing import TextIO

from bot.chat.runner import CommandRunner
from bot.demo.channel import COMMAND, DemoChannel
from bot.demo.commands import PUBLISH, examples
from bot.demo.platform import NAME
from bot.demo.world import DemoSession
from bot.terminal.capabilities import capabilities_of, is_terminal
from bot.terminal.output import hang_up, write
from bot.terminal.progress import ProgressLine

PROMPT = f"{NAME} > "
LEAVING = frozenset({"exit", "quit"})
_OPENING = f"""This is {NAME}, a channel with nobody in it but you and xocompat.
Type {COMMAND} XenServer 7.2, or the release alone. A number presses a button.
"""
_CLOSING = "help lists what else there is, exit leaves.\n"
FEW = 12
"""So many names of hosts are listed; of more, the first and the last."""


def console(
    runner: CommandRunner,
    stdin: TextIO | None,
    stdout: TextIO,
    environ: Mapping[str, str],
    lines: Iterable[str] | None = None,
    session: DemoSession | None = None,
) -> int:
    """Answer until the person leaves, or play `lines` (None: the transcript) where no person is. The exit status: 0.

    A reader that has gone (`| head`) ends it without a word.
    """
    names = session.hosts.names if session else ()
    channel = DemoChannel(runner, capabilities_of(stdout, environ), session)
    answer = partial(_answer, channel, stdout, environ)
    try:
        if stdin and is_terminal(stdin) and is_terminal(stdout):
            screen = Screen(stdout, environ, PROMPT, channel.unasked)
            write(stdout, f"{_OPENING}{_about(session) if session else ''}{_CLOSING}\n")
            if session:
                session.platform.rang = screen.rang
            _converse(answer, screen, stdin, stdout)
        else:
            for typed in transcript(names) if lines is None else lines:
                write(stdout, f"{PROMPT}{typed}\n")
                answer(typed)
    except BrokenPipeError:
        hang_up(stdout)
    return 0


def _about(session: DemoSession) -> str:
    """Which hosts there are to ask, what happens to them by itself, and how to make more of it happen."""
    names = session.hosts.names
    some = ", ".join(names) if len(names) <= FEW else f"{names[0]} to {names[-1]}"
    holes = "XSA-486, xo and patches tell of holes that are open; fleet vulnerable lists the hosts.\n"
    more = holes if PROBED in names else ""
    count = "One simulated host" if len(names) == 1 else f"{len(names):,} simulated hosts"
    return f"""{count} to ask: {some}.
Type probe {names[0]} to ask one. All are asked in the background: alerts appear by themselves.
{more}tomorrow, next week or on 2028-11-01 moves the clock; {examples(session.hosts)[0]} plays the operator.
{PUBLISH} changes the list that Xen Orchestra publishes.
"""


def _answer(channel: DemoChannel, stdout: TextIO, environ: Mapping[str, str], typed: str) -> None:
    """Writes what the channel shows; while that takes its time, how far it has come."""
    progress: ProgressLine
    answers = channel.answer(typed, lambda done, total: progress.show("", done, total))
    while True:
        with ProgressLine(stdout, environ) as progress:
            text = next(answers, "")
        if not text:
            return
        write(stdout, f"{text}\n\n")


class Screen:
    """Shows what `unasked` gives: between two questions at once, during an answer after it."""

    def __init__(self, stdout: TextIO, environ: Mapping[str, str], prompt: str, unasked: Callable[[], Iterator[str]]):
        self._stdout = stdout
        self._prompt = prompt
        self._unasked = unasked
        self._over = "\n" if environ.get("TERM") == "dumb" else "\r\x1b[K"
        self._lock = threading.Lock()  # guards what follows, and the channel while nobody is answered
        self._waits = False

    def prompted(self) -> None:
        """The prompt stands there, and somebody may type."""
        with self._lock:
            self._waits = True
            self._show_unasked()

    def answering(self) -> None:
        """A line was typed: nothing may come between it and its answer."""
        with self._lock:
            self._waits = False

    def rang(self) -> None:
        """Something was posted unasked; for any thread."""
        with self._lock, suppress(BrokenPipeError):  # the next answer notices that nobody reads
            if self._waits:
                self._show_unasked()

    def _show_unasked(self) -> None:
        if said := "\n\n".join(self._unasked()):
            write(self._stdout, f"{self._over}{said}\n\n{self._prompt}{typed_so_far()}")


def typed_so_far() -> str:
    """The line that was begun, where readline knows it."""
    readline = sys.modules.get("readline")
    return readline.get_line_buffer() if readline else ""


def _converse(answer: Callable[[str], None], screen: Screen, stdin: TextIO, stdout: TextIO) -> None:
    """Ctrl-C ends an answer that takes its time, and at the prompt the conversation."""
    try:
        for typed in _typed(screen, stdin, stdout):
            screen.answering()
            if typed.casefold() in LEAVING:
                return
            try:
                if typed:
                    answer(typed)
            except KeyboardInterrupt:
                write(stdout, "\nStopped.\n\n")
    except KeyboardInterrupt:
        write(stdout, "\n")


def _typed(screen: Screen, stdin: TextIO, stdout: TextIO) -> Iterator[str]:
    """Lines until the end of input; at the process's own terminal they can be edited and called back by arrows."""
    if isinstance(stdin, TextIOWrapper):
        stdin.reconfigure(errors="replace")
    with suppress(ImportError):  # not every Python is built with it
        import_module("readline")
    readline = sys.modules.get("readline")
    edits = stdin is sys.stdin and stdout is sys.stdout and hasattr(readline, "set_pre_input_hook")
    if edits and readline:
        readline.set_pre_input_hook(screen.prompted)
    ask = input if edits else partial(_plain, screen, stdin, stdout)
    while True:
        try:
            yield ask(PROMPT).strip()
        except EOFError:
            write(stdout, "\n")
            return
        except KeyboardInterrupt:
            if not typed_so_far():
                raise
            write(stdout, "\n")


def _plain(screen: Screen, stdin: TextIO, stdout: TextIO, prompt: str) -> str:
    write(stdout, prompt)
    screen.prompted()
    typed = stdin.readline()
    if not typed:
        raise EOFError
    return typed


OPENS = ("/xocompat XenServer 7.2",)
ALONE = ("1", "/xocompat list xcp-ng", "/xocompat 8.2", "/xocompat XenServer 7.7", "1", "@xocompat XCP-ng 8.3")
"""Where there are no hosts."""

PROBED = "prod-a"
"""A pool in the middle of a rolling upgrade."""

MENDED = (
    "/xocompat fleet eol prod",
    *("/xocompat XSA-486", "/xocompat xo", "/xocompat patches branch"),
    *("/xocompat alerts", "1"),
    *("do upgrade xen-12 xen-13", "/xocompat sweep", "do publish"),
)
"""What is in need there, with what the bot says unasked; who has the fix of a hole, what Xen Orchestra itself lacks,
and which updates are missing; the worst alert acknowledged by its button; two hosts mended, and the sweep that finds
them so; a list that changed."""

OF_MANY = ("/xocompat fleet eol",)


def transcript(names: Sequence[str] = ()) -> Iterator[str]:
    """Lines as somebody types them in a channel with hosts of these names; a lone number presses that button of the
    reply before.

    Of a fleet that is not the demo's usual one the first host is asked, and the last.
    """
    yield from OPENS
    if not names:
        yield from ALONE
    elif PROBED in names:
        yield from (f"/xocompat probe {PROBED}", *MENDED)
    else:
        yield from (f"/xocompat probe {name}" for name in dict.fromkeys((names[0], names[-1])))
        yield from OF_MANY
