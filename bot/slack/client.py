"""Clients of Slack's Web API, made in one place so that each has the same timeouts and none repeats a call."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.slack.errors import status_and_headers

TIMEOUT = 5
"""Seconds for a call; a mention must be answered and a process drained within ten."""

OnDate = Callable[[datetime], None]
"""Gets the moment, in UTC, at which a server says that it answered."""


def web_client(token: str, api_url: str, timeout: int = TIMEOUT, on_date: OnDate | None = None) -> WebClient:
    """A client for a bot or app token. It never sends anything twice.

    `on_date` gets Slack's own time from the `Date` of every answer of the Web API, good or bad.
    slack_sdk's own handlers repeat a post that Slack took before it closed the connection: it would be there twice.
    """
    if on_date is None:
        return WebClient(token=token, base_url=api_url, timeout=timeout, retry_handlers=[])
    return _DatedClient(on_date, token=token, base_url=api_url, timeout=timeout, retry_handlers=[])


class _DatedClient(WebClient):
    """Hands on the `Date` of every answer."""

    def __init__(self, on_date: OnDate, **options: Any) -> None:
        super().__init__(**options)
        self._on_date = on_date

    def api_call(self, api_method: str, **options: Any) -> SlackResponse:
        headers: dict[str, str] = {}
        try:
            answer = super().api_call(api_method, **options)
            headers = {str(name).lower(): str(value) for name, value in answer.headers.items()}
        except SlackApiError as error:
            headers = status_and_headers(error)[1]
            raise
        finally:
            if at := server_date(headers):
                self._on_date(at)
        return answer


def server_date(headers: Mapping[str, str]) -> datetime | None:
    """The moment that an answer's `Date` names, in UTC (RFC 9110); None without one, or with one that can't be read."""
    try:
        at = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
