"""Whether a message is in its channel already: looked up by the key in its metadata."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from slack_sdk import WebClient

from bot.alerts.alert import notification_from_data
from bot.alerts.delivery.outbox import Delivery, DeliveryKind
from bot.alerts.digest import Digest
from bot.chat.alert_messages import alert_message, thread_update
from bot.chat.commands.changes import list_message
from bot.chat.digest_message import digest_message
from bot.chat.reply import Reply, line
from bot.matrix.matrix import Matrix
from bot.published.revisions import ListNews
from bot.slack.blocks import Json, SlackMessage, messages
from bot.slack.errors import SlackError
from bot.slack.outcomes import (
    CALL_FAILURES,
    Delivered,
    DeliveryRefused,
    Gone,
    InvalidMessage,
    NotSent,
    Outcome,
    Unknown,
    outcome_of,
)

EVENT_TYPE = "xocompat_delivery"
AROUND = timedelta(minutes=30)
"""How far Slack's clock may be from ours; a try's message is looked for so long before and after the try began."""

PAGE, PAGES_MAX = 200, 10
_NO_RIGHT = frozenset({"missing_scope", "no_permission", "not_allowed_token_type"})


class Missing(NamedTuple):
    """It is not in the channel."""


class Blind(NamedTuple):
    """It can't be looked up; `why` is Slack's code, or "too_many_messages"."""

    why: str


Found = Delivered | Missing | Blind | NotSent | DeliveryRefused


def metadata(delivery: Delivery) -> dict[str, Any]:
    """What a message carries to be found by."""
    return {"event_type": EVENT_TYPE, "event_payload": {"key": delivery.key}}


def look_up(client: WebClient, delivery: Delivery) -> Found:
    """Where the message of a try that began is. Unsent: Slack does not say now, ask again later."""
    pages = _pages(client, delivery)
    try:
        for messages in pages:
            if (ts := next((_ts(each) for each in messages if _is(each, delivery)), None)) is not None:
                return Delivered(ts)
    except CALL_FAILURES as error:
        return _found(error)
    except _TooManyError:
        return Blind("too_many_messages")
    return Missing()


class _TooManyError(Exception):
    """The channel had more messages at that time than are looked through."""


def _pages(client: WebClient, delivery: Delivery) -> Iterator[list[dict[str, Any]]]:
    """Messages from around the try, the latest first; of a thread all of it that is younger than the try."""
    about: dict[str, Any] = {"channel": delivery.channel, "include_all_metadata": True, "inclusive": True}
    about |= {"limit": PAGE, **_window(delivery.began_at or delivery.created_at)}
    method = "conversations.history"
    if delivery.kind is DeliveryKind.NEWS:
        about["ts"] = delivery.ts
        method = "conversations.replies"
    for _ in range(PAGES_MAX):
        told = client.api_call(method, params=about)
        messages = told.get("messages")
        if not isinstance(messages, list):
            raise ValueError("no messages")
        yield [each for each in messages if isinstance(each, dict)]
        cursor = (told.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return
        about["cursor"] = cursor
    raise _TooManyError


def _window(began_at: datetime) -> dict[str, str]:
    oldest, latest = began_at - AROUND, began_at + AROUND
    return {"oldest": f"{oldest.timestamp():.6f}", "latest": f"{latest.timestamp():.6f}"}


def _is(message: dict[str, Any], delivery: Delivery) -> bool:
    told = message.get("metadata")
    if not isinstance(told, dict) or told.get("event_type") != EVENT_TYPE:
        return False
    payload = told.get("event_payload")
    return isinstance(payload, dict) and payload.get("key") == delivery.key


def _ts(message: dict[str, Any]) -> str:
    return str(message["ts"])


def _found(error: Exception) -> Found:
    outcome = outcome_of(error)
    match outcome:
        case Gone():  # without the thread there is no message in it
            return Missing()
        case Unknown(fault):
            return NotSent(fault)
        case NotSent(fault) if fault.code and outcome.after is None:
            return Blind(fault.code)
        case NotSent():
            return outcome
        case DeliveryRefused(code) if code not in _NO_RIGHT:
            return outcome
        case _:
            return Blind(str(outcome[0]))


class MessageWording:
    """bot.slack.delivery.Words."""

    def __init__(self, matrix: Callable[[], Matrix]) -> None:
        self._matrix = matrix

    def bulletin(self, delivery: Delivery) -> SlackMessage:
        if not delivery.alerts:  # forgotten with the rest of an old history
            return _one(Reply("bulletin", line("This alert ended long ago.")))
        decided: datetime = delivery.created_at
        return _one(alert_message(delivery.alerts, decided.date(), decided, self._matrix()))

    def news(self, delivery: Delivery) -> SlackMessage:
        return _one(thread_update(notification_from_data(delivery.payload)))

    def digest(self, delivery: Delivery) -> SlackMessage:
        return _one(digest_message(Digest.from_data(delivery.payload)))

    def list_news(self, delivery: Delivery) -> SlackMessage:
        return _one(list_message(ListNews.from_data(delivery.payload)))


def _one(reply: Reply) -> SlackMessage:
    """A reply as one message; what does not fit is told by its last line."""
    return messages(reply, most=1)[0]


PLAIN_MAX = 3500
"""Characters of a message without blocks; Slack advises 4,000."""


class DeliveryWords(Protocol):
    """What messages say; asked when they are sent, so that they say what holds then."""

    def bulletin(self, delivery: Delivery) -> SlackMessage:
        """The one message of its alerts, as they are: posted first, later edited."""

    def news(self, delivery: Delivery) -> SlackMessage:
        """What is new, for the bulletin's thread."""

    def digest(self, delivery: Delivery) -> SlackMessage:
        """The digest of a week."""

    def list_news(self, delivery: Delivery) -> SlackMessage:
        """What is new about the published list."""


class SlackCourier:
    """Sends each message once, whatever comes of it."""

    def __init__(self, client: WebClient, words: DeliveryWords) -> None:
        self._client = client
        self._words = words

    def find(self, delivery: Delivery) -> Found:
        """Whether a try that began brought the message into the channel."""
        return look_up(self._client, delivery)

    def send(self, delivery: Delivery) -> Outcome:
        """Post or edit; in plain text if Slack does not take the blocks."""
        message = self._message(delivery)
        outcome = self._send(delivery, message)
        if isinstance(outcome, InvalidMessage):
            outcome = self._send(delivery, plain(message))
        if isinstance(outcome, InvalidMessage):
            said = f"Slack answered {outcome.code}: it takes the oldest message not even as plain text"
            return DeliveryRefused(outcome.code, f"{said}. Please report this")
        return outcome

    def _message(self, delivery: Delivery) -> SlackMessage:
        match delivery.kind:
            case DeliveryKind.NEWS:
                return self._words.news(delivery)
            case DeliveryKind.DIGEST:
                return self._words.digest(delivery)
            case DeliveryKind.LIST:
                return self._words.list_news(delivery)
            case DeliveryKind.BULLETIN | DeliveryKind.EDIT:
                return self._words.bulletin(delivery)

    def _send(self, delivery: Delivery, message: SlackMessage) -> Outcome:
        method, body = _request(delivery, message)
        try:
            ts = self._client.api_call(method, json=body).get("ts")
        except CALL_FAILURES as error:
            return outcome_of(error)
        return (
            Delivered(ts) if isinstance(ts, str) else Unknown(SlackError("", "Slack did not say where the message is"))
        )


def plain(message: SlackMessage) -> SlackMessage:
    """The message without blocks: the lines of its sections and contexts, as many as fit."""
    text = ""
    for each in (each for block in message.blocks for text in _texts(block) for each in text.splitlines()):
        if len(text) + len(each) >= PLAIN_MAX:
            break
        text += f"{each}\n"
    return SlackMessage(text.strip() or message.text, ())


def _texts(block: Json) -> list[str]:
    parts = [block["text"]] if "text" in block else block.get("elements", []) if block["type"] == "context" else []
    return [part["text"] for part in parts]


def _request(delivery: Delivery, message: SlackMessage) -> tuple[str, dict[str, Any]]:
    """The Web API's method and its fields. An edit leaves the metadata of the message as it is."""
    if delivery.kind is DeliveryKind.EDIT:
        body = {"channel": delivery.channel, "ts": delivery.ts, "text": message.text, "blocks": [*message.blocks]}
        return "chat.update", body
    thread = {"thread_ts": delivery.ts} if delivery.kind is DeliveryKind.NEWS else {}
    body = message.body(channel=delivery.channel, metadata=metadata(delivery), **thread)
    return "chat.postMessage", body
