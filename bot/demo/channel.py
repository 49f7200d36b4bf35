"""Buttons of what the channel shows, numbered so that a number presses one."""

import time
from collections.abc import Callable, Iterator, Sequence

from bot.chat.audit import AuditEntry
from bot.chat.command import Caller, CommandSpec, Progress, Right
from bot.chat.commands import HELP
from bot.chat.interpret import interpret
from bot.chat.reply import Act, Button, Menu, Pick, Reply, RichText, Share, line
from bot.chat.runner import CommandRunner
from bot.demo import commands as own
from bot.demo.platform import NAME, ROOM, ChannelPost, Place
from bot.demo.stage import DemoSession, Tell, unheard
from bot.errors import XocompatError
from bot.query.text import shown
from bot.terminal.capabilities import Capabilities
from bot.terminal.render import painted, render
from bot.terminal.text import DIM, Piece, cleaned

MOST = 99


class NumberedButtons:
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

    def show(self, buttons: Sequence[Button], public: bool) -> RichText:
        """They with their numbers. What everybody sees already has nothing to share; no terminal has a picker."""
        if self._anew:
            self._shown, self._anew = [], False
        first = len(self._shown) + 1
        fit = [b for b in buttons if not isinstance(b, Pick) and not (public and isinstance(b, Share))]
        self._shown += fit[: MOST - len(self._shown)]
        numbered = enumerate(self._shown[first - 1 :], first)
        return line(said) if (said := "   ".join(f"{number} [{button.label}]" for number, button in numbered)) else ()


COMMAND, MENTION, SHELL = "/xocompat", "@xocompat", "xocompat"
RIGHTS = frozenset(Right)
"""Whoever runs the demo is its operator."""

CALLER = Caller("you", ROOM)

_PRIVATE, _SHARED = Place.PRIVATE.value[0], Place.SHARED.value[0]
_IN_THREAD = "in the thread, for everybody to see"


class DemoChannel:
    """Remembers the buttons that it shows. Without a stage no host can be asked."""

    def __init__(self, desk: CommandRunner, look: Capabilities, stage: DemoSession | None = None) -> None:
        self._desk = desk
        self._look = look
        self._stage = stage
        self._buttons = NumberedButtons()

    def hear(self, typed: str, tell: Tell = unheard) -> Iterator[str]:
        """What the channel shows after a line was typed, as it comes: texts of several lines, without the last newline.

        The line is `/xocompat WORDS`, `@xocompat WORDS`, the words alone, the number of a button, or the demo's own
        (`tomorrow`, `do upgrade xen-12`). `tell` hears how far a text has come that takes time.
        """
        try:
            yield from self._heard(typed.strip(), tell)
        except XocompatError as error:
            yield "\n".join(map(cleaned, error.lines))

    def unasked(self) -> Iterator[str]:
        """What the bot has said by itself since the last look."""
        for post in self._stage.platform.take() if self._stage else ():
            yield self._post(post)

    def _heard(self, text: str, tell: Tell) -> Iterator[str]:
        if button := self._buttons.pressed(text):
            seen_by = _SHARED if isinstance(button, Share) else _PRIVATE
            if not isinstance(button, Act | Menu):  # the buttons of other alerts stay where they are
                self._buttons.replace()
            yield from self._answer(button.words, seen_by, f"[{cleaned(button.label)}] → ", "button", tell)
        elif self._stage and (mine := own.answer_own(text, self._stage, tell)):
            self._buttons.replace()
            for said in mine:
                yield said if isinstance(said, str) else f"{self._header('the demo')}\n{self._show(said, public=True)}"
            yield from self.unasked()
        else:
            public, words = _addressed(text)
            self._buttons.replace()
            yield from self._answer(
                words, _IN_THREAD if public else _PRIVATE, "", "mention" if public else "command", tell
            )

    def _answer(self, words: str, seen_by: str, said: str, way: str, tell: Tell) -> Iterator[str]:
        """The reply under the line that says who sees it; before one that takes time, what it is waiting for."""
        header = self._header(f"{said}xocompat, {seen_by}")
        spec, rest = interpret(words)
        desk = self._desk_for(spec, tell)
        opening = desk.opening(spec, rest, RIGHTS, caller=CALLER) if spec.slow else ()
        if opening and not isinstance(opening, Reply):
            shown_first = render(Reply("opening", opening), self._look, COMMAND)
            yield f"{header}\n{shown_first}"
            header = ""
        begun = time.perf_counter()
        reply = opening if isinstance(opening, Reply) else desk.run(spec, rest, RIGHTS, None, CALLER, _told(tell))
        self._note(spec, rest, reply, way, time.perf_counter() - begun)
        if self._stage and spec is HELP and not rest:
            reply = reply._replace(blocks=(*reply.blocks, own.help_block(self._stage)))
        text = self._show(reply, public=seen_by != _PRIVATE)
        yield f"{header}\n{text}" if header else text
        if self._stage and spec.right in (Right.FLEET, Right.OPERATE):
            self._stage.show(tell).send()
            yield from self.unasked()

    def _desk_for(self, spec: CommandSpec, tell: Tell) -> CommandRunner:
        """With hosts to ask or with the fleet, as far as the command needs them: they may have to be waited for."""
        if self._stage is None:
            return self._desk
        if spec.right in (Right.FLEET, Right.OPERATE):
            return self._desk._replace(ports=self._stage.show(tell).ports())
        ports = self._desk.ports
        if live := self._stage.ports():  # what is known follows the published list
            ports = ports._replace(matrix=live.matrix, reader=live.reader, published=live.published)
        if spec.right is Right.PROBE:
            ports = ports._replace(fleet=self._stage.fleet())
        return self._desk._replace(ports=ports)

    def _note(self, spec: CommandSpec, words: str, reply: Reply, way: str, seconds: float) -> None:
        if self._stage:
            at, ms = self._stage.clock.now(), round(1000 * seconds, 2)
            self._stage.note(
                AuditEntry(at, CALLER.name, None, CALLER.channel, way, spec.name, shown(words), reply.kind, ms)
            )

    def _post(self, post: ChannelPost) -> str:
        """A message, set in where it stands in a thread."""
        where, indent = post.place.value
        width = self._look.width and self._look.width - len(indent)
        text = self._show(post.reply, public=post.place is not Place.PRIVATE, look=self._look._replace(width=width))
        text = f"{self._header(f'xocompat, {where.format(post.about)}')}\n{text}"
        return "\n".join(f"{indent}{row}".rstrip() for row in text.split("\n"))

    def _header(self, text: str) -> str:
        return painted([Piece(text, DIM)], self._look)

    def _show(self, reply: Reply, public: bool, look: Capabilities | None = None) -> str:
        buttons = self._buttons.show(reply.buttons, public)
        return render(reply, look or self._look, COMMAND, buttons).replace(ROOM, NAME)


def _told(tell: Tell) -> Callable[[Progress], None]:
    return lambda come: tell(come.done, come.total)


def _addressed(text: str) -> tuple[bool, str]:
    """Whether everybody sees the answer, and the words that are left for the bot."""
    first, _, rest = text.partition(" ")
    name = first.casefold()
    if name in (COMMAND, MENTION, SHELL):
        return name == MENTION, rest.strip()
    return False, text
