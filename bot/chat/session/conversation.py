"""What people do beside typing a command, on any platform: mention the bot, press buttons, pick, open its page.

Buttons are words. Rights are checked when one is pressed, not when it is shown.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from bot.alerts.delivery.outcome import Delivered, Outcome, reason_of
from bot.alerts.ports import SNOOZE_MAX
from bot.catalogue import message, say, say_counted
from bot.chat.access import Granted
from bot.chat.button_value import ASK, FIND, MENU, PICK, SHARE, ActionValue
from bot.chat.command import Choice, CommandSpec, Right
from bot.chat.commands import ACCESS, ACK, ALERTS, CHECK, COMMANDS, FLEET, HELP, WATCH
from bot.chat.platform import Actor, Origin
from bot.chat.reply import Act, Asks, Paragraph, Reply, RichText, Typed, line, notice, say_line, with_code
from bot.chat.session.executor import Untold
from bot.chat.session.jobs import BackgroundJobs
from bot.chat.session.reply_target import (
    SLOW_MAX,
    ChannelTarget,
    EphemeralTarget,
    ReplyTarget,
    ThreadTarget,
    UndeliveredError,
    delivered,
)
from bot.chat.session.request import Request, request_of
from bot.chat.session.responder import Answer, private
from bot.chat.session.services import SessionServices, busy, slow_down
from bot.chat.wording import joined, with_more
from bot.errors import UnavailableError

_WAYS = {ASK: "ask button", SHARE: "share button", PICK: "pick button", MENU: "menu", FIND: "menu"}
"""How a press is called in the audit."""

DRAIN = 4.0
"""Seconds at the end for work that was taken on."""

AHEAD = timedelta(days=7)
"""How far ahead the moment is that a picker shows first."""

LISTED_MAX, NAMED_MAX = 99, 4
"""Hosts and pools in the list of a window, of which `fleet` gives a hundred at most, and in a sentence."""

HomePage = Callable[[frozenset[Right], RichText], tuple[Reply, ...]]
"""The parts of the bot's own page for somebody with these rights; the line says what is not shown."""


def stale() -> Reply:
    """What somebody is told who pressed a button that means nothing here."""
    return notice(say_line("This button is from another version of xocompat. Type the question instead."))


class Welcomes(Protocol):
    """What is said in channels that the bot was invited into. UnavailableError if the database could not be reached."""

    def claim(self, channel: str) -> Reply | None:
        """What to say there; None where it was said already, by any process at any time."""

    def release(self, channel: str) -> None:
        """It was not said after all."""


def _nowhere(actor: Actor) -> Actor:
    """The same person in no channel: only rights that hold everywhere count there."""
    return actor._replace(channel=None, thread=None)


def _first_lines(reply: Reply) -> tuple[RichText, ...]:
    """What stands below a reply's headline at first."""
    first = reply.blocks[0] if reply.blocks else None
    return first.lines if isinstance(first, Paragraph) else ()


_HIDDEN = {ALERTS: message("hosts and alerts"), ACK: message("buttons to acknowledge or snooze")}
"""What the page lacks for somebody without the rights of these commands."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Everything here returns at once; what takes time follows on the pools."""

    services: SessionServices
    jobs: BackgroundJobs
    home_page: HomePage
    welcomes: Welcomes | None = None

    def mention(self, origin: Origin, channel: str, thread: str, words: str, key: str, way: str = "mention") -> None:
        """Answer in the thread, for everybody there. Once for each `key`, however often the platform delivers it."""
        services, actor = self.services, origin.actor
        request = request_of(way, origin, words)
        if self.is_too_fast(request):
            return
        target = ThreadTarget(services.platform, origin, channel, thread, SLOW_MAX if request.spec.slow else None)
        if not request.spec.slow:
            services.answer_later(request, lambda answer: target.finish(answer, aside=True), key)
            return

        def start() -> None:
            if services.seen.claim(key):
                self._start(request, target, key)
            else:
                services.log.info("delivered again", who=actor.user, where=actor.channel)

        services.later(origin, start, key)

    def joined(self, actor: Actor, is_bot: Callable[[], bool]) -> None:
        """Say once in a channel that the bot was invited into what it does there. `is_bot`: whether the actor is it.

        Nobody waits for that, so where the database or the platform fails nothing is said.
        """
        services, welcomes, channel = self.services, self.welcomes, actor.channel
        if welcomes is None or channel is None:
            return

        def welcome() -> None:
            reply = welcomes.claim(channel) if is_bot() else None
            if reply is None:
                return
            try:
                delivered(services.platform.answer(Origin(actor), reply, most=1))
            except UndeliveredError:
                welcomes.release(channel)
                raise

        def failed(error: BaseException) -> None:
            if isinstance(error, UnavailableError):
                services.log.warning("no welcome", where=channel, reason=str(error))
            else:
                services.incident(error, actor)

        if not services.database.executor.submit(welcome, failed):
            services.log.warning("no welcome", where=channel, reason="too many questions at once")

    def press(self, kind: str, value: ActionValue | None, origin: Origin, message: str | None) -> None:
        """A button was pressed, or an entry of a menu chosen, that stands on a message: do what its words say.

        `kind` is one of bot.chat.button_value; there is no `value` where nobody knows what the button stood for.
        """
        if value is None:
            self.services.respond(origin, stale())
            return
        request = request_of(_WAYS.get(kind, "act button"), origin, value.words, value.on)
        if kind == SHARE:
            self.share(request, value.reply_key, message)
        elif kind == PICK and request.spec in (CHECK, WATCH):
            self.open_check(request)
        elif kind == PICK and request.spec is FLEET:
            self.offer_hosts(request)
        elif kind == PICK:
            self.offer(request)
        elif value.asks:
            self.ask_for(value.asks, request)
        else:
            self.ask(request)

    def ask(self, request: Request) -> None:
        """Answer for the actor's eyes. A slow one replaces the message it came from, if nobody else sees that."""
        if self.is_too_fast(request):
            return
        services, origin = self.services, request.origin
        if request.spec.slow:
            self._start(request, EphemeralTarget(services.platform, origin))
            return

        def show(answer: Answer) -> None:
            delivered(services.platform.respond(origin, answer.reply))

        services.answer_later(request, show, after=lambda: self._renew_page(origin))

    def share(self, request: Request, reply_key: str | None, message: str | None) -> None:
        """Show the reply to everybody: once for each message with the button, however often it is pressed."""
        if self.is_too_fast(request):
            return
        services, actor = self.services, request.actor
        what = f"{actor.user} {actor.channel} {message} {request.words} {request.on} {reply_key}"
        key = f"share:{hashlib.sha256(what.encode()).hexdigest()}"
        seen = services.replies.get(reply_key, actor.user)

        def show(answer: Answer) -> None:
            ChannelTarget(services.platform, request.origin).finish(answer)
            if answer.private:
                services.seen.release(key)

        def share() -> None:
            if message and not services.seen.claim(key):
                services.record(request, "shared_already")
                services.respond(request.origin, notice(say_line("It is in the channel already.")))
            elif seen:
                # A cached reply says something of hosts: who shares it must have the right to ask them still.
                rights = services.access.admit(actor, request.spec)
                services.finish(request, rights if isinstance(rights, Answer) else seen, show, key)
            elif request.spec.slow:
                remark = say("asked again to be shared: the reply that was shown is not kept any more")
                self._start(request, ChannelTarget(services.platform, request.origin, remark), key)
            else:
                services.finish(request, services.begin(request), show, key)

        services.later(request.origin, share, key)

    def pick(self, request: Request) -> Answer | None:
        """Open a picker for a command's word; or the answer to give instead, such as names to type."""
        services = self.services
        rights = services.access.admit(request.actor, request.spec)
        if isinstance(rights, Answer):
            return rights
        choices = services.responder.choices(request.spec, rights)
        if choices and request.origin.trigger:
            opened = services.platform.open_picker(request.origin, request.spec.name, choices)
            if isinstance(opened, Delivered):
                services.record(request, "picker")
                return None
            services.log.warning("the picker does not open", reason=reason_of(opened))
        alone = request._replace(words=request.spec.name, rest="", on=None)
        said = services.responder.opening(alone, rights)
        return said if isinstance(said, Answer) else private("usage", say_line("Say what to ask."))

    def offer(self, request: Request) -> None:
        """Open a picker, or say what to type instead."""
        if not request.spec.picks:
            self.services.respond(request.origin, stale())
        elif not self.is_too_fast(request) and (instead := self.pick(request)):
            self.services.record(request, instead)
            self.services.respond(request.origin, instead.reply)

    def offer_hosts(self, request: Request) -> None:
        """Let the actor name a host or a pool of the fleet, where a message has no field to find one in."""
        if self.is_too_fast(request):
            return
        services, origin = self.services, request.origin

        def open_window() -> None:
            rights = self._admitted(request)
            if rights is None:
                return
            services.record(request, "picker")
            found = () if Right.FLEET in rights.scoped else services.responder.choices(FLEET, rights)
            listed = found if len(found) <= LISTED_MAX else ()
            opened = services.platform.open_picker(origin, FLEET.name, listed)
            self._opened(origin, opened, Typed(f"{FLEET.name} NAME", is_synopsis=True))

        services.later(origin, open_window, executor=services.database.executor)

    def picked(self, origin: Origin, command: str, word: str) -> str | None:
        """Ask about what was picked, where the picker was opened; or what is wrong with it: then nothing is asked.

        What was typed in place of a host's name need be no more than a part of it.
        """
        found = self.find(origin.actor, word) if command == FLEET.name else ()
        if len(found) > 1 and not any(each.word == word for each in found):
            names = with_more([each.word for each in found], NAMED_MAX)
            return say("Several have that in their names: {names}. Type more of it.", names=names)
        self.ask(request_of("picker", origin, f"{command} {found[0].word if len(found) == 1 else word}"))
        return None

    def check_message(self, origin: Origin, text: str) -> None:
        """Answer what somebody else's message says, as a look-up and nothing else, for the actor's eyes."""
        if not text.strip():
            no_text = say_line("That message has no text that I can read. Type the release instead.")
            self.services.respond(origin, notice(no_text))
            return
        request = request_of("message shortcut", origin, f"{CHECK.name} {text.strip()}")
        if request.spec.right is not Right.LOOKUP:
            request = request._replace(spec=CHECK, rest=request.words.removeprefix(f"{CHECK.name} "))
        self.ask(request)

    def open_check(self, request: Request) -> None:
        """Let the actor choose a release to check, and a channel that watches it if they may have any channel watch."""
        if self.is_too_fast(request):
            return
        services, origin = self.services, request.origin

        def open_window() -> None:
            if self._admitted(request):
                services.record(request, "picker")
                watches = services.access.admit(_nowhere(request.actor), WATCH)
                opened = services.platform.open_check(origin, not isinstance(watches, Answer))
                self._opened(origin, opened, Typed("XenServer 7.2"))

        services.later(origin, open_window)

    def check(self, origin: Origin, release: str, on: date | None, watch_in: str | None = None) -> Reply:
        """The verdict on what was chosen, and what came of having a channel watch it (`watch_in`), if one was chosen.

        Where the database takes its time that is said, and the answer follows.
        """
        services = self.services
        request = request_of("check window", origin, f"{CHECK.name} {release}", on)
        if services.refusals(request):
            return slow_down()
        begun = services.begin(request)

        def ask() -> list[tuple[Request, Answer]]:
            found = [(request, begun if isinstance(begun, Answer) else begun())]
            return [*found, self._watch(origin, release, watch_in)] if watch_in else found

        def told(found: list[tuple[Request, Answer]]) -> Reply:
            for each, answer in found:
                services.record(each, answer)
            verdict, *others = (answer.reply for _, answer in found)
            done = (Paragraph((other.headline, *_first_lines(other))) for other in others)
            return verdict._replace(blocks=(*done, *verdict.blocks))

        if isinstance(begun, Answer) and not watch_in:
            return told([(request, begun)])

        def late(found: list[tuple[Request, Answer]]) -> None:
            delivered(services.platform.respond(origin, told(found)))

        found = services.database.get(ask, late, lambda error: services.failed(origin, error))
        if not isinstance(found, Untold):
            return told(found)
        if found is Untold.LATE:
            return notice(say_line("That takes a moment longer: the answer comes as a message from me."))
        services.record(request, "busy")
        return busy()

    def _watch(self, origin: Origin, release: str, channel: str) -> tuple[Request, Answer]:
        """Have a channel watch a release, for somebody who is elsewhere.

        Nobody says whether they are in the channel, so a right that holds there alone counts for nothing: only those
        that hold everywhere do.
        """
        services, there = self.services, origin._replace(actor=origin.actor._replace(channel=channel))
        request = request_of("check window", there, f"{WATCH.name} {release}")
        rights = services.access.admit(_nowhere(origin.actor), WATCH)
        if not isinstance(rights, Answer):
            return request, services.responder.answer(request, rights)
        said = rights.reply.headline
        if services.access.membership.is_member(origin.actor):
            how = say_line(
                "A right for one channel does not count here: type {command} in that channel.",
                command=Typed(request.words),
            )
            said = line(*said, " ", *how)
        return request, private(rights.outcome, said)

    def choices(self, actor: Actor, command: str) -> tuple[Choice, ...]:
        """What there is to pick, as far as the actor may ask."""
        spec = COMMANDS[command]
        rights = self.services.access.admit(actor, spec)
        return () if isinstance(rights, Answer) else self.services.responder.choices(spec, rights)

    def find(self, actor: Actor, typed: str) -> tuple[Choice, ...]:
        """Hosts and pools whose names hold what was typed; none where that can't be said at once.

        Who may see the fleet of one channel alone gets none: names of others would show.
        """
        rights = self.services.access.admit(actor, FLEET)
        if isinstance(rights, Answer) or Right.FLEET in rights.scoped:
            return ()
        found = self.services.database.get(
            lambda: self.services.responder.choices(FLEET, rights, typed), lambda _: None, lambda _: None
        )
        return () if isinstance(found, Untold) else found

    def ask_for(self, lacking: Asks, request: Request) -> None:
        """Let the actor give what the words lack."""
        if self.is_too_fast(request):
            return
        services, origin = self.services, request.origin

        def open_window() -> None:
            if self._admitted(request) is None:
                return
            if lacking is Asks.NOTE:
                opened = services.platform.open_note(origin, request.words)
                self._opened(origin, opened, Typed(f"{request.words}: NOTE", is_synopsis=True))
            else:
                first = services.now() + AHEAD
                opened = services.platform.open_moment_picker(origin, request.words, first)
                self._opened(origin, opened, Typed(f"{request.words} {first.date().isoformat()}"))

        def ask() -> None:
            try:
                open_window()
            finally:
                self._renew_page(origin)

        services.later(origin, ask)

    def _admitted(self, request: Request) -> Granted | None:
        """What the actor may, before a window opens; None where they were told why not."""
        rights = self.services.access.admit(request.actor, request.spec)
        if not isinstance(rights, Answer):
            return rights
        self.services.record(request, rights)
        delivered(self.services.platform.respond(request.origin, rights.reply))
        return None

    def _opened(self, origin: Origin, opened: Outcome, typed: Typed) -> None:
        """Where no window opened, say what to type in its place."""
        if origin.trigger and not isinstance(opened, Delivered):
            instead = notice(say_line("The window did not open. Type it: {words}", words=typed))
            opened = self.services.platform.respond(origin, instead)
        delivered(opened)

    def moment_picked(self, origin: Origin, words: str, at: datetime) -> str | None:
        """Ask with the moment that was chosen, as typed words do; or what is wrong with it: then nothing is asked."""
        now = self.services.now()
        if at <= now:
            return say("That is over already: choose a moment after now.")
        if at - now > SNOOZE_MAX:
            return say_counted(
                SNOOZE_MAX.days,
                "That is too far off: choose one within {count} day.",
                "That is too far off: choose one within {count} days.",
            )
        self.ask(request_of("moment picker", origin, f"{words} {at:%Y-%m-%dT%H:%MZ}"))
        return None

    def note_typed(self, origin: Origin, words: str, note: str) -> str | None:
        """Ask with the note that was typed; or what is wrong with it: then nothing is asked."""
        if not note.strip():
            return say("Type a note.")
        self.ask(request_of("note window", origin, f"{words}: {' '.join(note.split())}"))
        return None

    def open_page(self, actor: Actor) -> None:
        """Show the actor their page as it is now. Showing it twice does no harm."""
        if not self.services.refusals(request_of("home", Origin(actor), "")):
            self._show_page(actor)

    def drain(self, ends: float) -> bool:
        """Finish what was taken on, and have what that says sent, until `ends` by the monotonic clock.

        False if some of it hangs.
        """
        work_ends, services = min(time.monotonic() + DRAIN, ends), self.services
        done = services.work.drain(DRAIN)
        done = services.database.executor.drain(max(0.0, work_ends - time.monotonic())) and done
        done = self.jobs.drain(max(0.0, work_ends - time.monotonic())) and done
        return services.notices.drain(max(0.0, ends - time.monotonic())) and done

    def is_too_fast(self, request: Request) -> bool:
        """Whether the actor asks more than is answered, which they are told once a minute."""
        refused = self.services.refusals(request)
        if refused == 1:
            self.services.respond(request.origin, slow_down())
        return refused > 0

    def _show_page(self, actor: Actor) -> None:
        self.services.later(Origin(actor), lambda: self._publish(actor), executor=self.services.database.executor)

    def _start(self, request: Request, target: ReplyTarget, key: str | None = None) -> None:
        if not self.jobs.start(request, target, key=key):
            self.services.record(request, "busy")
            self.services.respond(request.origin, busy())

    def _renew_page(self, origin: Origin) -> None:
        """What the bot's page shows is old after what was done there, whatever came of it."""
        if origin.on_home_page:
            self._show_page(origin.actor)

    def _publish(self, actor: Actor) -> None:
        """UndeliveredError if the platform does not take it."""
        access = self.services.access
        rights = access.admit(actor, HELP)
        parts = (
            (rights.reply,)
            if isinstance(rights, Answer)
            else self.home_page(rights.rights, self._lacking(actor, rights.rights))
        )
        if not isinstance(rights, Answer) and access.membership.is_member(actor):
            lacks = dict.fromkeys(spec.right for spec in _HIDDEN if spec.right not in rights.rights)
            asks = tuple(Act(say("Ask for {right}", right=right), f"{ACCESS.name} {right}") for right in lacks)
            parts = (*parts[:-1], *(part._replace(buttons=(*part.buttons, *asks)) for part in parts[-1:]))
        delivered(self.services.platform.publish_home(actor.user, parts))

    def _lacking(self, actor: Actor, rights: frozenset[Right]) -> RichText:
        """What is not shown on the page, for want of which rights, and whom to ask."""
        lacks: list[CommandSpec] = [spec for spec in _HIDDEN if spec.right not in rights]
        if not lacks:
            return ()
        hidden = [
            say("{what} (that takes the right `{right}`)", what=say(_HIDDEN[spec]), right=spec.right) for spec in lacks
        ]
        sentences = [
            say("Not shown: {hidden}.", hidden=joined(hidden)),
            self.services.access.whom(actor, lacks[0].right),
        ]
        if self.services.access.grants:
            sentences.append(say("A right for one channel does not count here."))
        return with_code(" ".join(sentences))
