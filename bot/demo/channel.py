"""A channel with one person and the bot in it: a typed line in, what the channel shows out."""

from bot.chat.command import Right
from bot.chat.desk import Desk
from bot.chat.reply import Ask, Button, Line, Reply, Share, line
from bot.errors import XocompatError
from bot.terminal.clean import cleaned
from bot.terminal.look import Look
from bot.terminal.paint import painted
from bot.terminal.piece import DIM, Piece
from bot.terminal.render import render

NAME = "#xo-admins"
COMMAND, MENTION = "/xocompat", "@xocompat"
RIGHTS = frozenset({Right.LOOKUP})

_PRIVATE = "only visible to you"
_IN_THREAD = "in the thread, for everybody to see"
_SHARED = f"shared in {NAME}, for everybody to see"


class Channel:
    """Remembers the buttons of the last reply, so that a number presses one."""

    def __init__(self, desk: Desk, look: Look) -> None:
        self._desk = desk
        self._look = look
        self._buttons: tuple[Button, ...] = ()

    def hear(self, typed: str) -> str:
        """What the channel shows after a line was typed: one text of several lines, without a newline at its end.

        The line is `/xocompat WORDS`, `@xocompat WORDS`, the words alone, or the number of a button.
        """
        text = typed.strip()
        try:
            button = self._pressed(text)
            if button:
                return self._press(button)
            public, words = _addressed(text)
            return self._show(self._desk.answer(words, RIGHTS), _IN_THREAD if public else _PRIVATE)
        except XocompatError as error:
            return "\n".join(map(cleaned, error.lines))

    def _pressed(self, text: str) -> Button | None:
        number = int(text) if text.isascii() and text.isdigit() and len(text) == 1 else 0
        return self._buttons[number - 1] if 0 < number <= len(self._buttons) else None

    def _press(self, button: Button) -> str:
        reply = self._desk.answer(button.words, RIGHTS)
        return self._show(reply, _SHARED if isinstance(button, Share) else _PRIVATE, pressed=button.label)

    def _show(self, reply: Reply, seen_by: str, pressed: str = "") -> str:
        """A reply under the line that says who sees it. What everybody sees already has nothing to share."""
        public = seen_by != _PRIVATE
        self._buttons = tuple(b for b in reply.buttons if isinstance(b, Ask) or not public)
        said = f"[{cleaned(pressed)}] → " if pressed else ""
        header = painted([Piece(f"{said}xocompat, {seen_by}", DIM)], self._look)
        return f"{header}\n{render(reply, self._look, COMMAND, _choices(self._buttons))}"


def _choices(buttons: tuple[Button, ...]) -> Line:
    return line("   ".join(f"{number} [{button.label}]" for number, button in enumerate(buttons, 1))) if buttons else ()


def _addressed(text: str) -> tuple[bool, str]:
    """Whether everybody sees the answer, and the words that are left for the bot."""
    first, _, rest = text.partition(" ")
    name = first.casefold()
    if name in (COMMAND, MENTION):
        return name == MENTION, rest.strip()
    return False, text
