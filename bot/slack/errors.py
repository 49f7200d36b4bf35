"""What goes wrong between Slack and here, in words for an operator: no host names, no secrets, no traceback.

And what it means for the message that was sent: whether it can be in the channel.
"""

import re
import ssl
from dataclasses import dataclass
from http.client import HTTPException
from socket import gaierror
from typing import NamedTuple
from urllib.error import URLError

from slack_sdk.errors import SlackApiError, SlackClientError

from bot.alerts.delivery.outcome import EditClosed, Gone, NotSent, Outcome, Refused, Unknown

FAILURES = (SlackClientError, OSError, HTTPException)
"""Everything that slack_sdk lets out when a call did not work."""

REFUSALS = frozenset({
    "account_inactive",
    "invalid_auth",
    "link_disabled",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "not_authed",
    "org_login_required",
    "team_access_not_granted",
    "token_expired",
    "token_revoked",
})  # fmt: skip
"""Codes that no further try will change: somebody has to mend the token."""

MENDS = {
    "account_inactive": "the app was removed from the workspace: install it again",
    "channel_not_found": "there is no such channel, or it is private and the bot is not in it: use the channel's id",
    "is_archived": "the channel is archived: choose another one",
    "link_disabled": "Socket Mode is off: turn it on in the app's settings",
    "missing_scope": "the token lacks a scope: install the app again from `xocompat manifest`",
    "not_in_channel": "the bot is not in the channel: type /invite @xocompat there",
    "restricted_action": "the channel's settings do not let the bot post: allow it there, or choose another one",
    "ratelimited": "too many calls at once: it will work again in a minute",
}


@dataclass(frozen=True, slots=True)
class SlackError:
    """Why a call to Slack failed. `code` is Slack's own, or empty if Slack was not reached."""

    code: str
    text: str

    @property
    def refused(self) -> bool:
        """Slack answered, and will give the same answer again."""
        return self.code in REFUSALS

    def __str__(self) -> str:
        return self.text


def slack_error(error: Exception, what: str = "the token") -> SlackError:
    """The fault behind an exception of FAILURES. `what` names what Slack refuses, such as "SLACK_BOT_TOKEN"."""
    if isinstance(error, SlackApiError):
        return answered(_code(error), what, getattr(error.response, "status_code", 0))
    cause = error.reason if isinstance(error, URLError) and isinstance(error.reason, Exception) else error
    match cause:
        case ssl.SSLError():
            why = "the TLS connection failed"
        case gaierror():
            why = "its name does not resolve"
        case TimeoutError():
            why = "it did not answer in time"
        case ConnectionRefusedError():
            why = "the connection was refused"
        case OSError(strerror=str(text)):
            why = text.lower()
        case _:
            why = f"no proper answer ({type(cause).__name__})"
    return SlackError("", f"Slack cannot be reached: {why}")


def retry_after(error: Exception) -> float:
    """Seconds that Slack asks us to wait: what a 429 says, at most five minutes; 0 for other failures."""
    if not isinstance(error, SlackApiError) or _code(error) != "ratelimited":
        return 0.0
    named = str(getattr(error.response, "headers", {}).get("Retry-After", ""))
    return min(float(named), 300.0) if named.isascii() and named.isdigit() else 30.0


def _code(error: SlackApiError) -> str:
    """Slack's code; empty where something else answered, such as a proxy with a page of its own."""
    data = getattr(error.response, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    return code if isinstance(code, str) and re.fullmatch(r"[a-z0-9_]{1,60}", code) else ""


def answered(code: str, what: str = "the token", status: int = 200) -> SlackError:
    """The fault that a code of Slack's names; without a code something else answered, with an HTTP status."""
    if not code:
        return SlackError("", f"Slack cannot be reached: something else answered (HTTP {status})")
    if mend := MENDS.get(code):
        return SlackError(code, f"Slack answered {code}: {mend}")
    return SlackError(code, f"Slack refuses {what} ({code})" if code in REFUSALS else f"Slack answered {code}")


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
    "restricted_action_non_threadable_channel",
    "restricted_action_read_only_channel",
    "restricted_action_thread_locked",
    "restricted_action_thread_only_channel",
})  # fmt: skip
_FORM = frozenset({
    "attachment_payload_limit_exceeded",
    "block_mismatch",
    "invalid_arguments",
    "invalid_attachments",
    "invalid_blocks",
    "invalid_blocks_format",
    "msg_blocks_too_long",
    "msg_too_long",
    "no_text",
    "only_one_table_allowed",
})  # fmt: skip
_GONE = frozenset({
    "cannot_reply_to_message",
    "cant_update_message",
    "invalid_thread_ts",
    "message_not_found",
    "thread_not_found",
})  # fmt: skip


def wait_named(retry_after: str | None) -> float:
    """Seconds that a Retry-After asks to wait, at most RETRY_AFTER_MAX; some, where it names none."""
    known = retry_after is not None and retry_after.isascii() and retry_after.isdigit()
    return min(float(retry_after or 0), RETRY_AFTER_MAX) if known else _RETRY_AFTER_UNKNOWN


class InvalidMessage(NamedTuple):
    """Slack does not take a message of this form. Never leaves this room: plain text is tried then."""

    code: str


def outcome_of(error: Exception) -> Outcome | InvalidMessage:
    """What an exception of CALL_FAILURES says about the message that was sent."""
    fault = slack_error(error, "SLACK_BOT_TOKEN")
    if not isinstance(error, SlackApiError):
        # urllib's own error is of what came before the request was out: a connection that was never there, or that did
        # not take it as a whole. One that broke after that may have carried the message.
        return NotSent("", fault.text) if isinstance(error, URLError) else Unknown(fault.text)
    status, headers = status_and_headers(error)
    if status == 429 or fault.code in _LIMITED:
        return NotSent(fault.code, fault.text, wait_named(headers.get("retry-after")))
    if not fault.code or status >= 500 or fault.code in _BROKEN:
        return Unknown(fault.text)
    if fault.code in REFUSALS or fault.code in _CHANNEL:
        return Refused(fault.code, _remedy(fault))
    if fault.code in _FORM:
        return InvalidMessage(fault.code)
    if fault.code in _GONE:
        return Gone(fault.code)
    return EditClosed(fault.code) if fault.code == "edit_window_closed" else NotSent(fault.code, fault.text)


def _remedy(fault: SlackError) -> str:
    if fault.code in MENDS:
        return fault.text
    if fault.code in REFUSALS:
        return f"{fault.text}: set it to the app's xoxb- token"
    if fault.code.startswith("restricted_action"):
        return f"Slack answered {fault.code}: {MENDS['restricted_action']}"
    return f"{fault.text}: post to another channel, or ask an admin of the workspace"


def status_and_headers(error: SlackApiError) -> tuple[int, dict[str, str]]:
    """The HTTP status and headers (names in lower case) of an answer; slack_sdk gives them in two shapes."""
    response = error.response
    found = response if isinstance(response, dict) else vars(response)
    status = found.get("status_code") or found.get("status") or 0
    return int(status), {str(name).lower(): str(value) for name, value in dict(found.get("headers") or {}).items()}
