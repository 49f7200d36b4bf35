"""What comes of a message that was sent to Slack: above all, whether it can be in the channel.

Only what certainly did not get there may be sent again without looking.
"""

import ssl
from socket import gaierror
from typing import NamedTuple
from urllib.error import URLError

from slack_sdk.errors import SlackApiError

from bot.slack.errors import FAILURES, MENDS, REFUSALS, SlackError, slack_error

CALL_FAILURES = (*FAILURES, ValueError, LookupError, AttributeError)
"""What slack_sdk lets out of a call. Besides FAILURES: it stumbles over answers that are no text or no object."""

RETRY_AFTER_MAX = 3600.0
_RETRY_AFTER_UNKNOWN = 30.0

_LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_BROKEN = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable", "team_added_to_org"})
_CHANNEL = frozenset({
    "channel_not_found",
    "ekm_access_denied",
    "is_archived",
    "is_inactive",
    "messages_tab_disabled",
    "not_in_channel",
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel",
})  # fmt: skip
_FORM = frozenset({
    "invalid_arguments",
    "invalid_blocks",
    "invalid_blocks_format",
    "msg_blocks_too_long",
    "msg_too_long",
    "no_text",
})  # fmt: skip
_GONE = frozenset({
    "cannot_reply_to_message",
    "cant_update_message",
    "invalid_thread_ts",
    "message_not_found",
    "thread_not_found",
})  # fmt: skip
_UNREACHED = (ConnectionRefusedError, gaierror, ssl.SSLCertVerificationError)


class Delivered(NamedTuple):
    """It is in the channel, at `ts`."""

    ts: str | None


class Unknown(NamedTuple):
    """It may be in the channel: look before it is sent again."""

    fault: SlackError


class NotSent(NamedTuple):
    """It is not in the channel. `after` is how many seconds Slack wants to be left alone, None if it did not say."""

    fault: SlackError
    after: float | None = None


class DeliveryRefused(NamedTuple):
    """Slack takes nothing until somebody has mended something; `words` say what."""

    code: str
    words: str


class InvalidMessage(NamedTuple):
    """Slack does not take a message of this form."""

    code: str


class Gone(NamedTuple):
    """The message to edit, or to answer in a thread, is not there or not ours any more."""

    code: str


class EditClosed(NamedTuple):
    """The message can't be edited any more: the workspace does not let old ones be."""

    code: str


Outcome = Delivered | Unknown | NotSent | DeliveryRefused | InvalidMessage | Gone | EditClosed


def outcome_of(error: Exception) -> Outcome:
    """What an exception of CALL_FAILURES says about the message that was sent."""
    fault = slack_error(error, "SLACK_BOT_TOKEN")
    if not isinstance(error, SlackApiError):
        return NotSent(fault) if _unreached(error) else Unknown(fault)
    status, headers = _told(error)
    if status == 429 or fault.code in _LIMITED:
        return NotSent(fault, _seconds(headers))
    if not fault.code or status >= 500 or fault.code in _BROKEN:
        return Unknown(fault)
    if fault.code in REFUSALS or fault.code in _CHANNEL:
        return refused(fault)
    if fault.code in _FORM:
        return InvalidMessage(fault.code)
    if fault.code in _GONE:
        return Gone(fault.code)
    return EditClosed(fault.code) if fault.code == "edit_window_closed" else NotSent(fault)


def refused(fault: SlackError) -> DeliveryRefused:
    """A refusal with its remedy."""
    if fault.code in MENDS:
        return DeliveryRefused(fault.code, fault.text)
    if fault.code in REFUSALS:
        return DeliveryRefused(fault.code, f"{fault.text}: set it to the app's xoxb- token")
    if fault.code.startswith("restricted_action"):
        return DeliveryRefused(fault.code, f"Slack answered {fault.code}: {MENDS['restricted_action']}")
    return DeliveryRefused(fault.code, f"{fault.text}: post to another channel, or ask an admin of the workspace")


def _unreached(error: Exception) -> bool:
    """Whether the connection was never there. A connection that broke may have carried the message."""
    return isinstance(error, URLError) and isinstance(error.reason, _UNREACHED)


def _told(error: SlackApiError) -> tuple[int, dict[str, str]]:
    """Status and headers; slack_sdk gives them in two shapes."""
    response = error.response
    found = response if isinstance(response, dict) else vars(response)
    status = found.get("status_code") or found.get("status") or 0
    return int(status), {str(name).lower(): str(value) for name, value in dict(found.get("headers") or {}).items()}


def _seconds(headers: dict[str, str]) -> float:
    named = headers.get("retry-after", "")
    known = named.isascii() and named.isdigit()
    return min(float(named), RETRY_AFTER_MAX) if known else _RETRY_AFTER_UNKNOWN
