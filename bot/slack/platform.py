"""Slack as a platform of bot.chat: posts, edits, private replies, look-ups by key, windows, App Home, membership."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any

from slack_sdk import WebClient

from bot.alerts.delivery.outcome import (
    Delivered,
    Lookup,
    Missing,
    NotSent,
    Outcome,
    Refused,
    Unknown,
    Unverifiable,
    is_passing,
    looked_up,
)
from bot.catalogue import say
from bot.chat.answer_queue import BLIND, AnswerQueue, Sending, first_try, in_turn, tries, undelivered
from bot.chat.answering import AnswerMessages
from bot.chat.command import Choice
from bot.chat.platform import Actor, Opening, Origin, Original
from bot.chat.reply import Attachment, Reply, RichText, Share, say_line
from bot.slack.app_home import home_view, window
from bot.slack.blocks import MESSAGES_MAX, Json, SlackMessage, answers_late, messages
from bot.slack.errors import CALL_FAILURES, InvalidMessage, outcome_of
from bot.slack.files import FileError, FileSender
from bot.slack.membership import Groups, Identity
from bot.slack.modals import WATCH_IN, check_window, moment_picker, note_window, picker
from bot.slack.mrkdwn import escape
from bot.slack.payload import is_direct
from bot.slack.response_url import ResponseUrl
from bot.slack.table_blocks import TableForm
from bot.slack.table_forms import TableForms, is_refusal

EVENT_TYPE = "xocompat_delivery"
AROUND = timedelta(minutes=30)
"""How far Slack's clock may be from ours; a try's message is looked for so long before and after the try began."""

PAGE, PAGES_MAX = 200, 10
PLAIN_MAX = 3500
"""Characters of a message without blocks; Slack advises 4,000."""

_NO_RIGHT = frozenset({"missing_scope", "no_permission", "not_allowed_token_type"})
_NOT_THERE = frozenset({"not_in_channel", "channel_not_found"})
_ADDRESS_ENDED = ("expired_url", "used_url")
_TRIGGER_USED = frozenset({"exchanged_trigger_id", "trigger_exchanged"})
TRIGGER_LEFT = 1.0
"""Seconds after which a window is not tried again: the trigger would be too old when that is done."""


class ReplyPlace(Enum):
    """Where a message goes that a response_url takes."""

    ORIGINAL = auto()
    """In the place of the message that the request came from."""
    BESIDE = auto()
    ALONE = auto()
    """The first one after a slash command that was acknowledged without words. A second copy replaces the first."""


Drawn = Callable[[Sequence[SlackMessage]], Sending]
"""Sends what a reply was drawn as."""


class SlackPlatform:
    """bot.chat.platform.Platform.

    `quick` is a client for calls within a request, which Slack wants acknowledged after three seconds. Without a
    `queue` answers are tried once, too.
    """

    name: str = "Slack"
    private_uses: int | None = 5
    """A response_url takes five messages in half an hour."""

    def __init__(
        self,
        client: WebClient,
        quick: WebClient,
        identity: Identity,
        groups: Groups,
        queue: AnswerQueue | None = None,
        forms: TableForms | None = None,
    ) -> None:
        self._forms = forms or TableForms(TableForm.DATA_TABLE, lambda: datetime.now(UTC))
        self._response_url = ResponseUrl(client.base_url, client.timeout, client.proxy)
        self._files = FileSender(client, self._response_url)
        self._client = client
        self._quick = quick
        self._identity = identity
        self._groups = groups
        self._messages: AnswerMessages[SlackMessage] = AnswerMessages(
            self._post, self._edit, self.find, lambda reply: messages(reply)[0], self._send_file, queue
        )

    def is_member(self, actor: Actor) -> bool | None:
        home = self._identity.home()
        return None if home is None else home.has(actor.team)

    def in_group(self, group: str, user: str) -> bool | None:
        return self._groups.has(group, user)

    @property
    def why_groups_unknown(self) -> str:
        return self._groups.fault.text if self._groups.fault else say("it gave no answer")

    def post(self, channel: str, reply: Reply, thread: str | None = None, key: str | None = None) -> Outcome:
        outcome = self._post(channel, thread, messages(reply, most=1, charts=True)[0], key)
        if key and outcome == Delivered(None):  # nobody could edit it, or answer below it
            return Unknown("Slack did not say where the message is")
        return outcome

    def edit(self, channel: str, message: str, reply: Reply) -> Outcome:
        return self._edit(channel, message, messages(reply, most=1)[0])

    def find(self, key: str, channel: str, around: datetime, thread: str | None = None) -> Lookup:
        try:
            for page in self._pages(channel, around, thread):
                if (ts := next((str(each["ts"]) for each in page if _key_of(each) == key), None)) is not None:
                    return Delivered(ts)
        except CALL_FAILURES as error:
            return looked_up(_valid(outcome_of(error)), _NO_RIGHT)
        except _TooManyError:
            return Unverifiable("too_many_messages")
        return Missing()

    def permalink(self, channel: str, message: str) -> str | None:
        """The address of a message, for whoever reads of it elsewhere; None where Slack does not say it."""
        try:
            link = self._client.chat_getPermalink(channel=channel, message_ts=message).get("permalink")
        except CALL_FAILURES:
            return None
        return link if isinstance(link, str) and link.startswith("https://") else None

    def answer(self, origin: Origin, reply: Reply, opening: Opening | None = None, most: int | None = None) -> Outcome:
        sending = self._drawn(origin.actor, reply, lambda shown: self._answering(origin, shown, opening), most)
        return self._messages.deliver(sending, origin.actor)

    def respond(
        self, origin: Origin, reply: Reply, replace: bool = False, most: int | None = None, once: bool = False
    ) -> Outcome:
        if origin.on_home_page:
            return self._messages.deliver(self._in_window(origin, messages(reply, most=1)[0]), origin.actor)
        sending = self._drawn(origin.actor, reply, lambda shown: self._responding(origin, shown, replace), most)
        return first_try(sending) if once else self._messages.deliver(sending, origin.actor)

    def share(self, origin: Origin, reply: Reply) -> Outcome:
        """The rest of a reply goes into the thread of its first message, where the bot is in the channel to do that."""
        if not origin.address:
            return self.respond(origin, reply)
        address, actor = origin.address, origin.actor
        in_thread = bool(reply.rest)

        def send(shown: Sequence[SlackMessage]) -> Sending:
            outcome = yield from self._sharing(origin, address, shown, in_thread)
            if isinstance(outcome, Delivered) and origin.original is Original.OURS and len(shown) == 1:
                # It is there already: whether this works or not, sharing again says so.
                first_try(
                    self._answers(address, self._shared(actor, reply), "ephemeral", actor.thread, ReplyPlace.ORIGINAL)
                )
            return outcome

        return self._messages.deliver(self._drawn(actor, reply, send, shared_by=actor.user), actor)

    def _shared(self, actor: Actor, reply: Reply) -> SlackMessage:
        """What takes the place of the actor's own copy: it can't be shared again."""
        buttons = tuple(button for button in reply.buttons if not isinstance(button, Share))
        left = reply._replace(buttons=buttons, context=(*reply.context, say_line("Shared to the channel.")))
        form = self._forms.of(actor.team) if answers_late(reply) else TableForm.LINES
        return messages(left, most=1, tables=form)[0]

    def open_picker(self, origin: Origin, command: str, choices: Sequence[Choice]) -> Outcome:
        return self._open(self._quick, origin.trigger, picker(origin, command, choices))

    def open_moment_picker(self, origin: Origin, words: str, first: datetime) -> Outcome:
        return self._open(self._client, origin.trigger, moment_picker(origin, words, first))

    def open_note(self, origin: Origin, words: str) -> Outcome:
        return self._open(self._client, origin.trigger, note_window(origin, words))

    def open_check(self, origin: Origin, watches: bool = False) -> Outcome:
        return self._open(self._client, origin.trigger, check_window(watch_in=WATCH_IN[0] if watches else None))

    def publish_home(self, user: str, parts: Sequence[Reply]) -> Outcome:
        body = {"user_id": user, "view": home_view(parts)}
        sending = tries(lambda: self._call(self._client, "views.publish", body))
        return self._messages.deliver(sending, Actor(user, None, None), key=f"home:{user}")

    def _drawn(
        self, actor: Actor, reply: Reply, send: Drawn, most: int | None = None, shared_by: str | None = None
    ) -> Sending:
        """Send a reply in the form that its workspace takes; one whose table is refused is drawn anew, plainer.

        What Slack refused may count as a use of the address, of which there are five.
        """
        reply = self._messages.with_file(actor, reply)
        while True:
            form = self._forms.of(actor.team) if answers_late(reply) else TableForm.LINES
            outcome = yield from send(messages(reply, shared_by, min(most or MESSAGES_MAX, MESSAGES_MAX - form), form))
            if not (form and isinstance(outcome, NotSent) and is_refusal(outcome.code)):
                return outcome
            self._forms.refused(actor.team, form, outcome.code)

    def _send_file(self, actor: Actor, attachment: Attachment, summary: str) -> RichText:
        try:
            self._files.send(actor.user, attachment, escape(summary))
        except FileError as error:
            return say_line("I could not send it here: {why}.", why=str(error))
        return ()

    def _answering(self, origin: Origin, shown: Sequence[SlackMessage], opening: Opening | None) -> Sending:
        """In the thread. One whose table is refused is drawn anew."""
        channel, thread, has_table = origin.actor.channel or "", origin.actor.thread, shown[0].has_table

        def is_redrawn(outcome: Outcome) -> bool:
            return has_table and isinstance(outcome, NotSent) and is_refusal(outcome.code)

        return (yield from self._messages.answering(channel, thread, shown, opening, is_redrawn))

    def _responding(self, origin: Origin, shown: Sequence[SlackMessage], replace: bool) -> Sending:
        """For the actor's eyes, message by message.

        Nobody can look such a message up. What may or may not be there is sent again: twice is better than not at all.
        """
        place = (
            ReplyPlace.ORIGINAL
            if replace
            else ReplyPlace.ALONE
            if origin.original is Original.NONE
            else ReplyPlace.BESIDE
        )
        outcome: Outcome = Delivered(None)
        for message in shown:
            outcome = yield from self._responding_with(origin, message, place)
            if not isinstance(outcome, Delivered):
                if place is ReplyPlace.ORIGINAL:
                    first_try(self._responding_with(origin, messages(undelivered(outcome))[0], place))
                break
            place = ReplyPlace.BESIDE
        return outcome

    def _responding_with(self, origin: Origin, message: SlackMessage, place: ReplyPlace) -> Sending:
        actor = origin.actor
        if origin.address:
            outcome = yield from self._answers(origin.address, message, "ephemeral", actor.thread, place)
            is_over = isinstance(outcome, NotSent) and any(code in outcome.code for code in _ADDRESS_ENDED)
            if not is_over:
                return outcome
        if not (actor.channel and actor.user):
            return NotSent("no_place", "Slack did not say where the asker is")
        if is_direct(actor.channel):  # nobody else reads it, and what is ephemeral would be gone soon
            return (yield from self._messages.posting(actor.channel, actor.thread, message))
        body = message.body(channel=actor.channel, user=actor.user, **_below(actor.thread))
        return (yield from tries(lambda: self._call(self._client, "chat.postEphemeral", body), blind=BLIND))

    def _sharing(self, origin: Origin, address: str, shown: Sequence[SlackMessage], in_thread: bool) -> Sending:
        actor = origin.actor
        if in_thread and actor.channel:
            posted = yield from self._messages.posting_all(actor.channel, actor.thread, shown)
            if not (isinstance(posted, Refused) and posted.code in _NOT_THERE):
                return posted
        thread = actor.thread
        return (
            yield from in_turn(
                shown, lambda each: self._answers(address, each, "in_channel", thread, ReplyPlace.BESIDE)
            )
        )

    def _in_window(self, origin: Origin, message: SlackMessage) -> Sending:
        """On the bot's own page; where no window opens any more, in the person's conversation with the bot."""
        opened = self._open(self._client, origin.trigger, window(message))
        if isinstance(opened, Delivered):
            return opened
        return (yield from self._messages.posting(origin.actor.user, None, message))

    def _post(self, channel: str, thread: str | None, message: SlackMessage, key: str | None) -> Outcome:
        return self._send("chat.postMessage", message, channel=channel, **_keyed(key), **_below(thread))

    def _edit(self, channel: str, id: str, message: SlackMessage) -> Outcome:
        return self._send("chat.update", message, channel=channel, ts=id)

    def _send(self, method: str, message: SlackMessage, **fields: Any) -> Outcome:
        """Post or edit a message; without charts, then in plain text, if Slack does not take it. Says where it is."""
        code = ""
        for form in (message, *([message.without_charts()] if message.has_chart else ()), _plain(message)):
            try:
                ts = self._client.api_call(method, json=form.body(**fields)).get("ts")
            except CALL_FAILURES as error:
                outcome = outcome_of(error)
                match outcome:
                    case InvalidMessage(code) if not message.has_table:
                        pass
                    # Whatever Slack has against a chart must not stop a channel: it may have new words for that.
                    case NotSent(code, _, None) if code and form.has_chart:
                        pass
                    case _:
                        return _valid(outcome)
            else:
                return Delivered(ts if isinstance(ts, str) else None)
        said = f"Slack answered {code}: it takes the oldest message not even as plain text"
        return Refused(code, f"{said}. Please report this")

    def _answers(
        self, address: str, message: SlackMessage, kind: str, thread: str | None, place: ReplyPlace
    ) -> Sending:
        """To a response_url (five uses in half an hour)."""
        in_doubt = False

        def send() -> Outcome:
            nonlocal in_doubt
            replace = place is ReplyPlace.ORIGINAL or (place is ReplyPlace.ALONE and in_doubt)
            body = message.body(response_type=kind, replace_original=replace, **_below(thread))
            outcome = _valid(self._response_url.post(address, body))
            in_doubt = in_doubt or not isinstance(outcome, Delivered)
            return outcome

        return (yield from tries(send, blind=BLIND))

    def _open(self, client: WebClient, trigger: str | None, view: Json) -> Outcome:
        """Show a window to the person who has just pressed or typed; the trigger holds for three seconds.

        So there is one more try, at once. If the first one did work Slack says then that the trigger was used.
        """
        if not trigger:
            return NotSent("no_trigger", "Slack gave no trigger to open a window with")
        body = {"trigger_id": trigger, "view": view}
        begun = time.monotonic()
        outcome = self._call(client, "views.open", body)
        is_limited = isinstance(outcome, NotSent) and outcome.retry_after is not None
        if not is_passing(outcome) or is_limited or time.monotonic() - begun > TRIGGER_LEFT:
            return outcome
        again = self._call(client, "views.open", body)
        used = isinstance(outcome, Unknown) and isinstance(again, NotSent) and again.code in _TRIGGER_USED
        return Delivered(None) if used else again

    def _call(self, client: WebClient, method: str, body: Json) -> Outcome:
        try:
            client.api_call(method, json=body)
        except CALL_FAILURES as error:
            return _valid(outcome_of(error))
        return Delivered(None)

    def _pages(self, channel: str, around: datetime, thread: str | None) -> Iterator[list[Json]]:
        """Messages from around a moment, the latest first; of a thread all of it that is from that time."""
        oldest, latest = (f"{at.timestamp():.6f}" for at in (around - AROUND, around + AROUND))
        about: Json = {"channel": channel, "include_all_metadata": True, "inclusive": True, "limit": PAGE}
        about |= {"oldest": oldest, "latest": latest}
        method = "conversations.history"
        if thread:
            about["ts"] = thread
            method = "conversations.replies"
        for _ in range(PAGES_MAX):
            answer = self._client.api_call(method, params=about)
            found = answer.get("messages")
            if not isinstance(found, list):
                raise ValueError("no messages")
            yield [each for each in found if isinstance(each, dict)]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            about["cursor"] = cursor
        raise _TooManyError


class _TooManyError(Exception):
    """The channel had more messages at that time than are looked through."""


def _key_of(message: Json) -> object:
    """The key that a message carries in its metadata, if it is one of ours."""
    metadata = message.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
        return None
    payload = metadata.get("event_payload")
    return payload.get("key") if isinstance(payload, dict) else None


def _valid(outcome: Outcome | InvalidMessage) -> Outcome:
    """Of what has no plain form: a view, a private message."""
    if isinstance(outcome, InvalidMessage):
        return NotSent(outcome.code, f"Slack answered {outcome.code}")
    return outcome


def _plain(message: SlackMessage) -> SlackMessage:
    """The message without blocks: the lines of its sections and contexts, as many as fit."""
    lines: list[str] = []
    for block in message.blocks:
        parts = [block["text"]] if "text" in block else block.get("elements", []) if block["type"] == "context" else []
        lines += [each for part in parts for each in part["text"].splitlines()]
    text = ""
    for each in lines:
        if len(text) + len(each) >= PLAIN_MAX:
            break
        text += f"{each}\n"
    return SlackMessage(text.strip() or message.text, ())


def _keyed(key: str | None) -> Json:
    return {"metadata": {"event_type": EVENT_TYPE, "event_payload": {"key": key}}} if key else {}


def _below(thread: str | None) -> dict[str, str]:
    return {"thread_ts": thread} if thread else {}
