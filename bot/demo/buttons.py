"""Buttons of what the channel shows, numbered so that a number presses one."""

from collections.abc import Sequence

from bot.chat.reply import Act, Ask, Button, Line, Share, line

MOST = 99


class Buttons:
    """Those that can be pressed: of the last reply, and of what was posted since."""

    def __init__(self) -> None:
        self._shown: list[Button] = []
        self._anew = False

    def pressed(self, typed: str) -> Button | None:
        """The one whose number is typed."""
        number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= len(str(MOST)) else 0
        return self._shown[number - 1] if 0 < number <= len(self._shown) else None

    def replace(self) -> None:
        """Whatever is shown next takes their numbers."""
        self._anew = True

    def show(self, buttons: Sequence[Button], public: bool) -> Line:
        """They with their numbers. What everybody sees already has nothing to share; no terminal has a picker."""
        if self._anew:
            self._shown, self._anew = [], False
        first = len(self._shown) + 1
        fit = [b for b in buttons if isinstance(b, Ask | Act) or (isinstance(b, Share) and not public)]
        self._shown += fit[: MOST - len(self._shown)]
        numbered = enumerate(self._shown[first - 1 :], first)
        return line(said) if (said := "   ".join(f"{number} [{button.label}]" for number, button in numbered)) else ()
