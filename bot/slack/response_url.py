"""A request's own address for replies: where it may lead, and what a post to it brings about.

It comes with the request, so it is looked at before anything is sent there: whoever could forge one request would
else have the bot call any machine that it can reach.
"""

import json
import re
from typing import Any
from urllib.parse import SplitResult, urlsplit
from urllib.request import Request

from bot.alerts.delivery.outcome import Delivered, NotSent, Outcome
from bot.slack.bounded import AnswerBounds, bounded_opener, call
from bot.slack.errors import CALL_FAILURES, InvalidMessage, outcome_of, wait_named

_SLACKS = re.compile(r"([a-z0-9_-]+\.)*(slack|slack-gov)\.com", re.ASCII)
BOUNDS = AnswerBounds(size=2**16, whole=10.0)
REFUSED = "address_refused"
"""The code of an address that nothing is sent to."""


class ResponseUrl:
    """Posts to addresses of Slack's. `api_url` is the Web API's: where Slack is a local one, so are its addresses."""

    def __init__(self, api_url: str, timeout: float, proxy: str | None) -> None:
        self._local = _origin(urlsplit(api_url))
        self._timeout = timeout
        self._opener = bounded_opener(BOUNDS, proxy=proxy)

    def allows(self, address: str) -> bool:
        """Whether it is Slack's: https to one of its hosts, or the very place of the Web API."""
        try:
            parts = urlsplit(address)
            scheme, host, port = origin = _origin(parts)
        except ValueError:
            return False
        if "@" in parts.netloc or not address.isascii() or not address.isprintable() or " " in address:
            return False
        if origin == self._local:
            return True
        return (scheme, port) == ("https", 443) and _SLACKS.fullmatch(host) is not None

    def post(self, address: str, body: dict[str, Any]) -> Outcome | InvalidMessage:
        """Send a message once."""
        if not self.allows(address):
            return NotSent(
                REFUSED, "the reply's address (response_url) is not one of Slack's, so nothing was sent there"
            )
        headers = {"Content-Type": "application/json;charset=utf-8"}
        request = Request(address, json.dumps(body).encode(), headers, method="POST")
        try:
            answer = call(request, self._timeout, BOUNDS, self._opener)
        except CALL_FAILURES as error:
            return outcome_of(error)
        if answer.status == 200:
            return Delivered(None)
        said = f"Slack did not take the reply ({answer.status})"
        if answer.status == 429:
            return NotSent("ratelimited", said, wait_named(answer.headers.get("retry-after")))
        if answer.status >= 500:
            return NotSent("", said)
        return NotSent(answer.body[:60].decode(errors="replace").strip() or f"http_{answer.status}", said)


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    """ValueError for a port that is none."""
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").rstrip("."), port
