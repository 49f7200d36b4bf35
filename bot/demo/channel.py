"""A channel with one person and the bot in it: a typed line in, what the channel shows out."""

from collections.abc import Callable, Iterator

from bot.chat.command import Caller, Right
from bot.chat.desk import Desk
from bot.chat.interpret import interpret
from bot.chat.reply import Act, Ask, Button, Line, Reply, Share, line
from bot.errors import XocompatError
from bot.terminal.clean import cleaned
from bot.terminal.look import Look
from bot.terminal.paint import painted
from bot.terminal.piece import DIM, Piece
from bot.terminal.render import render

NAME = "#xo-admins"
COMMAND, MENTION = "/xocompat", "@xocompat"
RIGHTS = frozenset(Right)
"""Whoever runs the demo is its operator."""

CALLER = Caller("you", NAME)

_PRIVATE = "only visible to you"
_IN_THREAD = "in the thread, for everybody to see"
_SHARED = f"shared in {NAME}, for everybody to see"


class Channel:
    """Remembers the buttons of the last reply, so that a number presses one.

    `with_hosts` gives a desk that can ask hosts, and may wait for them; None: there are none, the one desk does it all.
    """

    def __init__(self, desk: Desk, look: Look, with_hosts: Callable[[], Desk] | None = None) -> None:
        self._desk = desk
        self._look = look
        self._with_hosts = with_hosts or (lambda: desk)
        self._buttons: tuple[Button, ...] = ()

    def hear(self, typed: str) -> Iterator[str]:
        """What the channel shows after a line was typed, as it comes: texts of several lines, without the last newline.

        The line is `/xocompat WORDS`, `@xocompat WORDS`, the words alone, or the number of a button.
        """
        text = typed.strip()
        button = self._pressed(text)
        try:
            if button:
                seen_by = _SHARED if isinstance(button, Share) else _PRIVATE
                yield from self._answer(button.words, seen_by, f"[{cleaned(button.label)}] → ")
            else:
                public, words = _addressed(text)
                yield from self._answer(words, _IN_THREAD if public else _PRIVATE)
        except XocompatError as error:
            yield "\n".join(map(cleaned, error.lines))

    def _pressed(self, text: str) -> Button | None:
        number = int(text) if text.isascii() and text.isdigit() and len(text) == 1 else 0
        return self._buttons[number - 1] if 0 < number <= len(self._buttons) else None

    def _answer(self, words: str, seen_by: str, said: str = "") -> Iterator[str]:
        """The reply under the line that says who sees it; before one that takes time, what it is waiting for."""
        header = painted([Piece(f"{said}xocompat, {seen_by}", DIM)], self._look)
        spec, rest = interpret(words)
        desk = self._desk if spec.right is Right.LOOKUP else self._with_hosts()
        opening = desk.opening(spec, rest, RIGHTS, caller=CALLER) if spec.slow else ()
        if opening and not isinstance(opening, Reply):
            yield f"{header}\n{render(Reply('opening', opening), self._look, COMMAND)}"
            header = ""
        reply = opening if isinstance(opening, Reply) else desk.run(spec, rest, RIGHTS, caller=CALLER)
        shown = self._show(reply, public=seen_by != _PRIVATE)
        yield f"{header}\n{shown}" if header else shown

    def _show(self, reply: Reply, public: bool) -> str:
        """A reply with its buttons. What everybody sees already has nothing to share, and no terminal has a picker."""
        self._buttons = tuple(
            b for b in reply.buttons if isinstance(b, Ask | Act) or (isinstance(b, Share) and not public)
        )
        return render(reply, self._look, COMMAND, _choices(self._buttons))


def _choices(buttons: tuple[Button, ...]) -> Line:
    return line("   ".join(f"{number} [{button.label}]" for number, button in enumerate(buttons, 1))) if buttons else ()


def _addressed(text: str) -> tuple[bool, str]:
    """Whether everybody sees the answer, and the words that are left for the bot."""
    first, _, rest = text.partition(" ")
    name = first.casefold()
    if name in (COMMAND, MENTION):
        return name == MENTION, rest.strip()
    return False, text
