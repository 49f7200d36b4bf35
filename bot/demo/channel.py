"""The demo's channel as it is drawn: what was typed, the reply to it, buttons that a number presses, posts unasked."""

import time
from collections.abc import Iterator, Sequence

from bot.chat.audit import AuditEntry
from bot.chat.command import Caller, CommandSpec, Right
from bot.chat.commands import HELP
from bot.chat.interpret import interpret
from bot.chat.reply import Act, Button, Find, Menu, Pick, Reply, RichText, Share, line
from bot.chat.runner import CommandRunner
from bot.demo import commands as own
from bot.demo.platform import NAME, ROOM, Place
from bot.demo.world import DemoSession, OnProgress
from bot.errors import XocompatError
from bot.terminal.capabilities import Capabilities
from bot.terminal.layout import DIM, Piece, cleaned
from bot.terminal.render import painted, render
from bot.text import shown

COMMAND, MENTION, SHELL = "/xocompat", "@xocompat", "xocompat"
RIGHTS = frozenset(Right)
"""The person who runs the demo is its operator."""

CALLER = Caller("you", ROOM)
MOST = 99
"""So many buttons have a number."""

_PRIVATE, _SHARED = Place.PRIVATE.value[0], Place.SHARED.value[0]
_IN_THREAD = "in the thread, for everybody to see"


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
        """What is shown next takes their numbers."""
        self._anew = True

    def show(self, buttons: Sequence[Button], public: bool) -> RichText:
        """They with their numbers. What everybody sees already has nothing to share; no terminal has a picker."""
        if self._anew:
            self._shown, self._anew = [], False
        first = len(self._shown) + 1
        fit = [b for b in buttons if not isinstance(b, Pick | Find) and not (public and isinstance(b, Share))]
        self._shown += fit[: MOST - len(self._shown)]
        numbered = enumerate(self._shown[first - 1 :], first)
        return line(said) if (said := "   ".join(f"{number} [{button.label}]" for number, button in numbered)) else ()


class DemoChannel:
    """Answers what is typed, and remembers the buttons that it shows. Without a session no host can be asked."""

    def __init__(self, runner: CommandRunner, capabilities: Capabilities, session: DemoSession | None = None) -> None:
        self._runner = runner
        self._capabilities = capabilities
        self._session = session
        self._buttons = NumberedButtons()

    def answer(self, typed: str, progress: OnProgress = lambda *_: None) -> Iterator[str]:
        """What the channel shows after a line was typed, as it comes: texts of several lines, without the last newline.

        The line is `/xocompat WORDS`, `@xocompat WORDS`, the words alone, the number of a button, or the demo's own
        (`tomorrow`, `do upgrade xen-12`). `progress` is called while a text takes its time.
        """
        try:
            yield from self._answer(typed.strip(), progress)
        except XocompatError as error:
            yield "\n".join(map(cleaned, error.lines))

    def unasked(self) -> Iterator[str]:
        """What the bot has posted by itself since the last call, each set in where it stands in a thread."""
        for post in self._session.platform.take() if self._session else ():
            where, indent = post.place.value
            width = self._capabilities.width and self._capabilities.width - len(indent)
            public = post.place is not Place.PRIVATE
            text = self._draw(post.reply, public, self._capabilities._replace(width=width))
            text = f"{self._header(f'xocompat, {where.format(post.about)}')}\n{text}"
            yield "\n".join(f"{indent}{row}".rstrip() for row in text.split("\n"))

    def _answer(self, text: str, progress: OnProgress) -> Iterator[str]:
        if button := self._buttons.pressed(text):
            seen_by = _SHARED if isinstance(button, Share) else _PRIVATE
            if not isinstance(button, Act | Menu):  # the buttons of other alerts stay where they are
                self._buttons.replace()
            yield from self._reply(button.words, seen_by, "button", progress, f"[{cleaned(button.label)}] → ")
        elif self._session and (replies := own.answer_own(text, self._session, progress)):
            self._buttons.replace()
            for said in replies:
                yield said if isinstance(said, str) else f"{self._header('the demo')}\n{self._draw(said, public=True)}"
            yield from self.unasked()
        else:
            first, _, rest = text.partition(" ")
            name = first.casefold()
            words = rest.strip() if name in (COMMAND, MENTION, SHELL) else text
            origin, seen_by = ("mention", _IN_THREAD) if name == MENTION else ("command", _PRIVATE)
            self._buttons.replace()
            yield from self._reply(words, seen_by, origin, progress)

    def _reply(self, words: str, seen_by: str, origin: str, progress: OnProgress, pressed: str = "") -> Iterator[str]:
        """The reply under the line that says who sees it; before one that takes time, what it is waiting for."""
        header = self._header(f"{pressed}xocompat, {seen_by}")
        spec, rest = interpret(words)
        runner = self._runner_for(spec, progress)
        opening = runner.opening(spec, rest, RIGHTS, caller=CALLER) if spec.slow else ()
        if opening and not isinstance(opening, Reply):
            shown_first = render(Reply("opening", opening), self._capabilities, COMMAND)
            yield f"{header}\n{shown_first}"
            header = ""
        begun = time.perf_counter()
        if isinstance(opening, Reply):
            reply = opening
        else:
            reply = runner.run(spec, rest, RIGHTS, None, CALLER, lambda come: progress(come.done, come.total))
        if reply.depends_on_rights and self._session:  # it may be the name of a host
            knowing = runner._replace(ports=self._session.fleet_shown(progress).ports())
            reply = knowing.run(spec, rest, RIGHTS, None, CALLER)
        if self._session:
            at, ms = self._session.clock.now(), round(1000 * (time.perf_counter() - begun), 2)
            said = (CALLER.name, None, CALLER.channel, origin, spec.name, shown(rest), reply.kind, ms)
            self._session.note(AuditEntry(at, *said))
            if spec is HELP and not rest:
                reply = reply._replace(blocks=(*reply.blocks, own.help_block(self._session)))
        text = self._draw(reply, public=seen_by != _PRIVATE)
        yield f"{header}\n{text}" if header else text
        if self._session and spec.right in (Right.FLEET, Right.OPERATE):
            self._session.fleet_shown(progress).send()
            yield from self.unasked()

    def _runner_for(self, spec: CommandSpec, progress: OnProgress) -> CommandRunner:
        """With hosts to ask or with the fleet, as far as the command needs them: they may have to be waited for."""
        if self._session is None:
            return self._runner
        if spec.right in (Right.FLEET, Right.OPERATE):
            return self._runner._replace(ports=self._session.fleet_shown(progress).ports())
        ports = self._runner.ports
        if live := self._session.ports():  # what is known follows the published list
            ports = ports._replace(matrix=live.matrix, reader=live.reader, published=live.published)
        if spec.right is Right.PROBE:
            ports = ports._replace(fleet=self._session.fleet())
        return self._runner._replace(ports=ports)

    def _header(self, text: str) -> str:
        return painted([Piece(text, DIM)], self._capabilities)

    def _draw(self, reply: Reply, public: bool, capabilities: Capabilities | None = None) -> str:
        buttons = self._buttons.show(reply.buttons, public)
        return render(reply, capabilities or self._capabilities, COMMAND, buttons).replace(ROOM, NAME)
