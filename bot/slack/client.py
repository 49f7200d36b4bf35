"""Clients of Slack's Web API, made in one place so that each has the same bounds and none repeats a call."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.request import Request

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.slack.bounded import AnswerBounds, bounded_opener, call
from bot.slack.errors import status_and_headers
from bot.web.answer_headers import server_date

TIMEOUT = 5
"""Seconds for each step of a call; a mention must be answered and a process drained within ten."""

SIZE_MAX = 8 * 2**20
"""Bytes of an answer: a page of a channel's history is the longest of them."""

OnDate = Callable[[datetime], None]
"""Gets the moment, in UTC, at which a server says that it answered."""


def web_client(token: str, api_url: str, timeout: int = TIMEOUT, on_date: OnDate | None = None) -> WebClient:
    """A client for a bot or app token. It never sends anything twice, and reads no more than it should.

    `on_date` gets Slack's own time from the `Date` of every answer of the Web API, good or bad.
    slack_sdk's own handlers repeat a post that Slack took before it closed the connection: it would be there twice.
    """
    return _BoundedClient(on_date, token=token, base_url=api_url, timeout=timeout, retry_handlers=[])


class _BoundedClient(WebClient):
    """Reads within bounds, and hands on the `Date` of every answer."""

    def __init__(self, on_date: OnDate | None, **options: Any) -> None:
        super().__init__(**options)
        self._on_date = on_date
        self._bounds = AnswerBounds(SIZE_MAX, 2.0 * self.timeout)
        self._opener = bounded_opener(self._bounds, self.ssl, self.proxy)

    def api_call(self, api_method: str, **options: Any) -> SlackResponse:
        headers: dict[str, str] = {}
        try:
            answer = super().api_call(api_method, **options)
            headers = {str(name).lower(): str(value) for name, value in answer.headers.items()}
        except SlackApiError as error:
            headers = status_and_headers(error)[1]
            raise
        finally:
            if self._on_date and (at := server_date(headers)):
                self._on_date(at)
        return answer

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:  # noqa: ARG002 # as there
        """In place of slack_sdk's own, which reads all there is and has no setting for that."""
        answer = call(req, self.timeout, self._bounds, self._opener)
        text = answer.body.decode(answer.headers.get_content_charset() or "utf-8")
        return {"status": answer.status, "headers": dict(answer.headers.items()), "body": text}
