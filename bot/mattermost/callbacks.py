"""What Mattermost sends over HTTP: commands, presses, dialogs. Each must prove where it comes from; else it is a 4xx.

A command carries a token of ours. A press carries nothing: its context is signed by us, its post is looked at, and who
presses must be in the channel. A dialog's state is signed for one person. Rights are the conversation's business.
"""

import dataclasses
import hmac
import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

from bot.catalogue import say
from bot.chat.command import Right
from bot.chat.handed_over import HandedOver
from bot.chat.interpret import interpret
from bot.chat.platform import Actor, Origin, Original
from bot.chat.reply import NOTICE, Reply
from bot.chat.session.at_once import answer_at_once
from bot.chat.session.conversation import Conversation
from bot.chat.session.executor import Untold
from bot.chat.session.request import request_of
from bot.chat.session.responder import Answer
from bot.errors import UnavailableError
from bot.mattermost import dialogs
from bot.mattermost.dialogs import DIALOG_PATH
from bot.mattermost.directory import ID, Directory, Room
from bot.mattermost.errors import MattermostError
from bot.mattermost.markup import PREFIX
from bot.mattermost.platform import TEAM, MattermostPlatform
from bot.mattermost.posts import ACTION_PATH, PostPlace, Pressed, place_of, pressed
from bot.mattermost.seals import Seals
from bot.web.server import Handler, HttpRequest, HttpResponse, HttpRoute

COMMAND_PATH = "/mattermost/command"
WAITED = 1.0
"""Seconds for which a press waits for its reply; what comes later comes in another way."""

WAITING_MAX = 8
"""Presses that wait at once: others are answered empty, and hear later."""


@dataclass(frozen=True, slots=True)
class Callbacks:
    """`tokens` are those of the slash commands, by team; of the team "" any team's."""

    conversation: Conversation
    platform: MattermostPlatform
    directory: Directory
    seals: Seals
    tokens: Mapping[str, str]
    _waiting: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(WAITING_MAX))

    def routes(self) -> dict[str, HttpRoute]:
        """By path."""
        handlers: dict[str, Handler] = {COMMAND_PATH: self.command, ACTION_PATH: self.action, DIALOG_PATH: self.dialog}
        return {path: HttpRoute("POST", handler) for path, handler in handlers.items()}

    def command(self, http: HttpRequest) -> HttpResponse:
        """A look-up's answer is the response. A slow one begins there, and goes on at the command's own address."""
        try:
            form = dict(parse_qsl(http.body.decode(), keep_blank_values=True, max_num_fields=200))
        except ValueError:
            return HttpResponse(400, "not a form\n")
        if not self._has_token(http.headers, form):
            return HttpResponse(401, "bad token\n")
        user, name, channel = form.get("user_id", ""), form.get("user_name", ""), form.get("channel_id", "")
        team, place = form.get("team_domain", ""), form.get("channel_name", "")
        if not (name and team and place and ID.fullmatch(user) and ID.fullmatch(channel)):
            return HttpResponse(400, "not a command of Mattermost's\n")
        room = Room(channel, f"{PREFIX}{team}/{place}", team)
        if "__" in place:  # two people's conversation, one of whom may be the bot
            with suppress(MattermostError):
                room = self.directory.room_by_id(channel)
        self.directory.noted(user, name, room)
        actor = Actor(f"{PREFIX}{name}", TEAM, room.name, form.get("root_id") or None)
        origin = Origin(actor, form.get("response_url"), form.get("trigger_id"))
        return answer_at_once(self.conversation, request_of("command", origin, form.get("text", "")), self)

    def _has_token(self, headers: Mapping[str, str], form: Mapping[str, str]) -> bool:
        """In the header, or, where the server puts another token there, in the form."""
        header = headers.get("authorization", "")
        given = [header.removeprefix("Token ") if header.startswith("Token ") else "", form.get("token", "")]
        wanted = self.tokens.get(form.get("team_domain", ""), self.tokens.get("", ""))
        matches = [hmac.compare_digest(each.encode(), wanted.encode()) for each in given]
        return bool(wanted) and any(matches)

    def nothing(self) -> HttpResponse:
        return _answer()

    def told(self, origin: Origin, answer: Answer) -> HttpResponse | None:
        return None if answer.reply.attachment else self.shown(origin, answer.reply)

    def asking(self, origin: Origin, said: Reply) -> tuple[HttpResponse, Origin]:
        sent = threading.Event()
        response = dataclasses.replace(self.shown(origin, said), sent=sent.set)
        return response, origin._replace(original=Original.OURS, acknowledged=sent)

    def shown(self, origin: Origin, reply: Reply) -> HttpResponse:
        return _answer(**self.platform.acknowledgement(origin, reply))

    def action(self, http: HttpRequest) -> HttpResponse:
        """A press: its words, once it is proved that they are ours, and that they are pressed where they stand."""
        body = _object(http.body)
        context = body.get("context")
        signed = self.seals.opened(context)
        if signed is None:
            return HttpResponse(403, "not signed\n")
        press = pressed(signed, context.get("selected_option") if isinstance(context, dict) else None)
        if press is None:
            return HttpResponse(400, "not a choice of that menu\n")
        user, channel, post = (str(body.get(key) or "") for key in ("user_id", "channel_id", "post_id"))
        try:
            if not self._is_from_there(press.place, user, channel, post):
                return HttpResponse(403, "not from where it was signed for\n")
            origin = self._origin(press.place, user)
        except MattermostError:
            unchecked = say("I could not check that press: Mattermost did not answer me. Try again in a minute.")
            return _told_alone(unchecked)
        trigger = str(body.get("trigger_id") or "")
        return self._pressed(press, origin._replace(trigger=trigger, original=Original.OTHERS), post)

    def _is_from_there(self, place: PostPlace, user: str, channel: str, post: str) -> bool:
        """Whether somebody can have pressed what stands there. MattermostError: not known."""
        if channel != place.channel or not all(map(ID.fullmatch, (user, channel, post))):
            return False
        if place.user:
            return place.user == user
        return self.platform.has_post(post, channel, place.post) and self.directory.is_in(channel, user)

    def _origin(self, place: PostPlace, user: str) -> Origin:
        """Where something of ours comes back from, and from whom. MattermostError: not known."""
        member, room = self.directory.by_id(user), self.directory.room_by_id(place.channel, place.room)
        return Origin(Actor(member.who, TEAM, room.name, place.thread or None), place.address or None)

    def _pressed(self, press: Pressed, origin: Origin, post: str) -> HttpResponse:
        words = press.value.words
        changes = press.value.asks is None and interpret(words)[0].right is Right.OPERATE
        # What changes something is done once as it is drawn, by each person: a press may come twice.
        key = _key("press", press.nonce, words, origin.actor.user)
        if changes and (wrong := self._claimed(key, say("That was pressed already."))):
            return _told_alone(wrong)
        first = HandedOver[Reply | None]()
        self.conversation.press(press.kind, press.value, origin._replace(first=first), post)
        waits = self._waiting.acquire(blocking=False)
        try:
            reply = first.take(WAITED if waits else 0, None)
            text = self.platform.pressed(origin, reply) if reply else ""
        finally:
            if waits:
                self._waiting.release()
        if changes and (reply is None or reply.kind in (NOTICE, "refused") or reply.exit_status):
            self.conversation.services.seen.release(key)  # nothing was done, so it may be tried again
        return _told_alone(text)

    def _claimed(self, key: str, again: str) -> str | None:
        """Claims what is to be done once; why it is not the caller's to do, if it is not. A database that hangs is
        waited for a moment: what is claimed after that is given back, as nothing was done.
        """
        services = self.conversation.services

        def late(is_ours: bool) -> None:
            if is_ours:
                services.seen.release(key)

        try:
            claimed = services.database.get(lambda: services.seen.claim(key), late, lambda _: None)
        except UnavailableError as error:
            return str(error)
        if isinstance(claimed, Untold):
            return say("The database does not answer, so I did nothing. Try again in a minute.")
        return None if claimed else again

    def dialog(self, http: HttpRequest) -> HttpResponse:
        """What was sent off, once it is proved that the dialog was opened for that person, lately, and for the first
        time. An empty answer closes it."""
        body = _object(http.body)
        state, submission = self.seals.read_state(body.get("state")), body.get("submission")
        if state is None:
            return HttpResponse(403, "not signed\n")
        place = place_of(state)
        if (body.get("user_id"), body.get("channel_id")) != (place.user, place.channel):
            return HttpResponse(403, "not for this person, or not from there\n")
        if body.get("cancelled") is True or not isinstance(submission, dict):
            return _answer()
        try:
            origin = self._origin(place, place.user)
        except MattermostError as error:
            return _answer(error=error.text)
        key = _key("dialog", state["nonce"])
        if wrong := self._claimed(key, say("That was sent off already.")):
            return _answer(error=wrong)
        if wrong := self._submitted(state, origin, submission):
            self.conversation.services.seen.release(key)
            return _answer(errors={dialogs.FIELD: wrong})
        return _answer()

    def _submitted(self, state: Mapping[str, Any], origin: Origin, submission: Mapping[str, Any]) -> str | None:
        """What is wrong with what was given, if anything is."""
        given, words = dialogs.value(submission), str(state["words"])
        if not given:
            return say("Fill this in.")
        match state["kind"]:
            case dialogs.PICK:
                self.conversation.picked(origin, words, given)
            case dialogs.NOTE:
                return self.conversation.note_typed(origin, words, given)
            case dialogs.MOMENT:
                at = dialogs.moment(given)
                return self.conversation.moment_picked(origin, words, at) if at else say("Choose a day and a time.")
        return None


def _object(body: bytes) -> dict[str, Any]:
    """The object in a body of JSON; an empty one for anything else, in which nothing is signed."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _key(*parts: str) -> str:
    return f"mattermost:{parts[0]}:{sha256(json.dumps(parts).encode()).hexdigest()}"


def _answer(**said: Any) -> HttpResponse:
    """An answer of JSON; of nothing it closes a dialog, and `error` or `errors`, by its elements, keep it open."""
    return HttpResponse(200, json.dumps(said), {"content-type": "application/json"})


def _told_alone(text: str) -> HttpResponse:
    """The answer to a press: text for the presser alone."""
    return _answer(ephemeral_text=text, skip_slack_parsing=True) if text else _answer()
