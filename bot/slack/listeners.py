"""What Slack sends, each kind to its listener: commands, mentions, messages, presses, shortcuts, windows, App Home."""

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.middleware import Middleware

from bot.catalogue import say
from bot.chat.commands import CHECK, FLEET
from bot.chat.platform import Origin, Original
from bot.chat.reply import Reply
from bot.chat.session.at_once import answer_at_once
from bot.chat.session.conversation import Conversation
from bot.chat.session.request import request_of
from bot.chat.session.responder import Answer
from bot.slack.actions import ACTION_ID, FOUND, found_options, kind_of_action, pressed
from bot.slack.blocks import Json, answers_late, messages
from bot.slack.manifest import CHECK_MESSAGE, CHECK_RELEASE
from bot.slack.membership import Identity
from bot.slack.modals import CHECK as CHECK_VIEW
from bot.slack.modals import (
    MOMENT,
    NOTE,
    PICK_HOST,
    RELEASE,
    checked,
    options,
    picked,
    picked_moment,
    refused,
    to_check,
    typed_note,
)
from bot.slack.modals import PICK as PICK_VIEW
from bot.slack.mrkdwn import COMMAND, plain_text
from bot.slack.payload import command_origin, event_actor, is_channel, is_direct, message_text, press_origin, text_of

_MENTION = re.compile(r"<@([A-Z0-9]{2,40})(?:\|[^<>]*)?>")
_JSON: dict[str, str | Sequence[str]] = {"content-type": ["application/json"]}


class Acknowledgement(BoltResponse):
    """An acknowledgement that says when it is on its way, so that what follows it does not overtake it.

    `sent` is set once the server has written it, or the socket has taken it.
    """

    def __init__(self, body: str) -> None:
        super().__init__(status=200, body=body)
        self.sent = threading.Event()


def is_sent(response: BoltResponse) -> None:
    """To be called with each response, by the code that has sent it."""
    if isinstance(response, Acknowledgement):
        response.sent.set()


@dataclass(frozen=True, slots=True)
class SlashCommand(Middleware):
    """Answers the slash command before Bolt searches its listeners.

    For a listener Bolt puts all arguments that one could want together, twice: more work than a look-up is.
    """

    listener: Callable[[Json], BoltResponse]

    def process(self, *, req: BoltRequest, next: Callable[[], BoltResponse], **_: object) -> BoltResponse:
        return self.listener(req.body) if req.body.get("command") == COMMAND else next()


@dataclass(frozen=True, slots=True)
class Listeners:
    """Payloads in, acknowledgements out, at once; what a request means is the conversation's."""

    conversation: Conversation
    identity: Identity

    def listen(self, app: App) -> None:
        """Have the app call these listeners."""
        app.use(SlashCommand(self.command))
        app.event("app_mention")(self.mention)
        app.event("message")(self.message)
        app.event("member_joined_channel")(self.joined)
        app.event("app_home_opened")(self.home_opened)
        app.action(ACTION_ID)(self.press)
        app.view(PICK_VIEW)(self.pick)
        app.view(MOMENT)(self.pick_moment)
        app.view(NOTE)(self.note)
        app.options(PICK_HOST)(self.suggest)
        app.options(FOUND)(self.suggest_hosts)
        app.shortcut(CHECK_RELEASE)(self.open_check)
        app.shortcut(CHECK_MESSAGE)(self.check_message)
        app.view(CHECK_VIEW)(self.check)
        app.options(RELEASE)(self.suggest_release)
        app.error(self.failed)

    def command(self, body: Json) -> BoltResponse:
        """A look-up takes well under a millisecond, so its answer is the acknowledgement. A slow one begins there."""
        request = request_of("command", command_origin(body), str(body.get("text") or ""))
        return answer_at_once(self.conversation, request, self)

    def nothing(self) -> BoltResponse:
        return BoltResponse(status=200)

    def shown(self, origin: Origin, reply: Reply) -> BoltResponse:  # noqa: ARG002 # whoever asked
        return _say(reply)

    def asking(self, origin: Origin, said: Reply) -> tuple[BoltResponse, Origin]:
        acknowledgement = Acknowledgement(_drawn(said).body)
        return acknowledgement, origin._replace(original=Original.OURS, acknowledged=acknowledgement.sent)

    def told(self, origin: Origin, answer: Answer) -> BoltResponse | None:
        """A reply of several messages goes to the response_url as a whole: in order, which an acknowledgement and a
        post beside it would not promise.
        """
        if not isinstance(answer.drawn, _Drawn):  # an answer to a look-up is given again, and drawn once
            answer.drawn = _drawn(answer.reply)
        is_told = answer.drawn.is_whole or not origin.address
        return BoltResponse(status=200, body=answer.drawn.body) if is_told else None

    def mention(self, body: Json) -> BoltResponse:
        """Somebody named the bot in a channel. What is written to the bot itself comes as a message, once."""
        if not is_direct(event_actor(body).channel or ""):
            self._told(body, "mention")
        return BoltResponse(status=200)

    def message(self, body: Json) -> BoltResponse:
        """What a person writes to the bot is answered as if it were named there.

        Messages of channels are not for the bot, and one with a subtype is no new one, or none of a person's.
        """
        event, channel = body.get("event"), event_actor(body).channel
        if isinstance(event, Mapping) and channel and is_direct(channel) and not event.get("subtype"):
            self._told(body, "direct message")
        return BoltResponse(status=200)

    def _told(self, body: Json, way: str) -> None:
        """Bots that answer each other would never end, so bots are not answered, and neither are our own messages."""
        event, actor, home = body.get("event"), event_actor(body), self.identity.known
        if not isinstance(event, Mapping) or not (actor.user and actor.channel and actor.thread):
            return
        if event.get("bot_id") or event.get("bot_profile") or event.get("subtype") == "bot_message":
            return
        if home and actor.user == home.bot_user:
            return
        key = f"{body.get('api_app_id')}:{body.get('event_id') or (actor.channel, event.get('ts'))}"
        # The words are without the bot's own mention; before Slack said who the bot is, without the first one.
        text = str(event.get("text") or "")
        ours = next((each for each in _MENTION.finditer(text) if not home or each[1] == home.bot_user), None)
        words = f"{text[: ours.start()]} {text[ours.end() :]}".strip() if ours else text.strip()
        self.conversation.mention(Origin(actor), actor.channel, actor.thread, words, key, way)

    def joined(self, body: Json) -> BoltResponse:
        """Somebody joined a channel: if it is the bot, it says what it does there."""
        actor = event_actor(body)._replace(thread=None)
        home = self.identity.known
        if is_channel(actor.channel or "") and (home is None or actor.user == home.bot_user):

            def is_bot() -> bool:
                here = self.identity.home()
                return here is not None and actor.user == here.bot_user

            self.conversation.joined(actor, is_bot)
        return BoltResponse(status=200)

    def press(self, body: Json, action: Json) -> BoltResponse:
        """A pressed button, or a chosen entry of a menu."""
        container = body.get("container")
        message = text_of(container.get("message_ts")) if isinstance(container, Mapping) else None
        self.conversation.press(kind_of_action(action), pressed(action), press_origin(body), message)
        return BoltResponse(status=200)

    def pick(self, body: Json) -> BoltResponse:
        """A list was sent off. An empty acknowledgement closes the window."""
        found = picked(body)
        if found and found.word:
            self.conversation.picked(found.origin, found.command, found.word)
        return BoltResponse(status=200)

    def suggest(self, body: Json) -> BoltResponse:
        """The options of a list too long to be sent as a whole, as far as they match what was typed."""
        found = picked(body)
        choices = self.conversation.choices(found.origin.actor, found.command) if found else ()
        return BoltResponse(status=200, body=json.dumps({"options": options(choices, str(body.get("value") or ""))}))

    def suggest_hosts(self, body: Json) -> BoltResponse:
        """Hosts and pools whose names hold what was typed, as far as the person may see the fleet."""
        found = self.conversation.find(press_origin(body).actor, str(body.get("value") or ""))
        return BoltResponse(status=200, body=json.dumps({"options": found_options(FLEET.name, found)}))

    def open_check(self, body: Json) -> BoltResponse:
        """The shortcut that is used anywhere: a window to check a release in."""
        self.conversation.open_check(request_of("shortcut", press_origin(body), CHECK.name))
        return BoltResponse(status=200)

    def check_message(self, body: Json) -> BoltResponse:
        """The shortcut that is used on a message: its text is what is asked."""
        self.conversation.check_message(press_origin(body), message_text(body))
        return BoltResponse(status=200)

    def check(self, body: Json) -> BoltResponse:
        """A release was chosen, and maybe a channel to watch it: what comes of that stands below the choice."""
        wanted = to_check(body)
        if wanted.release is None:
            return BoltResponse(status=200, body=refused(RELEASE, say("Choose a release.")), headers=_JSON)
        said = self.conversation.check(wanted.origin, wanted.release, wanted.on, wanted.watch_in)
        return BoltResponse(status=200, body=checked(said, wanted), headers=_JSON)

    def suggest_release(self, body: Json) -> BoltResponse:
        """The releases, as far as they match what was typed."""
        choices = self.conversation.choices(to_check(body).origin.actor, CHECK.name)
        return BoltResponse(status=200, body=json.dumps({"options": options(choices, str(body.get("value") or ""))}))

    def pick_moment(self, body: Json) -> BoltResponse:
        """A moment was chosen: the window closes, unless nothing can last until then."""
        found = picked_moment(body)
        wrong = self.conversation.moment_picked(found.origin, found.words, found.at) if found and found.at else None
        return _closed(MOMENT, wrong)

    def note(self, body: Json) -> BoltResponse:
        """A note was typed: the window closes, unless there is nothing in it."""
        found = typed_note(body)
        return _closed(NOTE, self.conversation.note_typed(found.origin, found.words, found.note) if found else None)

    def home_opened(self, body: Json) -> BoltResponse:
        """Somebody opened App Home; the event names their conversation with the bot, which is no place to count."""
        event = body.get("event")
        actor = event_actor(body)._replace(channel=None, thread=None)
        if isinstance(event, Mapping) and event.get("tab") == "home" and actor.user:
            self.conversation.open_page(actor)
        return BoltResponse(status=200)

    def failed(self, error: Exception, body: Json) -> BoltResponse:
        """Say what a listener did not expect, with an id that the log has, too.

        What nobody listens to is acknowledged and left alone.
        """
        services = self.conversation.services
        if isinstance(error, BoltUnhandledRequestError):
            event = body.get("event")
            kind = event.get("type") if isinstance(event, dict) else body.get("type") or body.get("command")
            services.log.info("not for us", type=plain_text(str(kind), 40))
            return BoltResponse(status=200)
        if "command" in body:
            return _say(services.explained(error, command_origin(body).actor).reply)
        origin = press_origin(body)
        if "event" in body:
            origin = Origin(event_actor(body), origin.address)
        services.respond(origin, services.explained(error, origin.actor).reply)
        return BoltResponse(status=200)


def _closed(field: str, wrong: str | None) -> BoltResponse:
    """An acknowledgement that closes a window, or leaves it open with what is wrong below one of its fields."""
    return BoltResponse(status=200, body=refused(field, wrong), headers=_JSON) if wrong else BoltResponse(status=200)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A reply's first message as the body of an acknowledgement, and whether that is all of it."""

    body: str
    is_whole: bool


def _drawn(reply: Reply) -> _Drawn:
    first, *others = messages(reply)
    return _Drawn(json.dumps(first.body(response_type="ephemeral")), not (others or answers_late(reply)))


def _say(reply: Reply) -> BoltResponse:
    """An acknowledgement that shows a reply to the actor alone."""
    return BoltResponse(status=200, body=_drawn(reply).body)
