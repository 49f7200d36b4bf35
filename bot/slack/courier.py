"""Carries one message to Slack, or finds it there."""

from typing import Any, Protocol

from slack_sdk import WebClient

from bot.alerts.outbox import Delivery, Kind
from bot.slack.fault import Fault
from bot.slack.lookup import Found, look_up, metadata
from bot.slack.message import Json, Message
from bot.slack.outcome import CALL_FAILURES, Misfit, Outcome, Posted, Refused, Unsure, outcome_of

PLAIN_MAX = 3500
"""Characters of a message without blocks; Slack advises 4,000."""


class Words(Protocol):
    """What messages say; asked when they are sent, so that they say what holds then."""

    def bulletin(self, delivery: Delivery) -> Message:
        """The one message of its alerts, as they are: posted first, later edited."""

    def news(self, delivery: Delivery) -> Message:
        """What is new, for the bulletin's thread."""

    def digest(self, delivery: Delivery) -> Message:
        """The digest of a week."""

    def list_news(self, delivery: Delivery) -> Message:
        """What is new about the published list."""


class Courier:
    """Sends each message once, whatever comes of it."""

    def __init__(self, client: WebClient, words: Words) -> None:
        self._client = client
        self._words = words

    def find(self, delivery: Delivery) -> Found:
        """Whether a try that began brought the message into the channel."""
        return look_up(self._client, delivery)

    def send(self, delivery: Delivery) -> Outcome:
        """Post or edit; in plain text if Slack does not take the blocks."""
        message = self._message(delivery)
        outcome = self._send(delivery, message)
        if isinstance(outcome, Misfit):
            outcome = self._send(delivery, plain(message))
        if isinstance(outcome, Misfit):
            said = f"Slack answered {outcome.code}: it takes the oldest message not even as plain text"
            return Refused(outcome.code, f"{said}. Please report this")
        return outcome

    def _message(self, delivery: Delivery) -> Message:
        match delivery.kind:
            case Kind.NEWS:
                return self._words.news(delivery)
            case Kind.DIGEST:
                return self._words.digest(delivery)
            case Kind.LIST:
                return self._words.list_news(delivery)
            case Kind.BULLETIN | Kind.EDIT:
                return self._words.bulletin(delivery)

    def _send(self, delivery: Delivery, message: Message) -> Outcome:
        method, body = _request(delivery, message)
        try:
            ts = self._client.api_call(method, json=body).get("ts")
        except CALL_FAILURES as error:
            return outcome_of(error)
        return Posted(ts) if isinstance(ts, str) else Unsure(Fault("", "Slack did not say where the message is"))


def plain(message: Message) -> Message:
    """The message without blocks: the lines of its sections and contexts, as many as fit."""
    text = ""
    for line in (line for block in message.blocks for text in _texts(block) for line in text.splitlines()):
        if len(text) + len(line) >= PLAIN_MAX:
            break
        text += f"{line}\n"
    return Message(text.strip() or message.text, ())


def _texts(block: Json) -> list[str]:
    parts = [block["text"]] if "text" in block else block.get("elements", []) if block["type"] == "context" else []
    return [part["text"] for part in parts]


def _request(delivery: Delivery, message: Message) -> tuple[str, dict[str, Any]]:
    """The Web API's method and its fields. An edit leaves the metadata of the message as it is."""
    if delivery.kind is Kind.EDIT:
        body = {"channel": delivery.channel, "ts": delivery.ts, "text": message.text, "blocks": [*message.blocks]}
        return "chat.update", body
    thread = {"thread_ts": delivery.ts} if delivery.kind is Kind.NEWS else {}
    body = message.body(channel=delivery.channel, metadata=metadata(delivery), **thread)
    return "chat.postMessage", body
