"""Whether a message is in its channel already: looked up by the key in its metadata."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from slack_sdk import WebClient

from bot.alerts.outbox import Delivery, Kind
from bot.slack.outcome import CALL_FAILURES, Gone, Posted, Refused, Unsent, Unsure, outcome_of

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


Found = Posted | Missing | Blind | Unsent | Refused


def metadata(delivery: Delivery) -> dict[str, Any]:
    """What a message carries to be found by."""
    return {"event_type": EVENT_TYPE, "event_payload": {"key": delivery.key}}


def look_up(client: WebClient, delivery: Delivery) -> Found:
    """Where the message of a try that began is. Unsent: Slack does not say now, ask again later."""
    pages = _pages(client, delivery)
    try:
        for messages in pages:
            if (ts := next((_ts(each) for each in messages if _is(each, delivery)), None)) is not None:
                return Posted(ts)
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
    if delivery.kind is Kind.NEWS:
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
        case Unsure(fault):
            return Unsent(fault)
        case Unsent(fault) if fault.code and outcome.after is None:
            return Blind(fault.code)
        case Unsent():
            return outcome
        case Refused(code) if code not in _NO_RIGHT:
            return outcome
        case _:
            return Blind(str(outcome[0]))
