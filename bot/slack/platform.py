"""Slack as a platform of bot.chat: posts, edits, private replies, look-ups by key, windows, App Home, membership."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from bot.alerts.delivery.outcome import (
    Delivered,
    Gone,
    Lookup,
    Missing,
    NotSent,
    Outcome,
    Refused,
    Unknown,
    Unverifiable,
)
from bot.chat.command import Choice
from bot.chat.platform import Actor, Origin
from bot.chat.reply import Reply
from bot.slack.app_home import home_view, window
from bot.slack.blocks import MESSAGES_MAX, Json, SlackMessage, messages
from bot.slack.errors import CALL_FAILURES, InvalidMessage, outcome_of
from bot.slack.membership import Groups, Identity
from bot.slack.modals import day_picker, picker

EVENT_TYPE = "xocompat_delivery"
AROUND = timedelta(minutes=30)
"""How far Slack's clock may be from ours; a try's message is looked for so long before and after the try began."""

PAGE, PAGES_MAX = 200, 10
PLAIN_MAX = 3500
"""Characters of a message without blocks; Slack advises 4,000."""

_NO_RIGHT = frozenset({"missing_scope", "no_permission", "not_allowed_token_type"})
_NOT_THERE = frozenset({"not_in_channel", "channel_not_found"})
_ADDRESS_ENDED = ("expired_url", "used_url")


class SlackPlatform:
    """bot.chat.platform.Platform. Each message is sent once, whatever comes of it.

    `quick` is a client for calls within a request, which Slack wants acknowledged after three seconds.
    """

    name: str = "Slack"
    private_uses: int | None = 5
    """A response_url takes five messages in half an hour."""

    def __init__(self, client: WebClient, quick: WebClient, identity: Identity, groups: Groups) -> None:
        self._client = client
        self._quick = quick
        self._identity = identity
        self._groups = groups

    def is_member(self, actor: Actor) -> bool | None:
        home = self._identity.home()
        return None if home is None else home.has(actor.team)

    def in_group(self, group: str, user: str) -> bool | None:
        return self._groups.has(group, user)

    @property
    def why_groups_unknown(self) -> str:
        return self._groups.fault.text if self._groups.fault else "it gave no answer"

    def post(
        self, channel: str, reply: Reply, thread: str | None = None, key: str | None = None, most: int | None = None
    ) -> Outcome:
        first, *others = messages(reply, most=1 if key else most or MESSAGES_MAX, charts=True)
        keyed = {"metadata": {"event_type": EVENT_TYPE, "event_payload": {"key": key}}} if key else {}
        outcome = self._send("chat.postMessage", first, channel=channel, **keyed, **_below(thread))
        if key and outcome == Delivered(None):  # nobody could edit it, or answer below it
            return Unknown("Slack did not say where the message is")
        return self._post_below(outcome, channel, others, thread)

    def edit(
        self, channel: str, message: str, reply: Reply, thread: str | None = None, most: int | None = None
    ) -> Outcome:
        first, *others = messages(reply, most=(most or MESSAGES_MAX) if thread else 1)
        outcome = self._send("chat.update", first, channel=channel, ts=message)
        return self._post_below(outcome, channel, others, thread)

    def find(self, key: str, channel: str, around: datetime, thread: str | None = None) -> Lookup:
        try:
            for page in self._pages(channel, around, thread):
                if (ts := next((str(each["ts"]) for each in page if _key_of(each) == key), None)) is not None:
                    return Delivered(ts)
        except CALL_FAILURES as error:
            return _lookup_of(outcome_of(error))
        except _TooManyError:
            return Unverifiable("too_many_messages")
        return Missing()

    def respond(self, origin: Origin, reply: Reply, replace: bool = False, most: int | None = None) -> Outcome:
        if origin.on_home_page:
            return self._open(self._client, origin.trigger, window(messages(reply, most=1)[0]))
        outcome: Outcome = Delivered(None)
        for message in messages(reply, most=most or MESSAGES_MAX):
            outcome = self._respond(origin, message, replace)
            if not isinstance(outcome, Delivered):
                break
            replace = False
        return outcome

    def share(self, origin: Origin, reply: Reply) -> Outcome:
        """The rest of a reply goes into the thread of its first message, where the bot is in the channel to do that."""
        actor = origin.actor
        if not origin.address:
            return self.respond(origin, reply)
        first, *others = messages(reply, shared_by=actor.user)
        if reply.rest and actor.channel:
            posted = self._send("chat.postMessage", first, channel=actor.channel, **_below(actor.thread))
            if isinstance(posted, Delivered) and posted.id:
                return self._post_below(posted, actor.channel, others, actor.thread or posted.id)
            if not (isinstance(posted, Refused) and posted.code in _NOT_THERE):
                return posted
        outcome = self._answer(origin.address, first, "in_channel", actor.thread)
        for message in others:
            if isinstance(outcome, Delivered):
                outcome = self._answer(origin.address, message, "in_channel", actor.thread)
        return outcome

    def open_picker(self, origin: Origin, command: str, choices: Sequence[Choice]) -> Outcome:
        return self._open(self._quick, origin.trigger, picker(origin, command, choices))

    def open_day_picker(self, origin: Origin, words: str, first: datetime) -> Outcome:
        return self._open(self._client, origin.trigger, day_picker(origin, words, first.date()))

    def publish_home(self, user: str, parts: Sequence[Reply]) -> Outcome:
        return self._call(self._client, "views.publish", {"user_id": user, "view": home_view(parts)})

    def _send(self, method: str, message: SlackMessage, **fields: Any) -> Outcome:
        """Post or edit a message; without charts, then in plain text, if Slack does not take it. Says where it is."""
        code = ""
        for form in (message, *([message.without_charts()] if message.has_chart else ()), _plain(message)):
            try:
                ts = self._client.api_call(method, json=form.body(**fields)).get("ts")
            except CALL_FAILURES as error:
                outcome = outcome_of(error)
                match outcome:
                    case InvalidMessage(code):
                        pass
                    # Whatever Slack has against a chart must not stop a channel: it may have new words for that.
                    case NotSent(code, _, None) if code and form.has_chart:
                        pass
                    case _:
                        return outcome
            else:
                return Delivered(ts if isinstance(ts, str) else None)
        said = f"Slack answered {code}: it takes the oldest message not even as plain text"
        return Refused(code, f"{said}. Please report this")

    def _post_below(self, first: Outcome, channel: str, others: Sequence[SlackMessage], thread: str | None) -> Outcome:
        """The outcome of the first message, with the others posted after it; or that of the first one that failed."""
        for message in others if isinstance(first, Delivered) else ():
            posted = self._send("chat.postMessage", message, channel=channel, **_below(thread))
            if not isinstance(posted, Delivered):
                return posted
        return first

    def _respond(self, origin: Origin, message: SlackMessage, replace: bool) -> Outcome:
        """For the actor's eyes, by the address that came with the request or else by name and channel."""
        actor = origin.actor
        if origin.address:
            outcome = self._answer(origin.address, message, "ephemeral", actor.thread, replace)
            if not (isinstance(outcome, NotSent) and any(code in outcome.code for code in _ADDRESS_ENDED)):
                return outcome
        if not (actor.channel and actor.user):
            return NotSent("", "Slack did not say where the asker is")
        body = message.body(channel=actor.channel, user=actor.user, **_below(actor.thread))
        return self._call(self._client, "chat.postEphemeral", body)

    def _answer(
        self, address: str, message: SlackMessage, kind: str, thread: str | None, replace: bool = False
    ) -> Outcome:
        """To a response_url (five uses in half an hour), beside the message that it came with or in its place."""
        body = message.body(response_type=kind, replace_original=replace, **_below(thread))
        try:
            hook = WebhookClient(address, timeout=int(self._client.timeout), retry_handlers=[])
            answered = hook.send_dict(body)
        except CALL_FAILURES as error:  # ValueError: an address that is none
            return _valid(outcome_of(error))
        if answered.status_code == 200:
            return Delivered(None)
        code = str(answered.body)[:60].strip() or f"http_{answered.status_code}"
        return NotSent(code, f"Slack did not take the reply ({answered.status_code})")

    def _open(self, client: WebClient, trigger: str | None, view: Json) -> Outcome:
        """Show a window to the person who has just pressed or typed; the trigger holds for three seconds."""
        if not trigger:
            return NotSent("", "Slack gave no trigger to open a window with")
        return self._call(client, "views.open", {"trigger_id": trigger, "view": view})

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


def _lookup_of(outcome: Outcome | InvalidMessage) -> Lookup:
    """What a look-up that failed says."""
    match outcome:
        case Gone():  # without the thread there is no message in it
            return Missing()
        case Unknown(reason):
            return NotSent("", reason)
        case NotSent(code, _, None) if code:
            return Unverifiable(code)
        case NotSent():
            return outcome
        case Refused(code) if code not in _NO_RIGHT:
            return outcome
        case _:
            return Unverifiable(str(outcome[0]))


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


def _below(thread: str | None) -> dict[str, str]:
    return {"thread_ts": thread} if thread else {}
